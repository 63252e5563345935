"""Looks at a video file as a camera's analyzer would, one picture a second, as fast as it can be decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import av.error
import cv2
import numpy as np

from integrations.shopfront.keeper import Keeper, Sighting
from integrations.shopfront.window import Picture

STEP = 1.0  # seconds of video between two pictures


class VideoError(Exception):
    """A video that can't be looked at; the message names the fault and the remedy."""


def watch_video(
    video: Path,
    keeper: Keeper,
    tell: Callable[[Sighting], None],
    warn: Callable[[str], None],
    progress: Callable[[float], None] = lambda _share: None,
) -> float:
    """Look at a whole video; the last container time. VideoError when there is nothing to look at."""
    cv2.setNumThreads(1)
    t = -1.0
    for picture, t, share in read_pictures(video, warn):
        try:
            for sighting in keeper.feed(picture, t):
                tell(sighting)
        except ValueError as error:
            raise VideoError(f"{video}: {error}") from error
        progress(share)
    if t < 0:
        raise VideoError(f"{video}: holds no pictures; is it cut off or empty?")
    return t


def read_pictures(video: Path, warn: Callable[[str], None]) -> Iterator[tuple[Picture, float, float]]:
    """BGR pictures a second apart, their container seconds from the video's start on, and the share that is read."""
    try:
        with av.open(str(video)) as container:
            if not container.streams.video:
                raise VideoError(f"{video}: holds no video; give a video file")
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            length = (container.duration or 0) / av.time_base
            first = due = None
            try:
                for frame in container.decode(stream):
                    if frame.time is None:
                        continue
                    first = frame.time if first is None else first
                    t = max(0.0, float(frame.time - first))
                    if due is not None and t < due:
                        continue
                    due = max((due or t) + STEP, t + STEP / 2)
                    picture = np.asarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)
                    yield picture, t, min(1.0, t / length) if length > 0 else 0.0
            except av.error.FFmpegError as error:
                warn(f"{video}: broken off ({error.strerror}); what was found up to there stands")
    except (OSError, ValueError, av.error.FFmpegError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise VideoError(f"{video}: can't be read as video ({reason}); give a video file") from error
