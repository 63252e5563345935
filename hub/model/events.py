"""Facts: frozen dataclasses whose class is their kind."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from enum import IntEnum
from typing import Any, ClassVar, Literal

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. Fields are plain values, so that an event is storable as it is."""

    kind: ClassVar[str] = "event"

    at: datetime  # when it happened, aware, from the device if it knows
    source: str  # entity or device id, or the integration's name
    area: str = ""  # place, for routing to people
    cause: str = ""  # id of the event, run, call or person behind it
    id: str = field(default_factory=new_id)  # the dedupe key everywhere; derive it from the device's message

    def __init_subclass__(cls, **options: Any) -> None:
        """Name the kind after the class unless it names itself."""
        # object's own, by name: `slots=True` makes a second class, for which a bare super() would be the wrong one.
        if "kind" not in cls.__dict__:
            cls.kind = kind_of(cls.__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm(Event):
    """An event a person must act on; journaled before anything else happens."""

    severity: Severity = Severity.warning
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChanged(Event):
    """An entity's value, availability or attributes changed; `old` is None the first time."""

    entity_id: str
    old: State | None
    new: State


@dataclass(frozen=True, slots=True, kw_only=True)
class StateReported(Event):
    """An entity reported the value that it had already: it lives."""

    entity_id: str
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class HubStarted(Event):
    """Every integration of the configuration is ready or has had its chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubStopping(Event):
    """The hub was asked to stop; integrations are about to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Event):
    """An event that a site names itself: fired by an automation's `event` action or over a webhook."""

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemRaised(Event):
    """Something is wrong that an admin should mend; stays open until cleared."""

    problem: str  # stable id of the problem
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemCleared(Event):
    """A problem raised before is gone."""

    problem: str


def required_fields(event_class: type[Event]) -> tuple[str, ...]:
    """Names of the fields without a default, in order."""
    return tuple(
        item.name
        for item in fields(event_class)
        if item.default is MISSING and item.default_factory is MISSING
    )
