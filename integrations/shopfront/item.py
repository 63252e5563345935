"""One thing that stands where it did not: its picture, the ground behind it, and how long it has been there."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from integrations.shopfront.ground import SWAY, Look, contrast, score_of
from integrations.shopfront.judging import correlation, eroded
from integrations.shopfront.light import GREY, LIGHT_RANGE, Values, box, colour_distance, spread
from integrations.shopfront.window import Mask

State = Literal["present", "absent", "hidden"]

AROUND = 3  # pixels of ground that belong to a thing's picture: its outline is what tells it from the ground
PRESENT, ABSENT = 0.6, 0.35  # how far between ground (0) and thing (1)
SAME_SHARE = 0.85  # of a thing's pixels that look as they did: it is there, whatever its contrasts
STRONG = 4.0  # times what a thing must differ by
LEFT_OVER = 0.6  # of the thing's own energy that neither explains
STILL_MOST = 0.12  # share of a still thing's pixels that may differ from picture to picture
LATEST = 5  # looks over which it must not move
CALM = 20  # looks that tell whether it is still
FOLLOWS = 0.03  # share by which a thing's picture follows what is seen
ALIKE, BETTER = (
    0.7,
    0.15,
)  # share of a thing's pixels that differ smoothly, and by how much more than the ground's
SURELY_THERE, SURELY_BETTER = 0.5, 0.15  # correlations after another light


@dataclass(slots=True, eq=False)
class Item:
    """A thing in one zone. `mask` is of the window; pictures are of the box around it."""

    mask: Mask
    since: float  # container seconds at which it was put there
    zone: int
    top: int
    left: int
    clean: Values  # the ground behind it
    dirty: Values  # the thing
    number: int = 0  # of its telling: names the events for good
    told: bool = False
    gone_since: float | None = None  # first look at which it was not there any more
    odd_since: float | None = None  # first look at which something else was there
    lost: bool = False  # the scene was learned anew and it could not be recognised in it
    restless: deque[float] = field(default_factory=lambda: deque(maxlen=CALM))
    latest: deque[Values] = field(default_factory=lambda: deque(maxlen=LATEST))
    named: str = ""
    looks: dict[int, tuple[Values, Values]] = field(
        default_factory=dict
    )  # `clean` and `dirty` of other scenes

    @property
    def place(self) -> tuple[slice, slice]:
        """Where its pictures lie in the window."""
        height, width = self.dirty.shape[:2]
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    def follow(self, light: Values | float) -> None:
        """The light of the whole scene moved."""
        by = light[self.place] if isinstance(light, np.ndarray) else light
        self.clean = self.clean + by
        self.dirty = self.dirty + by

    def seen(self, look: Look) -> State:
        """Whether it is there in this picture; `hidden` is all that can't be told."""
        now, scale = look.values[self.place], look.scale[self.place]
        weight = grown(self.mask[self.place], AROUND).astype(np.float32)[..., None]
        units = np.dstack([scale[..., 0], scale[..., 1], scale[..., 1]])
        # Bounded, so that one strong colour is not all that counts.
        thing = np.clip((self.dirty - self.clean) / units, -STRONG, STRONG)
        seen = np.clip((now - self.clean) / units, -STRONG, STRONG)
        energy = float((weight * thing * thing).sum())
        if energy <= 0:
            return "absent"
        share = float((weight * seen * thing).sum()) / energy
        rest = seen - share * thing
        left = float((weight * rest * rest).sum()) / energy
        part = self.mask[self.place]
        # In the dark and near white, brightness does not follow the light as elsewhere: all of a thing together.
        self.latest.append(now)
        change = now - self.latest[0]
        change = change - np.array([np.median(channel) for channel in change[part].T], np.float32)
        bearable = scale + SWAY * contrast(now)
        moved = score_of(change, bearable) > 1
        differs = float(moved[part].mean())
        ground = float((score_of(now - self.clean, scale)[part] > 1).mean())
        same = float((score_of(now - self.dirty, bearable)[part] < 1).mean())
        if (share > PRESENT and left < LEFT_OVER) or (same > SAME_SHARE and ground > 0.5):
            self.restless.append(differs)
            self.dirty = self.dirty + (now - self.dirty) * np.float32(FOLLOWS)
            return "present"
        if (share < ABSENT and left < LEFT_OVER) or ground < 0.15:
            return "absent"
        return self._in_other_light(now, scale)

    def _in_other_light(self, now: Values, scale: NDArray[np.float32]) -> State:
        """A shadow may lie over it, or half over it: is the difference to it smoother than that to the ground?"""
        where = grown(self.mask[self.place], AROUND)
        outline = where & ~eroded(self.mask[self.place])
        thing, ground = (smooth(now - one, scale) for one in (self.dirty, self.clean))
        like_thing, like_ground = (
            float(one[where].mean() + one[outline].mean()) / 2 for one in (thing, ground)
        )
        if like_thing > ALIKE and like_thing > like_ground + BETTER:
            light = box(now - self.dirty, 9)
            self.clean, self.dirty = self.clean + light, now.copy()
            return "present"
        return "absent" if like_ground > ALIKE and like_ground > like_thing + BETTER else "hidden"

    @property
    def still(self) -> bool:
        """Whether it holds still as things do; people breathe, shift and look around."""
        return len(self.restless) >= CALM // 2 and float(np.median(self.restless)) < STILL_MOST

    def forget_moves(self) -> None:
        """Judge anew whether it holds still."""
        self.restless.clear()
        self.latest.clear()

    def redraw(self, fresh: Item, since: float) -> None:
        """It looks like another one from now on."""
        self.mask, self.since, self.clean, self.dirty = fresh.mask, since, fresh.clean, fresh.dirty
        self.top, self.left = fresh.top, fresh.left
        self.looks.clear()
        self.forget_moves()

    def recognised(self, now: Values) -> State:
        """Whether it is there in a scene that was learned anew, in whatever light: by its texture alone."""
        part = grown(self.mask[self.place], AROUND)
        seen = now[self.place][..., 0][part]
        thing, ground = (correlation(seen, one[..., 0][part]) for one in (self.dirty, self.clean))
        if max(thing, ground) < SURELY_THERE or abs(thing - ground) < SURELY_BETTER:
            return "hidden"
        return "present" if thing > ground else "absent"


def item_of(mask: Mask, since: float, zone: int, ground: Values, still: Values) -> Item:
    """A thing of which the mask (of the window) was found."""
    ys, xs = np.nonzero(mask)
    around = AROUND + 2
    top, left = max(0, int(ys.min()) - around), max(0, int(xs.min()) - around)
    where = np.s_[top : int(ys.max()) + around + 1, left : int(xs.max()) + around + 1]
    # Around it, what is there now is the ground in the light of now.
    dirty = np.where(mask[where][..., None], still[where], ground[where]).astype(np.float32)
    return Item(mask, since, zone, top, left, ground[where].copy(), dirty)


def smooth(difference: Values, scale: NDArray[np.float32]) -> Mask:
    """Where a difference is what light makes: the same all around, and grey."""
    rough = np.sqrt(spread(difference[..., 0], 5))
    grey = colour_distance(box(difference, 3)) < np.maximum(GREY, scale[..., 1])
    low, high = LIGHT_RANGE
    return np.asarray(
        (rough < 0.6 * scale[..., 0]) & grey & (difference[..., 0] > low) & (difference[..., 0] < high)
    )


def grown(mask: Mask, by: int) -> Mask:
    """The mask and so many pixels around it."""
    kernel: NDArray[np.uint8] = np.ones((2 * by + 1, 2 * by + 1), dtype=np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel), dtype=bool)
