"""The first moments of a resumed session: what the broker repeats is handed on before what is new.

NATS repeats what was not acknowledged only when its wait is over, and sends new messages meanwhile. So messages are
held for that long, and then handed on as they were sent: the repeated ones first. The broker's wait passes in real
time, also in tests that turn the hub's clock.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from hub.api import Message

QUIET = 0.3  # seconds without a repeated message that end the holding, after the broker's wait
LONGEST = 5.0  # seconds that messages are held at the most
HALF = 1 << 15  # packet ids begin again after 65535


@dataclass(frozen=True, slots=True)
class Held:
    """A QoS 1 message that waits for those before it."""

    message: Message
    mid: int
    repeated: bool


def as_sent(held: list[Held]) -> list[Held]:
    """Repeated messages by packet id, which the broker gave in the order of sending; then the new as they came."""
    repeated = [one for one in held if one.repeated]
    mids = [one.mid for one in repeated]
    wrapped = bool(mids) and max(mids) - min(mids) > HALF
    repeated.sort(key=lambda one: one.mid + 2 * HALF if wrapped and one.mid < HALF else one.mid)
    return repeated + [one for one in held if not one.repeated]


class Resumption:
    """Holds the QoS 1 messages of a connection until `end`, or for a while and longer while repeated ones come."""

    def __init__(self, hand_on: Callable[[Message, int], None]) -> None:
        self._hand_on = hand_on
        self._held: list[Held] = []
        self._loop = asyncio.get_running_loop()
        self._latest = self._repeated_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._over = False

    def take(self, message: Message, mid: int, *, repeated: bool) -> None:
        """Hold a message; when it is over, hand it on."""
        if self._over:
            self._hand_on(message, mid)
            return
        self._held.append(Held(message, mid, repeated))
        if repeated:
            self._repeated_at = self._loop.time()

    def end_after(self, seconds: float) -> None:
        """The session was resumed: end when what is repeated has come."""
        self._latest = self._loop.time() + LONGEST
        self._timer = self._loop.call_later(seconds, self._look)

    def _look(self) -> None:
        left = min(self._repeated_at + QUIET, self._latest) - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self.end()

    def end(self) -> None:
        """Hand on what is held, and from now on at once."""
        held = as_sent(self._held)
        self.drop()
        for one in held:
            self._hand_on(one.message, one.mid)

    def drop(self) -> None:
        """Forget what is held: the connection is gone, and the broker will send it again."""
        self._over, self._held = True, []
        if self._timer is not None:
            self._timer.cancel()
