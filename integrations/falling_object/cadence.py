"""Times of pictures without the jitter of arrival: a camera exposes evenly, whatever its stream says."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

KNOWN_AFTER, REMEMBERED = 16, 100
# scatter around the beat as a share of the period: below it times are taken as they are, above it there is no beat
EXACT, WILD = 0.02, 0.22


class Cadence:
    """Follows the beat of a stream; regular streams, dropped and repeated pictures pass unchanged."""

    def __init__(self) -> None:
        self._gaps: deque[float] = deque(maxlen=REMEMBERED)
        self._beats: deque[int] = deque(maxlen=REMEMBERED)
        self._raw: float | None = None
        self._even = 0.0

    def settle(self, t: float) -> float:
        """The likely moment of exposure, in the stream's seconds, of a picture stamped `t`; never goes back."""
        before, self._raw = self._raw, t
        if before is None or not 0.0 < t - before < 1.0:
            self._even = t
            self._gaps.clear()
            self._beats.clear()
            return t
        self._gaps.append(t - before)
        self._even = max(self._follow(t), self._even + 1e-4)
        return self._even

    def _follow(self, t: float) -> float:
        """Where the line through the last times, counted in beats, has the last one."""
        least = min(self._gaps)
        if len(self._gaps) < KNOWN_AFTER or max(self._gaps) - least < EXACT * least:
            self._beats.clear()
            return t
        gaps = np.array(self._gaps)
        beats = self._count(gaps, t)
        ages = np.append(0.0, np.cumsum(gaps[::-1]))[: len(beats)]
        slope, offset = np.polyfit(beats, ages, 1)
        scatter = float(np.std(ages - slope * beats - offset))
        return t - float(offset) if EXACT * slope < scatter < WILD * slope else t

    def _count(self, gaps: Array, t: float) -> NDArray[np.intp]:
        """How many beats ago each remembered picture was, the newest (0) first; at least one between two."""
        period = float(np.median(gaps))
        if self._beats:
            self._beats.append(self._beats[-1] + max(round((t - self._even) / period), 1))
        else:
            steps = np.maximum(np.round(gaps / period), 1.0)
            self._beats.extend(int(beat) for beat in np.append(0.0, np.cumsum(steps)))
        return np.asarray(self._beats[-1] - np.array(self._beats)[::-1])
