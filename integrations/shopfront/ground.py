"""The models of a scene: what it looks like with nothing new in it, and what has lately stood still before that."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from integrations.shopfront.light import DARKEST, Values, colour_distance, field_of, values_of, with_shadows
from integrations.shopfront.steadiness import Steadiness, moved
from integrations.shopfront.window import Mask, Picture

BRIGHT_LEAST, COLOUR_LEAST = 0.09, 0.075  # logarithms by which a thing must differ from the ground
BRIGHT_MOST, COLOUR_MOST = 0.35, 0.30  # above which a pixel's restlessness may not raise that
SIGMAS = 3.5
SWAY = 0.5  # of a still thing's own contrast, by which a shift of half a pixel may change it
EDGE = 0.3  # of the ground's own contrast around a pixel: what a shift of a third of a pixel may do
SLOW, RESTLESS, LIGHT = 300.0, 100.0, 40.0  # seconds: the ground's rate, that of its noise, that of light
QUANTILE, QUANTILE_SIGMAS = (
    0.85,
    1.44,
)  # of a pixel's distances from the ground, and where a normal noise has it
NOISE_RANGE = (0.005, 0.15)
QUICK = 0.2  # share by which a still thing's picture follows it
SAME = 0.8  # of the threshold: a still thing looks like itself
PATIENCE = 8.0  # seconds for which a still thing may be hidden, or gone, before it is forgotten
OTHER_PICTURE = 0.55  # share of the window that changed: another picture
FAMILIAR, NEARER = 0.3, 0.5  # share that differs from a former ground at most, and by that of the present one
FORMER = 2  # grounds that are kept: the street behind a truck, the day before the infrared switch
COLOUR, COLOURED, COLOURLESS = 0.05, 0.3, 0.005  # logarithms; shares of a window in colour and in infrared
LAYERS = ("scene", "long", "noise", "still", "since", "seen", "hidden", "empty", "began")
STABLE = 0.25  # share that may change between two pictures of one scene
SAMPLES, MOST_SAMPLES = 15, 60  # pictures to learn a scene from, and to try for
LONGEST_STEP = 5.0  # seconds that count between two pictures


@dataclass(slots=True)
class Look:
    """One picture, seen against the ground."""

    t: float
    step: float  # seconds since the picture before, bounded
    values: Values  # moved to the ground's place and put into its light
    score: NDArray[np.float32]  # 1: differs from the ground as much as a thing must
    changed: Mask
    scale: NDArray[np.float32]  # (height, width, 2): thresholds of brightness and colour


class Ground:
    """Two models at different rates; pictures come one by one."""

    def __init__(self, width: int, height: int) -> None:
        self.shape = (height, width)
        self.long: Values | None = None
        self.noise = np.full((height, width, 2), 0.02, dtype=np.float32)
        self.still: Values = np.zeros((height, width, 3), dtype=np.float32)
        self.since, self.seen, self.hidden, self.empty = (
            np.zeros((height, width), dtype=np.float32) for _ in range(4)
        )
        self.began = 0.0  # container seconds that `since` counts from
        self.scene = 0  # another number for each scene that was learned, the same when it is back
        self._scenes = 0
        self._former: deque[dict[str, Any]] = deque(maxlen=FORMER)
        self._steadiness = Steadiness(width, height)
        self._samples: deque[Picture] = deque(maxlen=SAMPLES)
        self._tried = 0
        self._last: Values | None = None
        self._at: float | None = None
        self._edge = np.zeros((height, width, 2), dtype=np.float32)
        self._edge_due = 0.0

    def look(self, picture: Picture, t: float) -> Look | None:
        """The picture (work size, BGR) against the ground; None while the scene is being learned."""
        step = 0.0 if self._at is None else min(max(t - self._at, 0.0), LONGEST_STEP)
        self._at = t
        values = values_of(picture)
        if self.long is None:
            self._learn(picture, values, t)
            return None
        look, field, sudden, apart = self._against(values, t, step)
        if apart > FAMILIAR and self._recall(values, t, step, apart):
            look, field, sudden, apart = self._against(values, t, step)
        if apart > OTHER_PICTURE:
            self._learn(picture, values, t)
            return None
        self._samples.clear()
        self._tried = 0
        self._brighten(field, sudden, step)
        look.values = look.values + self.followed
        return look

    @property
    def scenes(self) -> set[int]:
        """The present scene and those that can come back."""
        return {self.scene, *(former["scene"] for former in self._former)}

    def _against(self, values: Values, t: float, step: float) -> tuple[Look, Values, Values, float]:
        """The picture against the ground: the look, the light's field and edges, the share that differs."""
        assert self.long is not None  # noqa: S101 - `look` has seen to it
        shift = self._steadiness.shift(self.long, values)
        valid = None
        moved_values = values
        if shift != (0.0, 0.0):
            moved_values = moved(values, (-shift[0], -shift[1]))
            valid = inside(self.shape, shift)
        look, field, sudden = self._compare(moved_values, self.long, t, step, valid)
        apart = np.count_nonzero(look.changed) / look.changed.size
        return look, field, sudden, 1.0 if switched(values, self.long) else apart

    def _recall(self, values: Values, t: float, step: float, apart: float) -> bool:
        """Go on with a former ground if the picture is much nearer to that."""
        for former in list(self._former):
            present = self._exchange(former)
            if self._against(values, t, step)[3] < min(FAMILIAR, NEARER * apart):
                self._former.remove(former)
                self._former.append(present)
                self._last = None
                return True
            self._exchange(present)
        return False

    def _exchange(self, layers: dict[str, Any]) -> dict[str, Any]:
        """Put a scene's layers in the place of the present ones, which are returned."""
        present = {name: getattr(self, name) for name in LAYERS}
        for name, layer in layers.items():
            setattr(self, name, layer)
        self._edge_due = 0.0
        return present

    def _compare(
        self, values: Values, before: Values, t: float, step: float, valid: Mask | None
    ) -> tuple[Look, Values, Values]:
        scale = self._scale(before, t)
        noise = float(np.median(self.noise[::4, ::4, 0]))
        difference = values - before
        middle = np.array([np.median(difference[::4, ::4, channel]) for channel in range(3)], np.float32)
        usable = score_of(difference - middle, scale) < 2
        field = field_of(difference, usable)
        changed = clean(score_of(difference - field, scale) > 1)
        lit = with_shadows(values, before, field, changed, noise)
        if lit is not field:
            changed = clean(score_of(difference - lit, scale) > 1)
        score = score_of(difference - lit, scale)
        if valid is not None:
            score[~valid] = 0
            changed &= valid
        return Look(t, step, values - lit, score, changed, scale), field, lit - field

    def _scale(self, before: Values, t: float) -> NDArray[np.float32]:
        """How much a pixel must differ: by its noise and by its surroundings' contrast."""
        if not self._edge_due - 60 < t < self._edge_due:
            kernel = np.ones((3, 3), dtype=np.uint8)
            reach = cv2.dilate(before, kernel) - cv2.erode(before, kernel)
            self._edge = np.dstack([reach[..., 0], colour_distance(reach)]).astype(np.float32) * EDGE
            self._edge_due = t + 20
        least = np.array([BRIGHT_LEAST, COLOUR_LEAST], dtype=np.float32)
        most = np.array([BRIGHT_MOST, COLOUR_MOST], dtype=np.float32)
        scale: NDArray[Any] = np.minimum(np.maximum(least, SIGMAS * self.noise) + self._edge, most)
        return np.asarray(scale, dtype=np.float32)

    def _brighten(self, field: Values, sudden: Values, step: float) -> None:
        """Let everything follow the light, also what is hidden: slowly, but at once where an edge of it came."""
        assert self.long is not None  # noqa: S101 - for the type checker; `look` has seen to it
        share = 1 - np.exp(-step / LIGHT)
        self.followed = field * np.float32(share) + sudden
        self.long += self.followed
        self.still += self.followed

    def keep(self, look: Look, frozen: Mask) -> None:
        """Take the picture in: the ground where nothing is, the still layer where something is."""
        assert self.long is not None  # noqa: S101 - likewise
        residual = look.values - self.long
        free = ~look.changed & ~frozen
        rate = np.float32(1 - np.exp(-look.step / SLOW))
        self.long += residual * (rate * free)[..., None]
        apart = np.dstack([np.abs(residual[..., 0]), colour_distance(residual)])
        restless = ~frozen & ~(self.seen > PATIENCE)
        # The 85th percentile is not moved by those who walk through, as a mean of squares would be.
        change = np.where(apart > QUANTILE_SIGMAS * self.noise, QUANTILE, QUANTILE - 1)
        self.noise *= np.exp(change * (look.step / RESTLESS * restless)[..., None]).astype(np.float32)
        np.clip(self.noise, *NOISE_RANGE, out=self.noise)
        self._hold(look)

    def _hold(self, look: Look) -> None:
        """The still layer: what stands where it stood, for how long."""
        there = look.changed
        bearable = look.scale + SWAY * contrast(look.values) if there.any() else look.scale
        same = (score_of(look.values - self.still, bearable) < SAME) & (self.seen > 0)
        match = there & same
        self.seen[match] += look.step
        self.empty[there] = 0
        self.hidden[match] = np.maximum(0, self.hidden[match] - 2 * look.step)
        self.still[match] += (look.values - self.still)[match] * np.float32(QUICK)
        self.hidden[there & ~same] += look.step
        self.empty[~there] += look.step
        gone = (self.empty > PATIENCE) & (self.seen > 0)
        self.seen[gone] = 0
        new = there & ~same & ((self.seen <= 0) | (self.hidden > np.minimum(PATIENCE, self.seen)))
        self.still[new] = look.values[new]
        self.since[new] = (
            look.t - self.began - self.hidden[new]
        )  # from when on it was no longer what it had been
        self.seen[new] = max(look.step, 1e-3)
        self.hidden[new] = self.empty[new] = 0

    def resume(
        self, long: Values, noise: Values, still: Values, since: NDArray[Any], seen: NDArray[Any], t: float
    ) -> None:
        """Go on with what was known before a restart; `since` is seconds before (negative) or after `t`."""
        self.long, self.noise, self.still = long, noise, still
        self.began, self.since, self.seen = t, since.astype(np.float32), seen.astype(np.float32)

    def absorb(self, where: Mask) -> None:
        """What stands still there belongs to the ground from now on."""
        assert self.long is not None  # noqa: S101 - likewise
        chosen = where & (self.seen > 0)
        self.long[chosen] = self.still[chosen]
        self.seen[where] = 0
        self._edge_due = 0.0

    def lay(self, where: tuple[slice, slice], part: Mask, values: Values) -> None:
        """The ground of a part of a box is `values` from now on."""
        assert self.long is not None  # noqa: S101 - likewise
        self.long[where][part] = values[part]
        self.seen[where][part] = 0
        self._edge_due = 0.0

    def _learn(self, picture: Picture, values: Values, t: float) -> None:
        """Gather pictures of a scene that holds still; after enough of them it is the ground."""
        if self._last is not None:
            look, *_light = self._compare(values, self._last, t, 1.0, None)
            if np.count_nonzero(look.changed) > STABLE * look.changed.size and self._tried < MOST_SAMPLES:
                self._samples.clear()
        self._last = values
        self._samples.append(picture)
        self._tried += 1
        if len(self._samples) < SAMPLES:
            return
        stack = np.stack(self._samples)
        middle = np.median(stack, axis=0).astype(np.uint8)
        if self.long is not None:
            self._former.append({name: getattr(self, name) for name in LAYERS})
        self.long = values_of(middle)
        deviation = np.median(np.abs(stack[::3].astype(np.float32) - middle), axis=0).mean(axis=2) / 0.6745
        relative = cv2.blur(deviation, (9, 9)) / (middle.mean(axis=2) + DARKEST)
        self.noise = np.repeat(np.clip(relative, 0.005, 0.08)[..., None], 2, axis=2).astype(np.float32)
        self.began, self._edge_due = t, t
        self.still = np.zeros_like(self.long)
        self.since, self.seen, self.hidden, self.empty = (np.zeros(self.shape, np.float32) for _ in range(4))
        self._samples.clear()
        self._last, self._tried = None, 0
        self._scenes += 1
        self.scene = self._scenes

    followed: Values | float = 0.0  # by how much the light moved with the last picture


def switched(now: Values, ground: Values) -> bool:
    """Whether one of the two is a picture in infrared, without any colour, and the other is not."""
    shares = sorted(float((colour_distance(one[::2, ::2]) > COLOUR).mean()) for one in (now, ground))
    return shares[0] < COLOURLESS and shares[1] > COLOURED


def score_of(difference: Values, scale: NDArray[np.float32]) -> NDArray[np.float32]:
    """Differences in units of what a thing must differ by, brightness and colour together."""
    bright = difference[..., 0] / scale[..., 0]
    colour = colour_distance(difference) / scale[..., 1]
    return np.asarray(cv2.magnitude(bright, colour), dtype=np.float32)


def contrast(values: Values) -> NDArray[np.float32]:
    """How much brightness and colour vary from a pixel to those beside it."""
    kernel: NDArray[np.uint8] = np.ones((3, 3), dtype=np.uint8)
    reach = cv2.dilate(values, kernel) - cv2.erode(values, kernel)
    return np.dstack([reach[..., 0], colour_distance(reach)])


def clean(mask: Mask) -> Mask:
    """Without specks and pinholes."""
    kernel = np.ones((3, 3), dtype=np.uint8)
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    return np.asarray(cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((5, 5), dtype=np.uint8)), dtype=bool)


def inside(shape: tuple[int, int], shift: tuple[float, float]) -> Mask:
    """The part of a picture moved back by a shift that is not its repeated border."""
    height, width = shape
    result = np.zeros(shape, dtype=bool)
    x, y = (int(np.ceil(abs(value))) + 1 for value in shift)
    left, right = (0, width - x) if shift[0] > 0 else (x, width)
    top, bottom = (0, height - y) if shift[1] > 0 else (y, height)
    result[top:bottom, left:right] = True
    return result
