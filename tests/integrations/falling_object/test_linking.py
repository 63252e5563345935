import numpy as np
import pytest

from integrations.falling_object.candidates import Blob, Sighting
from integrations.falling_object.linking import Linker
from integrations.falling_object.tracks import Track

from .scene import FPS, calibration, camera, fall_path

TIMES = np.arange(0, 2.0, 1 / FPS)


def blob(t: float, x: float, y: float) -> Blob:
    return Blob(t, float(x), float(y), 20.0, 80.0, 5.0, 5.0, 100.0)


def follow(paths: list[np.ndarray], hidden: tuple[float, float] = (9.0, 9.0)) -> list[Track]:
    """Link sightings of pixel paths (N, 2), with none while `hidden`."""
    linker, ended = Linker(calibration()), []
    for index, t in enumerate(np.arange(0, 3.0, 1 / FPS)):
        seen = [
            blob(t, *path[index]) for path in paths if index < len(path) and np.isfinite(path[index]).all()
        ]
        ended += linker.feed(Sighting(float(t), () if hidden[0] <= t < hidden[1] else tuple(seen), False))
    return [track for track in ended + linker.finish() if len(track.places) >= 7]


def thrown(x: float, y: float = 22.0) -> np.ndarray:
    return camera().project(fall_path((x, y, 0.3), (0.5, 0.5, 1.0), 25.0, TIMES))


def test_a_fall_is_one_track() -> None:
    (track,) = follow([thrown(0.0)])
    assert len(track.places) >= 45
    assert track.density > 0.95
    assert track.drop > 15.0


def test_two_throws_at_once_are_two_tracks() -> None:
    tracks = follow([thrown(-3.0), thrown(2.0, 25.0)])
    assert len(tracks) == 2
    assert {round(track.places[5].across / 5) for track in tracks} == {-1, 0}


@pytest.mark.parametrize("gap", [0.2, 0.36])
def test_a_gap_behind_a_tree_is_bridged(gap: float) -> None:
    (track,) = follow([thrown(0.0)], (1.0, 1.0 + gap))
    assert track.last - track.first > 1.6


def test_a_long_gap_ends_the_track() -> None:
    first = follow([thrown(0.0)], (1.0, 1.6))[0]
    assert first.last < 1.01


def test_swaying_laundry_does_not_last() -> None:
    sway = np.stack((300 + 6 * np.sin(9 * TIMES), 200 + 3 * np.sin(7 * TIMES)), axis=1)
    assert all(track.drop < 0.7 for track in follow([sway]))


def test_noise_makes_no_long_tracks() -> None:
    random = np.random.default_rng(5)
    linker, ended = Linker(calibration()), []
    for index in range(100):
        points = random.uniform((0, 0), (640, 480), (12, 2))
        ended += linker.feed(Sighting(index / FPS, tuple(blob(index / FPS, x, y) for x, y in points), False))
    assert not [track for track in ended if len(track.places) >= 7 and track.density > 0.6]


def test_a_landing_ends_the_track_at_once() -> None:
    linker, path = (
        Linker(calibration()),
        camera().project(fall_path((0.0, 6.0, 0.2), (0.0, 0.0, 0.3), 30.0, TIMES)),
    )
    falling = np.flatnonzero(np.isfinite(path[:, 0]))
    ended_at = None
    for index, t in enumerate(TIMES):
        seen = (blob(float(t), *path[index]),) if index in falling else ()
        if linker.feed(Sighting(float(t), seen, False)):
            ended_at = t
    assert ended_at is not None
    assert ended_at - TIMES[falling[-1]] <= 0.45
