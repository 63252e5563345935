"""What goes out to one client: whole frames, gathered for one turn of the loop, bounded when the client is slow."""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable

log = logging.getLogger("hub.web.socket")


def frame(payload: bytes) -> bytes:
    """One text frame of a server (RFC 6455: final, not masked)."""
    size = len(payload)
    if size < 126:
        return b"\x81" + bytes((size,)) + payload
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def frames(messages: Iterable[bytes], *, coalesce: bool) -> bytes:
    """Messages as one frame with an array, or as a frame each for clients that read no arrays."""
    listed = list(messages)
    if coalesce and len(listed) > 1:
        return frame(b"[" + b",".join(listed) + b"]")
    return b"".join(map(frame, listed))


class Outlet:
    """Writes to one client's transport. Answers wait as long as it takes; of events only `bound` bytes may."""

    def __init__(self, transport: asyncio.WriteTransport, bound: int) -> None:
        self._transport, self._bound = transport, bound
        self._loop = asyncio.get_running_loop()
        self._messages: list[bytes] = []
        self._answering = 0  # bytes of answers among them
        self._scheduled = False
        self._written = 0  # bytes so far
        self._answers: deque[tuple[int, int]] = (
            deque()
        )  # where answers lie among them that may not be sent yet
        self.coalesce = False
        self.closed = False

    def put(self, message: bytes) -> None:
        """Send an answer in this turn of the loop, after what was put before."""
        self._answering += len(message)
        self._put(message)

    def put_event(self, message: bytes) -> None:
        """The same for an event; a client that is too far behind is dropped instead."""
        if not self._too_far_behind():
            self._put(message)

    def _put(self, message: bytes) -> None:
        self._messages.append(message)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what was put."""
        self._scheduled = False
        if self._messages:
            messages, self._messages = self._messages, []
            data = frames(messages, coalesce=self.coalesce)
            if self._answering:
                self._answers.append((self._written, self._written + self._answering))
                self._answering = 0
            self._write(data)

    def push(self, data: bytes) -> None:
        """Write frames with events; a client that is too far behind is dropped instead."""
        if self._messages:
            self.flush()
        if not self.closed and not self._too_far_behind():
            self._write(data)

    def _too_far_behind(self) -> bool:
        behind = self._transport.get_write_buffer_size() > self._bound and self.events_behind > self._bound
        if behind and not self.closed:
            self.drop(f"more than {self._bound} bytes behind")
        return behind

    def _write(self, data: bytes) -> None:
        if self.closed or self._transport.is_closing():
            self.closed = True
            return
        self._transport.write(data)
        self._written += len(data)

    @property
    def answers_behind(self) -> int:
        """Bytes of answers that the client has yet to take."""
        sent = self._written - self._transport.get_write_buffer_size()
        while self._answers and self._answers[0][1] <= sent:
            self._answers.popleft()
        return sum(end - max(start, sent) for start, end in self._answers)

    @property
    def events_behind(self) -> int:
        """Bytes of events that the client has yet to take."""
        return self._transport.get_write_buffer_size() - self.answers_behind

    def drop(self, why: str) -> None:
        """End the connection without another word."""
        self.closed = True
        log.info("a client was dropped: %s", why)
        self._transport.abort()
