"""From a table to persons, with every fault by line and column; and the file that keeps them."""

import hashlib
import json
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from hub.config import Fault, Limits
from hub.config.parsing import parse
from hub.people import columns
from hub.people.directory import Directory
from hub.people.homes import home_of
from hub.people.schema import identity
from hub.people.table import Table

FOLDER = "people.d"
MOST_FAULTS = 500
_HEAD = """\
# Written by `hub people import`. Another import of the same table changes what the table says and keeps the rest:
# add channels, consents or quiet hours here as you like; comments are not kept.
"""


@dataclass(slots=True)
class Imported:
    """What a table says: entries as people.yaml has them, titles of columns that are not kept, and every fault."""

    persons: list[dict[str, Any]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Merged:
    """What an import does to the file that is there."""

    text: str
    added: int
    changed: int
    unchanged: int
    missing: tuple[str, ...]  # ids in the file that the table does not have


def read_persons(
    table: Table,
    file: str,
    directory: Directory,
    *,
    role: str = "resident",
    elsewhere: Collection[str] = (),
    place: Callable[[str], str] = lambda _person: "another file",
    email: str = "",
) -> Imported:
    """Read a table's rows. `role` is that of rows without one; `elsewhere` are ids that other files define, and
    `place` tells where; `email` is the channel that takes mail addresses, "" keeps none."""
    return _Importer(file, directory, role, elsewhere, place, email).read(table)


class _Importer:
    def __init__(
        self,
        file: str,
        directory: Directory,
        role: str,
        elsewhere: Collection[str],
        place: Callable[[str], str],
        email: str,
    ) -> None:
        self._file, self._directory, self._role = file, directory, role
        self._elsewhere, self._place, self._email = elsewhere, place, email
        self._found = Imported()
        self._seen: dict[str, int] = {}
        areas = directory.areas
        # Five thousand residents live in twenty buildings.
        self._home = lru_cache(20_000)(
            lambda b, u, r: _known_home(columns.read_home(b, u, r, areas), directory)
        )

    def read(self, table: Table) -> Imported:
        fields = self._fields(table)
        if not self._found.faults:
            for line, cells in table.rows:
                self._read_row(line, cells, fields)
                if len(self._found.faults) >= MOST_FAULTS:
                    self._fault(line, 0, "", "there may be more faults", "mend these first")
                    break
        return self._found

    def _fields(self, table: Table) -> dict[str, tuple[int, str]]:
        """Place and title of the column of each field."""
        found: dict[str, tuple[int, str]] = {}
        for place, title in enumerate(table.header):
            name = columns.field_of(title)
            if not name:
                self._found.ignored.append(title)
            elif name in found:
                self._fault(1, place, title, f"it says the same as '{found[name][1]}'", "keep one of the two")
            else:
                found[name] = (place, title)
        if "name" not in found:
            there = ", ".join(title for title in table.header[:10] if title)
            self._fault(
                1, 0, "", f"no column is called 姓名 or name (there are: {there})", "write a header line"
            )
        return found

    def _read_row(self, line: int, cells: tuple[str, ...], fields: Mapping[str, tuple[int, str]]) -> None:
        before = len(self._found.faults)
        row = {
            name: cells[place] for name, (place, _) in fields.items() if place < len(cells) and cells[place]
        }

        def cell(name: str, read: Callable[[str], Any], otherwise: Any = None) -> Any:
            if name not in row and name != "name":
                return otherwise
            try:
                return read(row.get(name, ""))
            except ValueError as error:
                self._wrong(line, fields[name], error)
                return None

        person: dict[str, Any] = {"id": "", "name": cell("name", columns.read_name)}
        person["roles"] = cell(
            "roles", lambda text: columns.read_roles(text, self._directory.roles), [self._role]
        )
        person["household"] = self._household(line, row, fields)
        person["phone"] = cell("phone", columns.read_phone)
        person["areas"] = cell("areas", lambda text: columns.read_areas(text, self._directory.areas))
        person["language"] = cell("language", columns.read_language)
        email = cell("email", columns.read_email)
        if email and self._email:
            person["channels"] = [{"channel": self._email, "address": email}]
        if len(self._found.faults) == before:
            person["id"] = cell("id", lambda text: _identity(text), _derived(person))
            self._add(line, fields, {key: value for key, value in person.items() if value})

    def _household(self, line: int, row: Mapping[str, str], fields: Mapping[str, tuple[int, str]]) -> str:
        try:
            if "household" in row:
                return _known_home(_identity(row["household"]), self._directory)
            if "room" not in row and "building" not in row:
                return ""
            lacking = next((name for name in ("building", "room") if name not in row), "")
            if lacking:
                raise ValueError("a home needs building and room; fill in both, or neither")
            return str(self._home(row["building"], row.get("unit", ""), row["room"]))
        except ValueError as error:
            name = next(name for name in ("household", "building", "room") if name in row)
            self._wrong(line, fields[name], error)
            return ""

    def _add(self, line: int, fields: Mapping[str, tuple[int, str]], person: dict[str, Any]) -> None:
        if "id" not in person:
            return
        key, column = person["id"], fields.get("id") or fields["name"]
        if key in self._elsewhere:
            problem = f"'{key}' stands in {self._place(key)} already"
            self._fault(line, *column, problem, "take the person out of one of the two")
        elif key in self._seen:
            problem = f"the same person as in line {self._seen[key]}"
            remedy = "take one of the two out, or give each their own id in a column 编号"
            self._fault(line, *column, problem, remedy)
        else:
            self._seen[key] = line
            self._found.persons.append(person)

    def _wrong(self, line: int, column: tuple[int, str], error: ValueError) -> None:
        problem, _, remedy = str(error).partition("; ")
        self._fault(line, *column, problem, remedy)

    def _fault(self, line: int, place: int, title: str, problem: str, remedy: str) -> None:
        self._found.faults.append(Fault(self._file, line, place + 1, title, problem, remedy))


def _known_home(household: str, directory: Directory) -> str:
    if household not in directory.areas and not home_of(household, directory.areas):
        raise ValueError(f"there is no area that '{household}' lies in; add the building under 'areas:'")
    return _identity(household)


def _identity(text: str) -> str:
    import voluptuous as vol

    try:
        return identity(text.lower())
    except vol.Invalid as error:
        raise ValueError(error.error_message) from error


def _derived(person: Mapping[str, Any]) -> str:
    """The same for the same name in the same home, or with the same number when they have none."""
    where = person["household"] or person["phone"] or ""
    digest = hashlib.blake2b(f"{person['name']}\x1f{where}".encode(), digest_size=6).hexdigest()
    return f"p-{digest}"


def merge(present: list[dict[str, Any]], persons: list[dict[str, Any]], *, remove: bool = False) -> Merged:
    """The file's new text: what the table says goes over what the file had, everything else of it stays."""
    old = {str(person.get("id", "")): person for person in present}
    added = changed = 0
    entries: dict[str, dict[str, Any]] = {}
    for person in persons:
        before = old.get(person["id"])
        entry = {**(before or {}), **person}
        added, changed = added + (before is None), changed + (before is not None and before != entry)
        entries[person["id"]] = entry
    missing = tuple(key for key in old if key not in entries)
    kept = {} if remove else {key: old[key] for key in missing}
    # Those that were there keep their places, so that a difference of the file shows what differs.
    order = [
        *(key for key in old if key in entries or key in kept),
        *(key for key in entries if key not in old),
    ]
    lines = [f"- {json.dumps((entries | kept)[key], ensure_ascii=False)}\n" for key in order]
    body = "".join(lines) if lines else "[]\n"
    return Merged(_HEAD + body, added, changed, len(persons) - added - changed, missing)


def write_file(path: Path, text: str) -> bool:
    """Replace a file whole, readable by its owner alone; False when nothing changes."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(mode=0o700, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, path)
    return True


def present_entries(path: Path) -> list[dict[str, Any]]:
    """The entries of an import's file; ValueError when it is none."""
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    parsed = parse(text, Limits())
    serious = [mistake for mistake in parsed.mistakes if mistake.severity == "fault"]
    if serious or parsed.tags:
        line, said = (serious[0].line, serious[0].problem) if serious else (1, "it has tags such as !secret")
        raise ValueError(f"{path}:{line}: {said}; mend it first, or give the import another name with --into")
    found = parsed.data
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ValueError(f"{path} is no list of persons; give the import another name with --into")
    return [dict(item) for item in found]
