"""How the hub is reached: by which names, through which proxies, from which pages, with which certificate."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hub.plugins.http_settings import files_of
from hub.web.proxies import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The section `http:` as the web floor needs it."""

    host_names: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    proxies: tuple[Network, ...] = ()
    certificate: tuple[Path, Path] | None = None  # and its key

    @classmethod
    def of(cls, http: Mapping[str, Any], config_dir: Path) -> "Reach":
        """From the cleaned section."""
        outside = urlsplit(http.get("external_url", "")).hostname
        return cls(
            host_names=(*http["host_names"], *([outside] if outside else ())),
            origins=tuple(http["cors_allowed_origins"]),
            proxies=tuple(http["trusted_proxies"]) if http["use_x_forwarded_for"] else (),
            certificate=files_of(http, config_dir),
        )

    def is_meant(self, host: str, *, private: bool) -> bool:
        """Whether a Host header names this hub; on an address that only this machine has, names must be told of."""
        return names_this_machine(host) or bare(host) in self.host_names or not (private or self.host_names)


def bare(host: str) -> str:
    """A Host header's name without the port."""
    name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    return name.lower().rstrip(".")


def names_this_machine(host: str) -> bool:
    """Whether a Host header is an address or localhost, as of a program on the machine that a loopback address is for.

    A page from elsewhere can make its own name lead here (DNS rebinding), and then read what is answered.
    """
    name = bare(host)
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name in ("", "localhost") or name.endswith(".localhost")
    return True


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach an address."""
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback
