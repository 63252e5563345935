"""What was: states of the past and the logbook, as far as one may see them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.model.events import Alarm, StateChanged
from hub.model.things import State
from hub.store import catalogue
from hub.store.sql import from_microseconds
from hub.web.homeassistant.failures import INVALID_FORMAT, Failed
from hub.web.homeassistant.house import House
from hub.web.homeassistant.views import View
from hub.web.objects import alarm_thing

DAY = timedelta(days=1)
MOST_ENTITIES = 1000  # of one question
MOST_ROWS = 100_000  # of one answer
MOST_ENTRIES = 10_000  # of the logbook
_KEPT_DOMAINS = (
    "automation",
    "binary_sensor",
    "light",
    "switch",
    "lock",
    "cover",
    "camera",
    "person",
    "siren",
)


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment to before another, both aware."""

    start: datetime
    end: datetime

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it."""
        return self.end <= self.start


def moment(text: Any, what: str) -> datetime:
    """A time in ISO 8601; without a zone, UTC. Failed."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise Failed(INVALID_FORMAT, f"Invalid {what}: write it as 2026-03-01T12:00:00+08:00") from error


def span_of(house: House, start: Any, end: Any) -> Span:
    """The day before now unless told otherwise; a span that ends in the future ends with it."""
    now = house.clock.now()
    begin = now - DAY if start is None else moment(start, "start_time")
    try:
        until = (now if start is None else begin + DAY) if end is None else moment(end, "end_time")
    except OverflowError as error:
        raise Failed(INVALID_FORMAT, "Invalid start_time: too far away") from error
    return Span(begin, until)


async def history(
    house: House, view: View, entity_ids: Iterable[str], span: Span, *, significant: bool
) -> dict[str, list[State]]:
    """States of the entities, the first one as of the start; `significant` leaves out what only attributes changed."""
    wanted = [entity_id for entity_id in dict.fromkeys(entity_ids) if view.sees(entity_id)]
    if len(wanted) > MOST_ENTITIES:
        raise Failed(INVALID_FORMAT, f"at most {MOST_ENTITIES} entities at once")
    if span.empty:
        return {}
    rows = await house.site.store.history.query_many(wanted, span.start, span.end, MOST_ROWS, with_start=True)
    return {
        entity_id: [
            state for state in _since(states, span.start) if not significant or state.at == state.changed_at
        ]
        for entity_id, states in rows.items()
    }


def _since(states: Sequence[State], start: datetime) -> list[State]:
    """States with the time of their last change; the one from before the start begins with it."""
    found: list[State] = []
    for state in states:
        before = found[-1] if found else None
        at = max(state.at, start)
        same = before is not None and before.value == state.value and before.available is state.available
        changed = before.changed_at if same and before is not None else at
        found.append(State(state.entity_id, state.value, state.available, at, changed, state.attributes))
    return found


def compressed(house: House, states: Iterable[State], *, attributes: bool = True) -> list[dict[str, Any]]:
    """Rows as `history_during_period` gives them."""
    rows: list[dict[str, Any]] = []
    for state in states:
        row: dict[str, Any] = {"s": state.text, "lu": state.at.timestamp()}
        row["a"] = house.shapes.state(state)["attributes"] if attributes else {}
        if state.changed_at != state.at:
            row["lc"] = state.changed_at.timestamp()
        rows.append(row)
    return rows


# --- the logbook ------------------------------------------------------------------------------------------------------


def logged(house: House, entity_id: str) -> bool:
    """Whether an entity's changes belong into the logbook: not what only measures."""
    entity = house.site.states.entities.get(entity_id)
    if entity is None:
        return entity_id.partition(".")[0] in _KEPT_DOMAINS
    return not entity.unit and not entity.state_class


async def logbook(
    house: House, view: View, span: Span, entity_ids: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """What happened, in order: changes of entities, and alarms. `when` is in seconds."""
    if span.empty:
        return []
    known = [state.entity_id for state in view.states()]
    wanted = entity_ids or [entity_id for entity_id in known if logged(house, entity_id)]
    states = await history(house, view, wanted[:MOST_ENTITIES], span, significant=True)
    entries = [
        entry_of_state(house, state)
        for listed in states.values()
        for state in listed
        if state.at > span.start
    ]
    entries += [entry for entry in await _alarms(house, view, span) if _about(entry, entity_ids)]
    return sorted(entries, key=_when)[-MOST_ENTRIES:]


def entry_of_state(house: House, state: State) -> dict[str, Any]:
    """A change of an entity."""
    attributes = house.shapes.state(state)["attributes"]
    entry = {
        "when": state.at.timestamp(),
        "name": str(attributes.get("friendly_name") or state.entity_id),
        "state": state.text,
        "entity_id": state.entity_id,
        "domain": state.entity_id.partition(".")[0],
    }
    if state.cause:
        entry["context_id"] = state.cause
    return {**entry, "icon": attributes["icon"]} if attributes.get("icon") else entry


def entry_of_alarm(row: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """An alarm of the journal."""
    entry = {"when": at.timestamp(), "name": row["source"], "message": str(row["kind"]).replace("_", " ")}
    return {**entry, "domain": row["kind"], "context_id": row["id"]}


async def _alarms(house: House, view: View, span: Span) -> list[dict[str, Any]]:
    row = {"after": 0, "since": span.start, "until": span.end, "limit": MOST_ENTRIES}
    found = await house.site.store.read(
        lambda connection: [dict(entry) for entry in catalogue.ALARMS_WITHIN.run(connection, **row)]
    )
    return [
        entry_of_alarm(entry, from_microseconds(entry["at"]))
        for entry in found
        if view.may("see", alarm_thing(entry))
    ]


def entry_of(house: House, view: View, event: StateChanged | Alarm) -> dict[str, Any] | None:
    """What the logbook says of what just happened, None when it says nothing."""
    if not view.hears(event):
        return None
    if isinstance(event, Alarm):
        row = {"id": event.id, "kind": event.kind, "source": event.source}
        return entry_of_alarm(row, event.at)
    old, new = event.old, event.new
    if old is not None and old.text == new.text:
        return None
    return entry_of_state(house, new)


def _about(entry: Mapping[str, Any], entity_ids: Sequence[str]) -> bool:
    return not entity_ids or entry["name"] in entity_ids


def _when(entry: Mapping[str, Any]) -> float:
    return float(entry["when"])


def in_words(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries with `when` as text, as REST has it."""
    return [{**entry, "when": datetime.fromtimestamp(entry["when"], UTC).isoformat()} for entry in entries]
