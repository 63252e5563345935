"""What may stand under `areas:` and `people:`; each schema takes one item and returns it cleaned."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import voluptuous as vol

from hub.config import CompleteSchema
from hub.config import validators as valid
from hub.config.faults import did_you_mean
from hub.model.people import Address
from hub.people.consent import LONGEST_QUIET

AREA_KINDS = ("community", "grid", "building", "unit", "floor", "home", "place")
LONGEST_NAME = 100
LONGEST_OPTION = 2000
MOST_OPTIONS = 50
LONGEST_WAIT = timedelta(hours=12)  # for an address to be used; a notice is given up after a day
_ID = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?\Z")
_PHONE = re.compile(r"\+?[0-9]{5,15}\Z")
_GRANT = re.compile(r"\S{1,200}(?: \S{1,200}){0,9}\Z")
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
    policy = {name: value[name] for name in POLICY if name in value}
    options = {str(key): option(item) for key, item in value.items() if key not in ("channel", *POLICY)}
    return {"channel": identity(value["channel"]), "options": options, **POLICY_SCHEMA(policy)}


def _wait(value: Any) -> float:
    span = valid.TimePeriod(timedelta(), LONGEST_WAIT)
    return span(value).total_seconds()


POLICY = ("after", "until")  # of any address, whatever its channel takes
POLICY_SCHEMA = vol.Schema(
    {
        vol.Optional("after"): _wait,
        vol.Optional("until"): vol.In(("sent", "delivered", "read", "acknowledged")),
    }
)


def address_of(cleaned: Mapping[str, Any]) -> Address:
    """The address that `channel` read."""
    return Address(**cleaned)


def phone(value: Any) -> str:
    """A telephone number: digits, with + before a country's code; blanks and hyphens are taken out."""
    if type(value) is int:
        value = str(value)
    plain = re.sub(r"[\s()-]", "", value) if isinstance(value, str) and len(value) <= 40 else ""
    if not _PHONE.match(plain):
        raise vol.Invalid("it is no telephone number; write 5 to 15 digits in quotes")
    return plain


def quiet_hours(value: Any) -> list[tuple[Any, Any]]:
    """`22:00-07:00`, or a list of such."""
    from hub.people.roster_schema import hours

    found: list[tuple[Any, Any]] = listed(hours)(value)
    for start, end in found:
        minutes = (end.hour * 60 + end.minute - start.hour * 60 - start.minute) % 1440 or 1440
        if minutes > LONGEST_QUIET.total_seconds() / 60:
            raise vol.Invalid("quiet hours longer than 16 hours; leave part of the day for what waited")
    return found


def consents(value: Any) -> dict[str, dict[str, str]]:
    """{marketing: 2026-03-01} or {marketing: {granted: 2026-03-01, withdrawn: 2026-05-01}}."""
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > MOST_OPTIONS:
        raise vol.Invalid("consents are written as {purpose: 2026-03-01}")
    return {identity(purpose): _consent(given) for purpose, given in value.items()}


def _consent(given: Any) -> dict[str, str]:
    given = {"granted": given} if isinstance(given, str) else given
    sound = isinstance(given, Mapping) and "granted" in given and not set(given) - {"granted", "withdrawn"}
    if not sound or not all(isinstance(item, str) and len(item) <= 40 for item in given.values()):
        raise vol.Invalid("a consent is the day it was given, or {granted: ..., withdrawn: ...}")
    return dict(given)


def grant(value: Any) -> str:
    """What a role may do, as it is written."""
    if not isinstance(value, str) or not _GRANT.match(value):
        raise vol.Invalid("a grant is one line of text")
    return value


AREA = CompleteSchema(
    {
        vol.Required("id"): identity,
        vol.Optional("name"): name,
        vol.Optional("parent"): identity,
        vol.Optional("kind"): area_kind,
        vol.Optional("aliases", default=list): listed(name),
        vol.Optional("areas"): object,  # those inside: read one by one
    }
)
ROLE = CompleteSchema(
    {
        vol.Optional("name"): name,
        vol.Optional("lives"): bool,
        vol.Optional("grants", default=list): listed(grant),
    }
)
PERSON = CompleteSchema(
    {
        vol.Required("id"): identity,
        vol.Required("name"): name,
        vol.Optional("roles", default=list): listed(identity),
        vol.Optional("areas", default=list): listed(identity),
        vol.Optional("language", default="zh-CN"): language,
        vol.Optional("channels", default=list): listed(channel),
        vol.Optional("household"): identity,
        vol.Optional("phone"): phone,
        vol.Optional("quiet_hours", default=list): quiet_hours,
        vol.Optional("consents", default=dict): consents,
        vol.Optional("active", default=True): valid.boolean,
    }
)
PEOPLE = CompleteSchema(
    {
        vol.Optional("roles", default=dict): object,
        vol.Optional("persons", default=list): object,
        vol.Optional("sets", default=dict): object,  # read where permissions are
        vol.Optional("rosters", default=dict): object,
        vol.Optional("purposes", default=dict): {identity: name},
    }
)
