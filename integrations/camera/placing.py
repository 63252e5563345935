"""Whether a camera still looks where it did: edges of small pictures, compared with those of when it was calibrated."""

import io
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import cv2
import numpy as np
from numpy.typing import NDArray

from integrations.camera.picture import Picture

Edges = NDArray[np.float32]
Shift = tuple[float, float]  # across and down

WIDTH, HIGHEST = 480, 1080  # of the small picture
MOST_VIEWS = 6  # references by different light
IN_PLACE, SAME_LIGHT = 0.5, 0.75  # correlation with a reference
ALIKE = 0.3  # that a shifted picture must reach to be the same place in other light
CLEARER = 0.1  # by which a shift must explain the picture better than none does
LEAST_SHIFT = 0.004  # of the picture's width, 8 pixels of 1920
LEAST_TURN = 1.5  # small pixels by which quarters of the picture must disagree to have been turned
SUDDEN = 0.5  # correlation with the picture before, below which something happened at once
LARGEST_FILE = 20_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Placed:
    """How far the picture is from its place, in its own pixels; None: another place, or one that can't be told."""

    shift: Shift | None = (0.0, 0.0)
    lost: bool = False  # it changed at once to something that matches no reference


@dataclass(slots=True)
class Place:
    """Remembers how the place looks in different light; `views` is what is kept over restarts."""

    views: list[Edges] = field(default_factory=list)
    _last: Edges | None = None
    _lost: bool = False

    def judge(self, edges: Edges, width: int) -> Placed:
        """Compare with the references; `width` is that of the full picture. Learns how the place looks in new light."""
        sudden = self._last is not None and _alike(edges, self._last) < SUDDEN
        self._last = edges
        if not self.views or self.views[0].shape != edges.shape:
            self.views = [edges]
            return Placed()
        scores = [_alike(edges, view) for view in self.views]
        best = int(np.argmax(scores))
        found = self._sought(edges, sorted(range(len(scores)), key=scores.__getitem__)[-3:], max(scores))
        if found is None:
            if scores[best] < IN_PLACE and (sudden or self._lost):
                self._lost = True
                return Placed(None, lost=True)
            found = (0.0, 0.0)
        self._lost = False
        if scores[best] < SAME_LIGHT:
            found = max(
                found, _farthest_quarter(edges, self.views[best], found), key=lambda by: np.hypot(*by)
            )
        zoom = width / edges.shape[1]
        if float(np.hypot(*found)) > LEAST_SHIFT * edges.shape[1]:
            return Placed((found[0] * zoom, found[1] * zoom))
        if scores[best] < SAME_LIGHT:
            # The oldest reference is that of the calibration: it stays.
            self.views = [self.views[0], *self.views[1:][-(MOST_VIEWS - 2) :], edges]
        return Placed((found[0] * zoom, found[1] * zoom))

    def _sought(self, edges: Edges, among: list[int], unmoved: float) -> Shift | None:
        """The shift that makes the picture agree with a reference; None when there is none."""
        agreed = [_shift_between(self.views[index], edges) for index in among]
        best, by = max(agreed, key=lambda found: found[0])
        if best < ALIKE:
            return (0.0, 0.0) if unmoved >= IN_PLACE else None
        return by if best > unmoved + CLEARER or float(np.hypot(*by)) < 1 else (0.0, 0.0)


def _shift_between(view: Edges, edges: Edges) -> tuple[float, Shift]:
    """How well the two agree once one is shifted back, and by how much it was shifted."""
    window = np.asarray(cv2.createHanningWindow((edges.shape[1], edges.shape[0]), cv2.CV_32F))
    # OpenCV applies the window in place when no padding is needed: hand it copies
    (x, y), _peak = cv2.phaseCorrelate(view.copy(), edges.copy(), window)
    return _alike(_shifted(edges, (-x, -y)), view), (float(x), float(y))


def _farthest_quarter(edges: Edges, view: Edges, whole: Shift) -> Shift:
    """The largest shift of a quarter of the picture: a camera that was turned or zoomed moves them differently."""
    height, width = (size // 2 for size in edges.shape)
    farthest = whole
    for y in (0, height):
        for x in (0, width):
            part = np.s_[y : y + height, x : x + width]
            here, there = np.ascontiguousarray(view[part]), np.ascontiguousarray(edges[part])
            agreed, by = _shift_between(here, there)
            differs = float(np.hypot(by[0] - whole[0], by[1] - whole[1])) > LEAST_TURN
            if differs and agreed > max(IN_PLACE, _alike(there, here) + CLEARER):
                farthest = max(farthest, by, key=lambda shift: np.hypot(*shift))
    return farthest


def small_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of the small copy of a picture."""
    return min(max(round(shape[0] * WIDTH / shape[1]), 16), HIGHEST), WIDTH


def edges_of(luma: Picture, outside: Picture | None = None) -> Edges:
    """Edges of a small copy, evened out so that light matters little; none where `outside`, as small, is set."""
    height, width = small_shape(luma.shape)
    small = cv2.GaussianBlur(cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA), (3, 3), 0)
    x = cv2.Sobel(small, cv2.CV_32F, 1, 0)
    y = cv2.Sobel(small, cv2.CV_32F, 0, 1)
    steep = cv2.magnitude(x, y)
    edges = cv2.GaussianBlur(steep / (cv2.blur(steep, (41, 41)) + 12.0), (3, 3), 0)
    if outside is not None:
        edges[outside > 0] = 0
    return np.asarray(np.minimum(edges, 4.0), dtype=np.float32)


def _alike(one: Edges, other: Edges) -> float:
    """Correlation of two pictures, -1 to 1."""
    if one.shape != other.shape:
        return 0.0
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 0 else 0.0


def _shifted(edges: Edges, by: Shift) -> Edges:
    matrix = np.array([[1.0, 0.0, by[0]], [0.0, 1.0, by[1]]])
    return np.asarray(cv2.warpAffine(edges, matrix, (edges.shape[1], edges.shape[0])), dtype=np.float32)


def packed(place: Place, key: str) -> bytes:
    """The references as a file's content; `key` names the calibration that they belong to."""
    buffer = io.BytesIO()
    views = np.stack(place.views).astype(np.float16)
    np.savez_compressed(buffer, key=np.array(key), views=views)
    return buffer.getvalue()


def unpacked(path: Path, key: str) -> Place:
    """The references of a file; none when it is not there, damaged, or of another calibration."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            return Place()
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            views = data["views"].astype(np.float32)
            if str(data["key"]) != key or views.ndim != 3 or not 0 < len(views) <= MOST_VIEWS:
                return Place()
            return Place([np.ascontiguousarray(view) for view in views])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return Place()
