"""`hub camera import`: a clip's calibration becomes the YAML of a camera."""

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

UNREADABLE = 2
LARGEST = 1_000_000  # bytes


@click.command("import")
@click.argument("clip", type=click.Path(path_type=Path))
@click.option("--id", "camera_id", help="The camera's id; otherwise the one that the file names.")
def import_clip(clip: Path, camera_id: str | None) -> None:
    """Print the YAML of a camera for the calibration CLIP (JSON, clip-config/1).

    Exit status: 0 printed, 2 the file can't be used.
    """
    import voluptuous as vol

    from hub.api import slug
    from integrations.camera.settings import CAMERA, from_clip_config
    from integrations.camera.yamltext import yaml_of

    data = read(clip)
    settings, ignored = from_clip_config(data)
    for key in ignored:
        click.echo(f"hub camera import: warning: {clip}: unknown key '{key:.60}', left out", err=True)
    name = slug(camera_id or str(data.get("camera_id", "")) or clip.stem) or "camera_1"
    section = {"id": name, "url": "rtsp://CAMERA/STREAM", **settings, "analyzers": ["falling_object"]}
    try:
        CAMERA(section)
    except vol.MultipleInvalid as error:
        path = ".".join(str(step) for step in error.errors[0].path)
        refuse(f"{clip}: {path}: {error.errors[0].error_message}")
    click.echo(yaml_of([section]), nl=False)


def read(clip: Path) -> dict[str, Any]:
    """The file's content; ends the command when there is none to be had."""
    try:
        if clip.stat().st_size > LARGEST:
            refuse(f"{clip}: larger than {LARGEST} bytes; this is no calibration")
        data = json.loads(clip.read_text(encoding="utf-8-sig"))
    except OSError as error:
        refuse(f"{clip}: can't be read: {error.strerror}")
    except (ValueError, RecursionError) as error:
        refuse(f"{clip}: is no JSON: {error}")
    if not isinstance(data, dict):
        refuse(f"{clip}: holds no calibration; give a JSON object")
    return data


def refuse(text: str) -> NoReturn:
    """Say on one line why it can't be done, and end."""
    click.echo(f"hub camera import: {' '.join(text.split())}", err=True)
    sys.exit(UNREADABLE)
