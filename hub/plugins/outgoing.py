"""Requests to the outside: to public addresses, and to hosts that the admin's own files name; nowhere else.

Checked is the address that is really connected to, so that no name, redirect or spelling of a number leads inside.
"""

import errno
import ipaddress
import socket
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hub.model.errors import HubError

if TYPE_CHECKING:
    import aiohttp

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
MOST_REMEMBERED = 1000
_DEEPEST = 40
_HOST_KEYS = ("host", "server", "broker", "address")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotPublic(HubError, OSError):
    """An address inside some network, of a host that no file of the admin names."""


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could reach it: no loopback, private, link-local, shared or reserved one."""
    inner = _inner(address)
    if inner is not None:
        return is_public(inner)
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _inner(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def named_hosts(data: Any) -> frozenset[str]:
    """Hosts of every web address and `host:` in the configuration."""
    return frozenset(_hosts(data, "", 0))


def _hosts(value: Any, key: str, depth: int) -> Iterator[str]:
    if isinstance(value, Mapping) and depth < _DEEPEST:
        for name, item in value.items():
            yield from _hosts(item, str(name), depth + 1)
    elif isinstance(value, (list, tuple)) and depth < _DEEPEST:
        for item in value:
            yield from _hosts(item, key, depth + 1)
    elif isinstance(value, str) and len(value) < 4096:
        if "://" in value:
            yield from _host_of(value)
        elif key in _HOST_KEYS and value:
            yield from _host_of(f"//{value}")


def _host_of(url: str) -> Iterator[str]:
    try:
        host = urlsplit(url.strip()).hostname
    except ValueError:
        return
    if host and "{" not in host:
        yield host.lower()


def guarded_session(named: Callable[[], Collection[str]]) -> "aiohttp.ClientSession":
    """A session that connects to public addresses and to the named hosts: no cookies, no proxies of the environment."""
    import aiohttp
    from aiohttp.abc import ResolveResult
    from aiohttp.resolver import ThreadedResolver

    blessed: OrderedDict[str, None] = OrderedDict()  # addresses that named hosts led to

    class Resolver(ThreadedResolver):
        """Remembers where named hosts are."""

        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            found = await super().resolve(host, port, family)
            if host.lower() in named():
                for item in found:
                    blessed[item["host"]] = None
                    blessed.move_to_end(item["host"])
                while len(blessed) > MOST_REMEMBERED:
                    blessed.popitem(last=False)
            return found

    def connect(info: "aiohttp.AddrInfoType") -> socket.socket:
        family, kind, protocol, _, address = info
        host = str(address[0]).partition("%")[0]
        if not (host in blessed or host in named() or is_public(ipaddress.ip_address(host))):
            raise NotPublic(errno.EACCES, f"{host} is no public address, and no file names the host")
        return socket.socket(family, kind, protocol)

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=Resolver(), socket_factory=connect),
        timeout=aiohttp.ClientTimeout(total=30, connect=10),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "linli-hub"},
    )
