"""From the admin's files to cleaned sections and a complete list of faults. Nothing is started or connected."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from hub.accounts.grants import BUILT_IN_GRANTS
from hub.accounts.rules import NO_RULES, Rules, read_rules
from hub.config import Cache, Document, Fault, did_you_mean, load, validate, what_there_is
from hub.kernel.clock import SystemClock
from hub.model.calls import Action
from hub.model.events import (
    Alarm,
    AlarmAcknowledged,
    AlarmClosed,
    AlarmsEnded,
    Event,
    HubStarted,
    HubStopping,
    Named,
    ProblemCleared,
    ProblemRaised,
    StateChanged,
    StateRemoved,
    StateReported,
)
from hub.people import Directory, load_directory
from hub.people.loading import areas_are_told
from hub.plugins.auth_settings import check_auth
from hub.plugins.core_schema import CORE
from hub.plugins.declaration import told
from hub.plugins.duties import calendar_id
from hub.plugins.http_settings import HttpFinding, check_http
from hub.plugins.integration import Analyzer, Channel, Integration, Known, Open, Panel, no_entities
from hub.plugins.manager import Broken, Manager, Missing
from hub.plugins.site import Place

CORE_EVENTS: tuple[type[Event], ...] = (
    Alarm,
    AlarmAcknowledged,
    AlarmClosed,
    AlarmsEnded,
    StateChanged,
    StateRemoved,
    StateReported,
    HubStarted,
    HubStopping,
    Named,
    ProblemRaised,
    ProblemCleared,
)
PEOPLE = ("areas", "people")


@dataclass(frozen=True, slots=True)
class Section:
    """One integration's part of the configuration, cleaned by its schema."""

    integration: Integration
    config: Any
    digest: str  # of the section as written: the same digest, the same guest


@dataclass(slots=True)
class Configuration:
    """All that the files say."""

    document: Document
    faults: list[Fault] = field(default_factory=list)
    core: dict[str, dict[str, Any]] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)
    directory: Directory = field(default_factory=Directory)
    rules: Rules = NO_RULES  # of permissions
    unsound: dict[str, Integration | None] = field(default_factory=dict)  # sections that could not be read
    known: Known = field(default_factory=lambda: Known(events={}, actions={}, entities=frozenset()))

    broken: dict[str, Fault] = field(default_factory=dict)  # integrations that can't be loaded

    @property
    def clean(self) -> bool:
        """Nothing is wrong; warnings may be there."""
        return not any(fault.severity == "fault" for fault in self.faults)

    @property
    def clean_but_broken(self) -> bool:
        """Nothing is wrong with the files; some of their integrations can't be loaded, as after an upgrade."""
        broken = list(self.broken.values())
        return all(fault.severity != "fault" or fault in broken for fault in self.faults)

    @property
    def place(self) -> Place:
        """Who and where the hub is."""
        core = self.core["hub"]
        return Place(
            name=core["name"],
            zone=ZoneInfo(core["time_zone"]),
            language=core["language"],
            latitude=core.get("latitude"),
            longitude=core.get("longitude"),
            url=self.core["http"]["external_url"],
        )

    def channels(self) -> dict[str, Channel]:
        """Kinds of channels of all sections' integrations."""
        return {channel.name: channel for item in self.declared() for channel in item.channels}

    def panels(self) -> dict[str, Panel]:
        """Pages of the console of all sections' integrations."""
        return {panel.name: panel for item in self.declared() for panel in item.panels}

    def analyzers(self) -> dict[str, Analyzer]:
        """Frame analyzers of all sections' integrations."""
        return {analyzer.name: analyzer for item in self.declared() for analyzer in item.analyzers}

    def declared(self) -> list[Integration]:
        """Integrations of all sections, also of those with faults: what they declare is there once these are mended."""
        unsound = [item for item in self.unsound.values() if item is not None]
        return [*(section.integration for section in self.sections.values()), *unsound]

    def fault(
        self,
        path: tuple[str | int, ...],
        problem: str,
        remedy: str = "",
        *,
        key: bool = False,
        fatal: bool = True,
    ) -> Fault:
        """Note a fault at a path of the document, or at its last key."""
        severity: Literal["fault", "warning"] = "fault" if fatal else "warning"
        fault = self.document.fault(path, problem, remedy, key=key, severity=severity)
        self.faults.append(fault)
        return fault


def read_configuration(
    config_dir: Path,
    manager: Manager,
    *,
    environ: Mapping[str, str],
    cache: Cache | None = None,
    always: Sequence[str] = (),
) -> Configuration:
    """Read and check everything; ConfigUnreadable when there is no configuration.yaml to read.

    Sections named by `always` are there, empty, when the file does not have them.
    """
    document = load(config_dir, environ=environ, cache=cache)
    configuration = Configuration(document, list(document.faults))
    data = dict.fromkeys(always) | (document.data if isinstance(document.data, dict) else {})
    for name, schema in CORE.items():
        cleaned, faults = validate(schema, data.get(name) or {}, (name,), document)
        configuration.faults += faults
        configuration.core[name] = cleaned if cleaned is not None else schema({})
    findings = check_http(configuration.core["http"], config_dir, SystemClock().now())
    _note_findings(configuration, findings, ("http",), data.get("http"))
    configuration.directory, faults = load_directory(
        data.get("areas"), data.get("people"), document, configuration.place.zone, config_dir
    )
    configuration.faults += faults
    roles = {**configuration.directory.roles, **BUILT_IN_GRANTS}
    auth = data.get("auth")
    written = auth.get("oidc") if isinstance(auth, Mapping) else None
    _note_findings(configuration, check_auth(configuration.core["auth"], roles), ("auth", "oidc"), written)
    areas_told = areas_are_told(data.get("areas"), document)
    known_areas = configuration.directory.areas if areas_told else None
    configuration.rules, faults = read_rules(data.get("people"), document, known_areas)
    configuration.faults += faults
    for name, raw in data.items():
        if name not in CORE and name not in PEOPLE:
            _read_section(configuration, manager, str(name), raw)
    _check_twice(configuration)
    configuration.known = _known(configuration, config_dir)
    _check_references(configuration)
    configuration.faults.sort(key=lambda fault: (fault.file, fault.line, fault.column))
    return configuration


def _note_findings(
    configuration: Configuration, findings: Iterable[HttpFinding], section: tuple[str, ...], written: Any
) -> None:
    """What is wrong with a section as a whole, at the key that is named or at the section."""
    for finding in findings:
        is_there = isinstance(written, Mapping) and finding.key in written
        path = (*section, finding.key) if is_there else section
        configuration.fault(path, finding.problem, finding.remedy, fatal=finding.severity == "fault")


def _read_section(configuration: Configuration, manager: Manager, name: str, raw: Any) -> None:
    try:
        integration = manager.load(name)
    except Missing:
        names = [*manager.names(), *CORE, *PEOPLE]
        remedy = did_you_mean(name, names) or "install the package that brings it, or remove the section"
        configuration.fault((name,), f"there is no integration '{name}'", remedy, key=True)
        configuration.unsound[name] = _meant(manager, name)
        return
    except Broken as error:
        fault = configuration.fault((name,), str(error), "mend or remove the integration", key=True)
        configuration.broken[name] = fault
        configuration.unsound[name] = None
        return
    configuration.unsound[name] = integration
    with _guarded(configuration, name, "schema"):
        cleaned, faults = validate(integration.schema, raw, (name,), configuration.document)
        configuration.faults += faults
        unread = cleaned is None and configuration.document.has_gaps((name,))
        if not unread and not any(fault.severity == "fault" for fault in faults):
            configuration.sections[name] = Section(integration, cleaned, digest_of(raw))
            del configuration.unsound[name]


def _meant(manager: Manager, name: str) -> Integration | None:
    """The integration whose name this is misspelt."""
    near = [known for known in manager.names() if did_you_mean(name, [known])]
    try:
        return manager.load(near[0]) if len(near) == 1 else None
    except (Missing, Broken):
        return None


@contextmanager
def _guarded(configuration: Configuration, name: str, part: str) -> Iterator[None]:
    """Around a guest's own code: its failure is a fault of its section and of nothing else."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the loader is an edge: one guest's bug must not hide the others' faults
        text = f"the {part} of this integration failed: {told(error)}"
        configuration.fault((name,), text, "report it to the integration's author", key=True)


def digest_of(raw: Any) -> str:
    """A digest of a section as written."""
    text = json.dumps(raw, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def declared_events(integrations: list[Integration]) -> dict[str, type[Event]]:
    """Every event class by kind: the core's and those of the given integrations."""
    return {cls.kind: cls for cls in (*CORE_EVENTS, *(cls for item in integrations for cls in item.events))}


def declared_actions(integrations: list[Integration]) -> dict[str, Action]:
    """Every action by name."""
    return {action.name: action for item in integrations for action in item.actions}


def _check_twice(configuration: Configuration) -> None:
    """Nobody can tell two kinds of one name apart, or carry out two actions of one name."""
    first: dict[tuple[str, str], tuple[object, str]] = {
        ("event", kind): (declared, "hub") for kind, declared in declared_events([]).items()
    }
    for name, section in configuration.sections.items():
        own: list[tuple[str, str, object]] = [
            *(("event", event.kind, event) for event in section.integration.events),
            *(("action", action.name, action) for action in section.integration.actions),
        ]
        for what, key, declared in own:
            known, owner = first.setdefault((what, key), (declared, name))
            if known is not declared:
                text = f"{what} '{key}' is declared by '{owner}' already"
                configuration.fault((name,), text, "remove one of the two sections", key=True)


def _known(configuration: Configuration, config_dir: Path) -> Known:
    integrations = configuration.declared()
    entities: set[str] = set()
    foreseen = not any(
        item is None or item.entities is not no_entities for item in configuration.unsound.values()
    )
    for name, section in configuration.sections.items():
        told_beforehand = False
        if section.integration.entities is not None:
            with _guarded(configuration, name, "entities"):
                entities.update(entity.id for entity in section.integration.entities(section.config))
                told_beforehand = True
        foreseen = foreseen and told_beforehand and not _lacks_entities(configuration, name)
    directory, document = configuration.directory, configuration.document
    entities.update(map(calendar_id, directory.rosters.values()))
    areas = document.data.get("areas") if isinstance(document.data, dict) else None
    return Known(
        events=declared_events(integrations),
        actions=declared_actions(integrations),
        entities=frozenset(entities) if foreseen else None,
        areas=frozenset(directory.areas) if areas_are_told(areas, document) else Open(directory.areas),
        persons=_named_people(configuration, directory.persons),
        roles=_named_people(configuration, directory.roles),
        purposes=_named_people(configuration, directory.purposes),
        channels=frozenset(_channel_names(configuration)),
        kinds=configuration.channels(),
        analyzers=configuration.analyzers(),
        integrations=frozenset(integration.name for integration in integrations),
        folder=config_dir,
    )


def _lacks_entities(configuration: Configuration, name: str) -> bool:
    """Whether a section that could not be read to its end would have brought more entities.

    A list that files add to (`multiple`) is not asked: one broken rule must not hide what is wrong in all others.
    """
    integration = configuration.sections[name].integration
    brings = integration.entities is not no_entities and not integration.multiple
    return brings and configuration.document.has_gaps((name,))


def _named_people(configuration: Configuration, names: Mapping[str, Any]) -> frozenset[str]:
    return Open(names) if configuration.document.has_gaps(("people",)) else frozenset(names)


def _channel_names(configuration: Configuration) -> Iterator[str]:
    """Names of the channels that this site has set up, from the section of the integration `notify`."""
    section = configuration.sections.get("notify")
    if section is not None and isinstance(section.config, Mapping):
        yield from section.config.get("channels", ())


def _check_references(configuration: Configuration) -> None:
    known = configuration.known
    for name, section in configuration.sections.items():
        with _guarded(configuration, name, "references"):
            for reference in section.integration.references(section.config):
                if not configuration.document.is_broken((name, *reference.path)):
                    _check_reference(configuration, (name, *reference.path), reference.what, reference.name)
        with _guarded(configuration, name, "check"):
            for finding in section.integration.check(section.config, known):
                if not configuration.document.is_broken((name, *finding.path)):
                    configuration.fault(
                        (name, *finding.path), finding.problem, finding.remedy, fatal=finding.fatal
                    )
    if "notify" in configuration.sections:
        for path, channel in configuration.directory.channel_references():
            _check_reference(configuration, path, "channel", channel)
        _check_addresses(configuration)


def _check_addresses(configuration: Configuration) -> None:
    """Each person's address must suit the kind of its channel."""
    kinds = configuration.channels()
    configured = configuration.sections["notify"].config.get("channels", {})
    for path, address in configuration.directory.addresses():
        kind = kinds.get(configured[address.channel].get("type")) if address.channel in configured else None
        if kind is not None:
            with _guarded(configuration, "notify", f"channel '{kind.name}'"):
                _, faults = validate(kind.address, dict(address.options), path, configuration.document)
                configuration.faults += faults


def _check_reference(configuration: Configuration, path: tuple[str | int, ...], what: str, name: str) -> None:
    known = configuration.known
    names: Mapping[str, frozenset[str] | None] = {
        "entity": known.entities,
        "event": frozenset(known.events),
        "action": frozenset(known.actions),
        "area": known.areas,
        "person": known.persons,
        "role": known.roles,
        "channel": known.channels,
    }
    there = names[what]
    if there is not None and name not in there:
        configuration.fault(path, f"there is no {what} '{name}'", what_there_is(name, there))
