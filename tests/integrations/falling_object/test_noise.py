import numpy as np
import pytest
from numpy.typing import NDArray

from integrations.falling_object.candidates import CandidateFinder
from integrations.falling_object.noise import MOST, LocalNoise, noise_level

from .scene import FPS, HEIGHT, WIDTH, dot, wall


def test_noise_is_measured_where_most_of_the_picture_is_calm() -> None:
    least = np.random.default_rng(0).integers(0, 3, (240, 320)).astype(np.uint8)
    least[:60, :100] = 90
    assert noise_level(least) == 2.0


@pytest.mark.parametrize("shape", [(240, 320), (67, 130), (16, 16)])
def test_every_tile_has_a_floor_and_none_is_out_of_reach(shape: tuple[int, int]) -> None:
    noise, random = LocalNoise(), np.random.default_rng(0)
    for _ in range(20):
        floors = noise.floors(random.integers(0, 256, shape).astype(np.uint8))
    assert floors.shape == (-(-shape[0] // 8), -(-shape[1] // 8))
    assert float(floors.max()) <= MOST


def test_floors_rise_where_noise_is_strong_and_not_for_what_flies_by() -> None:
    noise, random = LocalNoise(), np.random.default_rng(0)
    for index in range(20):
        least = random.integers(0, 2, (240, 320)).astype(np.uint8)
        least[:, :160] *= 2
        least[100:104, 200 + index : 204 + index] = 200
        floors = noise.floors(least)
    assert float(floors[:, :18].mean()) > 1.4 * float(floors[:, 22:].mean())
    assert float(floors[12, 26]) < 3 * float(floors[:, 22:].mean())


def bursts(picture: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Noise as an encoder lets it through by night: blocks of it now and then, in the left half."""
    for _ in range(60):
        y, x = (int(v) for v in random.integers(0, (HEIGHT - 8, WIDTH // 2 - 8)))
        picture[y : y + 8, x : x + 8] += random.integers(0, 14, dtype=np.uint8)
    return picture


def test_bursts_of_noise_soon_leave_few_candidates_and_a_thing_elsewhere_is_still_seen() -> None:
    finder, random, still, counts, seen = CandidateFinder(), np.random.default_rng(3), wall(), [], []
    for index in range(150):
        t = index / FPS
        picture = bursts(still.copy(), random)
        dot(picture, 480.0, 40.0 + 60 * t, 2.5, 215.0)
        for sighting in finder.feed(picture, t, False):
            near = [np.hypot(b.x - 480, b.y - 40 - 60 * sighting.t) < 4 for b in sighting.blobs]
            counts.append(len(near) - sum(near))
            seen.append(any(near))
    assert np.mean(counts[-40:]) < 0.4 * np.mean(counts[:20])
    assert np.mean(seen[-100:]) > 0.9
