"""A channel's tokens: how often its provider may be asked, over all deliveries together."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

from hub.api import DeliveryFailed, TooEarly

KEPT = 5  # one token in so many is kept for what is critical


class Throttled(DeliveryFailed):
    """No token is left, not even for what is critical: nothing failed, and the whole channel waits."""


@dataclass(slots=True)
class Bucket:
    """Each token comes back `seconds` after it was spent, so that no span that long holds more than `most`.

    `windows` are pairs (most, seconds), the longest first. What finds no token gets a moment of its own, so that a
    thousand that wait are not tried a thousand times each; what is critical takes from the tokens kept for it.
    """

    windows: tuple[tuple[int, float], ...]
    now: Callable[[], datetime]
    _spent: deque[float] = field(default_factory=deque)  # the newest first
    _promised: float = 0.0
    _rests_until: float = 0.0

    def take(self, *, urgent: bool) -> None:
        """Spend a token; TooEarly or, of what is urgent, Throttled while there is none."""
        now = self.now().timestamp()
        free = max(self._rests_until, *(self._free(window, now, urgent) for window in self.windows))
        if free <= now:
            self._spent.appendleft(now)
            while len(self._spent) > self.windows[0][0]:
                self._spent.pop()
            return
        most, seconds = self.windows[0]
        said = f"the channel's limit is reached ({most} in {seconds:g} s)"
        if urgent:
            raise Throttled(said, retry_after=free - now)
        self._promised = max(self._promised + seconds / _usable(most, urgent=False), free)
        raise TooEarly(said, datetime.fromtimestamp(self._promised, UTC) + timedelta(milliseconds=1))

    def rest(self, seconds: float) -> None:
        """The provider wants peace for so long."""
        self._rests_until = max(self._rests_until, self.now().timestamp() + seconds)

    def _free(self, window: tuple[int, float], now: float, urgent: bool) -> float:
        most, seconds = window
        limiting = next(islice(self._spent, _usable(most, urgent=urgent) - 1, None), None)
        return now if limiting is None or limiting > now else limiting + seconds


def _usable(most: int, *, urgent: bool) -> int:
    return most if urgent else most - most // KEPT
