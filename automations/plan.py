"""A plan: one rule, compiled. Nothing in it belongs to a running hub."""

import hashlib
import json
import marshal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from automations.actions import Assembly, Step, read_assignment
from automations.conditions import Check, read_conditions
from automations.runs import Run
from automations.schema import Fields, Path, Reading, each, kind_of_value
from automations.triggers import Trigger, event_classes, read_triggers
from hub.api import did_you_mean, slug

MODES = ("single", "restart", "queued", "parallel")
UNLIMITED = 1_000_000
DEFAULT_MOST = 10
LOG_LEVELS = ("silent", "critical", "error", "warning", "info", "debug")
_LONGEST_ID = 255


@dataclass(slots=True, eq=False)
class Plan:
    """One version of a rule."""

    id: str
    alias: str
    entity_id: str
    source: dict[str, Any]
    fingerprint: bytes
    triggers: tuple[Trigger, ...]
    conditions: tuple[Check, ...]
    assign: Callable[[Run], None] | None
    steps: tuple[Step, ...]
    labels: tuple[str, ...]
    durable: bool  # whether any step calls a durable action
    on_alarm: bool
    mode: str
    most: int
    over: str  # log level for triggers that were lost
    starts_on: bool | None  # initial_state
    description: str = ""
    _version: str = field(default="", init=False)

    @property
    def version(self) -> str:
        """A digest of the rule as written: the same text, the same version."""
        if not self._version:
            text = json.dumps(self.source, ensure_ascii=False, sort_keys=True, default=str)
            self._version = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
        return self._version

    @property
    def name(self) -> str:
        """What people call it."""
        return self.alias or self.id


def fingerprint(source: Any) -> bytes:
    """Bytes that are the same for the same rule as written, and only then."""
    try:
        return marshal.dumps(source, 2)
    except ValueError:  # something that YAML would not give
        return repr(source).encode()


def rule_id(source: dict[Any, Any], place: int) -> str:
    """What a rule is known by: its id, else its alias, else its place in the list."""
    return str(source.get("id") or source.get("alias") or f"rule {place + 1}")[:_LONGEST_ID]


def entity_id_of(source: dict[Any, Any], place: int) -> str:
    """automation.NAME: from the alias when it is ASCII, else from the id, else from a digest of both."""
    for text in (source.get("alias"), source.get("id")):
        word = slug(str(text)) if text is not None and str(text).isascii() else ""
        if word:
            return f"automation.{word[:200]}"
    digest = hashlib.blake2b(rule_id(source, place).encode("utf-8", "replace"), digest_size=4).hexdigest()
    return f"automation.rule_{digest}"


def read_plan(
    reading: Reading,
    source: dict[Any, Any],
    path: Path,
    *,
    identity: str,
    entity_id: str,
    print_: bytes,
) -> Plan:
    """Compile one rule; whatever is wrong with it is noted in the reading, and the plan is not to be used then."""
    reading.variables, reading.event_classes = {"context"}, ()
    fields = Fields(reading, source, path, "id")
    alias, description = fields.text("alias"), fields.text("description")
    starts_on = fields.flag("initial_state") if fields.has("initial_state") else None
    for ignored in ("initial_state", "trace", "stored_traces", "category", "labels"):
        fields.take(ignored)
    fixed, given = _mapping(fields, "trigger_variables"), _mapping(fields, "variables")
    reading.variables.update(str(name) for name in (*fixed, *given))
    triggers = _read_all_triggers(fields, fixed)
    values = reading.written = {**fixed, **given}
    assign = read_assignment(reading, values, (*path, "variables")) if values else None
    key, written = fields.first("conditions", "condition")
    conditions = read_conditions(reading, written, (*path, key))
    assembly = _read_actions(fields)
    on_alarm = any(trigger.on_alarm for trigger in triggers)
    mode, most, over = _read_mode(fields, on_alarm)
    if not fields.flag("enabled", True):
        starts_on = False
    fields.finish("an automation")
    return Plan(
        id=identity,
        alias=alias,
        entity_id=entity_id,
        source=source,
        fingerprint=print_,
        triggers=tuple(triggers),
        conditions=tuple(conditions),
        assign=assign,
        steps=tuple(assembly.steps),
        labels=tuple(assembly.labels),
        durable=any(wish.action.durable for wish in assembly.wishes),
        on_alarm=on_alarm,
        mode=mode,
        most=most,
        over=over,
        starts_on=starts_on,
        description=description,
    )


def _mapping(fields: Fields, key: str) -> dict[str, Any]:
    value = fields.take(key)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    fields.fault(key, f"'{key}' must be a mapping, not {kind_of_value(value)}")
    return {}


def _read_all_triggers(fields: Fields, fixed: dict[str, Any]) -> list[Trigger]:
    key, written = fields.first("triggers", "trigger")
    if written is None and not fields.has(key):
        fields.reading.fault(
            fields.path, "'triggers' is missing", "add 'triggers:' with at least one trigger"
        )
    triggers = read_triggers(fields.reading, written, (*fields.path, key), fixed)
    fields.reading.event_classes = event_classes(triggers)
    return triggers


def _read_actions(fields: Fields) -> Assembly:
    assembly = Assembly(fields.reading)
    key, written = fields.first("actions", "action")
    if written is None and not fields.has(key):
        fields.reading.fault(fields.path, "'actions' is missing", "add 'actions:' with at least one action")
    assembly.sequence(written, (*fields.path, key))
    return assembly


def _read_mode(fields: Fields, on_alarm: bool) -> tuple[str, int, str]:
    """Mode, limit and log level. A rule on an alarm loses nothing unless it says that it may."""
    mode = fields.choice("mode", MODES, "parallel" if on_alarm else "single")
    default = UNLIMITED if on_alarm else DEFAULT_MOST
    most = fields.whole("max", default, 1, UNLIMITED)
    over = fields.take("max_exceeded", "warning")
    word = over.lower() if isinstance(over, str) else over
    if word not in LOG_LEVELS:
        hint = did_you_mean(over, LOG_LEVELS) or f"use one of {', '.join(LOG_LEVELS)}"
        fields.fault("max_exceeded", f"'max_exceeded' can't be {over!r}", hint)
        word = "warning"
    return mode, (1 if mode in ("single", "restart") else most), word


def fired_names(source: Any) -> set[str]:
    """Names of the events that a rule's actions fire."""
    found: set[str] = set()
    if isinstance(source, dict):
        for key in ("actions", "action"):
            _collect(source.get(key), found, 0)
    return found


def _collect(written: Any, found: set[str], depth: int) -> None:
    if depth > 30:
        return
    for item, _way in each(written):
        if not isinstance(item, dict):
            continue
        name = item.get("event")
        if isinstance(name, str):
            found.add(name)
        for key in ("choose", "then", "else", "default", "sequence"):
            if key in item:
                _collect(item[key], found, depth + 1)
