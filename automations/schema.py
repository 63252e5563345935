"""Reads the shape of rules: takes fields out of mappings and notes every fault with its path."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from automations.durations import FORMS, parse_duration
from automations.templates import Renderer, Template, TemplateFault, Templates, as_renderer, holds_template
from hub.api import Event, Finding, Known, did_you_mean, event_fields

T = TypeVar("T")
Path = tuple[Any, ...]
ENTITY_ID = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*\.[a-z0-9]+(?:_+[a-z0-9]+)*")
MOST_FINDINGS = 1000
_MISSING: Any = object()
_EVENT_VIEW = frozenset(
    ("event_type", "data", "time_fired", "origin", "context", "id", "at", "source", "area", "cause")
)


@dataclass(slots=True)
class Reading:
    """What one reading of a rule set knows and finds."""

    known: Known
    templates: Templates
    own_events: frozenset[str] = frozenset()  # names that the rules themselves fire or declare
    findings: list[Finding] = field(default_factory=list)
    # of the rule being read:
    variables: set[str] = field(default_factory=set)
    written: dict[str, Any] = field(default_factory=dict)  # its `variables:` as written
    event_classes: tuple[type[Event], ...] | None = ()  # of its event triggers; None: any field may be there
    where: Path = ()  # prefix of every path
    _names: dict[type[Event], frozenset[str]] = field(default_factory=dict)
    _hints: dict[type[Event], dict[str, Any]] = field(default_factory=dict)

    def fault(self, path: Path, problem: str, remedy: str = "", *, fatal: bool = True) -> None:
        """Note what is wrong at a path."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding((*self.where, *path), problem, remedy, fatal))

    def entity(self, entity_id: str, path: Path) -> None:
        """Note an entity id that can't be or isn't there."""
        if not ENTITY_ID.fullmatch(entity_id):
            self.fault(path, f"'{entity_id}' is no entity id", "write it as domain.name, as in light.hall")
        elif self.known.entities is not None and entity_id not in self.known.entities:
            self.fault(
                path, f"there is no entity '{entity_id}'", did_you_mean(entity_id, self.known.entities)
            )

    def field_names(self, event_class: type[Event]) -> frozenset[str]:
        """Fields that an event of the class or of a known class below it may have."""
        found = self._names.get(event_class)
        if found is None:
            below = [other for other in self.known.events.values() if issubclass(other, event_class)]
            found = frozenset(name for cls in (event_class, *below) for name in cls.__struct_fields__)
            self._names[event_class] = found
        return found

    def field_type(self, event_class: type[Event], name: str) -> Any:
        """The declared type of an event's field, None when it has no such field itself."""
        hints = self._hints.get(event_class)
        if hints is None:
            hints = {item.name: item.type for item in event_fields(event_class)}
            self._hints[event_class] = hints
        return hints.get(name)

    def template(self, text: str, path: Path) -> Template | None:
        """Compile a template and check the names it reads; None when that failed."""
        try:
            template = self.templates.compile(text)
        except TemplateFault as error:
            self.fault(path, f"template: {error.problem}", self._guess(error.problem) or error.remedy)
            return None
        for use in template.uses:
            self._check_use(use.names, path)
        known = self.known.entities
        for entity_id in sorted(template.entities):
            if known is not None and entity_id not in known:
                problem, hint = f"template: there is no entity '{entity_id}'", did_you_mean(entity_id, known)
                # A template may ask for what is not there, and say something else then.
                self.fault(path, problem, hint, fatal=False)
        return template

    def _guess(self, problem: str) -> str:
        found = re.search(r"No (filter|test) named '([^']*)'", problem)
        if not found:
            return ""
        return did_you_mean(found[2], self.templates.words(found[1])) or f"there is no such {found[1]} here"

    def renderer(self, value: Any, path: Path) -> Renderer | None:
        """A function that renders the templates inside a value; None when there are none."""
        return as_renderer(value, lambda text, way: self.template(text, (*path, *way)))

    def _check_use(self, names: tuple[str, ...], path: Path) -> None:
        if not names:
            return
        first = names[0]
        if first == "this":
            return
        if first == "trigger":
            if len(names) > 2 and names[1] == "event":
                self._check_event_use(names[2:], path)
        elif first not in self.variables and first not in self.templates.names():
            known = {*self.variables, *self.templates.names(), "trigger", "this"}
            hint = did_you_mean(first, known) or "declare it under `variables:`"
            self.fault(path, f"template: '{first}' is not defined here", hint, fatal=False)

    def _check_event_use(self, names: tuple[str, ...], path: Path) -> None:
        name = names[1] if names[0] == "data" and len(names) > 1 else names[0]
        if not self.event_classes or name in _EVENT_VIEW:
            return
        fields_there = frozenset[str]().union(*(self.field_names(cls) for cls in self.event_classes))
        if name not in fields_there and name not in ("old_state", "new_state"):
            kinds = ", ".join(cls.kind for cls in self.event_classes)
            hint = did_you_mean(name, fields_there) or f"it has {', '.join(sorted(fields_there))}"
            self.fault(path, f"template: {kinds} has no field '{name}'", hint)


class Fields:
    """One mapping of a rule; what is never asked for is an unknown key in the end."""

    __slots__ = ("_asked", "data", "path", "reading")

    def __init__(self, reading: Reading, data: dict[Any, Any], path: Path, *asked: str) -> None:
        self.reading, self.data, self.path = reading, data, path
        self._asked = list(asked)

    def fault(self, key: str, problem: str, remedy: str = "") -> None:
        """Note a fault at one of the mapping's keys."""
        self.reading.fault((*self.path, key), problem, remedy)

    def take(self, key: str, default: T = None) -> Any | T:  # type: ignore[assignment]
        """The raw value of a key."""
        self._asked.append(key)
        return self.data.get(key, default)

    def first(self, *keys: str) -> tuple[str, Any]:
        """The first of several spellings that is there, with its value; the first spelling and None if none is."""
        self._asked += keys
        there = [key for key in keys if key in self.data]
        if len(there) > 1:
            self.fault(there[1], f"'{there[0]}' and '{there[1]}' mean the same", f"keep '{there[0]}'")
        return (there[0], self.data[there[0]]) if there else (keys[0], None)

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self.data

    def require(self, key: str) -> Any:
        """The raw value; a fault when the key is missing."""
        value = self.take(key, _MISSING)
        if value is _MISSING:
            self.reading.fault(self.path, f"'{key}' is missing", f"add '{key}:'")
            return None
        return value

    def text(self, key: str, default: str = "") -> str:
        """A text; numbers are taken as their digits."""
        value = self.take(key, default)
        if isinstance(value, str):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        if value is not None:
            self.fault(key, f"'{key}' must be text, not {kind_of_value(value)}", "put it in quotes")
        return default

    def flag(self, key: str, default: bool = False) -> bool:
        """True or false; the words on, off, yes and no count."""
        value = self.take(key, default)
        if isinstance(value, bool):
            return value
        word = value.lower() if isinstance(value, str) else value
        if word in ("on", "yes", "true"):
            return True
        if word in ("off", "no", "false"):
            return False
        self.fault(key, f"'{key}' must be true or false, not {value!r}")
        return default

    def choice(self, key: str, options: Sequence[str], default: str) -> str:
        """One of several words."""
        value = self.take(key, default)
        if value in options:
            return str(value)
        hint = did_you_mean(value, options) or f"use one of {', '.join(options)}"
        self.fault(key, f"'{key}' can't be {value!r}", hint)
        return default

    def whole(self, key: str, default: int, least: int = 1, most: int = 100_000) -> int:
        """A whole number within bounds."""
        value = self.take(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.fault(key, f"'{key}' must be a whole number from {least} to {most}, not {value!r}")
        return default

    def entities(self, key: str, *, required: bool = True) -> tuple[str, ...]:
        """Entity ids: one, several with commas, or a list."""
        value = self.require(key) if required else self.take(key)
        found: list[str] = []
        for word, path in self._words(key, value):
            for entity_id in (part.strip().lower() for part in word.split(",")):
                self.reading.entity(entity_id, path)
                found.append(entity_id)
        return tuple(dict.fromkeys(found))

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Texts, one or a list; None when the key is missing or null."""
        value = self.take(key)
        return None if value is None else tuple(word for word, _ in self._words(key, value))

    def _words(self, key: str, value: Any) -> list[tuple[str, Path]]:
        if value is None:
            return []
        listed = value if isinstance(value, list) else [value]
        found: list[tuple[str, Path]] = []
        for index, item in enumerate(listed):
            path = (*self.path, key, index) if isinstance(value, list) else (*self.path, key)
            if isinstance(item, str):
                found.append((item, path))
            elif isinstance(item, (int, float)) and not isinstance(item, bool):
                found.append((str(item), path))
            else:
                remedy = "write it in quotes: 'on' or 'off'" if isinstance(item, bool) else "put it in quotes"
                self.reading.fault(path, f"'{key}' must be text, not {kind_of_value(item)}", remedy)
        return found

    def span(self, key: str) -> "Span | None":
        """A span of time, constant or templated; None when there is none (or it is wrong)."""
        value = self.take(key)
        return None if value is None else read_span(self.reading, value, (*self.path, key))

    def template(self, key: str) -> Template | None:
        """A text that is compiled as a template even when it holds no code."""
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.fault(key, f"'{key}' must be a template, not {kind_of_value(value)}", "put it in quotes")
            return None
        return self.reading.template(value, (*self.path, key))

    def finish(self, what: str) -> None:
        """Note the keys that nobody asked for."""
        unknown = [key for key in self.data if key not in self._asked]
        for key in unknown:
            names = ", ".join(sorted({*self._asked}))
            hint = did_you_mean(key, self._asked) or f"it knows {names}"
            self.reading.fault((*self.path, key), f"'{key}' is no key of {what}", hint)


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time that may be known only when it is needed."""

    fixed: timedelta | None
    render: Renderer | None = None

    def of(self, scope: Callable[[], dict[str, Any]]) -> timedelta:
        """The span; ValueError or TemplateFailed when a template gives none."""
        if self.fixed is not None:
            return self.fixed
        assert self.render is not None  # noqa: S101 - one of the two is always there
        return parse_duration(self.render(scope(), True))


def read_span(reading: Reading, value: Any, path: Path) -> Span | None:
    """A span of time as written, or None after a fault."""
    render = reading.renderer(value, path)
    if render is not None:
        return Span(None, render)
    if holds_template(value):
        return None  # its fault is noted
    try:
        return Span(parse_duration(value))
    except ValueError as error:
        reading.fault(path, str(error), FORMS)
        return None


def kind_of_value(value: Any) -> str:
    """What a YAML value is, in words."""
    words = {dict: "a mapping", list: "a list", bool: "true or false", type(None): "nothing", str: "text"}
    return words.get(type(value), "a number")


def each(value: Any) -> Iterable[tuple[Any, Path]]:
    """The items of a list with their index, or the one thing that stands instead of a list."""
    if isinstance(value, list):
        return [(item, (index,)) for index, item in enumerate(value)]
    return [] if value is None else [(value, ())]
