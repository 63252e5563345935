"""What may stand under `areas:` and `people:`; each schema takes one item and returns it cleaned."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import voluptuous as vol

from hub.config.faults import did_you_mean

AREA_KINDS = ("community", "grid", "building", "unit", "floor", "home", "place")
LONGEST_NAME = 100
LONGEST_OPTION = 2000
MOST_OPTIONS = 50
_ID = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}\Z")


def identity(value: Any) -> str:
    """An id: lower-case letters, digits, - and _, at most 64."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _ID.match(value):
        raise vol.Invalid(
            f"'{str(value)[:80]}' is no id; use lower-case letters, digits, - and _, at most 64"
        )
    return value


def name(value: Any) -> str:
    """What people read: one line without control characters."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise vol.Invalid("a name is text and not empty; put it in quotes if it is a number")
    if len(value) > LONGEST_NAME or not value.isprintable():
        raise vol.Invalid(f"a name is one line of at most {LONGEST_NAME} characters; shorten it")
    return value.strip()


def language(value: Any) -> str:
    """A language tag (BCP 47), such as zh-CN or en."""
    if not isinstance(value, str) or not _LANGUAGE.match(value):
        raise vol.Invalid(f"'{str(value)[:80]}' is no language; use zh-CN or en")
    return value


def area_kind(value: Any) -> str:
    """What sort of place an area is."""
    if value not in AREA_KINDS:
        hint = did_you_mean(value, AREA_KINDS) or f"use one of {', '.join(AREA_KINDS)}"
        raise vol.Invalid(f"'{str(value)[:80]}' is no kind of area; {hint}")
    return str(value)


def listed(item: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    """A list of items, or one item without the list; nothing is an empty list."""
    schema = vol.Schema([item])

    def clean(value: Any) -> list[Any]:
        if value is None:
            return []
        cleaned: list[Any] = schema(value if isinstance(value, list) else [value])
        return cleaned

    return clean


def option(value: Any) -> Any:
    """One option of an address: text, a number, yes or no, or a list of texts."""
    if isinstance(value, str) and len(value) <= LONGEST_OPTION:
        return value
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if (
        isinstance(value, list)
        and len(value) <= MOST_OPTIONS
        and all(isinstance(item, str) for item in value)
    ):
        return value
    raise vol.Invalid("an address option is text, a number, yes or no, or a list of texts")


def channel(value: Any) -> dict[str, Any]:
    """A way to reach a person: `log`, `{ntfy: some-topic}` or `{channel: ntfy, topic: some-topic}`."""
    if isinstance(value, str):
        value = {"channel": value}
    if isinstance(value, Mapping) and "channel" not in value and len(value) == 1:
        ((named, options),) = value.items()
        given = options if isinstance(options, Mapping) else {} if options is None else {"to": options}
        value = {**given, "channel": named}
    if not isinstance(value, Mapping) or "channel" not in value or len(value) > MOST_OPTIONS:
        raise vol.Invalid(
            "a channel is its name, 'name: address', or a mapping with 'channel:' and its options"
        )
    options = {str(key): option(item) for key, item in value.items() if key != "channel"}
    return {"channel": identity(value["channel"]), "options": options}


AREA = vol.Schema(
    {
        vol.Required("id"): identity,
        vol.Optional("name"): name,
        vol.Optional("parent"): identity,
        vol.Optional("kind"): area_kind,
        vol.Optional("aliases", default=list): listed(name),
        vol.Optional("areas"): object,  # those inside: read one by one
    }
)
ROLE = vol.Schema({vol.Optional("name"): name, vol.Optional("lives"): bool})
PERSON = vol.Schema(
    {
        vol.Required("id"): identity,
        vol.Required("name"): name,
        vol.Optional("roles", default=list): listed(identity),
        vol.Optional("areas", default=list): listed(identity),
        vol.Optional("language", default="zh-CN"): language,
        vol.Optional("channels", default=list): listed(channel),
    }
)
PEOPLE = vol.Schema(
    {vol.Optional("roles", default=dict): object, vol.Optional("persons", default=list): object}
)
