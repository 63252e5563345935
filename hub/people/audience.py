"""Audiences: `person:wang_fang`, `role:grid_worker on_duty area:b1`, `residents of b3`, `everyone`, and lists of these.

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
ON_DUTY = "on_duty"
KINDS = ("person", "role", "area", "household")
RESIDENTS, NOT_PERSON = "residents of", "not person"  # kinds of terms that are written in words
_WORDS = (EVERYONE, ON_DUTY, "residents", "not")
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
    """One condition on a person; `what` is one of KINDS, EVERYONE, ON_DUTY, RESIDENTS or NOT_PERSON."""

    what: str
    name: str = ""

    def __str__(self) -> str:
        if self.what in (EVERYONE, ON_DUTY):
            return self.what
        return f"{self.what} {self.name}".rstrip() if self.what == RESIDENTS else f"{self.what}:{self.name}"


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
    known: dict[str, tuple[str, Collection[str]]] = {
        "person": ("person", names.persons),
        NOT_PERSON: ("person", names.persons),
        "role": ("role", names.roles),
        "area": ("area", names.areas),
        RESIDENTS: ("area", names.areas),
        "household": ("household", names.areas),
    }
    found: dict[str, AudienceFault] = {}
    for term in itertools.chain.from_iterable(audience.alternatives):
        if term.what not in known or term.name in known[term.what][1]:
            continue
        what, there = known[term.what]
        if not term.name:
            where = "behind the colon" if ":" in str(term) else "behind it"
            said = f"'{term.what}:'" if ":" in str(term) else f"'{term.what}'"
            found[str(term)] = AudienceFault(f"{said} names no area", f"write the area's id {where}")
        else:
            found[str(term)] = AudienceFault(
                f"there is no {what} '{term.name}'", did_you_mean(term.name, there)
            )
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
    terms = tuple(_read_terms(text.split()))
    if not terms:
        raise AudienceFault("the audience is empty", "name a person, a role or an area, or write 'everyone'")
    persons = {term.name for term in terms if term.what == "person"}
    if len(persons) > 1:
        raise AudienceFault(
            f"nobody is {' and '.join(sorted(persons))} at once", "a list means 'or'; write a list"
        )
    what = {term.what for term in terms}
    if ON_DUTY in what and not what.isdisjoint((RESIDENTS, "household")):
        raise AudienceFault("residents have no duty", "leave 'on_duty' out, or name a role with it")
    if what == {NOT_PERSON}:
        raise AudienceFault("it only says who is not meant", "write 'everyone' or a role with it")
    return terms


def _read_terms(words: list[str]) -> Iterator[Term]:
    place = 0
    while place < len(words):
        word = words[place]
        if word == "residents":
            yield _residents(words[place + 1 : place + 3])
            place += 3
        elif word == "not":
            yield _other_than(words[place + 1 : place + 2])
            place += 2
        else:
            yield _term(word)
            place += 1


def _residents(behind: list[str]) -> Term:
    """`residents of b3`; without an area at the very end, as an event without one leaves it, it is nobody."""
    if behind[:1] != ["of"] or ":" in "".join(behind[1:]):
        raise AudienceFault("'residents' names no area", "write 'residents of b3'")
    return Term(RESIDENTS, behind[1] if len(behind) > 1 else "")


def _other_than(behind: list[str]) -> Term:
    kind, _, name = behind[0].partition(":") if behind else ("", "", "")
    if kind != "person" or not name:
        raise AudienceFault("'not' is said of a person only", "write 'not person:wang_fang'")
    return Term(NOT_PERSON, name)


def _term(word: str) -> Term:
    if word in (EVERYONE, ON_DUTY):
        return Term(word)
    kind, colon, name = word.partition(":")
    if not colon:
        raise AudienceFault(f"'{word}' is no audience", _hint(word))
    if kind not in KINDS:
        known = ", ".join(f"{kind}:" for kind in KINDS)
        raise AudienceFault(
            f"'{kind}:' is unknown in an audience", did_you_mean(kind, KINDS) or f"use {known}"
        )
    if not name and kind not in ("area", "household"):
        raise AudienceFault(f"'{kind}:' names nobody", f"write it without a blank, as in '{kind}:name'")
    return Term(kind, name)


def _hint(word: str) -> str:
    return did_you_mean(word, _WORDS) or f"write 'person:{word}', 'role:{word}' or 'area:{word}'"


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
