"""Pictures of a camera: the luma plane without a copy, colour for the few that are kept, black where masked."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
# Formats whose first plane is 8-bit luma as it stands.
PLANAR = frozenset(
    [
        "yuv420p",
        "yuvj420p",
        "yuv422p",
        "yuvj422p",
        "yuv444p",
        "yuvj444p",
        "yuv410p",
        "yuv411p",
        "yuvj411p",
        "nv12",
        "nv21",
        "gray",
    ]
)
QUALITY = 90
LIVE_WIDTH = 1280  # pixels


def luma_of(frame: VideoFrame) -> Picture:
    """Brightness (height, width), in the decoder's own memory for the usual formats."""
    if frame.format.name not in PLANAR:
        frame = frame.reformat(format="gray")
    return _plane(frame, 0, frame.height, frame.width)


def chroma_of(frame: VideoFrame) -> tuple[Picture, Picture] | None:
    """The colour planes, half as wide and high, in the decoder's own memory; None where there are none like that."""
    if frame.format.name not in ("yuv420p", "yuvj420p"):
        return None
    height, width = -(-frame.height // 2), -(-frame.width // 2)
    return _plane(frame, 1, height, width), _plane(frame, 2, height, width)


def _plane(frame: VideoFrame, index: int, height: int, width: int) -> Picture:
    plane = frame.planes[index]
    rows = np.frombuffer(plane, dtype=np.uint8)  # type: ignore[call-overload]
    return np.asarray(rows[: plane.line_size * height].reshape(height, plane.line_size)[:, :width])


def colour_of(frame: VideoFrame) -> Picture:
    """BGR (height, width, 3); costs milliseconds, so only for pictures that are kept."""
    return np.ascontiguousarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)


def jpeg(picture: Picture) -> bytes:
    """The picture as JPEG."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ValueError(f"a picture of the shape {picture.shape} is no JPEG's")
    return data.tobytes()


def live_jpeg(picture: Picture) -> str:
    """The picture for the live view, in base64: no wider than LIVE_WIDTH, so that it passes the worker's pipe."""
    height, width = picture.shape[:2]
    if width > LIVE_WIDTH:
        size = LIVE_WIDTH, max(1, height * LIVE_WIDTH // width)
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return base64.b64encode(jpeg(picture)).decode()


class Masks:
    """The parts of the picture that are not looked at, and those that are never stored."""

    def __init__(self, masks: Sequence[Mapping[str, Any]], width: int, height: int) -> None:
        self.private = any(mask["kind"] == "privacy" for mask in masks)
        self._open = _painted(masks, width, height) if masks else None
        self._open_small: Picture | None = None
        self._storable = (
            _painted([mask for mask in masks if mask["kind"] == "privacy"], width, height)
            if self.private
            else None
        )

    def watched(self, luma: Picture) -> Picture:
        """The picture, luma or BGR, to look at: black, and so without motion, in every mask."""
        if self._open is None:
            return luma
        return np.asarray(cv2.bitwise_and(luma, luma, mask=self._open), dtype=np.uint8)

    def watched_chroma(self, chroma: tuple[Picture, Picture] | None) -> tuple[Picture, Picture] | None:
        """The colour planes to look at, without what is masked."""
        if chroma is None or self._open is None:
            return chroma
        if self._open_small is None:
            height, width = chroma[0].shape
            self._open_small = np.asarray(
                cv2.resize(self._open, (width, height), interpolation=cv2.INTER_AREA)
            )
            self._open_small[self._open_small < 255] = 0
        first, second = (np.asarray(cv2.bitwise_and(plane, self._open_small)) for plane in chroma)
        return first.astype(np.uint8, copy=False), second.astype(np.uint8, copy=False)

    def outside(self, shape: tuple[int, ...]) -> Picture | None:
        """255 where a copy of that shape (rows, columns) is masked or next to it; None without masks."""
        if self._open is None:
            return None
        small = cv2.resize(self._open, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.dilate(cv2.bitwise_not(small), np.ones((9, 9), np.uint8)), dtype=np.uint8)

    def storable(self, picture: Picture) -> Picture:
        """The picture as it may be stored: black where it is private."""
        if self._storable is None:
            return picture
        return np.asarray(cv2.bitwise_and(picture, picture, mask=self._storable), dtype=np.uint8)


def _painted(masks: Sequence[Mapping[str, Any]], width: int, height: int) -> Picture:
    """255 everywhere, 0 inside of each polygon."""
    sheet = np.full((height, width), 255, dtype=np.uint8)
    for mask in masks:
        cv2.fillPoly(sheet, [np.round(np.array(mask["points"])).astype(np.int32)], 0)
    return sheet
