"""`hub detect`: the detector on a video file, one JSON object a line for each throw."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from integrations.falling_object.detection import Detection

UNREADABLE = 2  # the exit status when video or configuration can't be used


@click.command()
@click.argument("video", type=click.Path(path_type=Path))
@click.option(
    "--config",
    required=True,
    type=click.Path(path_type=Path),
    help="The clip's calibration, JSON (clip-config/1).",
)
@click.option(
    "--false-alarms-per-day",
    type=click.FloatRange(0.001, 100),
    default=0.2,
    show_default=True,
    help="How many a camera may raise; fewer demand more of a fall.",
)
def detect(video: Path, config: Path, false_alarms_per_day: float) -> None:
    """Find falling objects in VIDEO and print one JSON object a line, as soon as each is known.

    Exit status: 0 the video was looked at, 2 video or configuration can't be used.
    """
    # The decoder and OpenCV are loaded only here: other verbs start without them.
    from integrations.falling_object.errors import DetectError
    from integrations.falling_object.offline import detect as look

    try:
        with click.progressbar(
            length=1000, label=video.name, file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:
            look(
                video, config, show, warn, lambda share: bar.update(int(1000 * share) - bar.pos),
                false_alarms_per_day=false_alarms_per_day,
            )  # fmt: skip
    except DetectError as error:
        click.echo(f"hub detect: {' '.join(str(error).split())}", err=True)
        sys.exit(UNREADABLE)


def show(detection: "Detection") -> None:
    """One line, flushed: whoever reads it may wait for it."""
    click.echo(json.dumps(detection.as_json(), ensure_ascii=False))
    sys.stdout.flush()


def warn(text: str) -> None:
    """What the admin should know though it goes on."""
    click.echo(f"hub detect: warning: {' '.join(text.split())}", err=True)
