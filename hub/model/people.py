"""Persons, audiences, notices and deliveries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from hub.model.events import Evidence, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a person is reached over one channel; `options` are the channel's own (a topic, an address)."""

    channel: str
    options: Mapping[str, Any] = field(default_factory=dict)
    after: float = 0.0  # seconds; used only when no address before it brought the notice `until` then
    until: str = "sent"  # or delivered, read, acknowledged


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Each day from `start` until `end`, in the site's zone; over midnight when `end` is not after `start`."""

    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A person's word for one purpose; `withdrawn` None: it stands."""

    purpose: str
    granted: datetime
    withdrawn: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A resident, grid worker, officer, doctor or admin.

    `areas` are places they answer for; `household` is the area they live in (of a role that `lives`, without a
    household, `areas` are the homes). An inactive person is in the directory and meant by no audience.
    """

    id: str
    name: str
    roles: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    household: str = ""
    language: str = "zh-CN"
    addresses: tuple[Address, ...] = ()
    phone: str = ""  # personal: print it by `masked_phone` only
    quiet: tuple[QuietHours, ...] = ()
    consents: tuple[Consent, ...] = ()
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message to an audience, before it is known who they are."""

    title: str
    message: str
    severity: Severity = Severity.info
    evidence: tuple[Evidence, ...] = ()
    cause: str = ""
    at: datetime
    url: str = ""  # where to see more
    purpose: str = ""  # what it needs consent for; "" is what a person must hear without being asked
    sensitive: bool = False  # nobody but the person may read it, not even on their lock screen


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One notice going to one person over one channel; `key` is the same however often it is tried."""

    key: str
    person: Person
    address: Address
    notice: Notice
