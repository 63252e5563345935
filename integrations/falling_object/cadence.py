"""Times of pictures without the jitter of arrival: a camera exposes evenly, whatever its stream says."""

from __future__ import annotations

from collections import deque

import numpy as np

KNOWN_AFTER, REMEMBERED = 8, 40
# jitter as a share of the period: below it times are taken as they are, above it there is no even beat
EXACT, WILD = 0.02, 0.26
PULL = 0.08


class Cadence:
    """Follows the beat of a stream; regular streams, dropped and repeated pictures pass unchanged."""

    def __init__(self) -> None:
        self._gaps: deque[float] = deque(maxlen=REMEMBERED)
        self._raw: float | None = None
        self._even = 0.0

    def settle(self, t: float) -> float:
        """The likely moment of exposure, in the stream's seconds, of a picture stamped `t`; never goes back."""
        before, self._raw = self._raw, t
        if before is None or not 0.0 < t - before < 1.0:
            self._even = t
            return t
        self._gaps.append(t - before)
        self._even = max(self._follow(t), self._even + 1e-4)
        return self._even

    def _follow(self, t: float) -> float:
        least = min(self._gaps)
        if len(self._gaps) < KNOWN_AFTER or max(self._gaps) - least < EXACT * least:
            return t
        gaps = np.array(self._gaps)
        period = float(np.median(gaps))
        beats = np.maximum(np.round(gaps / period), 1.0)
        period = float(gaps.sum() / beats.sum())
        jitter = float(np.std(gaps / period - beats))
        if not EXACT < jitter < WILD:
            return t
        expected = self._even + max(round((t - self._even) / period), 1) * period
        error = t - expected
        return expected + PULL * error if abs(error) < 0.6 * period else t
