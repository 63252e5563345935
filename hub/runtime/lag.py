"""Watches the event loop from a thread: who blocks it is named, while it blocks."""

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

log = logging.getLogger("hub.lag")
TURN = 0.1  # seconds between two looks


def culprit(frame: FrameType | None, owner_of: Callable[[str], str]) -> tuple[str, str]:
    """(guest, place) of the innermost frame that belongs to a guest; ("", innermost place) when none does."""
    innermost = ""
    while frame is not None:
        place = f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
        innermost = innermost or place
        guest = owner_of(frame.f_globals.get("__name__", ""))
        if guest:
            return guest, place
        frame = frame.f_back
    return "", innermost


class LagWatch:
    """Measures how late the loop is; `report(guest, seconds, place)` runs in the loop once it turns again."""

    def __init__(
        self,
        report: Callable[[str, float, str], None],
        owner_of: Callable[[str], str],
        *,
        limit: float = 0.5,
    ) -> None:
        self._report, self._owner_of, self._limit = report, owner_of, limit
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beat = 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._main = 0
        self.worst = 0.0  # seconds, since the start
        self.last = 0.0  # seconds late at the last look

    def start(self) -> None:
        """Begin; call in the loop."""
        self._loop = asyncio.get_running_loop()
        self._main = threading.get_ident()
        self._turn()
        self._thread = threading.Thread(target=self._watch, name="lag watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(1)

    def _turn(self) -> None:
        now = time.perf_counter()
        if self._beat:
            self.last = max(0.0, now - self._beat - TURN)
            self.worst = max(self.worst, self.last)
        self._beat = now
        if self._loop is not None and not self._stop.is_set():
            self._loop.call_later(TURN, self._turn)

    def _watch(self) -> None:
        seen: tuple[float, str, str] | None = None  # the beat that is late, and who was on the stack
        while not self._stop.wait(TURN):
            beat = self._beat
            if seen is not None and seen[0] != beat:
                self._tell(seen[1], beat - seen[0] - TURN, seen[2])
                seen = None
            if seen is None and time.perf_counter() - beat - TURN > self._limit:
                guest, place = culprit(sys._current_frames().get(self._main), self._owner_of)
                if self._beat == beat:  # else the loop went on meanwhile, and the stack is someone else's
                    seen = (beat, guest, place)

    def _tell(self, guest: str, seconds: float, place: str) -> None:
        log.warning("the loop was blocked for %.1f s by %s at %s", seconds, guest or "the hub", place)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._report, guest, seconds, place)
