"""The only source of time: real in the hub, turned by hand in tests."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

from hub.store import clock as store_clock
from hub.store.clock import Timer

__all__ = ["Clock", "SystemClock", "Timer", "after"]

_LONGEST_WAIT = 30.0  # seconds; a wall clock that is set while we wait is noticed within this


class Clock(store_clock.Clock, Protocol):
    """Aware UTC time, monotonic seconds, and the waits that follow them."""

    def monotonic(self) -> float:
        """Seconds that never go backwards."""

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds of this clock."""


class _WallTimer:
    """Waits for a moment of the wall clock in pieces, as the clock may be set meanwhile."""

    def __init__(self, clock: "SystemClock", when: datetime, callback: Callable[[], None]) -> None:
        self._clock, self._when, self._callback = clock, when, callback
        self._loop = asyncio.get_running_loop()
        self._handle: asyncio.TimerHandle | None = None
        self._arm()

    def _arm(self) -> None:
        left = (self._when - self._clock.now()).total_seconds()
        self._handle = self._loop.call_later(max(0.0, min(left, _LONGEST_WAIT)), self._check)

    def _check(self) -> None:
        if self._clock.now() >= self._when:
            self._handle = None
            self._callback()
        else:
            self._arm()

    def cancel(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


class SystemClock:
    """The machine's clock."""

    def __init__(self) -> None:
        # Without a frame of Python's own: every event and every state asks for it.
        self.now: Callable[[], datetime] = partial(datetime.now, UTC)

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        await asyncio.sleep(seconds)

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Timer:
        """Call back in the loop when `when` has come, at once if it has passed."""
        return _WallTimer(self, when, callback)


def after(clock: Clock, seconds: float) -> datetime:
    """The moment so many seconds from now."""
    return clock.now() + timedelta(seconds=seconds)
