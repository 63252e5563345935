"""The last frames by reference, for drawings: dense for the latest seconds, sparse before them."""

from collections import deque
from typing import Generic, TypeVar

F = TypeVar("F")
DENSE_EVERY, DENSE_MOST = (
    0.24,
    15,
)  # seconds between, and number of, the latest: what falls 50 m is seen in all of them
SPARSE_EVERY, SPARSE_MOST = 2.5, 4  # the scene before anything happened
MOST_BYTES = 34 * 1024 * 1024  # of the dense ones; large pictures are kept more sparsely
CLEAR_OF = 0.2  # seconds before the start at which nothing is to be seen yet


class Recent(Generic[F]):
    """Frames with their time. They are the decoder's own memory, so there are few of them."""

    def __init__(self, frame_bytes: int) -> None:
        count = max(3, min(DENSE_MOST, MOST_BYTES // max(1, frame_bytes)))
        self._every = DENSE_EVERY * DENSE_MOST / count
        self._dense: deque[tuple[float, F]] = deque(maxlen=count)
        self._sparse: deque[tuple[float, F]] = deque(maxlen=SPARSE_MOST)

    def put(self, t: float, frame: F) -> None:
        """Offer the stream's next frame; most are not kept."""
        if not self._dense or t - self._dense[-1][0] >= self._every:
            self._dense.append((t, frame))
        if not self._sparse or t - self._sparse[-1][0] >= SPARSE_EVERY:
            self._sparse.append((t, frame))

    def around(self, started: float) -> list[tuple[float, F]]:
        """The latest frame before the start (or the earliest there is), and all after it; oldest first."""
        frames = sorted(dict((*self._sparse, *self._dense)).items(), key=lambda item: item[0])
        clear = [place for place, (t, _frame) in enumerate(frames) if t <= started - CLEAR_OF]
        return frames[clear[-1] if clear else 0 :]
