"""Draws pictures of a pavement before shops, one a second, with goods left and all that only looks like it.

A test tool. A scene is a seed and a set of troubles; its truth tells which things were left when, where and how large.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 360
Canvas = NDArray[np.float32]
Picture = NDArray[np.uint8]
TROUBLES = (
    "gain", "shadow", "sliding", "cloud", "rain", "snow", "sway", "tree", "walkers", "crowd", "stander", "scooter",
    "headlights", "infrared", "nudge", "night", "taken", "small", "handled", "truck",
)  # fmt: skip


@dataclass
class Left:
    """A thing that was left: pixels of the picture, seconds, share of the zone."""

    begin: float
    end: float
    box: tuple[int, int, int, int]
    share: float
    what: str


@dataclass
class Stay:
    """Something drawn from one second to another."""

    begin: float
    end: float
    patch: NDArray[np.float32]  # (h, w, 4): BGR and opacity
    left: int
    top: int


@dataclass
class Scene:
    """One camera's view for `seconds`; items stay for `hold` and more."""

    seed: int
    troubles: tuple[str, ...] = ()
    seconds: int = 2400
    hold: float = 120.0
    items: int = 3
    smallest: float = 0.005
    largest: float = 0.06
    truth: list[Left] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self._stays: list[Stay] = []
        self._horizon = int(HEIGHT * self.random.uniform(0.35, 0.5))
        self.zone = self._make_zone()
        self._zone_mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.fillPoly(self._zone_mask, [np.array(self.zone, np.int32)], 1)
        self.base = self._make_base()
        self._noise = [self.random.normal(0, 1, (HEIGHT, WIDTH, 1)).astype(np.float32) for _ in range(3)]
        self._noise += [
            np.repeat(
                cv2.GaussianBlur(self.random.normal(0, 2, (HEIGHT, WIDTH)).astype(np.float32), (3, 3), 0)[
                    ..., None
                ],
                1,
                2,
            )
        ]
        self._sigma = float(self.random.uniform(1.5, 4.0)) * (2.0 if "night" in self.troubles else 1.0)
        self._plan()

    # --- what stands ---------------------------------------------------------------------------------------

    def _make_zone(self) -> list[tuple[int, int]]:
        top, bottom = self._horizon + 12, HEIGHT - int(self.random.uniform(5, 40))
        left, right = self.random.uniform(20, 150), WIDTH - self.random.uniform(20, 150)
        lean = self.random.uniform(0, 60)
        return [(int(left + lean), top), (int(right - lean), top), (int(right), bottom), (int(left), bottom)]

    def _make_base(self) -> Canvas:
        rng, h = self.random, self._horizon
        base = np.zeros((HEIGHT, WIDTH, 3), np.float32)
        wall = rng.uniform(60, 180, 3)
        base[:h] = wall
        for _ in range(rng.integers(3, 7)):  # doors, windows, signs
            x, y = int(rng.integers(0, WIDTH - 60)), int(rng.integers(0, max(1, h - 60)))
            w, t = int(rng.integers(40, 160)), int(rng.integers(30, h))
            cv2.rectangle(base, (x, y), (x + w, min(h - 1, y + t)), rng.uniform(20, 230, 3).tolist(), -1)
            cv2.rectangle(base, (x, y), (x + w, min(h - 1, y + t)), rng.uniform(20, 80, 3).tolist(), 2)
        ground = rng.uniform(80, 170) + rng.uniform(-8, 8, 3)
        base[h:] = ground
        kind = rng.integers(0, 4)
        yy, xx = np.mgrid[h:HEIGHT, 0:WIDTH].astype(np.float32)
        depth = (yy - h + 25) / (HEIGHT - h)
        if kind in (0, 1):  # tiles in perspective
            pitch = rng.uniform(0.05, 0.12)
            u = (xx - WIDTH / 2) / WIDTH / depth
            v = 0.35 / depth
            joint = (np.mod(u, pitch) < 0.004 / depth) | (np.mod(v, pitch) < 0.006 / depth)
            shade = rng.normal(0, 6, (64, 64)).astype(np.float32)
            tile = shade[(np.floor(v / pitch).astype(int) % 64), (np.floor(u / pitch).astype(int) % 64)]
            base[h:] += tile[..., None]
            base[h:][joint] -= rng.uniform(10, 35)
        grain = {0: 3.0, 1: 1.0, 2: 8.0, 3: 0.5}[int(kind)]
        for scale, part in ((1, 1.0), (4, 0.8), (16, 0.7)):
            small = rng.normal(0, grain * part, ((HEIGHT - h) // scale + 2, WIDTH // scale + 2)).astype(
                np.float32
            )
            base[h:] += cv2.resize(small, (WIDTH, HEIGHT - h), interpolation=cv2.INTER_CUBIC)[..., None]
        for _ in range(rng.integers(0, 5)):  # stains, covers
            centre = (int(rng.integers(0, WIDTH)), int(rng.integers(h, HEIGHT)))
            axes = (int(rng.integers(5, 35)), int(rng.integers(3, 12)))
            sheet = np.zeros((HEIGHT, WIDTH), np.float32)
            cv2.ellipse(sheet, centre, axes, 0, 0, 360, 1.0, -1)
            base += (cv2.GaussianBlur(sheet, (5, 5), 0) * rng.uniform(-30, 15))[..., None]
        return np.clip(base, 5, 245)

    def _thing(self, area: float, ground: NDArray[Any]) -> tuple[NDArray[np.float32], str]:
        """A patch (h, w, 4) of goods or litter that covers about `area` pixels and differs from the ground."""
        rng = self.random
        what = str(rng.choice(["box", "bag", "crates", "basket", "heap", "board"]))
        ratio = float(rng.uniform(0.6, 1.7))
        fill = {"bag": 0.78, "heap": 0.7, "basket": 0.85}.get(what, 1.0)
        w = max(5, round((area / fill * ratio) ** 0.5))
        h = max(5, round(area / fill / w))
        for _ in range(50):
            colour = (
                rng.uniform(15, 235, 3)
                if rng.random() < 0.6
                else np.full(3, rng.uniform(15, 235)) + rng.uniform(-6, 6, 3)
            )
            if np.abs(colour - ground).max() > 25:
                break
        patch = np.zeros((h, w, 4), np.float32)
        patch[..., :3] = colour
        if what in ("bag", "heap", "basket"):
            cv2.ellipse(patch, (w // 2, h // 2), (w // 2, h // 2), 0, 0, 360, (*colour.tolist(), 1.0), -1)
            patch[h // 2 :, w // 5 : w - w // 5, 3] = 1.0
        else:
            patch[..., 3] = 1.0
        if what == "box":
            patch[:, : w // 3, :3] *= 0.75
            patch[: max(1, h // 5), :, :3] *= 1.2
        if what in ("crates", "board"):
            for y in range(0, h, max(3, h // 4)):
                patch[y, :, :3] *= 0.6
        if what == "heap":
            small = rng.normal(0, 25, (max(2, h // 4), max(2, w // 4), 3)).astype(np.float32)
            patch[..., :3] += cv2.resize(small, (w, h), interpolation=cv2.INTER_NEAREST)
        patch[..., :3] = np.clip(patch[..., :3] + rng.normal(0, 3, (h, w, 1)), 5, 250)
        return patch, what

    def _place(
        self, patch: NDArray[np.float32], taken: list[tuple[int, int, int, int]]
    ) -> tuple[int, int] | None:
        h, w = patch.shape[:2]
        for _ in range(200):
            x, y = (
                int(self.random.integers(5, WIDTH - w - 5)),
                int(self.random.integers(self._horizon, HEIGHT - h - 3)),
            )
            inside = self._zone_mask[y : y + h, x : x + w][patch[..., 3] > 0.5]
            apart = all(
                x > a + c + 14 or a > x + w + 14 or y > b + d + 14 or b > y + h + 14 for a, b, c, d in taken
            )
            if inside.all() and apart:
                return x, y
        return None

    def _plan(self) -> None:
        rng, zone = self.random, int(self._zone_mask.sum())
        taken: list[tuple[int, int, int, int]] = []
        self._visits: list[tuple[float, float, float]] = []
        for _number in range(self.items):
            low = self.smallest
            share = (
                low
                if "small" in self.troubles
                else float(np.exp(rng.uniform(np.log(low), np.log(self.largest))))
            )
            share *= 1.02
            begin = float(int(rng.uniform(90, self.seconds - 1.7 * self.hold - 60)))
            stays = float(int(rng.uniform(1.4 * self.hold, min(6 * self.hold, self.seconds - begin))))
            at = np.argwhere(self._zone_mask)[rng.integers(0, zone)]
            patch, what = self._thing(share * zone, self.base[at[0], at[1]])
            place = self._place(patch, taken)
            if place is None:
                continue
            x, y = place
            h, w = patch.shape[:2]
            under = self.base[y : y + h, x : x + w].mean(axis=(0, 1))
            mean = patch[..., :3][patch[..., 3] > 0.5].mean(axis=0)
            if np.abs(mean - under).max() < 22:
                patch[..., :3] = np.clip(patch[..., :3] + (45 if under.mean() < 128 else -45), 5, 250)
            taken.append((x, y, w, h))
            end = begin + stays if rng.random() < 0.75 else float(self.seconds + 1)
            self._stays.append(Stay(begin, end, patch, x, y))
            share = float((patch[..., 3] > 0.5).sum()) / zone
            self.truth.append(Left(begin, end, (x, y, x + w, y + h), share, what))
            if "handled" in self.troubles:  # somebody carries it here, and stands by
                self._visits += [(begin, x + w / 2, y + h), (min(end, self.seconds), x + w / 2, y + h)]
        if "taken" in self.troubles:  # things that were there from the beginning, and go
            for _ in range(3):
                at = np.argwhere(self._zone_mask)[rng.integers(0, zone)]
                patch, what = self._thing(float(rng.uniform(0.006, 0.05)) * zone, self.base[at[0], at[1]])
                place = self._place(patch, taken)
                if place is not None:
                    taken.append((*place, patch.shape[1], patch.shape[0]))
                    self._stays.append(Stay(-1, float(rng.uniform(200, self.seconds - 200)), patch, *place))
        self._people = self._plan_people()
        self._steps = sorted(
            (float(rng.uniform(60, self.seconds)), float(np.exp(rng.uniform(-0.45, 0.45)))) for _ in range(8)
        )
        self._nudges = sorted(
            (float(rng.uniform(150, self.seconds)), rng.uniform(-9, 9, 2)) for _ in range(3)
        )
        self._switch = sorted(rng.uniform(200, self.seconds - 200, 2).tolist())
        self._shadow = self._plan_shadows()
        self._lights = [(float(rng.uniform(60, self.seconds)), float(rng.uniform(3, 45))) for _ in range(25)]
        self._trucks = [
            (float(rng.uniform(100, self.seconds - 200)), float(rng.uniform(30, 90))) for _ in range(3)
        ]

    def _plan_people(self) -> list[dict[str, Any]]:
        rng, people = self.random, []

        def add(**about: Any) -> None:
            people.append({
                "height": float(rng.uniform(60, 110)), "coat": rng.uniform(15, 220, 3), "legs": rng.uniform(10, 120, 3),
                "y": float(rng.uniform(self._horizon + 40, HEIGHT - 8)), "phase": float(rng.uniform(0, 9)), **about,
            })  # fmt: skip

        count = 0
        if "walkers" in self.troubles:
            count = self.seconds // 40
        if "crowd" in self.troubles:
            count = self.seconds // 8
        for _ in range(count):
            pace = float(rng.uniform(18, 70)) * (1 if rng.random() < 0.5 else -1)
            add(kind="walk", begin=float(rng.uniform(0, self.seconds)), pace=pace)
        (x0, _), (x1, _), *_rest = self.zone
        if "stander" in self.troubles:
            for _ in range(5):
                begin = float(rng.uniform(60, self.seconds - 100))
                stays = float(rng.uniform(40, min(90.0, 0.75 * self.hold)))
                add(kind="stand", begin=begin, end=begin + stays, x=float(rng.uniform(x0, x1)))
        if "scooter" in self.troubles:
            for _ in range(3):
                begin = float(rng.uniform(60, self.seconds - self.hold))
                add(kind="scooter", begin=begin, end=begin + 0.85 * self.hold, x=float(rng.uniform(x0, x1)))
        for at, x, y in self._visits:
            add(
                kind="stand",
                begin=at - rng.uniform(2, 8),
                end=at + rng.uniform(1, 5),
                x=float(x + rng.uniform(-6, 6)),
                y=float(min(y + 4, HEIGHT - 2)),
            )
        return people

    def _plan_shadows(self) -> list[tuple[float, float, NDArray[Any], float]]:
        rng, found = self.random, []
        if "shadow" in self.troubles:
            for _ in range(3):
                begin = float(rng.uniform(60, self.seconds - 300))
                x = rng.uniform(-100, WIDTH)
                lean, wide = rng.uniform(-150, 150), rng.uniform(80, 400)
                corners = np.array(
                    [[x, -5], [x + wide, -5], [x + wide + lean, HEIGHT + 5], [x + lean, HEIGHT + 5]]
                )
                found.append((begin, begin + rng.uniform(200, 1500), corners, float(rng.uniform(0.45, 0.75))))
        return found

    # --- a picture -----------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[tuple[float, Picture]]:
        """Container seconds and BGR pictures, one a second."""
        rng = np.random.default_rng(self.seed + 1_000_003)
        gain, tint = 1.0, np.ones(3)
        offset = np.zeros(2)
        for second in range(self.seconds):
            t = float(second)
            canvas = self.base.copy()
            for stay in self._stays:
                if stay.begin <= t < stay.end:
                    lay(canvas, stay.patch, stay.left, stay.top, shade=True)
            for person in self._people:
                self._draw(canvas, person, t, rng)
            if "truck" in self.troubles:
                for begin, stays in self._trucks:
                    if begin <= t < begin + stays:
                        canvas[int(self._horizon * 0.5) :, 40 : WIDTH - 60] = (150, 120, 90)
            light = self._light(t, rng)
            for at, factor in self._steps:
                if "gain" in self.troubles and at <= t < at + 1:
                    gain = float(np.clip(gain * factor, 0.55, 1.5))
                    tint = 1 + rng.uniform(-0.06, 0.06, 3)
            picture = canvas * light * (gain * tint).astype(np.float32)
            picture *= 1 + 0.12 * np.sin(2 * np.pi * (t / 3100 + self.seed % 7 / 7))
            if "night" in self.troubles:
                picture *= 0.35
            if "infrared" in self.troubles and self._switch[0] <= t < self._switch[1]:
                grey = picture @ np.array([0.25, 0.35, 0.4], np.float32)
                picture = np.repeat((grey * 0.75 + 12)[..., None], 3, axis=2)
            for at, by in self._nudges:
                if "nudge" in self.troubles and at <= t < at + 1:
                    offset = offset + by
            shift = offset.copy()
            if "sway" in self.troubles:
                shift += [1.2 * np.sin(t * 1.9) + rng.normal(0, 0.3), 0.6 * np.sin(t * 1.1 + 1)]
            if shift.any():
                matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
                moved = cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
                picture = np.asarray(moved, dtype=np.float32)
            if "rain" in self.troubles:
                self._rain(picture, rng)
            if "snow" in self.troubles:
                self._snow(picture, rng)
            noise = np.roll(self._noise[second % 4], tuple(rng.integers(0, 200, 2)), axis=(0, 1))
            picture = picture + noise * self._sigma
            yield t, squeezed(picture)

    def _light(self, t: float, rng: np.random.Generator) -> Canvas:
        light = np.ones((HEIGHT, WIDTH, 3), np.float32)
        for begin, end, corners, dark in self._shadow:
            if begin <= t < end:
                sheet = np.zeros((HEIGHT, WIDTH), np.float32)
                cv2.fillPoly(sheet, [corners.astype(np.int32)], 1.0, lineType=cv2.LINE_AA)
                soft = cv2.GaussianBlur(sheet, (5, 5), 0)[..., None]
                light *= 1 - soft * (1 - np.array([dark * 1.05, dark, dark * 0.97], np.float32))
        if "sliding" in self.troubles:
            edge = -100 + (WIDTH + 300) * t / self.seconds
            sheet = np.clip((np.arange(WIDTH)[None, :] + 0.4 * np.arange(HEIGHT)[:, None] - edge) / 2, 0, 1)
            light *= (0.55 + 0.45 * sheet)[..., None].astype(np.float32)
        if "cloud" in self.troubles:
            light *= np.float32(0.8 + 0.2 * np.sin(t / 37) * np.sin(t / 211))
        if "headlights" in self.troubles:
            for begin, stays in self._lights:
                if begin <= t < begin + stays:
                    x = int(WIDTH * (0.2 + 0.6 * ((begin * 7) % 1)) + (t - begin) * 12 * (stays < 15))
                    sheet = np.zeros((HEIGHT, WIDTH), np.float32)
                    cv2.ellipse(sheet, (x, HEIGHT - 70), (90, 35), 0, 0, 360, 1.0, -1)
                    light += (cv2.GaussianBlur(sheet, (31, 31), 0) * 0.9)[..., None]
        if "tree" in self.troubles:
            sheet = np.zeros((HEIGHT, WIDTH), np.float32)
            leaves = np.random.default_rng(self.seed + 5)
            for _ in range(40):
                u, v = leaves.uniform(0, WIDTH * 0.35), leaves.uniform(self._horizon, HEIGHT)
                u, v = u + 7 * np.sin(t * 1.3 + v / 20) + rng.normal(0, 1.5), v + 3 * np.sin(t + u / 15)
                cv2.circle(sheet, (int(u), int(v)), int(leaves.uniform(4, 12)), 1.0, -1)
            light *= 1 - 0.4 * cv2.GaussianBlur(sheet, (5, 5), 0)[..., None]
        return light

    def _draw(self, canvas: Canvas, who: dict[str, Any], t: float, rng: np.random.Generator) -> None:
        tall = who["height"] * (0.5 + 0.5 * (who["y"] - self._horizon) / (HEIGHT - self._horizon))
        y = who["y"]
        if who["kind"] == "walk":
            x = (t - who["begin"]) * who["pace"] + (-40 if who["pace"] > 0 else WIDTH + 40)
            if t < who["begin"] or not -60 < x < WIDTH + 60:
                return
        else:
            if not who["begin"] <= t < who["end"]:
                return
            x = who["x"]
        if who["kind"] == "scooter":
            wide = int(tall * 1.1)
            cv2.ellipse(canvas, (int(x), int(y)), (wide // 2, 4), 0, 0, 360, (30, 30, 30), -1)
            for end in (-1, 1):
                cv2.circle(canvas, (int(x + end * wide * 0.4), int(y - 8)), 9, (25, 25, 25), -1)
            cv2.rectangle(
                canvas,
                (int(x - wide * 0.35), int(y - 34)),
                (int(x + wide * 0.3), int(y - 14)),
                who["coat"].tolist(),
                -1,
            )
            cv2.line(
                canvas,
                (int(x + wide * 0.3), int(y - 14)),
                (int(x + wide * 0.38), int(y - 52)),
                (40, 40, 40),
                3,
            )
            return
        if who["kind"] == "stand":
            x += 2.5 * np.sin(t / 7 + who["phase"]) + rng.normal(0, 0.7)
            y += 0.5 * np.sin(t / 5 + who["phase"])
        step = tall * 0.12 * (np.sin(t * 3 + who["phase"]) if who["kind"] == "walk" else 0.6)
        cv2.ellipse(
            canvas,
            (int(x), int(y)),
            (int(tall * 0.2), 3),
            0,
            0,
            360,
            (canvas[min(int(y), HEIGHT - 1), int(np.clip(x, 0, WIDTH - 1))] * 0.6).tolist(),
            -1,
        )
        for side in (-1, 1):
            cv2.line(
                canvas,
                (int(x), int(y - tall * 0.45)),
                (int(x + side * step), int(y)),
                who["legs"].tolist(),
                max(2, int(tall * 0.09)),
            )
        cv2.ellipse(
            canvas,
            (int(x), int(y - tall * 0.62)),
            (int(tall * 0.14), int(tall * 0.22)),
            0,
            0,
            360,
            who["coat"].tolist(),
            -1,
        )
        arm = tall * 0.2 * np.sin(t / 2 + who["phase"])
        cv2.line(
            canvas,
            (int(x), int(y - tall * 0.75)),
            (int(x + arm), int(y - tall * 0.45)),
            (who["coat"] * 0.8).tolist(),
            max(2, int(tall * 0.06)),
        )
        cv2.circle(canvas, (int(x), int(y - tall * 0.91)), max(2, int(tall * 0.08)), (120, 150, 190), -1)

    def _rain(self, picture: Canvas, rng: np.random.Generator) -> None:
        for _ in range(120):
            x, y, long = int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT)), int(rng.integers(6, 22))
            old = picture[min(y, HEIGHT - 1), min(x, WIDTH - 1)]
            cv2.line(picture, (x, y), (x + long // 6, y + long), (old * 0.6 + 90).tolist(), 1)

    def _snow(self, picture: Canvas, rng: np.random.Generator) -> None:
        for _ in range(150):
            cv2.circle(
                picture,
                (int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT))),
                int(rng.integers(1, 4)),
                (225, 225, 225),
                -1,
            )


def lay(canvas: Canvas, patch: NDArray[np.float32], left: int, top: int, *, shade: bool) -> None:
    """Put a patch on the canvas, with the dark line where it touches the ground."""
    h, w = patch.shape[:2]
    if shade:
        cv2.ellipse(canvas, (left + w // 2, top + h - 1), (w // 2 + 2, max(2, h // 10)), 0, 0, 360,
                    (canvas[min(top + h, HEIGHT - 1), left + w // 2] * 0.55).tolist(), -1)  # fmt: skip
    part = canvas[top : top + h, left : left + w]
    alpha = patch[..., 3:]
    part[:] = part * (1 - alpha) + patch[..., :3] * alpha


def squeezed(picture: Canvas) -> Picture:
    """The picture as a surveillance camera's encoder leaves it."""
    small = np.clip(picture, 0, 255).astype(np.uint8)
    _done, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 62])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)
