"""`hub camera`: what an admin does with cameras on the command line."""

import click

from integrations.camera.calibrate.command import calibrate
from integrations.camera.importing import import_clip
from integrations.camera.looking import probe, snapshot
from integrations.camera.onvif.command import discover


@click.group()
def camera() -> None:
    """Work with cameras: find them, probe a stream, take a picture, calibrate, import a calibration."""


for verb in (discover, probe, snapshot, calibrate, import_clip):
    camera.add_command(verb)
