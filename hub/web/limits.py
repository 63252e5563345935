"""How much one address may ask for: requests a second, requests and connections at once."""

import asyncio
import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aiohttp import web

from hub.web.proxies import address_of


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, then so many a second."""

    burst: float
    per_second: float


ANY = Rate(burst=1000, per_second=200)  # of one address, whatever it asks for
GUEST = Rate(burst=100, per_second=20)  # of one address, of one guest's route that asks for no sign-in
MOST_AT_ONCE = 128  # requests of one address under way, WebSockets and other streams not counted
MOST_CONNECTIONS = 256  # of one address
MOST_LOCAL = 2048  # of this machine and of trusted proxies, behind which many are
MOST_IN_ALL = 4096
MOST_KNOWN = 20_000  # addresses that are remembered


class Buckets:
    """Counts what each key uses of a rate; real seconds, whatever the hub's clock says."""

    def __init__(self, rate: Rate, time: Callable[[], float]) -> None:
        self._rate, self._time = rate, time
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def wait(self, key: Hashable) -> float:
        """Take one; 0, or the seconds until there is one again."""
        now = self._time()
        left, since = self._left.pop(key, (self._rate.burst, now))
        left = min(self._rate.burst, left + (now - since) * self._rate.per_second)
        allowed = left >= 1
        self._left[key] = (left - 1 if allowed else left, now)
        if len(self._left) > MOST_KNOWN:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._rate.per_second


class Limits:
    """Refuses what is too much, and says when to come again."""

    def __init__(self, time: Callable[[], float]) -> None:
        self._any, self._guest = Buckets(ANY, time), Buckets(GUEST, time)
        self._under_way: dict[str, int] = {}

    @contextmanager
    def request(self, remote: str | None, *, is_long: bool = False) -> Iterator[None]:
        """Around one request; a WebSocket (`is_long`) is not counted as under way. HTTPTooManyRequests."""
        source = source_of(remote)
        _refuse_if(self._any.wait(source))
        if is_long:
            yield
            return
        under_way = self._under_way.get(source, 0)
        _refuse_if(float(under_way >= MOST_AT_ONCE))
        self._under_way[source] = under_way + 1
        try:
            yield
        finally:
            self._leave(source)

    def guest(self, remote: str | None, path: str) -> None:
        """One more request for a guest's open route; HTTPTooManyRequests."""
        _refuse_if(self._guest.wait((source_of(remote), path)))

    def _leave(self, source: str) -> None:
        left = self._under_way.pop(source, 1) - 1
        if left > 0:
            self._under_way[source] = left


class Connections:
    """Counts connections by address; one too many is cut off before it can say anything."""

    def __init__(self, is_many: Callable[[str], bool]) -> None:
        self._is_many = is_many  # whether an address stands for many callers
        self._open: dict[asyncio.BaseTransport, str] = {}
        self._count: dict[str, int] = {}

    def opened(self, transport: asyncio.BaseTransport) -> bool:
        """Whether the connection may stay."""
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if isinstance(peer, tuple) and peer else ""
        source = source_of(address)
        most = MOST_LOCAL if self._is_many(address) else MOST_CONNECTIONS
        if self._count.get(source, 0) >= most or len(self._open) >= MOST_IN_ALL:
            return False
        self._open[transport] = source
        self._count[source] = self._count.get(source, 0) + 1
        return True

    def closed(self, transport: asyncio.BaseTransport | None) -> None:
        """A connection ended."""
        source = self._open.pop(transport, None) if transport is not None else None
        if source is not None:
            left = self._count.pop(source) - 1
            if left:
                self._count[source] = left


def source_of(remote: str | None) -> str:
    """Whom an address stands for: of IPv6, a household or host has a whole /64."""
    address = address_of(remote or "")
    if isinstance(address, ipaddress.IPv6Address) and not address.is_loopback:
        return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return str(address or "")


def _refuse_if(seconds: float) -> None:
    if seconds > 0:
        wait = str(max(1, round(seconds)))
        raise web.HTTPTooManyRequests(
            text="too many requests; come again later", headers={"Retry-After": wait}
        )
