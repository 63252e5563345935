"""What nearly was a throw, kept for a week for people to look at; never told to anyone."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .judgement import Rejection
from .overlay import encode_picture

KEPT = timedelta(days=7)
A_DAY = 30
WIDEST, COLOUR = 960, (0, 165, 255)
log = logging.getLogger("falling_object")


class SuspectShelf:
    """A folder with a folder for each day, in it a picture and a few lines of JSON for each suspect."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder, self._now = folder, now

    def put(self, rejection: Rejection, luma: NDArray[np.uint8]) -> None:
        """Keep a suspect with its path drawn on the picture of now; at most so many a day."""
        now = self._now()
        day = self._folder / f"{now:%Y-%m-%d}"
        try:
            if not day.exists():
                day.mkdir(parents=True)
                self._clear(now)
            if len(list(day.glob("*.json"))) >= A_DAY:
                return
            stem = day / f"{now:%H%M%S}-{now.microsecond // 1000:03d}"
            stem.with_suffix(".jpg").write_bytes(encode_picture(draw(rejection, luma), quality=75))
            stem.with_suffix(".json").write_text(json.dumps(words(rejection, now), ensure_ascii=False))
        except OSError as fault:
            # what is only for review must not blind the camera
            log.warning("a suspect could not be kept: %s", fault.strerror)

    def _clear(self, now: datetime) -> None:
        """Remove the folders of days long past."""
        oldest = f"{now - KEPT:%Y-%m-%d}"
        for day in self._folder.iterdir():
            if day.is_dir() and day.name < oldest:
                shutil.rmtree(day)


def words(rejection: Rejection, now: datetime) -> dict[str, Any]:
    """Why it was not told, how near it came, and its path in pixels by the stream's seconds."""
    return {
        "at": now.isoformat(), "reason": rejection.reason, "lead": round(rejection.lead, 2),
        "trajectory": [[round(p.blob.t, 3), round(p.blob.x, 1), round(p.blob.y, 1)] for p in rejection.places],
    }  # fmt: skip


def draw(rejection: Rejection, luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture, at most so wide, with a ring at each place."""
    zoom = min(1.0, WIDEST / luma.shape[1])
    small = cv2.resize(luma, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    canvas = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR)
    for place in rejection.places:
        cv2.circle(
            canvas, (round(zoom * place.blob.x), round(zoom * place.blob.y)), 4, COLOUR, 1, cv2.LINE_AA
        )
    return np.asarray(canvas, dtype=np.uint8)
