"""The section `http:`: where the hub is reached, how safely, and through whom."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import voluptuous as vol

from hub.config import validators as valid
from hub.plugins.certificate import CertificateFault, validity

DEFAULT_PORT = 8130
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
SOON = timedelta(days=14)  # before its end, in which a certificate is warned of
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\Z")


def network(value: Any) -> Network:
    """An address or a network, such as 10.0.0.2 or 172.16.0.0/12."""
    try:
        found = ipaddress.ip_network(str(value).strip())
    except ValueError as error:
        raise vol.Invalid(
            f"'{str(value)[:80]}' is no address or network; write 10.0.0.2 or 172.16.0.0/12"
        ) from error
    if found.prefixlen == 0:
        raise vol.Invalid("the whole network can't be trusted; name your proxy's own address")
    return found


def origin(value: Any) -> str:
    """A web origin: https://console.example.org, with a port if it is not the usual one."""
    text = value.strip().rstrip("/").lower() if isinstance(value, str) else ""
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound or text != f"{parts.scheme}://{parts.netloc}" or "@" in text or "*" in text:
        raise vol.Invalid(
            f"'{str(value)[:80]}' is no origin; write scheme and host, such as https://example.org"
        )
    return text


def host_name(value: Any) -> str:
    """A name by which browsers call the hub, without port."""
    text = value.strip().lower().rstrip(".") if isinstance(value, str) else ""
    if not _NAME.match(text):
        raise vol.Invalid(f"'{str(value)[:80]}' is no host name; write one such as hub.example.org")
    return text


def _listed(item: Any) -> Any:
    schema = vol.Schema(vol.All([item], vol.Length(max=50)))
    return lambda value: schema([] if value is None else value if isinstance(value, list) else [value])


HTTP = vol.Schema(
    {
        vol.Optional("server_host", default="127.0.0.1"): valid.string,
        vol.Optional("server_port", default=DEFAULT_PORT): vol.Any(0, valid.port),
        vol.Optional("external_url", default=""): vol.Any("", origin),
        vol.Optional("host_names", default=list): _listed(host_name),
        vol.Optional("cors_allowed_origins", default=list): _listed(origin),
        vol.Optional("use_x_forwarded_for", default=True): valid.boolean,
        vol.Optional("trusted_proxies", default=list): _listed(network),
        vol.Optional("ssl_certificate"): valid.string,
        vol.Optional("ssl_key"): valid.string,
    }
)


@dataclass(frozen=True, slots=True)
class HttpFinding:
    """Something wrong with the section, at one of its keys."""

    key: str
    problem: str
    remedy: str
    severity: Literal["fault", "warning"] = "fault"


def check_http(http: Mapping[str, Any], config_dir: Path, now: datetime) -> Iterator[HttpFinding]:
    """What a look at each key alone can't tell."""
    if ("ssl_certificate" in http) != ("ssl_key" in http):
        key, other = (
            ("ssl_certificate", "ssl_key") if "ssl_certificate" in http else ("ssl_key", "ssl_certificate")
        )
        yield HttpFinding(key, f"without '{other}' there is no TLS", f"give '{other}', too")
    elif "ssl_key" in http:
        yield from _check_certificate(http, config_dir, now)
    elif not http["trusted_proxies"] and not _is_loopback(http["server_host"]):
        problem = "the network can read along: passwords and people's data go over it in the clear"
        remedy = (
            "give ssl_certificate and ssl_key, or listen on 127.0.0.1 behind a proxy named in trusted_proxies"
        )
        yield HttpFinding("server_host", problem, remedy, "warning")


def files_of(http: Mapping[str, Any], config_dir: Path) -> tuple[Path, Path] | None:
    """The certificate's and the key's file, from the configuration's folder; None without TLS."""
    if "ssl_certificate" not in http or "ssl_key" not in http:
        return None
    return config_dir / http["ssl_certificate"], config_dir / http["ssl_key"]


def _check_certificate(http: Mapping[str, Any], config_dir: Path, now: datetime) -> Iterator[HttpFinding]:
    files = files_of(http, config_dir)
    assert files is not None  # noqa: S101 - asked before
    try:
        found = validity(*files)
    except CertificateFault as fault:
        yield HttpFinding("ssl_certificate", fault.problem, fault.remedy)
        return
    # No more than a warning: alarms must go out also on the day after.
    remedy = "renew it; the hub takes the new one by itself"
    if now < found.begins:
        text = f"the certificate holds only from {found.begins:%Y-%m-%d} on: browsers refuse the hub"
        yield HttpFinding("ssl_certificate", text, "set the machine's clock, or wait", "warning")
    elif now >= found.ends:
        text = f"the certificate expired on {found.ends:%Y-%m-%d}: browsers refuse the hub"
        yield HttpFinding("ssl_certificate", text, remedy, "warning")
    elif found.ends - now < SOON:
        text = f"the certificate expires on {found.ends:%Y-%m-%d}"
        yield HttpFinding("ssl_certificate", text, remedy, "warning")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
