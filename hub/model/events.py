"""Facts: frozen structures whose class is their kind.

    class CoverTilted(Alarm, frozen=True, kw_only=True):
        angle: float  # degrees from where it was calibrated

msgspec's structures are made in C: one costs a tenth of a frozen dataclass, and `msgspec.convert` checks types.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, ClassVar, Literal

import msgspec

from hub.model.identity import new_id
from hub.model.things import State


class Severity(IntEnum):
    """How soon a person must act; ordered, so that `>=` works."""

    info = 10
    warning = 20
    critical = 30

    @classmethod
    def of(cls, word: "Severity | str") -> "Severity":
        """Read a severity from its name; ValueError names the ones there are."""
        if isinstance(word, Severity):
            return word
        try:
            return cls[word]
        except KeyError:
            raise ValueError(f"'{word}' is no severity; use one of {', '.join(cls.__members__)}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A reference to a clip, picture or reading: where it lies, never its bytes."""

    kind: Literal["clip", "picture", "reading"]
    path: str  # relative to the hub's media folder
    media_type: str = ""
    sha256: str = ""
    text: str = ""


def kind_of(name: str) -> str:
    """The kind of an event class by its name: CoverTilted -> cover_tilted."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened. Fields are plain values, so that an event is storable as it is."""

    kind: ClassVar[str] = "event"

    at: datetime  # when it happened, aware, from the device if it knows
    source: str  # entity or device id, or the integration's name
    area: str = ""  # place, for routing to people
    cause: str = ""  # id of the event, run, call or person behind it
    # The dedupe key everywhere; derive it from the device's message.
    id: str = msgspec.field(default_factory=new_id)

    def __init_subclass__(cls, **options: Any) -> None:
        """Name the kind after the class unless it names itself."""
        super().__init_subclass__(**options)
        if "kind" not in cls.__dict__:
            cls.kind = kind_of(cls.__name__)


class Alarm(Event, frozen=True, kw_only=True):
    """An event a person must act on; journaled before anything else happens."""

    severity: Severity = Severity.warning
    evidence: tuple[Evidence, ...] = ()


class StateChanged(Event, frozen=True, kw_only=True):
    """An entity's value, availability or attributes changed; `old` is None the first time."""

    entity_id: str
    old: State | None
    new: State


class StateReported(Event, frozen=True, kw_only=True):
    """An entity reported the value that it had already: it lives."""

    entity_id: str
    state: State


class StateRemoved(Event, frozen=True, kw_only=True):
    """A state that no integration declares was taken away."""

    entity_id: str
    old: State


class HubStarted(Event, frozen=True, kw_only=True):
    """Every integration of the configuration is ready or has had its chance."""


class HubStopping(Event, frozen=True, kw_only=True):
    """The hub was asked to stop; integrations are about to end."""


class Named(Event, frozen=True, kw_only=True):
    """An event that a site names itself: fired by an automation's `event` action or over a webhook."""

    name: str
    data: Mapping[str, Any] = msgspec.field(default_factory=dict)


class ProblemRaised(Event, frozen=True, kw_only=True):
    """Something is wrong that an admin should mend; stays open until cleared."""

    problem: str  # stable id of the problem
    text: str
    remedy: str = ""


class ProblemCleared(Event, frozen=True, kw_only=True):
    """A problem raised before is gone."""

    problem: str


class AlarmAcknowledged(Event, frozen=True, kw_only=True):
    """A person has taken an alarm on: they act, others need not be called."""

    alarm: str  # its id
    by: str  # id of the person, else of the account
    note: str = ""


class AlarmClosed(Event, frozen=True, kw_only=True):
    """A person has settled an alarm."""

    alarm: str
    by: str
    note: str = ""


class AlarmsEnded(Event, frozen=True, kw_only=True):
    """What raised these alarms is over by itself: the cover lies in its place again."""

    alarms: tuple[str, ...]  # ids; those that were never raised are passed over
    reason: str = ""


def event_fields(event_class: type[Event]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """Name, type, default and whether it is required, of each field of an event class."""
    return msgspec.structs.fields(event_class)
