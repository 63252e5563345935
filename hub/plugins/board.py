"""Where ports are offered and needed, and where problems hang until they are mended."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

from hub.kernel.bus import Bus, Undo
from hub.kernel.clock import Clock, Timer, after
from hub.model.events import ProblemCleared, ProblemRaised

P = TypeVar("P")
log = logging.getLogger("hub.problems")


class Ports:
    """Offers of guests, and who holds them."""

    def __init__(self, restart: Callable[[str, str], None]) -> None:
        self._restart = restart  # (guest, reason)
        self._offers: dict[type, tuple[object, str]] = {}
        self._holders: dict[type, set[str]] = {}
        self._waiting: dict[type, list[asyncio.Future[None]]] = {}
        self._followers: dict[type, list[Callable[[Any], object]]] = {}

    def offer(self, port: type[P], thing: P, owner: str) -> Undo:
        """Offer a thing; the undo restarts the guests that hold it."""
        if port in self._offers:
            raise ValueError(f"{port.__name__} is already offered by '{self._offers[port][1]}'")
        self._offers[port] = (thing, owner)
        for future in self._waiting.get(port, ()):
            if not future.done():
                future.set_result(None)
        self._tell(port, thing)

        def undo() -> None:
            if self._offers.get(port, (None,))[0] is thing:
                del self._offers[port]
                self._tell(port, None)
                for holder in self._holders.pop(port, set()):
                    self._restart(holder, f"'{owner}' withdrew {port.__name__}")

        return undo

    async def need(self, port: type[P], guest: str) -> P:
        """Wait for an offer and hold it."""
        waiting = self._waiting.setdefault(port, [])
        while port not in self._offers:  # it may be withdrawn again before we get our turn
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            waiting.append(future)
            try:
                await future
            finally:
                waiting.remove(future)
        self._holders.setdefault(port, set()).add(guest)
        return cast(P, self._offers[port][0])

    def follow(self, port: type[P], handler: Callable[[P | None], object]) -> Undo:
        """Hear of the thing offered now, of each later offer, and (as None) of each withdrawal; no restarts."""
        followers = self._followers.setdefault(port, [])
        followers.append(handler)
        offered = self._offers.get(port)
        if offered is not None:
            handler(cast(P, offered[0]))

        def undo() -> None:
            if handler in followers:
                followers.remove(handler)

        return undo

    def _tell(self, port: type, thing: object) -> None:
        for handler in tuple(self._followers.get(port, ())):
            try:
                handler(thing)
            except Exception:  # one guest must not spoil another's offer
                log.exception("%r failed to take %s", handler, port.__name__)

    def release(self, guest: str) -> None:
        """The guest ended and holds nothing any more."""
        for holders in self._holders.values():
            holders.discard(guest)

    def offered(self) -> dict[str, str]:
        """Port name -> guest that offers it."""
        return {port.__name__: owner for port, (_thing, owner) in self._offers.items()}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something an admin should mend."""

    id: str
    text: str
    remedy: str
    since: datetime


class Problems:
    """Open problems by id; each is logged once when it comes and once when it goes."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus, self._clock = bus, clock
        self.open: dict[str, Problem] = {}
        self._passing: dict[str, Timer] = {}

    def raise_(self, problem: str, text: str, remedy: str = "", *, source: str = "hub") -> None:
        """Hang a problem up; one that hangs already is only updated."""
        known = self.open.get(problem)
        now = self._clock.now()
        self.open[problem] = Problem(problem, text, remedy, known.since if known else now)
        if known is None:
            log.warning("%s: %s%s", problem, text, f" ({remedy})" if remedy else "")
            self._bus.emit(ProblemRaised(at=now, source=source, problem=problem, text=text, remedy=remedy))

    def raise_passing(self, problem: str, text: str, remedy: str = "", *, seconds: float) -> None:
        """Hang up what nobody reports mended: it goes by itself when it was not seen for so long."""
        self.raise_(problem, text, remedy)
        if problem in self._passing:
            self._passing[problem].cancel()
        self._passing[problem] = self._clock.call_at(after(self._clock, seconds), lambda: self.clear(problem))

    def close(self) -> None:
        """Wait for nothing any more."""
        for timer in self._passing.values():
            timer.cancel()

    def clear(self, problem: str, *, source: str = "hub") -> None:
        """Take a problem down; no fault if it does not hang."""
        if self.open.pop(problem, None) is not None:
            log.info("%s: mended", problem)
            self._bus.emit(ProblemCleared(at=self._clock.now(), source=source, problem=problem))

    def clear_all(self, guest: str) -> None:
        """Take down whatever a guest that has gone left hanging."""
        for problem in [item for item in self.open if item.startswith(f"{guest}.")]:
            self.clear(problem, source=guest)

    def as_list(self) -> list[dict[str, Any]]:
        """The open problems, oldest first, as plain values."""
        return [
            {"id": item.id, "text": item.text, "remedy": item.remedy, "since": item.since.isoformat()}
            for item in sorted(self.open.values(), key=lambda item: item.since)
        ]
