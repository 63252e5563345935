from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from integrations.camera.finding import Told
from integrations.falling_object.events import FallingObject, FallingObjectSeenAgain
from integrations.falling_object.joining import Path, is_same_fall

from .scene import fall_path

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def seen(
    high: float, low: float, terminal: float = 30.0, *, late: float = 0.0, aside: float = 0.0
) -> list[tuple[float, float, float]]:
    """What a camera that sees from `high` to `low` metres has of a fall from 60 m; its clock is `late`."""
    times = np.arange(0.0, 6.0, 0.05)
    path = fall_path((3.0, 60.0, 0.3), (0.6, 0.3, 0.5), terminal, times)
    kept = np.flatnonzero(np.isfinite(path[:, 0]) & (path[:, 1] <= high) & (path[:, 1] >= low))
    return [(float(times[i] + late), float(path[i, 0] + aside), float(path[i, 1])) for i in kept[::3]]


def paths(
    terminal: float = 30.0, *, gap: float = -4.0, late: float = 0.0, aside: float = 0.0
) -> tuple[Path, Path]:
    """From above and from below, with `gap` metres between what they see."""
    above, below = seen(61, 34 + gap / 2, terminal), seen(34 - gap / 2, 0, terminal, late=late, aside=aside)
    return Path(above, terminal), Path(below, terminal)


@pytest.mark.parametrize("terminal", [6.0, 15.0, 40.0])
@pytest.mark.parametrize("gap", [-12.0, -3.0, 3.0, 8.0])
def test_one_fall_is_one(terminal: float, gap: float) -> None:
    above, below = paths(terminal, gap=gap)
    assert is_same_fall(above, below)
    assert is_same_fall(below, above)


@pytest.mark.parametrize("late", [-0.15, 0.15])
def test_clocks_may_be_a_little_apart(late: float) -> None:
    assert is_same_fall(*paths(late=late))
    assert is_same_fall(*paths(gap=4.0, late=late))


@pytest.mark.parametrize(
    ("late", "aside", "gap"),
    [(0.6, 0.0, -4.0), (0.0, 1.5, -4.0), (0.7, 0.0, 4.0), (0.0, 2.5, 4.0), (-1.0, 0.0, 4.0)],
)
def test_two_falls_are_two(late: float, aside: float, gap: float) -> None:
    assert not is_same_fall(*paths(late=late, aside=aside, gap=gap))


def test_what_was_seen_only_once_tells_nothing() -> None:
    above, below = paths()
    assert not is_same_fall(Path(above.points[:1], 30.0), below)


def alarm(
    camera: str, path: Path, *, cell: str, mass: tuple[float, float], building: str = "1"
) -> FallingObject:
    began = path.points[0][0]
    return FallingObject(
        id=f"of-{camera}", at=NOON + timedelta(seconds=began), source=f"camera.{camera}", camera=camera,
        building=building,
        cell=cell, floor=int(cell), unit="1", origin_confidence=0.9, weight_class="heavy", mass_kg=1.0,
        mass_low_kg=mass[0], mass_high_kg=mass[1], terminal_velocity=path.terminal_velocity, confidence=0.9, drop_m=9.0,
        started=NOON + timedelta(seconds=began), ended=NOON + timedelta(seconds=path.points[-1][0]),
        path=tuple((t - began, u, z) for t, u, z in path.points),
    )  # fmt: skip


def test_the_second_camera_only_follows_with_the_better_of_both_answers() -> None:
    above, below = paths()
    first = alarm("high", above, cell="20", mass=(0.2, 5.0))
    second = alarm("low", below, cell="11", mass=(0.5, 2.0))
    told = Told()
    assert told.settle(first) is first
    followed = told.settle(second)
    assert isinstance(followed, FallingObjectSeenAgain)
    assert (followed.id, followed.cause, followed.source) == (second.id, first.id, second.source)
    assert (followed.cell, followed.mass_low_kg) == ("20", 0.5)
    assert (followed.started, followed.ended) == (first.started, second.ended)


def test_the_lower_camera_may_be_first() -> None:
    above, below = paths()
    told = Told()
    told.settle(alarm("low", below, cell="11", mass=(0.5, 2.0)))
    followed = told.settle(alarm("high", above, cell="20", mass=(0.2, 5.0)))
    assert isinstance(followed, FallingObjectSeenAgain)
    assert followed.cell == "20"


def test_other_buildings_and_the_same_camera_are_alarms_of_their_own() -> None:
    above, below = paths()
    told = Told()
    told.settle(alarm("high", above, cell="20", mass=(0.2, 5.0)))
    for other in (
        alarm("low", below, cell="11", mass=(0.5, 2.0), building="2"),
        alarm("high", below, cell="11", mass=(0.5, 2.0)),
    ):
        assert told.settle(other) is other
