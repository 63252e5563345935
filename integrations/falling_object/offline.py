"""Runs the detector over a video file, as fast as it decodes, giving each throw away as soon as it is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from .calibration import Calibration
from .chroma import Chroma
from .clip_config import load_clip_config
from .detection import Detection
from .detector import Detector
from .errors import DetectError
from .sensitivity import USUAL

# formats whose first plane is 8-bit luma as it stands
PLANAR = (
    "yuv420p",
    "yuvj420p",
    "yuv422p",
    "yuvj422p",
    "yuv444p",
    "yuvj444p",
    "yuv410p",
    "yuv411p",
    "nv12",
    "nv21",
    "nv16",
    "yuva420p",
    "gray",
)
USUAL_RATE = 25.0  # pictures a second where a file without times does not even say that


def detect(
    video: Path,
    config: Path,
    emit: Callable[[Detection], None],
    warn: Callable[[str], None],
    progress: Callable[[float], None] = lambda _share: None,
    *,
    false_alarms_per_day: float = USUAL,
) -> None:
    """Find the throws in `video`; raises DetectError when video or configuration can't be used at all.

    What the configuration's masks cover is black, as a camera's worker has it.

    `progress` hears of the share that was looked at, 0 to 1, where the file says how long it is.
    """
    # the operations are too small to gain by OpenCV's threads, which only burn the other cores
    cv2.setNumThreads(1)
    clip = load_clip_config(config)
    for warning in clip.warnings:
        warn(f"{config}: {warning}")
    calibration = clip.calibration
    detector = Detector(calibration, false_alarms_per_day)
    watched = _open_part(calibration, clip.masks)
    for luma, t, key, chroma in read_pictures(video, warn, progress):
        if luma.shape != (calibration.height, calibration.width):
            raise DetectError(
                f"{video}: is {luma.shape[1]}x{luma.shape[0]}, but {config} was made for "
                f"{calibration.width}x{calibration.height}; calibrate on a picture of this video"
            )
        seen = luma if watched is None else np.asarray(cv2.bitwise_and(luma, watched), dtype=np.uint8)
        for detection in detector.feed(seen, t, key, chroma):
            emit(detection)
    for detection in detector.finish():
        emit(detection)


def _open_part(calibration: Calibration, masks: tuple[NDArray[np.float64], ...]) -> NDArray[np.uint8] | None:
    """255 where is looked, 0 in the masks; None when there are none."""
    if not masks:
        return None
    sheet = np.full((calibration.height, calibration.width), 255, dtype=np.uint8)
    for points in masks:
        cv2.fillPoly(sheet, [np.round(points).astype(np.int32)], 0)
    return sheet


def read_luma(
    video: Path, warn: Callable[[str], None], progress: Callable[[float], None] = lambda _share: None
) -> Iterator[tuple[NDArray[np.uint8], float, bool]]:
    """As `read_pictures`, without colours."""
    return ((luma, t, key) for luma, t, key, _chroma in read_pictures(video, warn, progress))


def read_pictures(
    video: Path, warn: Callable[[str], None], progress: Callable[[float], None] = lambda _share: None
) -> Iterator[tuple[NDArray[np.uint8], float, bool, Chroma | None]]:
    """Luma pictures (height, width), the container's time in seconds, whether each is a key frame, colour planes.

    A broken file ends with a warning, as does one without times, whose pictures are taken to be evenly spaced; one
    without a single picture raises DetectError.
    """
    count, t = 0, -1.0
    try:
        with av.open(str(video)) as container:
            if not container.streams.video:
                raise DetectError(f"{video}: holds no video; give a video file")
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            for frame in _decode(container, stream, warn, video):
                if frame.time is None:
                    rate = float(stream.average_rate or stream.guessed_rate or USUAL_RATE)
                    if count == 0:
                        warn(f"{video}: holds no times; taken to be {rate:g} pictures a second")
                    t = t + 1 / rate if count else 0.0
                else:
                    t = float(frame.time)
                count += 1
                progress(_share(t, container))
                yield luma_plane(frame), t, bool(frame.key_frame), chroma_planes(frame)
    except (OSError, ValueError, av.error.FFmpegError) as fault:
        if count == 0:
            raise DetectError(
                f"{video}: can't be read as video ({_say(fault)}); give a video file"
            ) from fault
        warn(f"{video}: broken after {count} pictures ({_say(fault)}); what was found up to there stands")
    if count == 0:
        raise DetectError(f"{video}: holds no pictures; is it cut off or empty?")


def _share(t: float, container: av.container.InputContainer) -> float:
    """How far into the file a picture stands, 0 to 1; 0 where the file does not say how long it is."""
    begin, length = (container.start_time or 0) / av.time_base, (container.duration or 0) / av.time_base
    return min(1.0, max(0.0, (t - begin) / length)) if length > 0 else 0.0


def _say(fault: Exception) -> str:
    return getattr(fault, "strerror", None) or str(fault)


def _decode(
    container: av.container.InputContainer, stream: av.VideoStream, warn: Callable[[str], None], video: Path
) -> Iterator[av.VideoFrame]:
    """Frames in order; a damaged packet is left out, once with a warning."""
    warned = False
    for packet in container.demux(stream):
        try:
            yield from packet.decode()
        except av.error.InvalidDataError as fault:
            if not warned:
                warn(
                    f"{video}: damaged at {float(packet.pts or 0) * float(stream.time_base or 0):.1f} s ({_say(fault)})"
                )
            warned = True


def luma_plane(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """The brightness of a frame; shares the decoder's memory for the usual formats, converts others."""
    if frame.format.name not in PLANAR:
        frame = frame.reformat(format="gray")
    return _plane(frame, 0, frame.height, frame.width)


def chroma_planes(frame: av.VideoFrame) -> Chroma | None:
    """The colour planes of a frame, half as wide and high; None where it has them otherwise."""
    if frame.format.name not in ("yuv420p", "yuvj420p"):
        return None
    height, width = -(-frame.height // 2), -(-frame.width // 2)
    return _plane(frame, 1, height, width), _plane(frame, 2, height, width)


def _plane(frame: av.VideoFrame, index: int, height: int, width: int) -> NDArray[np.uint8]:
    plane = frame.planes[index]
    rows = np.frombuffer(memoryview(plane), dtype=np.uint8)
    return np.asarray(rows[: plane.line_size * height].reshape(height, plane.line_size)[:, :width])
