"""Idempotency keys: a request that comes again with its key is answered as the first time, also after a restart."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.store.memory import Memory
from hub.web.v1.operations import Refused

KEPT_FOR = timedelta(days=1)
MOST_KEPT = 10_000  # answers; the oldest go first
_KEY = re.compile(r"[!-~]{1,200}\Z")
LARGEST_KEPT = 64 * 1024  # characters of an answer; a longer one is carried out again


@dataclass(frozen=True, slots=True)
class Kept:
    """The first answer."""

    status: int
    body: str


class Turn:
    """One request's turn under its key."""

    def __init__(self, memory: Memory, key: str, digest: str, now: datetime, kept: Kept | None) -> None:
        self._memory, self._key, self._digest, self._now = memory, key, digest, now
        self.kept = kept

    def keep(self, status: int, body: str) -> None:
        """Keep the answer for whoever asks the same again."""
        if len(body) <= LARGEST_KEPT:
            self._memory.put(
                self._key,
                {"digest": self._digest, "status": status, "body": body, "at": self._now.isoformat()},
            )


class Once:
    """Answers by account and key."""

    def __init__(self, memory: Memory, now: Callable[[], datetime]) -> None:
        self._memory, self._now = memory, now
        self._under_way: set[str] = set()

    @asynccontextmanager
    async def turn(self, account: str, key: str, digest: str) -> AsyncIterator[Turn]:
        """One at a time under a key; Refused when it is under way, or was used for something else."""
        if not _KEY.match(key):
            raise Refused(400, "an Idempotency-Key has 1 to 200 visible characters of ASCII")
        name = f"{account}/{key}"
        if len(name) > 255:
            raise Refused(400, "the Idempotency-Key is too long")
        if name in self._under_way:
            raise Refused(409, "a request with this Idempotency-Key is under way")
        self._under_way.add(name)
        try:
            self._forget_old()
            found = self._memory.get(name)
            if found is not None and found["digest"] != digest:
                raise Refused(409, "this Idempotency-Key was used for another request")
            kept = None if found is None else Kept(found["status"], found["body"])
            yield Turn(self._memory, name, digest, self._now(), kept)
        finally:
            self._under_way.discard(name)

    def _forget_old(self) -> None:
        """Keys come in order of their first writing, so the old ones stand first."""
        before = (self._now() - KEPT_FOR).isoformat()
        keys = list(self._memory.keys())
        for place, name in enumerate(keys):
            if len(keys) - place < MOST_KEPT and self._memory.get(name)["at"] >= before:
                return
            self._memory.delete(name)
