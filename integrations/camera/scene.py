"""What keeps a camera from seeing, judged every few seconds: light, focus, shutter, covers, moves, standstill. Pure."""

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np

from integrations.camera.looks import SAME_MEAN, SAME_MOST, blur_of
from integrations.camera.picture import Picture
from integrations.camera.placing import LEAST_SHIFT, Place, Placed, Shift, edges_of
from integrations.camera.qualities import GOOD, WORDS

EVERY = 5.0  # container seconds between two looks
BURST = 9  # pictures in a row that a look compares, for repeated ones
HOLD = 6  # looks in a row that a state lasts before it counts: half a minute
DARK, DIM, BRIGHT_SHARE = 70, 120, 0.25  # grey levels of the 90th percentile; share that is burnt out
BLURRED, SOFTER = 0.55, 0.4  # blur; the part that is left of the steepest edges there were
BARE, BARER = 0.008, 0.35  # share of the picture with edges: hardly any; that much of what there was
REPEATED = 0.15  # share of pictures that are the one before again
FROZEN_LOOKS = 12  # looks in a row at one and the same picture
CROP = (360, 640)  # rows and columns of the middle that are looked at for blur


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look saw; grey levels, shares 0 to 1."""

    bright_end: float
    white: float
    blur: float
    steep: float  # how steep the steepest edges are, for the light there is
    edges: float  # share of the picture that has them
    repeated: float | None  # None: can't be told of a scene that stands still
    placed: Placed
    width: int


@dataclass(frozen=True, slots=True)
class Quality:
    """The state of the scene; text and remedy are empty when it is good."""

    state: str = GOOD
    text: str = ""
    remedy: str = ""
    shift: Shift | None = (0.0, 0.0)


@dataclass(slots=True)
class Scene:
    """Judges one camera. Give it every picture: it looks at a few in a row, every few seconds.

    `place` None: nobody cares whether the camera moves. Times are the stream's; a new stream begins with `restart`.
    """

    camera: str
    place: Place | None = None
    quality: Quality | None = None  # not known yet
    _due: float = float("-inf")
    _burst: list[Picture] = field(default_factory=list)
    _last: Picture | None = None
    _same: int = 0
    _steepest: float = 0.0
    _edges: float = 0.0
    _before: float = 0.0
    _shifts: deque[Placed] = field(default_factory=lambda: deque(maxlen=5))
    _coming: str = GOOD
    _looks: int = 0  # in a row that saw what is coming
    _covered: bool = False

    def restart(self) -> None:
        """The stream begins anew, its clock too: what was seen before goes on."""
        self._due = float("-inf")
        self._last, self._same = None, 0  # a film that is shown again is not frozen
        self._burst.clear()

    def look(self, luma: Picture, t: float, outside: Picture | None = None) -> Quality | None:
        """The state when it changed. `outside` (as small as `edges_of` makes it) is not compared: masks."""
        if t < self._due:
            return None
        self._burst.append(np.ascontiguousarray(luma[::8, ::8]))
        if len(self._burst) < BURST:
            return None
        self._due = t + EVERY
        seen = self._see(luma, outside)
        self._burst.clear()
        return self._settle(seen)

    def _see(self, luma: Picture, outside: Picture | None) -> Seen:
        small = self._burst[-1]
        same = self._last is not None and np.array_equal(small, self._last)
        self._same = self._same + 1 if same else 0
        self._last = small
        edges = edges_of(luma, outside)
        bright_end, share = float(np.percentile(small, 90)), float((edges > 1.0).mean())
        tellable = self.place is not None and bright_end >= DARK and share >= BARE
        placed = self.place.judge(edges, luma.shape[1]) if self.place and tellable else Placed()
        self._shifts.append(placed)
        rows, columns = (slice((size - crop) // 2, (size + crop) // 2) if size > crop else slice(None)
                         for size, crop in zip(luma.shape, CROP, strict=True))  # fmt: skip
        middle = np.ascontiguousarray(luma[rows, columns])
        return Seen(
            bright_end=bright_end,
            white=float((small >= 250).mean()),
            blur=blur_of(middle),
            steep=steepness(middle),
            edges=share,
            repeated=_repeated(self._burst),
            placed=placed,
            width=luma.shape[1],
        )

    def _settle(self, seen: Seen) -> Quality | None:
        """A state counts once it lasted; what is told is what is worst."""
        state = self._state(seen)
        self._looks = self._looks + 1 if state == self._coming else 1
        self._coming = state
        if self._looks < HOLD:
            return None
        shift = seen.placed.shift
        told = Quality(state, *self._words(state, shift), shift if state == "moved" else (0.0, 0.0))
        if self.quality is not None and told.state == self.quality.state:
            return None
        self.quality = told
        return told

    def _state(self, seen: Seen) -> str:
        dark = seen.bright_end < DARK
        if self._same >= FROZEN_LOOKS:
            return "frozen"
        if self._is_covered(seen, dark):
            return "covered"
        if not dark and self._is_moved(seen):
            return "moved"
        if dark:
            return "too_dark"
        self._steepest, self._edges = max(self._steepest, seen.steep), max(self._edges, seen.edges)
        if seen.white > BRIGHT_SHARE:
            return "too_bright"
        if seen.blur > BLURRED or seen.steep < SOFTER * self._steepest:
            return "blurred"
        if seen.repeated is not None and seen.repeated > REPEATED and seen.bright_end < DIM:
            return "slow_shutter"
        return GOOD

    def _is_covered(self, seen: Seen, dark: bool) -> bool:
        """Hardly an edge where there were many: at once, or in good light; nightfall takes them slowly."""
        bare = seen.edges < max(BARE, BARER * self._edges)
        sudden = self._before > 2 * BARE and seen.edges < BARER * self._before
        self._covered = bare and (self._covered or sudden or not dark)
        self._before = seen.edges
        return self._covered

    def _is_moved(self, seen: Seen) -> bool:
        """More looks than not, so that wind does not count."""
        off = [placed.lost or placed.shift is None or float(np.hypot(*placed.shift)) > LEAST_SHIFT * seen.width
               for placed in self._shifts]  # fmt: skip
        return sum(off) > len(off) / 2

    def _words(self, state: str, shift: Shift | None) -> tuple[str, str]:
        if state == GOOD:
            return "", ""
        text, remedy = WORDS[state]
        if state == "moved":
            text = "it looks elsewhere than when it was calibrated" + (
                f": the picture is off by {abs(shift[0]):.0f} px across and {abs(shift[1]):.0f} px down"
                if shift is not None else ""
            )  # fmt: skip
        return text, remedy.format(id=self.camera)


def steepness(luma: Picture) -> float:
    """The 99.5th percentile of the slopes, as a share of the contrast: low out of focus, however noisy."""
    across, down = (cv2.Sobel(luma, cv2.CV_32F, 1 - axis, axis, scale=0.125) for axis in (0, 1))
    low, high = np.percentile(luma[::4, ::4], (3, 97))
    return float(np.percentile(cv2.magnitude(across, down)[::2, ::2], 99.5)) / (float(high - low) + 10.0)


def _repeated(burst: list[Picture]) -> float | None:
    """The share of pictures that are the one before again; None when all are, as in a scene that stands still."""
    same = [is_same(one, other) for one, other in pairwise(burst)]
    return None if all(same) else sum(same) / len(same)


def is_same(one: Picture, other: Picture) -> bool:
    """Whether two pictures are one, encoded twice."""
    difference = cv2.absdiff(one, other)
    return float(difference.mean()) < SAME_MEAN and int(difference.max()) <= SAME_MOST
