"""Many moments, one wait of the clock."""

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime

from hub.kernel.clock import Clock, Timer


class Wakeups:
    """Calls back when moments come, in their order. A callback must know itself whether it is outdated."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = itertools.count().__next__
        self._timer: Timer | None = None
        self._timer_at: datetime | None = None
        self._closed = False

    def at(self, when: datetime, callback: Callable[[], None]) -> None:
        """Call back at `when`, soon if it has passed."""
        heapq.heappush(self._heap, (when, self._count(), callback))
        self._arm()

    def close(self) -> None:
        """Call nobody any more."""
        self._closed = True
        self._rest()

    def _arm(self) -> None:
        if self._closed or not self._heap:
            return
        when = self._heap[0][0]
        if self._timer_at is None or when < self._timer_at:
            self._rest()
            self._timer_at = when
            self._timer = self._clock.call_at(when, self._ring)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._timer_at = None

    def _ring(self) -> None:
        self._timer = self._timer_at = None
        now = self._clock.now()
        while self._heap and self._heap[0][0] <= now and not self._closed:
            heapq.heappop(self._heap)[2]()
        self._arm()
