"""Who really asks, when proxies stand between: what they say is believed only of those the configuration names."""

import ipaddress
import logging
import re
from dataclasses import dataclass, field

from aiohttp import web

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
MOST_HOPS = 20
MOST_TOLD = 20  # unknown proxies that are told of
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\Z")
_FORWARDING = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded")
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
log = logging.getLogger("hub.web")


def address_of(text: str) -> Address | None:
    """The network address that a text is, an IPv4 one also in IPv6's clothes; None when it is none."""
    try:
        found = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


@dataclass(slots=True)
class Proxies:
    """The proxies that are trusted to say who calls, and over what."""

    trusted: tuple[Network, ...] = ()
    _told: set[str] = field(default_factory=set)

    def trust(self, address: Address | None) -> bool:
        """Whether an address is one of theirs."""
        return address is not None and any(address in network for network in self.trusted)

    def unveil(self, request: web.Request) -> web.Request:
        """The request as its caller sent it to the outermost trusted proxy; HTTPBadRequest when that can't be told."""
        peer = address_of(request.remote or "")
        if "X-Forwarded-For" not in request.headers or not self.trust(peer):
            self._tell(request, peer)
            return request
        scheme = _last(request, "X-Forwarded-Proto").lower() or request.scheme
        host = _last(request, "X-Forwarded-Host") or request.host
        if scheme not in _SCHEMES or not _HOST.match(host):
            raise web.HTTPBadRequest(text="the proxy's X-Forwarded-Proto or X-Forwarded-Host can't be read")
        # What is believed is in the request from here on; a forwarding header that is left was not believed.
        headers = request.headers.copy()
        for name in _FORWARDING:
            headers.popall(name, None)
        caller = self._caller(request)
        return request.clone(remote=caller, scheme=_SCHEMES[scheme], host=host, headers=headers)

    def _caller(self, request: web.Request) -> str:
        """The nearest address that is no trusted proxy; what stands before it anyone could have written."""
        hops = ",".join(request.headers.getall("X-Forwarded-For")).split(",")[-MOST_HOPS:]
        address = None
        for hop in reversed(hops):
            address = address_of(hop)
            if address is None:
                raise web.HTTPBadRequest(text="X-Forwarded-For holds what is no address")
            if not self.trust(address):
                break
        return str(address)

    def _tell(self, request: web.Request, peer: Address | None) -> None:
        name = str(peer)
        if "X-Forwarded-For" in request.headers and name not in self._told and len(self._told) < MOST_TOLD:
            self._told.add(name)
            text = "%s sends X-Forwarded-For and is not believed; if it is your proxy, name it in http: trusted_proxies"
            log.warning(text, name)


def is_forwarded(request: web.Request) -> bool:
    """Whether some proxy passed it on who was not believed: then nobody can tell whether the caller is near."""
    return any(name in request.headers for name in (*_FORWARDING, "X-Real-IP", "Via"))


def _last(request: web.Request, name: str) -> str:
    """What the nearest proxy wrote."""
    return ",".join(request.headers.getall(name, [])).rpartition(",")[2].strip()
