"""Options that the channels of providers have in common."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import voluptuous as vol

from hub.api import Link
from integrations.notify import schema as valid
from integrations.notify.bucket import Bucket
from integrations.notify.fitting import PIECES
from integrations.notify.provider import Dialect, Gateway

_WORD = re.compile(r"[!-~]{1,500}\Z")
_PUBLIC = (
    "url",
    "url_3",
    "host",
    "from",
    "security",
    "sign_name",
    "params",
    "data",
    "region",
    "group",
    "state",
    "page",
)
_PHONE = re.compile(r"\+?[0-9]{5,15}\Z")


def credential(value: Any) -> str:
    """A key, token or secret as the provider shows it."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _WORD.match(text):
        raise vol.Invalid("copy it as the provider shows it: one line of ASCII, no blanks")
    return text


def phone(value: Any) -> str:
    """A telephone number: 13800138000, or +8613800138000."""
    text = str(value) if isinstance(value, int) else value
    text = re.sub(r"[ -]", "", text) if isinstance(text, str) else ""
    if not _PHONE.match(text):
        raise vol.Invalid("a telephone number is needed, such as 13800138000 or +8613800138000")
    return f"+{text.removeprefix('+')}" if len(text) > 11 else text


def bot_address(wanted: str) -> Callable[[Any], str]:
    """A bot's whole address as the provider shows it; `wanted` is the part of the query that holds its key."""

    def check(value: Any) -> str:
        url = valid.web_address(value)
        if wanted and not parse_qs(urlsplit(url).query).get(wanted):
            raise vol.Invalid(f"copy the bot's whole address, with '?{wanted}=...'")
        return url

    return check


def secrets_of(url: str) -> tuple[str, ...]:
    """What of an address is to be kept secret: the values of its query, the end of its path."""
    parts = urlsplit(url)
    found = [item for values in parse_qs(parts.query).values() for item in values]
    return (*found, parts.path.rpartition("/")[2])


def secrets_in(settings: Any) -> tuple[str, ...]:
    """Every text of a channel's settings that may be a secret, to be kept out of errors."""
    items = settings.items() if isinstance(settings, Mapping) else ()
    listed = [item for name, value in items if name not in _PUBLIC for item in _texts(value)]
    return tuple(text for text in listed if len(text) >= 6)


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def limits(per_minute: int) -> dict[Any, Any]:
    """`timeout`, and `per_minute`: the provider's published limit unless the contract says another."""
    return {
        vol.Optional("timeout", default=10): valid.TIMEOUT,
        vol.Optional("per_minute", default=per_minute): vol.All(int, vol.Range(min=1, max=6000)),
    }


def gateway(
    settings: Mapping[str, Any],
    link: Link,
    dialect: Dialect,
    secrets: tuple[str, ...],
    *shorter: tuple[int, float],
) -> Gateway:
    """The door to the provider; `shorter` are limits (most, seconds) beside the one a minute."""
    bucket = Bucket(((settings["per_minute"], 60.0), *shorter), link.now)
    return Gateway(link, dialect, bucket, settings["timeout"], secrets)


def piece(value: Any) -> str:
    """What of a notice fills a template's variable."""
    if value not in PIECES:
        raise vol.Invalid(f"fill it with one of {', '.join(PIECES)}")
    return str(value)


def mention(pattern: str) -> Callable[[Any], dict[str, Any]]:
    """A person's address in a group: nothing, or the id by which the bot mentions them."""
    known = vol.All(str, vol.Match(pattern, msg="an id as the provider's console shows it is needed"))
    return valid.address("mention", known, needed=False)


def no_blank(longest: int) -> Any:
    """An id of a provider's: ASCII without blanks."""
    return vol.All(credential, vol.Length(max=longest))
