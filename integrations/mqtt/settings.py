"""The `mqtt:` section: what an admin may write and what becomes of it."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import voluptuous as vol

from .accounts import account
from .entities import BINARY_SENSOR, SENSOR, check_entities
from .topics import check_topic

CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
SCHEMES = {"mqtt": 1883, "mqtts": 8883}
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How the broker's certificate is checked, and the hub's own one; paths relative to the config folder."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    insecure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a connection needs to know; sizes in bytes, times in seconds."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str = ""
    password: str = field(default="", repr=False)
    client_id: str = ""
    keepalive: int = 30
    protocol: str = "3.1.1"
    tls: Tls | None = None
    status_topic: str = "linli/status"
    max_payload: int = 4 * MEBIBYTE
    max_pending: int = 1000
    patience: float = 10.0  # for the connection and for the broker's answer to it


def broker_address(value: object) -> str:
    """The word "embedded", or the URL of a broker."""
    if not isinstance(value, str):
        raise vol.Invalid("name the broker: embedded, or a URL such as mqtt://192.168.1.5:1883")
    if value == "embedded":
        return value
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise vol.Invalid(f"'{value}' is no URL: {error}") from error
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise vol.Invalid(f"'{value}' is no broker; use embedded, mqtt://host:1883 or mqtts://host:8883")
    if parts.username is not None or parts.password is not None:
        raise vol.Invalid("credentials don't belong into the URL; use username: and password: !secret ...")
    if parts.path not in ("", "/") or parts.query or parts.fragment or port == 0:
        raise vol.Invalid(f"'{value}' is no broker; write only scheme, host and port, as in mqtt://host:1883")
    return value


def client_id(value: object) -> str:
    """A client id that every broker takes."""
    if not isinstance(value, str) or not CLIENT_ID.fullmatch(value):
        raise vol.Invalid("use 1 to 64 of the characters A-Z a-z 0-9 _ - for the client id")
    return value


def account_name(value: object) -> str:
    """A name for a device's account at the embedded broker."""
    name = client_id(value)
    if name == "hub":
        raise vol.Invalid("'hub' is the hub's own account; use another name")
    return name


def topic(value: object) -> str:
    """A topic to publish to, or '' for none."""
    if not isinstance(value, str):
        raise vol.Invalid("expected a topic, such as linli/status")
    try:
        return check_topic(value) if value else ""
    except ValueError as error:
        raise vol.Invalid(str(error)) from error


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise vol.Invalid("expected text")
    return str(value)


def _several(value: object) -> object:
    """One block where a list is expected is a list of one, as in Home Assistant."""
    return [value] if isinstance(value, dict) else value


def _number(low: int, high: int) -> Any:
    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise vol.Invalid(f"expected a whole number from {low} to {high}")
        return value

    return check


def _protocol(value: object) -> str:
    if str(value) not in ("3.1.1", "5"):
        raise vol.Invalid('use "3.1.1" or "5"')
    return str(value)


TLS = vol.Schema(
    {
        vol.Optional("ca", default=""): _text,
        vol.Optional("cert", default=""): _text,
        vol.Optional("key", default=""): _text,
        vol.Optional("insecure", default=False): bool,
    }
)
EMBEDDED = vol.Schema(
    {
        vol.Optional("listen", default="127.0.0.1"): _text,
        vol.Optional("port", default=0): _number(0, 65535),
        vol.Optional("binary", default=""): _text,
        vol.Optional("max_store_mib", default=1024): _number(16, 1024 * 1024),
        vol.Optional("users", default=dict): vol.Schema({account_name: account}),
    }
)
_SECTION = vol.Schema(
    {
        vol.Optional("broker", default="embedded"): broker_address,
        vol.Optional("embedded", default=dict): EMBEDDED,
        vol.Optional("username", default=""): _text,
        vol.Optional("password", default=""): _text,
        vol.Optional("client_id", default=""): vol.Any("", client_id),
        vol.Optional("keepalive", default=30): _number(5, 3600),
        vol.Optional("protocol", default="3.1.1"): _protocol,
        vol.Optional("tls"): TLS,
        vol.Optional("status_topic", default="linli/status"): topic,
        vol.Optional("max_payload_kib", default=4096): _number(1, 64 * 1024),
        vol.Optional("max_pending", default=1000): _number(1, 65535),
        vol.Optional("sensor", default=list): vol.All(_several, [SENSOR]),
        vol.Optional("binary_sensor", default=list): vol.All(_several, [BINARY_SENSOR]),
    }
)


def check_section(value: object) -> dict[str, Any]:
    """The whole section, cleaned; voluptuous.Invalid for what can't work."""
    return check_together(_SECTION({} if value is None else value))


def check_together(section: dict[str, Any]) -> dict[str, Any]:
    """What a section whose parts are right may still get wrong."""
    if section["broker"] == "embedded":
        for key in ("username", "password", "tls"):
            if section.get(key):
                raise vol.Invalid("the embedded broker makes its own; leave this out", path=[key])
        if section["protocol"] == "5":
            raise vol.Invalid('the embedded broker speaks "3.1.1" only', path=["protocol"])
    elif "tls" in section and urlsplit(section["broker"]).scheme != "mqtts":
        raise vol.Invalid("with tls: the broker's URL begins with mqtts://", path=["broker"])
    check_entities(section)
    return section


SECTION = vol.All(_SECTION, check_together)


def settings_of(section: dict[str, Any]) -> Settings:
    """The connection's settings of a cleaned section that names a broker by URL."""
    parts = urlsplit(section["broker"])
    secure = parts.scheme == "mqtts"
    return Settings(
        host=parts.hostname or "",
        port=parts.port or SCHEMES[parts.scheme],
        username=section["username"],
        password=section["password"],
        tls=Tls(**section.get("tls", {})) if secure else None,
        **common_settings(section),
    )


def common_settings(section: dict[str, Any]) -> dict[str, Any]:
    """What holds for any broker."""
    return {
        "client_id": section["client_id"],
        "keepalive": section["keepalive"],
        "protocol": section["protocol"],
        "status_topic": section["status_topic"],
        "max_payload": section["max_payload_kib"] * 1024,
        "max_pending": section["max_pending"],
    }
