"""What the files say of permissions: `people: roles: ROLE: grants:` and `people: sets:`, with faults at their place."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.accounts.grants import SENSITIVE, Grant, GrantFault, parse_grant
from hub.config import Document, Fault, what_there_is

MOST_GRANTS, MOST_IN_SET, LONGEST_ID = 100, 2000, 200
_FIXED = "owner"  # an owner who could be locked out by a file would have nobody to ask
_WIDE = ("site", "areas", "shared")
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """Grants that the files give to roles, in place of the built-in ones, and named sets of things."""

    grants: Mapping[str, tuple[Grant, ...]] = field(default_factory=dict)
    sets: Mapping[str, frozenset[str]] = field(default_factory=dict)


NO_RULES = Rules()


def read_rules(people: Any, document: Document, areas: Collection[str] | None) -> tuple[Rules, list[Fault]]:
    """Read them from the section `people`; `areas` are the known ones, None when not all could be read."""
    if not isinstance(people, Mapping):
        return NO_RULES, []
    reader = _Reader(document, areas)
    sets = reader.sets(people.get("sets"))
    return Rules(reader.roles(people.get("roles"), sets), sets), reader.faults


@dataclass(slots=True)
class _Reader:
    document: Document
    areas: Collection[str] | None
    faults: list[Fault] = field(default_factory=list)

    def fault(self, path: Path, problem: str, remedy: str) -> None:
        self.faults.append(self.document.fault(path, problem, remedy))

    def sets(self, raw: Any) -> dict[str, frozenset[str]]:
        path: Path = ("people", "sets")
        if raw is None:
            return {}
        if not isinstance(raw, Mapping):
            self.fault(path, "sets are a mapping", "write 'name: [camera.gate, camera.yard]'")
            return {}
        return {str(name): frozenset(self._ids(items, (*path, name))) for name, items in raw.items()}

    def _ids(self, raw: Any, path: Path) -> Iterator[str]:
        if not isinstance(raw, list) or len(raw) > MOST_IN_SET:
            self.fault(
                path, f"a set is a list of at most {MOST_IN_SET} ids", "write '[camera.gate, camera.yard]'"
            )
            return
        for place, item in enumerate(raw):
            if isinstance(item, str) and 0 < len(item) <= LONGEST_ID and item.isprintable():
                yield item
            else:
                self.fault((*path, place), "an id is text", "write an entity's id, such as camera.gate")

    def roles(self, raw: Any, sets: Collection[str]) -> dict[str, tuple[Grant, ...]]:
        found: dict[str, tuple[Grant, ...]] = {}
        for role, item in raw.items() if isinstance(raw, Mapping) else ():
            if isinstance(item, Mapping) and "grants" in item:
                path: Path = ("people", "roles", role, "grants")
                if role == _FIXED:
                    self.fault(path, "the owner's grants can't be changed", "use a role of your own")
                else:
                    found[str(role)] = tuple(self._grants(item["grants"], path, sets))
        return found

    def _grants(self, raw: Any, path: Path, sets: Collection[str]) -> Iterator[Grant]:
        """Those that are sound; `grants: []` is a role that may do nothing."""
        written = raw if isinstance(raw, list) else [] if raw is None else [raw]
        if len(written) > MOST_GRANTS:
            self.fault(path, f"more than {MOST_GRANTS} grants", "use 'site', '*' or a set")
            return
        for place, text in enumerate(written):
            at = (*path, place) if isinstance(raw, list) else path
            try:
                grant = parse_grant(text if isinstance(text, str) else repr(text))
            except GrantFault as error:
                problem, _, remedy = str(error).partition("; ")
                self.fault(at, problem, remedy)
                continue
            self._check_scope(grant, at, sets)
            yield grant

    def _check_scope(self, grant: Grant, path: Path, sets: Collection[str]) -> None:
        what, _, name = grant.scope.partition(":")
        known = {"area": self.areas, "set": sets}.get(what)
        if known is not None and name not in known:
            self.fault(path, f"there is no {what} '{name[:80]}'", what_there_is(name, known))
        if grant.kind in SENSITIVE and grant.scope in _WIDE:
            text = f"'{grant}' opens other people's {grant.kind} to everybody of the role"
            remedy = "use 'patients' or 'self', unless that is meant"
            self.faults.append(self.document.fault(path, text, remedy, severity="warning"))
