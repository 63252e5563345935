"""What of a picture stays the same when the light changes: logarithms of brightness and colour; a field of light."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from integrations.shopfront.window import Mask, Picture

Values = NDArray[np.float32]  # (height, width, 3): log brightness, log red/green, log blue/green

DARKEST = 8.0  # grey levels added before logarithms, so that noise in the dark stays small
WIDE = 6  # the field of light varies over this part of the window's width
LEAST_WEIGHT = 0.15  # share of unchanged pixels around, below which the whole picture's light is taken
TEXTURE_SIDE = 9  # pixels
KEPT = 0.4  # of the texture's energy that may be in the difference
GREY = 0.1  # of a light's change in colour, in logarithms: shadows are a little bluer
LIGHT_RANGE = (-1.6, 1.2)  # logarithms by which light may change brightness
TINT = 0.15  # of a colour's change that cameras make by themselves, in logarithms
LARGE, HUGE = 0.01, 0.25  # shares of the window
FLAT = 2.0  # times the noise's energy: texture below can't be recognised again


def values_of(bgr: Picture) -> Values:
    """A picture (uint8, BGR) as values in which light is an addition."""
    soft = cv2.GaussianBlur(bgr, (3, 3), 0).astype(np.float32) + DARKEST
    logs = cv2.log(soft)
    grey: Any = cv2.transform(soft, np.array([[0.114, 0.587, 0.299]], dtype=np.float32))
    colour = cv2.blur(np.dstack([logs[..., 2] - logs[..., 1], logs[..., 0] - logs[..., 1]]), (3, 3))
    return np.dstack([cv2.log(grey), colour])


def colour_distance(difference: Values) -> NDArray[np.float32]:
    """The larger of both colour differences; numpy's own maximum over so short an axis takes ten times as long."""
    return np.maximum(np.abs(difference[..., 1]), np.abs(difference[..., 2]))


def box(values: NDArray[Any], side: int) -> Values:
    """The mean over a square around each pixel."""
    return np.asarray(cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT), dtype=np.float32)


def field_of(difference: Values, usable: Mask) -> Values:
    """The smooth part of a difference: by how much the light changed, judged by pixels that did not."""
    small, share = quarter(difference * usable[..., None]), quarter(usable.astype(np.float32))
    chosen = difference[::3, ::3][usable[::3, ::3]]
    whole = np.array(
        [np.median(channel) for channel in chosen.T] if len(chosen) > 20 else [0] * 3, np.float32
    )
    side = max(3, small.shape[1] // WIDE) | 1
    weight = box(share, side)[..., None]
    mean = box(small - whole * share[..., None], side) / np.maximum(weight, 1e-3)
    coarse = whole + mean * np.minimum(1.0, weight / LEAST_WEIGHT)
    # What fills most of the window, a truck say, would pass for light of its own colour.
    coarse = np.clip(coarse, (LIGHT_RANGE[0], -TINT, -TINT), (LIGHT_RANGE[1], TINT, TINT)).astype(np.float32)
    size = (difference.shape[1], difference.shape[0])
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def quarter(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """At a quarter of the size: light varies slowly."""
    size = (max(1, values.shape[1] // 4), max(1, values.shape[0] // 4))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def spread(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """The variance of one channel around each pixel."""
    mean = box(values, side)
    return np.asarray(np.maximum(box(values * values, side) - mean * mean, 0), dtype=np.float32)


def same_texture(now: Values, before: Values, noise: float) -> tuple[Mask, Mask]:
    """Where the ground's texture shows unchanged in whatever light, and where there is none in either.

    Under another light the difference of the logarithms is smooth; a thing takes the ground's texture away.
    """
    ground, difference = before[..., 0], now[..., 0] - before[..., 0]
    texture = spread(ground, TEXTURE_SIDE)
    roughness = spread(difference, TEXTURE_SIDE)
    # In the dark the same grey levels of noise are more in logarithms.
    grain = np.float32(noise**2) * (1 + np.exp(np.clip(-2 * box(difference, TEXTURE_SIDE), -3, 3)))
    flat = (texture <= FLAT * grain) & (roughness <= FLAT * 1.5 * grain)
    return (texture > FLAT * grain) & (roughness < KEPT * texture + grain), flat


def with_shadows(now: Values, before: Values, field: Values, changed: Mask, noise: float) -> Values:
    """The field of light with large shadows and sunny patches in it, edges and all.

    What changed over a large area but shows the texture of before, or is as flat as before and reaches the window's
    edge, is light.
    """
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(
        changed.astype(np.uint8), connectivity=4
    )
    large = [n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] > LARGE * changed.size]
    if not large:
        return field
    difference = now - before - field
    same, flat = same_texture(now, before, noise)
    low, high = LIGHT_RANGE
    bearable = (colour_distance(box(difference, 7)) < GREY) & (difference[..., 0] > low)
    bearable &= difference[..., 0] < high
    result = field.copy()
    for number in large:
        part = labels == number
        area = int(stats[number, cv2.CC_STAT_AREA])
        wide = touches_edge(stats[number], changed.shape) or area > HUGE * changed.size
        light = part & bearable & ((same | flat) if wide else same)
        if np.count_nonzero(light) < 0.6 * area:
            continue
        weight = light.astype(np.float32)
        share = box(weight, 15)[..., None]
        mean = box(difference * weight[..., None], 15) / np.maximum(share, 1e-3)
        whole = np.array([np.median(channel) for channel in difference[light].T], np.float32)
        result[part] += np.where(share > 0.05, mean, whole)[part]
    return result


def touches_edge(stats: NDArray[Any], shape: tuple[int, ...]) -> bool:
    """Whether a component (OpenCV's statistics of it) reaches the picture's edge."""
    left, top, width, height = (int(value) for value in stats[:4])
    return left <= 1 or top <= 1 or left + width >= shape[1] - 1 or top + height >= shape[0] - 1
