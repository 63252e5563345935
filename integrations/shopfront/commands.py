"""`hub shopfront`: the analyzer on a video file, one JSON object a line for each thing left or cleared."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from integrations.shopfront.zones import Point, Zone, parse_hours, parse_points

if TYPE_CHECKING:
    from integrations.shopfront.keeper import Sighting

UNREADABLE = 2  # the exit status when video, zone or hours can't be used


def read_zone(
    _context: click.Context, _option: click.Parameter, texts: tuple[str, ...]
) -> list[tuple[Point, ...]]:
    """Polygons from "x,y x,y x,y"."""
    found = []
    for text in texts:
        try:
            found.append(parse_points([[float(value) for value in pair.split(",")] for pair in text.split()]))
        except ValueError as error:
            raise click.BadParameter(
                f"'{text}' is no zone ({error}); write its corners as '100,400 900,400 900,700 100,700'"
            ) from error
    return found


@click.command()
@click.argument("video", type=click.Path(path_type=Path))
@click.option("--zone", "polygons", multiple=True, required=True, callback=read_zone,
              help="Corners in pixels of the picture: '100,400 900,400 900,700'; repeatable.")  # fmt: skip
@click.option("--hold", type=click.FloatRange(5, 86_400), default=120, show_default=True,
              help="Seconds that a thing must stay.")  # fmt: skip
@click.option("--minimum", type=click.FloatRange(0.1, 100), default=0.5, show_default=True,
              help="Percent of the zone that it must cover.")  # fmt: skip
@click.option("--hours", default="", help="When the zone must be clear, such as 08:00-21:30; needs --begin.")
@click.option(
    "--begin", type=click.DateTime(["%Y-%m-%dT%H:%M:%S"]), help="When the video begins, as its clock shows."
)
@click.option(
    "--pictures", type=click.Path(path_type=Path, file_okay=False), help="A folder for the pictures."
)
def shopfront(
    video: Path, polygons: list[tuple[Point, ...]], hold: float, minimum: float, hours: str, begin: datetime | None,
    pictures: Path | None,
) -> None:  # fmt: skip
    """Find goods left in a keep-clear zone of VIDEO and print one JSON object a line, as soon as each is known.

    Exit status: 0 the video was looked at, 2 it or the zone can't be used.
    """
    # The decoder and OpenCV are loaded only here: other verbs start without them.
    from integrations.shopfront.keeper import Keeper
    from integrations.shopfront.offline import VideoError, watch_video

    zones = [
        Zone(name=str(number), points=points, hold=hold, minimum=minimum / 100, hours=_hours(hours, begin))
        for number, points in enumerate(polygons, start=1)
    ]
    start = begin.replace(tzinfo=UTC).timestamp() if begin else 0.0
    keeper = Keeper(zones, wall=lambda t: start + t)
    try:
        with click.progressbar(
            length=1000, label=video.name, file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:
            watch_video(
                video, keeper, lambda sighting: _show(sighting, pictures),
                lambda text: click.echo(f"hub shopfront: warning: {text}", err=True),
                lambda share: bar.update(int(1000 * share) - bar.pos),
            )  # fmt: skip
    except (VideoError, OSError) as error:
        click.echo(f"hub shopfront: {' '.join(str(error).split())}", err=True)
        sys.exit(UNREADABLE)


def _hours(text: str, begin: datetime | None) -> tuple[Any, ...]:
    if not text:
        return ()
    if begin is None:
        raise click.UsageError("--hours needs --begin: when the video begins")
    try:
        return (parse_hours(text),)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--hours") from error


def _show(sighting: "Sighting", folder: Path | None) -> None:
    """One line, flushed: whoever reads it may wait for it."""
    told: dict[str, Any] = {
        "event": "goods_left" if sighting.kind == "left" else "goods_cleared",
        "goods": sighting.goods, "zone": sighting.zone.name, "at": round(sighting.at, 1),
        "told": round(sighting.seen, 1), "stayed": round(sighting.stayed, 1), "share": round(sighting.share, 4),
        "box": list(sighting.box),
    }  # fmt: skip
    if folder is not None:
        told["pictures"] = _keep(sighting, folder)
    click.echo(json.dumps(told, ensure_ascii=False))
    sys.stdout.flush()


def _keep(sighting: "Sighting", folder: Path) -> list[str]:
    from integrations.shopfront.showing import jpeg

    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for name, picture in (("before", sighting.before), ("after", sighting.after)):
        if picture is not None:
            path = (
                folder
                / f"{sighting.seen:09.1f}-{sighting.kind}-{sighting.box[0]}-{sighting.box[1]}-{name}.jpg"
            )
            path.write_bytes(jpeg(picture))
            names.append(str(path))
    return names
