"""Ids of clients that sign in as Home Assistant's do: web addresses, where the browser is led back to."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

LONGEST = 500
# Home Assistant's own companion apps are led back by a scheme of their own.
_APPS = {
    "https://home-assistant.io/iOS": ("homeassistant://auth-callback",),
    "https://home-assistant.io/android": ("homeassistant://auth-callback",),
}


def is_client_id(client_id: object) -> bool:
    """Whether it is one as IndieAuth 3.2 wants it; private network addresses are good, too, as hubs live there."""
    return isinstance(client_id, str) and _parse(client_id) is not None


def may_return(client_id: object, redirect_uri: object) -> bool:
    """Whether a code for this client may be sent to this address: on the same scheme, host and port."""
    if not isinstance(client_id, str) or not isinstance(redirect_uri, str):
        return False
    if redirect_uri in _APPS.get(client_id, ()):
        return True
    client, target = _parse(client_id), _split(redirect_uri)
    if client is None or target is None or target.username is not None or target.fragment:
        return False
    return (client.scheme, client.netloc.lower()) == (target.scheme, target.netloc.lower())


def _parse(client_id: str) -> SplitResult | None:
    parts = _split(client_id)
    if parts is None or parts.scheme not in ("http", "https") or parts.fragment or not parts.hostname:
        return None
    if parts.username is not None or any(part in (".", "..") for part in parts.path.split("/")):
        return None
    try:
        address = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return parts
    return parts if address.is_private or address.is_loopback else None


def _split(text: str) -> SplitResult | None:
    if len(text) > LONGEST or not text.isprintable() or "\\" in text or " " in text:
        return None
    try:
        parts = urlsplit(text)
        _ = parts.port  # ValueError when it is none
    except ValueError:
        return None
    return parts
