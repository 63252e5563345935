"""What else moves before a facade: birds, insects, rain, snow, leaves, laundry, lights, cars, shake, exposure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from .facade_camera import PinholeCamera

Luma = NDArray[np.uint8]


class Distractor(Protocol):
    """Something that paints itself into the luma picture at time `t`."""

    def draw(self, luma: Luma, t: float) -> None:
        """Paint in place."""


def blend(
    luma: Luma,
    centre: tuple[float, float],
    axes: tuple[float, float],
    angle: float,
    grey: float,
    alpha: float,
) -> None:
    """Blend an anti-aliased ellipse (semi-axes in px, angle in degrees) into the picture."""
    reach = int(max(axes) + 3)
    if not (np.isfinite(centre[0]) and np.isfinite(centre[1])):
        return
    x, y = int(centre[0]), int(centre[1])
    x0, x1, y0, y1 = (
        max(x - reach, 0),
        min(x + reach + 1, luma.shape[1]),
        max(y - reach, 0),
        min(y + reach + 1, luma.shape[0]),
    )
    if x0 >= x1 or y0 >= y1:
        return
    zoom = 4 if reach < 40 else 1
    mask = np.zeros(((y1 - y0) * zoom, (x1 - x0) * zoom), dtype=np.uint8)
    shift = 16
    middle = tuple(int(((c - c0 + 0.5) * zoom - 0.5) * shift) for c, c0 in ((centre[0], x0), (centre[1], y0)))
    size = (max(int(axes[0] * zoom * shift), 1), max(int(axes[1] * zoom * shift), 1))
    cv2.ellipse(mask, middle, size, angle, 0, 360, 255, -1, cv2.LINE_8, 4)
    cover = cv2.resize(mask, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA).astype(np.float32) * (
        alpha / 255
    )
    patch = luma[y0:y1, x0:x1]
    patch[:] = np.clip(patch + cover * (grey - patch), 0, 255).astype(np.uint8)


class Bird:
    """A flapping bird that crosses the picture in a shallow curve, now and then diving."""

    def __init__(self, camera: PinholeCamera, random: np.random.Generator) -> None:
        self._camera = camera
        self._start = np.array([random.uniform(-45, 45), random.uniform(10, 60), random.uniform(3, 20)])
        heading = 1.0 if self._start[0] < 0 else -1.0
        self._velocity = np.array(
            [heading * random.uniform(5, 11), random.uniform(-2.5, 2.0), random.uniform(-1, 1)]
        )
        self._bend = random.uniform(-1.5, 1.5)
        self._span, self._beat = random.uniform(0.15, 0.35), random.uniform(4, 9)
        self._from = random.uniform(0, 6)
        self._grey = random.choice([25.0, 60.0, 220.0])

    def draw(self, luma: Luma, t: float) -> None:
        """Wings open and close while it flies."""
        age = t - self._from
        if not 0 <= age < 8:
            return
        place = self._start + self._velocity * age + np.array([0.0, 0.5 * self._bend * age * age * 0.4, 0.0])
        pixel = self._camera.project(place[None])[0]
        scale = float(self._camera.scale(place[None])[0])
        wing = 0.5 * self._span * scale * (0.35 + 0.65 * abs(np.sin(np.pi * self._beat * age)))
        blend(luma, (pixel[0], pixel[1]), (0.4 * self._span * scale, wing), 20.0, self._grey, 0.9)


class Insect:
    """A large soft blob close to the lens, on an erratic path."""

    def __init__(self, camera: PinholeCamera, random: np.random.Generator) -> None:
        self._centre = np.array([random.uniform(0, camera.width), random.uniform(0, camera.height)])
        self._phase = random.uniform(0, 6.28, 6)
        self._rate = random.uniform(1.0, 5.0, 6)
        self._reach = random.uniform(0.1, 0.35) * camera.width
        self._radius = random.uniform(4, 16)
        self._from, self._grey = random.uniform(0, 8), random.choice([40.0, 210.0])

    def draw(self, luma: Luma, t: float) -> None:
        """Half transparent, because far out of focus."""
        if not 0 <= t - self._from < 3:
            return
        waves = np.sin(self._rate * t + self._phase)
        offset = self._reach * np.array([waves[0] + 0.5 * waves[1], waves[2] + 0.5 * waves[3]])
        x, y = self._centre + offset
        blend(luma, (x, y), (self._radius, self._radius * 0.8), 0.0, self._grey, 0.45)


class Precipitation:
    """Rain streaks or snow flakes: many, parallel, at constant speed, between camera and facade."""

    def __init__(
        self, camera: PinholeCamera, random: np.random.Generator, *, snow: bool, exposure: float
    ) -> None:
        self._camera, self._snow, self._exposure = camera, snow, exposure
        count = 140 if snow else 260
        forward = np.subtract(camera.target, camera.position)
        depth = random.uniform(1.5, 25.0, count) if not snow else random.uniform(1.5, 30.0, count)
        side = random.uniform(-0.8, 0.8, count) * depth
        rise = random.uniform(-0.6, 0.6, count) * depth
        unit = forward / np.linalg.norm(forward)
        self._places = (
            np.array(camera.position) + unit * depth[:, None] + np.stack((side, rise, 0 * rise), axis=1)
        )
        speed = random.uniform(1.0, 2.0, count) if snow else random.uniform(5.0, 8.5, count)
        self._velocity = np.stack(
            (np.full(count, random.uniform(-1.5, 1.5)), -speed, np.zeros(count)), axis=1
        )
        self._height = np.maximum(1.4 * depth, 2.0)
        self._size = random.uniform(0.004, 0.010, count) if snow else random.uniform(0.0015, 0.003, count)
        self._phase = random.uniform(0, 100, count)

    def draw(self, luma: Luma, t: float) -> None:
        """Each drop falls through its slab of air and starts again at the top."""
        fallen = np.mod(-self._velocity[:, 1] * t + self._phase, self._height) - self._height / 2
        places = self._places.copy()
        places[:, 1] -= fallen
        places[:, 0] += self._velocity[:, 0] * fallen / -self._velocity[:, 1]
        begin = self._camera.project(places)
        end = self._camera.project(places + self._velocity * self._exposure)
        radius = np.maximum(self._size * self._camera.scale(places), 0.4)
        for a, b, size in zip(begin, end, radius, strict=True):
            if (
                np.isfinite(a).all()
                and np.isfinite(b).all()
                and 0 <= a[0] < luma.shape[1]
                and 0 <= a[1] < luma.shape[0]
            ):
                length = float(np.hypot(*(b - a))) / 2 + size
                angle = float(np.degrees(np.arctan2(b[1] - a[1], b[0] - a[0])))
                middle = (a + b) / 2
                alpha = 0.8 if self._snow else 0.35 * min(1.0, 6.0 / length)
                blend(luma, (middle[0], middle[1]), (length, float(size)), angle, 225.0, alpha)


class Leaf:
    """A leaf or scrap that sinks at walking speed and swings from side to side."""

    def __init__(self, camera: PinholeCamera, random: np.random.Generator) -> None:
        self._camera = camera
        self._start = np.array([random.uniform(-20, 20), random.uniform(15, 60), random.uniform(1, 12)])
        self._sink, self._drift = random.uniform(0.8, 1.8), random.uniform(-2, 2)
        self._swing, self._rate = random.uniform(0.2, 0.6), random.uniform(2, 5)
        self._grey = random.choice([40.0, 150.0, 220.0])

    def draw(self, luma: Luma, t: float) -> None:
        """Always somewhere on its way down."""
        age = t + 2.0
        swing = self._swing * np.sin(self._rate * age)
        place = self._start + np.array(
            [self._drift * age + swing, -self._sink * age + 0.3 * swing**2, 0.2 * swing]
        )
        pixel = self._camera.project(place[None])[0]
        radius = max(0.05 * float(self._camera.scale(place[None])[0]), 0.5)
        wide = radius * (0.3 + 0.7 * abs(np.sin(self._rate * age * 0.7)))
        blend(luma, (pixel[0], pixel[1]), (radius, wide), 30 * age, self._grey, 0.8)


class Laundry:
    """A patch of the facade that sways in the wind."""

    def __init__(self, camera: PinholeCamera, random: np.random.Generator) -> None:
        place = np.array([[random.uniform(-18, 18), random.uniform(8, 50), 0.2]])
        self._pixel = camera.project(place)[0]
        self._size = float(camera.scale(place)[0]) * np.array(
            [random.uniform(0.4, 1.0), random.uniform(0.6, 1.2)]
        )
        self._rate, self._phase = random.uniform(1.5, 6), random.uniform(0, 6)
        self._greys = random.uniform(40, 230, 3)

    def draw(self, luma: Luma, t: float) -> None:
        """Three garments on one line."""
        for index, grey in enumerate(self._greys):
            sway = 0.25 * self._size[0] * np.sin(self._rate * t + self._phase + 0.7 * index)
            x = self._pixel[0] + index * 1.2 * self._size[0] + sway
            blend(
                luma,
                (x, self._pixel[1]),
                (0.5 * self._size[0], 0.5 * self._size[1]),
                4 * float(sway),
                float(grey),
                0.9,
            )


class FlickeringWindow:
    """A lamp or television behind a window."""

    def __init__(self, camera: PinholeCamera, random: np.random.Generator) -> None:
        corner = np.array([[random.uniform(-18, 18), random.uniform(8, 50), 0.0]])
        far = corner + np.array([[1.6, 1.5, 0.0]])
        self._box = np.concatenate((camera.project(corner), camera.project(far)))
        self._rate, self._strength = random.uniform(2, 9), random.uniform(10, 60)

    def draw(self, luma: Luma, t: float) -> None:
        """Brighten the pane by an irregular amount."""
        if not np.isfinite(self._box).all():
            return
        (x0, y0), (x1, y1) = self._box.min(axis=0).astype(int), self._box.max(axis=0).astype(int)
        pane = luma[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
        gain = self._strength * (np.sin(6.28 * self._rate * t) * np.sin(13.1 * t) > 0)
        pane[:] = np.clip(pane.astype(np.int16) + int(gain), 0, 255).astype(np.uint8)


class Car:
    """A car that passes on the street below."""

    def __init__(self, camera: PinholeCamera, random: np.random.Generator) -> None:
        self._camera = camera
        self._speed = random.uniform(5, 14) * random.choice([-1.0, 1.0])
        self._depth, self._from = random.uniform(4, 14), random.uniform(0, 6)
        self._grey = random.uniform(20, 230)

    def draw(self, luma: Luma, t: float) -> None:
        """A long low box with wheels' worth of height."""
        x = (t - self._from) * self._speed - np.sign(self._speed) * 30
        place = np.array([[x, 0.8, self._depth]])
        pixel, scale = self._camera.project(place)[0], float(self._camera.scale(place)[0])
        blend(luma, (pixel[0], pixel[1]), (2.1 * scale, 0.75 * scale), 0.0, self._grey, 1.0)


class CloudShadow:
    """A soft change of light over several seconds, or a sudden exposure step."""

    def __init__(self, random: np.random.Generator, *, sudden: bool) -> None:
        self._at, self._sudden = random.uniform(2, 8), sudden
        self._gain = random.uniform(0.75, 1.25)

    def draw(self, luma: Luma, t: float) -> None:
        """Multiply the whole picture."""
        share = float(t > self._at) if self._sudden else float(np.clip((t - self._at) / 3.0, 0.0, 1.0))
        if share > 0.0:
            cv2.convertScaleAbs(luma, dst=luma, alpha=1.0 + (self._gain - 1.0) * share)


class Shake:
    """A swaying, vibrating mast: the whole picture moves by a pixel or so."""

    def __init__(self, random: np.random.Generator, reach_px: float) -> None:
        self._reach, self._phase, self._rate = (
            reach_px,
            random.uniform(0, 6.28, 4),
            random.uniform(0.5, 5.0, 4),
        )

    def draw(self, luma: Luma, t: float) -> None:
        """Shift by a sum of sines."""
        waves = np.sin(6.28 * self._rate * t + self._phase)
        x, y = (
            self._reach * 0.5 * (waves[0] + 0.4 * waves[1]),
            self._reach * 0.5 * (waves[2] + 0.4 * waves[3]),
        )
        shift = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
        cv2.warpAffine(luma, shift, (luma.shape[1], luma.shape[0]), dst=luma, borderMode=cv2.BORDER_REPLICATE)


Maker = Callable[[PinholeCamera, np.random.Generator, float], list[Distractor]]


def makers() -> dict[str, Maker]:
    """Name of a distractor -> what makes it from (camera, random, exposure in s); drawing order is this order."""
    return {
        "flicker": lambda camera, random, _: [FlickeringWindow(camera, random) for _ in range(4)],
        "laundry": lambda camera, random, _: [Laundry(camera, random) for _ in range(5)],
        "cars": lambda camera, random, _: [Car(camera, random) for _ in range(3)],
        "birds": lambda camera, random, _: [Bird(camera, random) for _ in range(4)],
        "leaves": lambda camera, random, _: [Leaf(camera, random) for _ in range(6)],
        "rain": lambda camera, random, exposure: [
            Precipitation(camera, random, snow=False, exposure=exposure)
        ],
        "snow": lambda camera, random, exposure: [
            Precipitation(camera, random, snow=True, exposure=exposure)
        ],
        "insects": lambda camera, random, _: [Insect(camera, random) for _ in range(3)],
        "cloud": lambda _, random, __: [CloudShadow(random, sudden=False)],
        "exposure": lambda _, random, __: [CloudShadow(random, sudden=True)],
        "shake": lambda _, random, __: [Shake(random, 1.6)],
    }
