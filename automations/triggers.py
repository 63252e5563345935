"""Triggers: what starts a rule. Read and checked here; the engine puts them into its indexes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from automations.comparisons import EventTest, read_event_data, read_where
from automations.durations import parse_time_of_day
from automations.schedule import WEEKDAYS, Pattern, TimesOfDay, parse_part, weekday_numbers
from automations.schema import Fields, Path, Reading, each, kind_of_value
from automations.state_triggers import NumericTrigger, StateTrigger, read_numeric_trigger, read_state_trigger
from automations.templates import Renderer, Template, TemplateFailed
from hub.api import Alarm, Event, Named, did_you_mean

LATER = ("calendar", "conversation", "device", "geo_location", "sun", "tag", "template", "zone")
_WEBHOOK_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


@dataclass(slots=True, eq=False)
class EventTrigger:
    """An event of some classes or names, with tests of its fields; `tests` stand beside `heard`."""

    platform: ClassVar[str] = "event"
    heard: tuple[tuple[type[Event], str], ...]  # class, and the name when the class is Named
    tests: tuple[tuple[EventTest, ...], ...]


@dataclass(slots=True, eq=False)
class ScheduleTrigger:
    """Times of day, or a pattern of the clock."""

    platform: str
    schedule: TimesOfDay | Pattern


@dataclass(slots=True, eq=False)
class HubTrigger:
    """The hub's own start or shutdown."""

    platform: ClassVar[str] = "homeassistant"
    event: str  # "start" or "shutdown"


@dataclass(slots=True, eq=False)
class MqttTrigger:
    """A message on a topic, whose payload (or what a template takes from it) may have to be a certain text."""

    platform: ClassVar[str] = "mqtt"
    topic: str
    payload: str | None
    value: Template | None
    qos: int


@dataclass(slots=True, eq=False)
class WebhookTrigger:
    """A request to /api/webhook/ID."""

    platform: ClassVar[str] = "webhook"
    webhook_id: str
    methods: tuple[str, ...]
    local_only: bool


Kind = (
    EventTrigger | StateTrigger | NumericTrigger | ScheduleTrigger | HubTrigger | MqttTrigger | WebhookTrigger
)


@dataclass(slots=True, eq=False)
class Trigger:
    """One trigger of a rule."""

    index: int
    id: str
    alias: str
    kind: Kind
    variables: Renderer | None

    @property
    def platform(self) -> str:
        """As in the rule: event, state, time ..."""
        return self.kind.platform

    @property
    def on_alarm(self) -> bool:
        """Whether an alarm can start it."""
        return isinstance(self.kind, EventTrigger) and any(
            issubclass(cls, Alarm) for cls, _ in self.kind.heard
        )


def read_triggers(reading: Reading, written: Any, path: Path, fixed: dict[str, Any]) -> list[Trigger]:
    """All triggers of a rule; `fixed` are its `trigger_variables`, for templates that are rendered at load."""
    found: list[Trigger] = []
    for index, (item, way) in enumerate(each(written)):
        trigger = _read_trigger(reading, item, (*path, *way), index, fixed)
        if trigger is not None:
            found.append(trigger)
    return found


def event_classes(triggers: list[Trigger]) -> tuple[type[Event], ...] | None:
    """Classes of the events that may start a rule; None when the fields of one can't be known."""
    found: list[type[Event]] = []
    for trigger in triggers:
        if isinstance(trigger.kind, EventTrigger):
            classes = [cls for cls, _ in trigger.kind.heard]
            if Named in classes or not classes:
                return None
            found += classes
    return tuple(found)


def _read_trigger(
    reading: Reading, item: Any, path: Path, index: int, fixed: dict[str, Any]
) -> Trigger | None:
    if not isinstance(item, dict):
        reading.fault(
            path, f"a trigger must be a mapping, not {kind_of_value(item)}", "as in - trigger: state"
        )
        return None
    fields = Fields(reading, item, path)
    key, platform = fields.first("trigger", "platform")
    if platform is None:
        reading.fault(path, "the trigger names no platform", "add 'trigger: state' (or event, time ...)")
        return None
    read = _READERS.get(platform) if isinstance(platform, str) else None
    if read is None:
        _unknown(reading, platform, (*path, key))
        return None
    enabled = fields.flag("enabled", True)
    alias, trigger_id = fields.text("alias"), fields.text("id", str(index))
    variables = _read_variables(fields)
    kind = read(fields, fixed)
    fields.finish(f"a {platform} trigger")
    return Trigger(index, trigger_id, alias, kind, variables) if kind is not None and enabled else None


def _unknown(reading: Reading, platform: Any, path: Path) -> None:
    if platform in LATER:
        reading.fault(path, f"triggers of platform '{platform}' are not supported yet", "use another trigger")
    else:
        hint = did_you_mean(platform, _READERS) or f"there are {', '.join(sorted(_READERS))}"
        reading.fault(path, f"there is no trigger platform {platform!r}", hint)


def _read_variables(fields: Fields) -> Renderer | None:
    variables = fields.take("variables")
    if variables is None:
        return None
    if not isinstance(variables, dict):
        fields.fault("variables", f"'variables' must be a mapping, not {kind_of_value(variables)}")
        return None
    fields.reading.variables.update(str(name) for name in variables)
    constant = dict(variables)
    render = fields.reading.renderer(variables, (*fields.path, "variables"))
    return render or (lambda _scope, _native: constant)


def limited(fields: Fields, key: str, value: Any, fixed: dict[str, Any]) -> Any:
    """The value with its templates rendered now, at load, from nothing but `fixed`."""
    path = (*fields.path, key)
    render = fields.reading.renderer(value, path)
    if render is None:
        return value
    try:
        return render(fixed, True)
    except (TemplateFailed, KeyError) as error:
        fields.reading.fault(path, f"{error}", "here a template can use only `trigger_variables`")
        return value


# --- events -------------------------------------------------------------------------------------------------


def _read_event(fields: Fields, fixed: dict[str, Any]) -> EventTrigger | None:
    if fields.take("context") is not None:
        fields.fault("context", "'context' of an event trigger is not supported yet", "remove it")
    written = limited(fields, "event_type", fields.require("event_type"), fixed)
    heard = _heard(fields, written)
    data = limited(fields, "event_data", fields.take("event_data"), fixed)
    where = fields.take("where")
    tests: list[tuple[EventTest, ...]] = []
    for event_class, _name in heard:
        found: list[EventTest] = []
        if data is not None:
            found += read_event_data(fields.reading, data, (*fields.path, "event_data"), event_class)
        if where is not None:
            found += read_where(fields.reading, where, (*fields.path, "where"), event_class)
        tests.append(tuple(found))
    return EventTrigger(tuple(heard), tuple(tests)) if heard else None


def _heard(fields: Fields, written: Any) -> list[tuple[type[Event], str]]:
    reading = fields.reading
    found: list[tuple[type[Event], str]] = []
    for name, way in each(written):
        path = (*fields.path, "event_type", *way)
        event_class = reading.known.events.get(name) if isinstance(name, str) else None
        if event_class is not None and event_class is not Named:
            found.append((event_class, ""))
        elif isinstance(name, str) and name in reading.own_events:
            found.append((Named, name))
        else:
            names = [*reading.known.events, *reading.own_events]
            remedy = (
                did_you_mean(name, names) or f"declare your own with '- events: [{name}]' among the rules"
            )
            reading.fault(path, f"there is no event {name!r}", remedy)
    classes = [cls for cls, _ in found if cls is not Named]
    # A class below another of the list is heard through it: once is enough.
    return [
        (cls, name)
        for cls, name in dict.fromkeys(found)
        if cls is Named or not any(cls is not other and issubclass(cls, other) for other in classes)
    ]


# --- time -----------------------------------------------------------------------------------------------------


def _read_time(fields: Fields, _fixed: dict[str, Any]) -> ScheduleTrigger | None:
    times = []
    for text, way in each(fields.require("at")):
        try:
            times.append(parse_time_of_day(text))
        except ValueError as error:
            wanted = 'write "HH:MM:SS"; times out of entities are not supported yet'
            fields.reading.fault((*fields.path, "at", *way), str(error), wanted)
    days = read_weekdays(fields)
    return ScheduleTrigger("time", TimesOfDay(tuple(times), days)) if times and days else None


def read_weekdays(fields: Fields) -> frozenset[int]:
    """Numbers of the weekdays under `weekday:`, all when there is none."""
    words = fields.texts("weekday")
    if words is None:
        return frozenset(range(7))
    try:
        return weekday_numbers(words)
    except ValueError as error:
        unknown = next(word for word in words if word not in WEEKDAYS)
        fields.fault("weekday", f"'{unknown}' is no weekday", did_you_mean(unknown, WEEKDAYS) or str(error))
        return frozenset()


def _read_pattern(fields: Fields, _fixed: dict[str, Any]) -> ScheduleTrigger | None:
    units = (("hours", 24), ("minutes", 60), ("seconds", 60))
    written = [(key, below, fields.take(key)) for key, below in units]
    if all(value is None for _, _, value in written):
        fields.reading.fault(
            fields.path, "a time pattern needs hours, minutes or seconds", 'add minutes: "/5"'
        )
        return None
    parts: list[tuple[int, ...]] = []
    above = False  # what is finer than the finest given unit is 0, what is coarser is any
    for key, below, value in written:
        try:
            parts.append(parse_part("*" if value is None and not above else value or 0, below))
        except ValueError as error:
            fields.fault(key, str(error), 'use "*", a number or "/5" for every fifth')
        above = above or value is not None
    return ScheduleTrigger("time_pattern", Pattern(*parts)) if len(parts) == 3 else None


def _read_hub(fields: Fields, _fixed: dict[str, Any]) -> HubTrigger:
    return HubTrigger(fields.choice("event", ("start", "shutdown"), "start"))


# --- the outside ------------------------------------------------------------------------------------------------


def _read_mqtt(fields: Fields, fixed: dict[str, Any]) -> MqttTrigger | None:
    topic = limited(fields, "topic", fields.require("topic"), fixed)
    payload = limited(fields, "payload", fields.take("payload"), fixed)
    fields.reading.variables |= {"value", "value_json"}
    value = fields.template("value_template")
    fields.reading.variables -= {"value", "value_json"}
    fields.take("encoding")
    qos = fields.whole("qos", 0, 0, 2)
    problem = topic_fault(topic)
    if problem:
        fields.fault("topic", problem, "+ stands for one level, # at the end for all that follow")
        return None
    return MqttTrigger(topic, None if payload is None else str(payload), value, qos)


def topic_fault(topic: Any) -> str:
    """What is wrong with an MQTT topic filter, or ""."""
    if not isinstance(topic, str) or not 0 < len(topic.encode()) < 65536 or "\0" in topic:
        return "a topic is a text that is not empty"
    levels = topic.split("/")
    for index, level in enumerate(levels):
        if "+" in level and level != "+":
            return "'+' must stand alone between slashes"
        if "#" in level and (level != "#" or index != len(levels) - 1):
            return "'#' must stand alone at the end"
    return ""


def _read_webhook(fields: Fields, fixed: dict[str, Any]) -> WebhookTrigger | None:
    webhook_id = limited(fields, "webhook_id", fields.require("webhook_id"), fixed)
    methods = fields.texts("allowed_methods") or ("POST", "PUT")
    local_only = fields.flag("local_only", True)
    for method in methods:
        if method not in ("POST", "PUT", "GET", "HEAD"):
            fields.fault(
                "allowed_methods", f"'{method}' is no method of a webhook", "use POST, PUT, GET or HEAD"
            )
    if (
        not isinstance(webhook_id, str)
        or not 0 < len(webhook_id) <= 255
        or not set(webhook_id) <= _WEBHOOK_LETTERS
    ):
        fields.fault("webhook_id", "a webhook's id has letters, digits, - and _", "use a long random id")
        return None
    return WebhookTrigger(webhook_id, methods, local_only)


def _read_state(fields: Fields, _fixed: dict[str, Any]) -> StateTrigger | None:
    return read_state_trigger(fields)


def _read_numeric(fields: Fields, _fixed: dict[str, Any]) -> NumericTrigger | None:
    return read_numeric_trigger(fields)


def platforms() -> list[str]:
    """What may stand behind `trigger:`."""
    return sorted(_READERS)


_READERS: dict[str, Callable[[Fields, dict[str, Any]], Kind | None]] = {
    "event": _read_event,
    "state": _read_state,
    "numeric_state": _read_numeric,
    "time": _read_time,
    "time_pattern": _read_pattern,
    "homeassistant": _read_hub,
    "mqtt": _read_mqtt,
    "webhook": _read_webhook,
}
