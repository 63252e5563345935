"""Persons, audiences, notices and deliveries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.model.events import Evidence, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a person is reached over one channel; `options` are the channel's own (a topic, an address)."""

    channel: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A resident, grid worker, officer, doctor or admin."""

    id: str
    name: str
    roles: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    language: str = "zh-CN"
    addresses: tuple[Address, ...] = ()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One notice going to one person over one channel; `key` is the same however often it is tried."""

    key: str
    person: Person
    address: Address
    notice: Notice
