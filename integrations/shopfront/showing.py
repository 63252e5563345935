"""The pictures that go with a find: before and after, with everyone who moves blurred beyond recognition."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from integrations.shopfront.window import Picture

WIDTH = 1280  # pixels of a stored picture at most
EVERY, KEPT = 10.0, 30  # seconds between two pictures of before, and their number
SMALL = 240  # pixels of width at which movement is looked for
MOVED, STRANGE = 14, 22  # grey levels from the picture before, and from what is usual
SHARE = 0.06  # of the picture's width that a blurred patch reaches beyond what moved
LINGER = 8  # pictures for which a place stays blurred after something moved there
MOSAIC = 14  # squares across the picture's width, times four: a face is one of them
RED, GREEN, WHITE = (40, 40, 230), (80, 200, 60), (255, 255, 255)
QUALITY = 88
Box = tuple[int, int, int, int]


class Passers:
    """Where something moves, or is that is not usually there: people and vehicles, without knowing what they are."""

    def __init__(self) -> None:
        self._usual: NDArray[Any] | None = None
        self._last: NDArray[Any] | None = None
        self._linger: NDArray[Any] = np.zeros((1, 1), np.int16)
        self._seen = 0

    def note(self, picture: Picture) -> None:
        """Look at one more picture (BGR)."""
        height = max(1, round(picture.shape[0] * SMALL / picture.shape[1]))
        small = cv2.resize(picture, (SMALL, height), interpolation=cv2.INTER_AREA)
        soft = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (3, 3), 0)
        grey: NDArray[np.float32] = np.asarray(soft, dtype=np.float32)
        if self._usual is None or self._last is None or self._usual.shape != grey.shape:
            self._usual = self._last = grey
            self._linger, self._seen = np.zeros(grey.shape, np.int16), 0
        step = grey - self._last
        moves = np.abs(step - np.median(step)) > MOVED
        apart = grey - self._usual
        apart -= np.median(apart)
        self._seen += 1
        # Fast at first, then a grey level in three seconds: who stands for a minute does not become usual.
        self._usual += np.sign(grey - self._usual) * (3.0 if self._seen < 40 else 0.3)
        strange = np.abs(apart) > STRANGE
        self._linger = np.where(moves | strange, LINGER, np.maximum(self._linger - 1, 0)).astype(np.int16)
        self._last = grey

    def hide(self, picture: Picture, show: Sequence[Box] = ()) -> Picture:
        """The picture with all that moves as a mosaic; boxes to `show` are left as they are."""
        height, width = picture.shape[:2]
        spots: Any = (self._linger > 0).astype(np.uint8)
        reach = max(3, round(SMALL * SHARE)) | 1
        spots = cv2.dilate(spots, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
        mask: Any = cv2.resize(spots, (width, height), interpolation=cv2.INTER_NEAREST)
        for left, top, right, bottom in show:
            mask[top:bottom, left:right] = 0
        coarse = (MOSAIC * 4, max(1, round(MOSAIC * 4 * height / width)))
        mosaic = cv2.resize(cv2.resize(picture, coarse, interpolation=cv2.INTER_AREA), (width, height),
                            interpolation=cv2.INTER_LINEAR)  # fmt: skip
        return np.asarray(np.where(mask[..., None] > 0, mosaic, picture), dtype=np.uint8)


class Album:
    """Pictures of the last minutes as JPEG, nobody recognisable in them; times are container seconds."""

    def __init__(self) -> None:
        self.passers = Passers()
        self._kept: deque[tuple[float, bytes]] = deque(maxlen=KEPT)

    def note(self, picture: Picture, t: float) -> None:
        """Look at one more picture, and keep one every few seconds."""
        self.passers.note(picture)
        if not self._kept or not 0 <= t - self._kept[-1][0] < EVERY:
            self._kept.append((t, jpeg(smaller(self.passers.hide(picture)))))

    def before(self, t: float) -> bytes:
        """The last picture that is older than `t`; the oldest when all are younger, b"" when there is none."""
        older = [data for at, data in self._kept if at <= t]
        return older[-1] if older else self._kept[0][1] if self._kept else b""


def smaller(picture: Picture) -> Picture:
    """At most as wide as pictures are stored."""
    height, width = picture.shape[:2]
    if width <= WIDTH:
        return picture
    size = (WIDTH, round(height * WIDTH / width))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def jpeg(picture: Picture) -> bytes:
    """As JPEG."""
    _done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data.tobytes()


def opened(data: bytes) -> Picture | None:
    """A JPEG's picture; None when it is none."""
    picture = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR) if data else None
    return None if picture is None else np.asarray(picture, dtype=np.uint8)


def marked(
    picture: Picture, full_width: int, box: Box, zone: Sequence[Sequence[float]], words: str, *, there: bool
) -> Picture:
    """The picture with the zone, the box (pixels of the full picture) and a line of words below it."""
    scale = picture.shape[1] / full_width
    thick = max(1, round(picture.shape[1] / 480))
    result = picture.copy()
    corners = np.round(np.array(zone) * scale).astype(np.int32)
    cv2.polylines(result, [corners], isClosed=True, color=WHITE, thickness=thick, lineType=cv2.LINE_AA)
    gap = 4 * thick
    left, top = int(box[0] * scale) - gap, int(box[1] * scale) - gap
    right, bottom = int(box[2] * scale) + gap, int(box[3] * scale) + gap
    cv2.rectangle(result, (left, top), (right, bottom), RED if there else GREEN, 2 * thick, cv2.LINE_AA)
    strip = np.full((max(14, picture.shape[1] // 28), picture.shape[1], 3), 24, dtype=np.uint8)
    size = strip.shape[0] / 42
    place = (strip.shape[0] // 3, round(strip.shape[0] * 0.7))
    cv2.putText(
        strip, words, place, cv2.FONT_HERSHEY_SIMPLEX, size, WHITE, max(1, round(size * 1.6)), cv2.LINE_AA
    )
    return np.asarray(np.vstack([result, strip]), dtype=np.uint8)
