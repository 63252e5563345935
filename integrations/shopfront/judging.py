"""What a still patch is: a thing that was added, one that was taken away, or only light."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from integrations.shopfront.light import GREY, LIGHT_RANGE, Values, box, touches_edge
from integrations.shopfront.window import Mask

Verdict = Literal["added", "removed", "light"]

RING = 4  # pixels around a patch that belong to its judgement
REMOVED = 0.8  # of the contrast along the outline that was there before must be left, or something is gone
KEPT = (
    0.65  # of the ground's texture that may be in the difference: more, and the ground is not seen any more
)
FLAT = 1.5  # times the noise
OUTLINE = 0.6  # share of the outline that must stand out, for a flat grey patch to be a thing
DISTINCT = 0.09  # logarithms by which that outline must stand out at most, however noisy the night is
LARGE = 0.12  # of the window: flat grey patches above that are shadows
NARROW, LONG = (
    4.5,
    6.0,
)  # pixels from the outline to the middle, and length by width, of the edge of a moving shadow
THIN = 1.4  # pixels from the outline to the middle: less is the edge of a shadow, or of something that swayed


def judge(before: Values, now: Values, patch: Mask, noise: float) -> Verdict:
    """What has become of the ground in the patch (values of the window before and now, alike in size)."""
    ys, xs = np.nonzero(patch)
    top, bottom = max(0, ys.min() - RING - 2), ys.max() + RING + 3
    left, right = max(0, xs.min() - RING - 2), xs.max() + RING + 3
    where = np.s_[top:bottom, left:right]
    part, was, is_now = patch[where], before[where], now[where]
    deep = depth(part)
    narrow = deep < NARROW and np.count_nonzero(part) > LONG * (2 * deep) ** 2
    if deep < THIN or narrow:
        return "light"
    if is_light(was, is_now, part, noise, patch):
        return "light"
    old, new, _share = outline(was, part), outline(is_now, part), 0
    if float(new.mean()) < REMOVED * float(old.mean()):
        return "removed"
    return "added"


def depth(part: Mask) -> float:
    """The largest distance of a patch's pixel to its outline."""
    padded = np.pad(part.astype(np.uint8), 1)
    return float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max())


def is_light(was: Values, now: Values, part: Mask, noise: float, whole: Mask) -> bool:
    """Whether the ground is still to be seen in the patch, only brighter or darker."""
    inner = eroded(part)
    difference = now - was
    bright, colour = difference[inner][:, 0], np.abs(np.median(difference[inner][:, 1:], axis=0)).max()
    if colour > GREY or not LIGHT_RANGE[0] < float(np.median(bright)) < LIGHT_RANGE[1]:
        return False
    texture, rough = detail(was[..., 0], part)[inner], detail(difference[..., 0], part)[inner]
    grain = noise * float(1 + np.exp(-np.median(bright))) / 2
    if texture.std() > FLAT * grain:
        return float(rough.std()) < KEPT * float(texture.std())
    if rough.std() > FLAT * 1.5 * grain:
        return False
    # A flat grey patch on flat ground may be either: things are small and stand out all around.
    stats: Any = cv2.connectedComponentsWithStats(whole.astype(np.uint8), connectivity=8)[2]
    if whole.mean() > LARGE or touches_edge(stats[1], whole.shape):
        return True
    return float((outline(now, part) > min(4 * noise, DISTINCT)).mean()) < OUTLINE


def grey_change(difference: Values, patch: Mask) -> bool:
    """Whether a patch only became brighter or darker, by as much as light can make it."""
    middle = [float(np.median(difference[..., channel][patch])) for channel in range(3)]
    return max(abs(middle[1]), abs(middle[2])) < GREY and LIGHT_RANGE[0] < middle[0] < LIGHT_RANGE[1]


def detail(values: NDArray[np.float32], part: Mask) -> NDArray[np.float32]:
    """The texture: what is left when the mean around, inside of the patch, is taken away."""
    weight = part.astype(np.float32)
    share = np.maximum(box(weight, 9), 1e-3)
    return np.asarray(values - box(values * weight, 9) / share, dtype=np.float32)


def correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Of two sets of pixels; 0 when one of them is flat."""
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 1e-9 else 0.0


def eroded(part: Mask) -> Mask:
    """Without its outline, as long as something is left."""
    smaller = cv2.erode(np.pad(part.astype(np.uint8), 1), np.ones((3, 3), dtype=np.uint8))[1:-1, 1:-1] > 0
    return np.asarray(smaller) if np.count_nonzero(smaller) >= 12 else part


def outline(values: Values, part: Mask) -> NDArray[np.float32]:
    """By how much the patch differs from what is right beside it, at each pixel of its outline."""
    inside_, outside = mean_over(values, part), mean_over(values, ~part)
    mask = part.astype(np.uint8)
    edge = (mask - cv2.erode(mask, np.ones((3, 3), dtype=np.uint8), borderValue=0)) > 0
    apart = np.abs(inside_ - outside)[edge]
    return np.asarray(np.sqrt((apart * apart).sum(axis=1)), dtype=np.float32)


def mean_over(values: Values, part: Mask) -> Values:
    """The mean of a part's pixels in the neighbourhood of each."""
    weight = part.astype(np.float32)
    share = np.maximum(box(weight, 2 * RING + 1), 1e-3)[..., None]
    return np.asarray(box(values * weight[..., None], 2 * RING + 1) / share, dtype=np.float32)
