"""The language of rules: takes the section `automation:`, checks it against all names, compiles each rule once."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import voluptuous as vol

from automations import library
from automations.conditions import kinds
from automations.jsonschema import rules_json_schema
from automations.plan import Plan, entity_id_of, fingerprint, fired_names, read_plan, rule_id
from automations.schema import Path, Reading, kind_of_value
from automations.templates import Templates
from automations.triggers import platforms
from hub.api import Entity, Finding, Known

MOST_RULES = 20_000


@dataclass(frozen=True, slots=True)
class Item:
    """One rule as written (or taken out of the library) and where it stands in the section."""

    source: dict[Any, Any]
    path: Path
    id: str
    entity_id: str
    shipped: bool = False


@dataclass(slots=True)
class RuleSet:
    """The section's rules; `plans` is there once they were checked."""

    items: list[Item] = field(default_factory=list)
    events: frozenset[str] = frozenset()  # names of the site's own events
    findings: list[Finding] = field(default_factory=list)
    plans: list[Plan] | None = None


@dataclass(frozen=True, slots=True)
class _Compiled:
    plan: Plan
    findings: tuple[Finding, ...]  # paths from the rule's start


class Language:
    """Reads rule sets; remembers each compiled rule for as long as neither it nor what it refers to changes."""

    def __init__(self) -> None:
        self._templates = Templates()
        self._compiled: dict[tuple[str, str, bytes], _Compiled] = {}
        self._world: tuple[Any, ...] = ()

    def __call__(self, section: Any) -> RuleSet:
        """The section's rules; a rule's own faults are told by `check`."""
        if section is None:
            return RuleSet()
        listed = section if isinstance(section, list) else [section]
        if len(listed) > MOST_RULES:
            raise vol.Invalid(f"{len(listed)} rules are too many; at most {MOST_RULES}")
        rules, events, known = RuleSet(), set[str](), _Names()
        for index, item in enumerate(listed):
            path: Path = (index,) if isinstance(section, list) else ()
            if not isinstance(item, dict):
                text = f"a rule must be a mapping, not {kind_of_value(item)}"
                rules.findings.append(Finding(path, text, "begin it with '- alias: ...'"))
            elif "use" in item:
                sources, findings = library.expand(item, path)
                rules.findings += findings
                rules.items += [known.item(source, path, index, shipped=True) for source in sources]
            elif set(item) == {"events"}:
                events |= _declared(item["events"], (*path, "events"), rules)
            else:
                rules.items.append(known.item(item, path, index, shipped=False))
        rules.findings += known.findings
        rules.events = frozenset(events.union(*(fired_names(item.source) for item in rules.items)))
        return rules

    def json_schema(self) -> dict[str, Any]:
        """The section's shape, as far as JSON Schema can say it."""
        return rules_json_schema(platforms(), kinds())

    def check(self, rules: RuleSet, known: Known) -> list[Finding]:
        """Everything wrong with the rules; compiles them on the way."""
        findings, plans = list(rules.findings), []
        for item, compiled in self._compile(rules, known):
            plans.append(compiled.plan)
            findings += [_placed(finding, item) for finding in compiled.findings]
        rules.plans = plans
        return findings

    def plans(self, rules: RuleSet, known: Known) -> list[tuple[Plan, list[Finding]]]:
        """Every rule's plan with the fatal findings that forbid its use."""
        return [
            (compiled.plan, [_placed(finding, item) for finding in compiled.findings if finding.fatal])
            for item, compiled in self._compile(rules, known)
        ]

    def entities(self, rules: RuleSet) -> Iterable[Entity]:
        """The entity of each rule."""
        return [Entity(id=item.entity_id, name=name_of(item.source, item.id)) for item in rules.items]

    def read_stored(self, source: dict[str, Any], identity: str, entity_id: str, known: Known) -> Plan | None:
        """The plan of an older version of a rule, None when it can't be used any more."""
        reading = Reading(known, self._templates, frozenset(fired_names(source)) | names_heard(source))
        plan = read_plan(
            reading, source, (), identity=identity, entity_id=entity_id, print_=fingerprint(source)
        )
        return None if any(finding.fatal for finding in reading.findings) else plan

    def _compile(self, rules: RuleSet, known: Known) -> list[tuple[Item, _Compiled]]:
        world = (known, rules.events)
        if world != self._world:
            self._compiled, self._world = {}, world
        reading = Reading(known, self._templates, rules.events)
        found: list[tuple[Item, _Compiled]] = []
        for item in rules.items:
            key = (item.id, item.entity_id, fingerprint(item.source))
            compiled = self._compiled.get(key)
            if compiled is None:
                reading.findings = []
                plan = read_plan(
                    reading, item.source, (), identity=item.id, entity_id=item.entity_id, print_=key[2]
                )
                compiled = self._compiled[key] = _Compiled(plan, tuple(reading.findings))
            found.append((item, compiled))
        if len(self._compiled) > 2 * len(found) + 100:
            self._compiled = {
                (item.id, item.entity_id, compiled.plan.fingerprint): compiled for item, compiled in found
            }
            self._templates.forget()
        return found


def name_of(source: dict[Any, Any], identity: str) -> str:
    """What people call a rule."""
    alias = source.get("alias")
    return alias if isinstance(alias, str) and alias else identity


def check(rules: Any, known: Known) -> list[Finding]:
    """Everything wrong with a list of rules as YAML gives it."""
    language = Language()
    try:
        return language.check(language(rules), known)
    except vol.Invalid as error:
        return [Finding((), str(error))]


def _placed(finding: Finding, item: Item) -> Finding:
    if item.shipped:
        text = f"in the library's rule '{item.id}': {finding.problem}"
        return replace(finding, path=(*item.path, "use"), problem=text)
    return replace(finding, path=(*item.path, *finding.path))


def _declared(written: Any, path: Path, rules: RuleSet) -> set[str]:
    listed = written if isinstance(written, list) else [written]
    names = {name for name in listed if isinstance(name, str) and name}
    if len(names) != len(listed):
        rules.findings.append(Finding(path, "'events' must be a list of names", "as in events: [doorbell]"))
    return names


def names_heard(source: dict[str, Any]) -> frozenset[str]:
    """Names of the events that a rule as written listens to."""
    found: set[str] = set()
    triggers = source.get("triggers") or source.get("trigger")
    for trigger in triggers if isinstance(triggers, list) else [triggers]:
        if isinstance(trigger, dict):
            written = trigger.get("event_type")
            found |= {
                name
                for name in (written if isinstance(written, list) else [written])
                if isinstance(name, str)
            }
    return frozenset(found)


class _Names:
    """Ids and entity ids given out so far."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._entities: set[str] = set()
        self.findings: list[Finding] = []

    def item(self, source: dict[Any, Any], path: Path, index: int, *, shipped: bool) -> Item:
        """The rule with an id and an entity id that no other has."""
        identity = rule_id(source, index)
        if identity in self._ids:
            if "id" in source or shipped:
                where = (*path, "use") if shipped else (*path, "id")
                remedy = "give one of them another 'id'"
                self.findings.append(Finding(where, f"there is another rule '{identity}'", remedy))
            identity = _free(identity, self._ids)
        self._ids.add(identity)
        entity_id = _free(entity_id_of(source, index), self._entities)
        self._entities.add(entity_id)
        return Item(source, path, identity, entity_id, shipped)


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
