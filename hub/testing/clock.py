"""A clock that tests turn by hand."""

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from hub.kernel.clock import Timer

START = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)  # noon in Shanghai


class _Alarm:
    """One callback that waits for its moment."""

    __slots__ = ("callback", "cancelled", "when")

    def __init__(self, when: datetime, callback: Callable[[], None]) -> None:
        self.when, self.callback, self.cancelled = when, callback, False

    def cancel(self) -> None:
        self.cancelled = True


class ManualClock:
    """Stands still until `advance`; timers, sleeps and backoffs obey it."""

    def __init__(self, start: datetime = START) -> None:
        self._start = self._now = start
        self._queue: list[tuple[datetime, int, _Alarm]] = []
        self._count = itertools.count()

    def now(self) -> datetime:
        """The moment it shows."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return (self._now - self._start).total_seconds()

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Timer:
        """Call back when `when` has come; what is due already comes in the next turn of the loop."""
        alarm = _Alarm(when, callback)
        if when <= self._now:
            asyncio.get_running_loop().call_soon(lambda: None if alarm.cancelled else callback())
        else:
            heapq.heappush(self._queue, (when, next(self._count), alarm))
        return alarm

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was turned that far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.Event()
        timer = self.call_at(self._now + timedelta(seconds=seconds), woken.set)
        try:
            await woken.wait()
        finally:
            timer.cancel()

    async def advance(self, seconds: float, settle: Callable[[], Awaitable[None]] | None = None) -> None:
        """Turn the clock on; what becomes due on the way comes in order, each with its own moment."""
        settle = settle or _turns
        end = self._now + timedelta(seconds=seconds)
        await settle()
        while self._queue and self._queue[0][0] <= end:
            when, _, alarm = heapq.heappop(self._queue)
            if not alarm.cancelled:
                self._now = max(self._now, when)
                alarm.callback()
                await settle()
        self._now = end
        await settle()

    def jump(self, seconds: float) -> None:
        """Turn the clock on without telling anyone: what passes while a hub is switched off."""
        self._now += timedelta(seconds=seconds)


async def _turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)
