"""Accounts of devices at the embedded broker: which topics each may publish to and subscribe to, and no others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import voluptuous as vol

from .topics import check_filter

SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 200
MOST_FILTERS = 50
QOS1_INBOX = "$MQTT.sub.>"  # where NATS hands out messages of QoS 1; it takes no client's own filter on this


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One device's, or one gateway's."""

    password: str = field(repr=False)
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()


def account_password(value: object) -> str:
    """A password that is not guessed at once: whoever knows it may send what sensors send."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise vol.Invalid("expected text")
    password = str(value)
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise vol.Invalid(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    return password


def topic_filter(value: object) -> str:
    """A filter such as application/#; not everything at once."""
    try:
        found = check_filter(value if isinstance(value, str) else "")
        subject_of(found)
    except ValueError as error:
        raise vol.Invalid(str(error)) from error
    if found.startswith(("#", "+", "$")):
        raise vol.Invalid(f"'{found}' is everybody's; begin with a word of this account's own topics")
    return found


def _filters(value: object) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    if len(listed) > MOST_FILTERS:
        raise vol.Invalid(f"at most {MOST_FILTERS} topic filters")
    return [topic_filter(item) for item in listed]


_ACCOUNT = vol.Schema(
    {
        vol.Required("password"): account_password,
        vol.Optional("publish"): _filters,
        vol.Optional("subscribe"): _filters,
    }
)


def account(value: object) -> dict[str, Any]:
    """A password, for an account with topics under its own name, or {password, publish, subscribe}."""
    cleaned: dict[str, Any] = _ACCOUNT(
        value if isinstance(value, dict) else {"password": account_password(value)}
    )
    return cleaned


def accounts_of(users: Mapping[str, Mapping[str, Any]]) -> dict[str, Account]:
    """The accounts by name; where no topics are given, those under the account's name."""
    return {
        name: Account(
            password=written["password"],
            publish=tuple(written.get("publish", (f"{name}/#",))),
            subscribe=tuple(written.get("subscribe", (f"{name}/#",))),
        )
        for name, written in users.items()
    }


def nats_user(name: str, account: Account) -> dict[str, Any]:
    """How NATS is told of an account: what is not allowed is refused."""
    receiving = [subject for item in account.subscribe for subject in subjects_of(item)]
    return {
        "user": name,
        "password": account.password,
        "permissions": {
            "publish": {
                "allow": [subject for item in account.publish for subject in subjects_of(item)] or ["_none"]
            },
            "subscribe": {"allow": [*receiving, QOS1_INBOX]},
        },
    }


def subjects_of(topic: str) -> list[str]:
    """NATS subjects of a filter: `a/#` is `a` and all below it."""
    bare = topic.removesuffix("/#")
    return [subject_of(topic)] if bare == topic else [subject_of(topic), subject_of(bare)]


def subject_of(topic: str) -> str:
    """The subject that NATS makes of an MQTT topic or filter; ValueError for what can't be one.

    https://docs.nats.io/running-a-nats-service/configuration/mqtt: levels are parted by dots, an empty level is a
    slash, a dot is two slashes.
    """
    levels = topic.split("/")
    if any(not level for level in levels) or any(letter in topic for letter in " \t\r\n*>"):
        raise ValueError(f"topic filter '{topic}': for an account, no empty level, blank, * or >")
    wildcards = {"+": "*", "#": ">"}
    return ".".join(wildcards.get(level, level.replace(".", "//")) for level in levels)
