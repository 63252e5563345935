"""Faults: what is wrong in the admin's files, where, and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["fault", "warning"]
Path = tuple[Any, ...]

LONGEST_GUESSED_WORD = 80
MOST_SHOWN = 8  # names in a remedy that lists what there is


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend; line and column count from 1, 0 when unknown."""

    file: str
    line: int
    column: int
    path: str
    problem: str
    remedy: str = ""
    severity: Severity = "fault"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        parts = [part for part in (place, self.path) if part]
        message = f"{self.problem}; {self.remedy}" if self.remedy else self.problem
        return ": ".join([*parts, message])

    def as_dict(self) -> dict[str, str | int]:
        """The fault as `hub check --json` prints it."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "path": self.path,
            "problem": self.problem,
            "remedy": self.remedy,
            "severity": self.severity,
        }


class Faults(Sequence[Fault]):
    """Faults collected from many places; each is kept once."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._faults: dict[Fault, None] = dict.fromkeys(faults)

    def add(self, fault: Fault) -> None:
        """Remember one more fault, unless it is known already."""
        self._faults.setdefault(fault)

    def extend(self, faults: Iterable[Fault]) -> None:
        """Remember more faults."""
        for fault in faults:
            self.add(fault)

    def sorted(self) -> list[Fault]:
        """The faults by file, line and column."""
        return sorted(self._faults, key=lambda fault: (fault.file, fault.line, fault.column, fault.path))

    @property
    def serious(self) -> bool:
        """Whether any of them is more than a warning."""
        return any(fault.severity == "fault" for fault in self._faults)

    def __len__(self) -> int:
        return len(self._faults)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults)

    def __getitem__(self, index: Any) -> Any:
        return list(self._faults)[index]

    def __repr__(self) -> str:
        return f"Faults({list(self._faults)!r})"


def did_you_mean(word: object, candidates: Iterable[Hashable]) -> str:
    """The remedy "did you mean 'x'?" for the nearest of the candidates, or nothing when none is near."""
    if not isinstance(word, str) or not word or len(word) > LONGEST_GUESSED_WORD:
        return ""
    known = {plain_form(candidate): candidate for candidate in candidates if isinstance(candidate, str)}
    wanted = plain_form(word)
    near = [wanted] if wanted in known else difflib.get_close_matches(wanted, known, n=1, cutoff=0.6)
    return f"did you mean '{known[near[0]]}'?" if near else ""


def what_there_is(word: object, candidates: Iterable[str]) -> str:
    """The remedy for an unknown name: the nearest of the known ones, or else some of them."""
    known = sorted(candidates)
    shown = ", ".join(known[:MOST_SHOWN]) + (" ..." if len(known) > MOST_SHOWN else "")
    return did_you_mean(word, known) or (f"there are {shown}" if known else "there are none yet")


def plain_form(word: str) -> str:
    """The word without the differences people slip on: case, hyphens and blanks."""
    return word.casefold().replace("-", "_").replace(" ", "_")


def path_text(path: Iterable[object]) -> str:
    """A path as people read it: ("automation", 3, "where") is automation[3].where."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else str(step)
    return text
