"""Accounts, sessions, invitations and failures, as they are kept."""

import json
import sqlite3
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

from hub.store.sql import from_microseconds

R = TypeVar("R")
_JSON = frozenset(["roles", "recovery", "devices", "spent", "access", "scopes"])
_TIMES = frozenset(["created", "password_at", "used", "changed", "expires", "last", "until"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who can sign in; `roles` are added to those of the person they are linked to."""

    id: str
    name: str
    person: str = ""
    roles: tuple[str, ...] = ()
    language: str = ""
    password: str = ""  # as Argon2id writes it; "": none yet
    totp: str = ""  # the shared secret in base32; "": no second factor
    totp_step: int = 0  # the last one used
    recovery: tuple[str, ...] = ()  # digests
    devices: tuple[str, ...] = ()  # digests
    disabled: bool = False
    created: datetime
    password_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A console session, a client that signed in as Home Assistant's do, or a long-lived token."""

    id: str
    account: str
    kind: str  # console | client | token
    label: str
    client: str = ""  # a client's id: its address on the web
    digest: str
    waiting: str = ""  # digest of the secret that was handed out to follow
    spent: tuple[str, ...] = ()
    access: tuple[
        tuple[str, int], ...
    ] = ()  # digests of access tokens, with their ends in seconds since 1970
    scopes: tuple[str, ...] | None = None
    address: str = ""
    created: datetime
    used: datetime
    changed: datetime  # when a secret was handed out or came into force
    expires: datetime

    @property
    def digests(self) -> frozenset[str]:
        """Of every secret by which it is found."""
        known = (self.digest, self.waiting, *self.spent, *(digest for digest, _ in self.access))
        return frozenset(known) - {""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A one-time link: to an account of one's own ("join"), or to a new password ("reset")."""

    id: str
    digest: str
    purpose: str
    account: str = ""  # whose password
    name: str = ""  # proposed
    person: str = ""
    roles: tuple[str, ...] = ()
    made_by: str
    created: datetime
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Wrong passwords in a row of one account, device or address."""

    key: str
    count: int
    last: datetime
    until: datetime  # nothing is let in before


def row_of(record: Any) -> dict[str, Any]:
    """The record as its table takes it."""
    found = {field.name: getattr(record, field.name) for field in fields(record)}
    return {name: json.dumps(value) if name in _JSON else value for name, value in found.items()}


def record_of(kind: type[R], row: sqlite3.Row) -> R:
    """The record that a row of its table holds."""
    return kind(**{name: _value(name, row[name]) for name in row.keys()})  # noqa: SIM118 - a Row's `in` asks values


def _value(name: str, stored: Any) -> Any:
    if name in _JSON:
        return _frozen(json.loads(stored))
    if name in _TIMES:
        return None if stored is None else from_microseconds(stored)
    return bool(stored) if name == "disabled" else stored


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
