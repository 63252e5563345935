"""Audiences: `person:wang_fang`, `role:grid_worker area:b1`, `everyone`, and lists of these.

A blank means "and", a list means "or". Which persons are meant is only known when a notice is made: see Directory.
"""

import itertools
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from hub.config.faults import did_you_mean
from hub.model.errors import ConfigError

EVERYONE = "everyone"
KINDS = ("person", "role", "area")
MOST_ALTERNATIVES = 1000
LONGEST = 500  # characters of one alternative


class AudienceFault(ConfigError):
    """An audience that can't be meant; `remedy` says what would be right."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem}; {remedy}" if remedy else problem)
        self.problem, self.remedy = problem, remedy


class Names(Protocol):
    """The names that an audience may use."""

    @property
    def persons(self) -> Collection[str]:
        """Ids of all persons."""

    @property
    def roles(self) -> Collection[str]:
        """Ids of all roles."""

    @property
    def areas(self) -> Collection[str]:
        """Ids of all areas."""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition on a person; `what` is one of KINDS or "everyone"."""

    what: str
    name: str = ""

    def __str__(self) -> str:
        return self.what if self.what == EVERYONE else f"{self.what}:{self.name}"


Alternative = tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Audience:
    """Those who meet every term of any alternative."""

    alternatives: tuple[Alternative, ...]

    def __str__(self) -> str:
        return ", ".join(" ".join(str(term) for term in terms) for terms in self.alternatives)


def parse_audience(written: Any) -> Audience:
    """Read an audience: text, a mapping such as {role: guard, area: b1}, or a list of both; AudienceFault.

    `area:` without a name stays: a rule fills it from an event that may have no area.
    """
    alternatives = tuple(dict.fromkeys(_alternatives(written)))
    if not alternatives:
        raise AudienceFault("the audience is empty", "name a person, a role or an area, or write 'everyone'")
    if len(alternatives) > MOST_ALTERNATIVES:
        raise _too_many()
    return Audience(alternatives)


def unknown_names(audience: Audience, names: Names) -> list[AudienceFault]:
    """What in the audience names nobody and nothing that is known."""
    known = {"person": names.persons, "role": names.roles, "area": names.areas}
    found: dict[str, AudienceFault] = {}
    for term in itertools.chain.from_iterable(audience.alternatives):
        if term.what == EVERYONE or term.name in known[term.what]:
            continue
        if not term.name:
            found[str(term)] = AudienceFault("'area:' names no area", "write the area's id behind the colon")
        else:
            hint = did_you_mean(term.name, known[term.what])
            found[str(term)] = AudienceFault(f"there is no {term.what} '{term.name}'", hint)
    return list(found.values())


def _alternatives(written: Any) -> Iterator[Alternative]:
    if isinstance(written, str):
        yield _terms(written)
    elif isinstance(written, Mapping):
        yield from _combinations(written)
    elif isinstance(written, (list, tuple)):
        if len(written) > MOST_ALTERNATIVES:
            raise _too_many()
        for item in written:
            if isinstance(item, (list, tuple)):
                raise AudienceFault("a list inside an audience's list", "write one flat list")
            yield from _alternatives(item)
    else:
        raise AudienceFault(
            f"an audience can't be {type(written).__name__}", "write text such as 'role:guard'"
        )


def _too_many() -> AudienceFault:
    return AudienceFault(f"the audience has more than {MOST_ALTERNATIVES} parts", "use a role or an area")


def _terms(text: str) -> Alternative:
    if len(text) > LONGEST:
        raise AudienceFault(f"an audience longer than {LONGEST} characters", "write a list")
    terms = tuple(_term(word) for word in text.split())
    if not terms:
        raise AudienceFault("the audience is empty", "name a person, a role or an area, or write 'everyone'")
    persons = {term.name for term in terms if term.what == "person"}
    if len(persons) > 1:
        raise AudienceFault(
            f"nobody is {' and '.join(sorted(persons))} at once", "a list means 'or'; write a list"
        )
    return terms


def _term(word: str) -> Term:
    if word == EVERYONE:
        return Term(EVERYONE)
    kind, colon, name = word.partition(":")
    if not colon:
        raise AudienceFault(f"'{word}' is no audience", _hint(word))
    if kind not in KINDS:
        known = ", ".join(f"{kind}:" for kind in KINDS)
        raise AudienceFault(
            f"'{kind}:' is unknown in an audience", did_you_mean(kind, KINDS) or f"use {known}"
        )
    if not name and kind != "area":
        raise AudienceFault(f"'{kind}:' names nobody", f"write it without a blank, as in '{kind}:name'")
    return Term(kind, name)


def _hint(word: str) -> str:
    return did_you_mean(word, [EVERYONE]) or f"write 'person:{word}', 'role:{word}' or 'area:{word}'"


def _combinations(written: Mapping[Any, Any]) -> Iterator[Alternative]:
    """{role: [guard, officer], area: b1} means each of the roles with the area."""
    choices: list[list[Term]] = []
    for kind, names in written.items():
        listed = names if isinstance(names, (list, tuple)) else [names]
        choices.append([_named(kind, name) for name in listed])
    if math.prod(len(choice) for choice in choices) > MOST_ALTERNATIVES:
        raise _too_many()
    if choices:
        yield from itertools.product(*choices)


def _named(kind: Any, name: Any) -> Term:
    name = "" if name is None else name
    if not isinstance(kind, str) or not isinstance(name, str) or len(name) > LONGEST or len(name.split()) > 1:
        raise AudienceFault(
            "an audience's mapping needs plain names", "write it as in {role: guard, area: b1}"
        )
    return _term(f"{kind}:{name.strip()}")
