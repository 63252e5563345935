"""The last seconds of a stream as encoded packets: from a key frame on, bounded in time and bytes."""

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """One encoded packet; times in units of the stream's time base, `t` in seconds."""

    t: float
    pts: int
    dts: int
    duration: int
    key: bool
    data: bytes


class Ring:
    """Whole groups of pictures: what it gives can be decoded from its first packet on."""

    def __init__(self, seconds: float, most_bytes: int) -> None:
        self._seconds, self._most_bytes = seconds, most_bytes
        self._groups: deque[list[Piece]] = deque()
        self.bytes = 0

    def put(self, piece: Piece) -> None:
        """Add the stream's next packet; packets before the first key frame are of no use and left out."""
        if piece.key:
            self._groups.append([])
        elif not self._groups:
            return
        self._groups[-1].append(piece)
        self.bytes += len(piece.data)
        while len(self._groups) > 1 and (
            self.bytes > self._most_bytes or piece.t - self._groups[1][0].t > self._seconds
        ):
            self.bytes -= sum(len(old.data) for old in self._groups.popleft())
        if self.bytes > self._most_bytes:  # one endless group: nothing of it can be kept
            self.clear()

    def since(self, t: float) -> list[Piece]:
        """From the last key frame at or before `t` to now; from the first one there is, when that is later."""
        first = 0
        for index, group in enumerate(self._groups):
            if group[0].t <= t:
                first = index
        return [piece for index, group in enumerate(self._groups) if index >= first for piece in group]

    def clear(self) -> None:
        """Forget everything: the stream begins anew."""
        self._groups.clear()
        self.bytes = 0
