"""`hub camera probe` and `hub camera snapshot`: what a stream is, how well it does, and a picture of it."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from integrations.camera.named import default_config, named_camera

if TYPE_CHECKING:
    from integrations.camera.probing import Report

WANTING, UNUSABLE = 1, 2  # exit statuses
PASSWORD = "HUB_CAMERA_PASSWORD"  # noqa: S105 - the variable's name
F = TypeVar("F", bound=Callable[..., Any])
OPTIONS = (
    click.option("--username", help="For an address; the password is asked for, or taken from $HUB_CAMERA_PASSWORD."),
    click.option("--transport", type=click.Choice(["tcp", "udp"]), default="tcp", show_default=True, help="Of RTSP."),
    click.option("--timeout", type=click.FloatRange(1, 120), default=10.0, show_default=True, help="Seconds."),
    click.option(
        "--config", "-c", type=click.Path(path_type=Path, file_okay=False), default=default_config,
        help="Folder of configuration.yaml. [default: here, or ./config]",
    ),
    click.option(
        "--data", type=click.Path(path_type=Path, file_okay=False), default=None,
        help="Folder of the hub's own data. [default: CONFIG/.hub]",
    ),
)  # fmt: skip


def with_source_options(command: F) -> F:
    """Options that say how to reach a camera."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def settings_of(username: str | None, transport: str, timeout: float) -> dict[str, Any]:
    """The options as settings of a camera; asks for the password."""
    given: dict[str, Any] = {"transport": transport, "timeout": timeout}
    if username:
        given["username"] = username
        given["password"] = os.environ.get(PASSWORD) or click.prompt("Password", hide_input=True, err=True)
    return given


def refuse(verb: str, text: str, remedy: str = "") -> NoReturn:
    """Say on one line why it can't be done, and end."""
    click.echo(f"hub camera {verb}: {' '.join(text.split())}{f'; {remedy}' if remedy else ''}", err=True)
    sys.exit(UNUSABLE)


@click.command()
@click.argument("source", metavar="CAMERA")
@click.option(
    "--seconds", type=click.FloatRange(1, 60), default=6.0, show_default=True, help="How long to look."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@with_source_options
def probe(
    source: str, seconds: float, as_json: bool, config: Path, data: Path | None, **options: Any
) -> None:
    """Look at CAMERA for some seconds: codec, size, rate, clock, light, sharpness.

    CAMERA is an address (rtsp://...), a video file, or a camera's id in configuration.yaml. Exit status: 0 all is well,
    1 it plays but something should be mended, 2 there is no video to be had.
    """
    from hub.api import ConfigError
    from integrations.camera.probing import probe as look
    from integrations.camera.source import StreamFault

    try:
        camera, folders = named_camera(source, config, data, settings_of(**options))
        report = look(camera, folders, seconds)
    except ConfigError as error:
        refuse("probe", str(error))
    except StreamFault as fault:
        if as_json:
            show_json({"ok": False, "fault": fault.kind, "text": fault.text, "remedy": fault.remedy})
        refuse("probe", fault.text, fault.remedy)
    if as_json:
        show_json({"ok": not report.advice, **report.as_json()})
    else:
        show(report)
    sys.exit(WANTING if report.advice else 0)


def show_json(value: dict[str, Any]) -> None:
    """One JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def show(report: "Report") -> None:
    """For people."""
    timing, looks = report.timing, report.looks
    click.secho(report.name, bold=True)
    says = f" (says {report.said_fps:g})" if report.said_fps else ""
    every = f", key frame every {report.key_frame_every:.1f} s" if report.key_frame_every else ""
    drift = "" if timing.drift is None else f", {timing.drift:+.1%} against this machine's clock"
    profile = f" ({report.profile})" if report.profile else ""
    for name, text in (
        ("video", f"{report.codec}{profile}, {report.width}x{report.height}, {report.pixel_format}"),
        ("rate", f"{timing.fps:.1f} pictures a second{says}{every}, {report.bit_rate / 1e6:.1f} Mbit/s"),
        ("clock", f"{timing.gaps} gaps, {timing.backwards} steps back{drift}"),
        (
            "pictures",
            f"{report.pictures} seen, {looks.repeated:.0%} repeated, {report.damaged} packets damaged",
        ),
        (
            "light",
            f"median {looks.brightness:.0f} of 255, {looks.black:.0%} black, {looks.white:.0%} burnt out",
        ),
        ("sharpness", f"blur {looks.blur:.2f} (0 sharp, 1 blurred), noise {looks.noise:.1f} grey levels"),
    ):
        click.echo(f"  {name:<10} {text}")
    for advice in report.advice:
        click.secho(f"! {advice.text}{f'; {advice.remedy}' if advice.remedy else ''}", fg="yellow")


@click.command()
@click.argument("source", metavar="CAMERA")
@click.argument("picture", type=click.Path(path_type=Path, dir_okay=False), metavar="OUT.jpg")
@click.option("--at", type=click.FloatRange(0, 86_400), default=0.0, help="Seconds into a file.")
@click.option("--force", is_flag=True, help="Overwrite OUT.jpg.")
@with_source_options
def snapshot(
    source: str, picture: Path, at: float, force: bool, config: Path, data: Path | None, **options: Any
) -> None:
    """Take a picture of CAMERA (an address, a file or a camera's id) and write it as JPEG.

    What the camera's privacy masks cover is black. Exit status: 0 written, 2 there is no picture to be had.
    """
    from hub.api import ConfigError
    from integrations.camera.probing import snapshot as take
    from integrations.camera.source import StreamFault

    if picture.exists() and not force:
        refuse("snapshot", f"{picture} is there already", "give another name, or --force")
    try:
        camera, folders = named_camera(source, config, data, settings_of(**options))
        image = take(camera, folders, at)
        temporary = picture.with_name(f".{picture.name}.part")
        temporary.write_bytes(image)
        temporary.replace(picture)
    except ConfigError as error:
        refuse("snapshot", str(error))
    except StreamFault as fault:
        refuse("snapshot", fault.text, fault.remedy)
    except OSError as error:
        refuse("snapshot", f"{picture} can't be written: {error.strerror}")
    click.echo(f"{picture}: {len(image) / 1000:.0f} kB")
