"""A supposed thing in the air: its places so far, and where it will be next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .candidates import Blob

Array = NDArray[np.floating[Any]]

RECENT = 12
WINDOW_S = 0.45
# acceleration expected across and up, and how far off it may be, in m/s^2
PULL, PULL_SPREAD = np.array([0.0, -6.0]), np.array([2.5, 5.0])
END_S = 0.4
LOITER_S, LOITER_DROP_M = 0.8, 0.35
# the normal equations of 1, t, t^2 / 2: which power of t each entry sums, by which factor, and what is believed
HANKEL = np.array([[0, 1, 2], [1, 2, 3], [2, 3, 4]])
HALVES = np.array([[1.0, 1.0, 0.5], [1.0, 1.0, 0.5], [0.5, 0.5, 0.25]])
BELIEF = np.array([np.diag([0.0, 1e-3, spread**-2.0]) for spread in PULL_SPREAD])


@dataclass(frozen=True, slots=True)
class Place:
    """A blob with its place on the facade plane (across, up) and the standard deviations there, in metres."""

    blob: Blob
    across: float
    up: float
    across_sigma: float
    up_sigma: float

    @property
    def row(self) -> tuple[float, float, float, float, float]:
        """Time, place and the weights of both coordinates."""
        return self.blob.t, self.across, self.up, self.across_sigma**-2, self.up_sigma**-2


@dataclass(slots=True)
class Track:
    """Places of one supposed thing in time order, and how crowded the picture was around it.

    `crowd`: blobs within 2.5 m at each place; `company`: other sinking tracks at each picture; `looks`: pictures since
    the first place; `idle`: pictures since the last; `watched`: seconds of watching before it began; `recent`: the last
    places as numbers.
    """

    places: list[Place]
    crowd: list[int] = field(default_factory=list)
    company: list[int] = field(default_factory=list)
    looks: int = 2
    idle: int = 0
    watched: float = 0.0
    highest: float = -np.inf
    recent: Array = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.highest = max(place.up for place in self.places)
        self.recent = rows_of(self.places)

    def add(self, place: Place, crowd: int) -> None:
        """Go on to another place."""
        self.places.append(place)
        self.recent[:-1] = self.recent[1:]
        self.recent[-1] = place.row
        self.crowd.append(crowd)
        self.highest = max(self.highest, place.up)
        self.idle = 0

    @property
    def last(self) -> float:
        """Time of the last sighting."""
        return self.places[-1].blob.t

    @property
    def first(self) -> float:
        """Time of the first sighting."""
        return self.places[0].blob.t

    @property
    def density(self) -> float:
        """The share of pictures between its first and last place in which it was seen."""
        return min(len(self.places) / max(self.looks - self.idle, 1), 1.0)

    @property
    def drop(self) -> float:
        """How far down it has come on the facade plane, in metres."""
        return self.highest - self.places[-1].up

    @property
    def end_speed(self) -> float:
        """Metres per second downwards over its last moments, at least four places: parts of a shirt may stay hidden."""
        last = self.places[-1]
        first = next(
            (p for p in reversed(self.places[:-3]) if last.blob.t - p.blob.t >= END_S), self.places[-4]
        )
        return (first.up - last.up) / max(last.blob.t - first.blob.t, 1e-3)

    def loiters(self) -> bool:
        """True for a track that has been around for a while and stays where it is, like laundry."""
        if self.last - self.first < LOITER_S:
            return False
        earlier = next(place for place in reversed(self.places) if self.last - place.blob.t >= LOITER_S)
        return earlier.up - self.places[-1].up < LOITER_DROP_M


def predict(tracks: Sequence[Track], t: float) -> tuple[Array, Array]:
    """Where each track will be at `t` and the variances, both (K, 2: across, up)."""
    mean, variance = foresee(np.array([track.recent for track in tracks]), np.full((len(tracks), 1), t))
    return mean[:, 0], variance[:, 0]


def foresee(recent: Array, times: Array) -> tuple[Array, Array]:
    """Where things with these rows (K, 12, 5) will be at `times` (K, M), and the variances: (K, M, 2: across, up).

    A quadratic through the recent places, with gravity as a belief about its bend.
    """
    last = recent[:, -1, 0]
    powers = _powers(recent[:, :, 0] - last[:, None], 5)
    weights = recent[:, :, 3:] * (powers[:, :, 1:2] >= -WINDOW_S)
    weights[:, -3:] = recent[:, -3:, 3:]
    curvature = (weights.transpose(0, 2, 1) @ powers)[:, :, HANKEL] * HALVES + BELIEF
    moment = ((weights * recent[:, :, 1:3]).transpose(0, 2, 1) @ powers[:, :, :3]) * HALVES[0]
    moment[:, :, 2] += PULL * PULL_SPREAD**-2.0
    spread = np.linalg.inv(curvature)
    step = _powers(times - last[:, None], 3) * HALVES[0]
    bent = (spread @ moment[..., None])[..., 0]
    variance = ((step[:, None] @ spread) * step[:, None]).sum(axis=3)
    return step @ bent.transpose(0, 2, 1), variance.transpose(0, 2, 1)


def _powers(values: Array, count: int) -> Array:
    """The powers 0 to `count` - 1 of values, as a further axis."""
    powers = np.ones((*values.shape, count))
    for power in range(1, count):
        np.multiply(powers[..., power - 1], values, out=powers[..., power])
    return powers


def rows_of(places: Sequence[Place]) -> Array:
    """The last places as numbers (12, 5); a few are filled up in front with places of no weight."""
    rows = np.zeros((RECENT, 5))
    filled = [place.row for place in places[-RECENT:]]
    rows[RECENT - len(filled) :] = filled
    rows[: RECENT - len(filled), 0] = filled[0][0] - 9.0
    return rows


def position_noise(blob: Blob) -> float:
    """Standard deviation of a blob's centroid in px: grows with its size, shrinks with its contrast."""
    size = max(blob.width, blob.height)
    return 0.4 + 0.06 * min(size, 40.0) + 2.0 / max(abs(blob.contrast), 4.0)
