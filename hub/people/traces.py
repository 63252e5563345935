"""Where a person is found in the hub's databases, and how they are taken out of a text. Knows no table by heart:
what integrations and later versions keep is searched as well."""

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.model.people import Person

# Keys and columns whose value is a person's id. A role or an area may bear the same word, so no others count.
PERSON_KEYS = frozenset(
    [
        *("person", "persons", "person_id", "user", "who", "by", "with", "stands_in", "patient"),
        *("recipient", "recipients", "member", "members", "assignee", "assigned_to", "acknowledged_by"),
    ]
)
SHORTEST_NAME, SHORTEST_ADDRESS = 2, 4  # shorter words stand in too many other ones
_OWN = ("sqlite_", "alembic_")


@dataclass(frozen=True, slots=True)
class Subject:
    """The person whose traces are looked for; `words` are name, telephone number and addresses."""

    id: str
    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, person: Person) -> "Subject":
        """All that tells the person from others."""
        texts = [value for address in person.addresses for value in address.options.values()]
        words = [
            person.name if len(person.name) >= SHORTEST_NAME else "",
            person.phone,
            *(text for text in texts if isinstance(text, str) and len(text) >= SHORTEST_ADDRESS),
        ]
        return cls(person.id, tuple(sorted({word for word in words if word}, key=len, reverse=True)))


@dataclass(frozen=True, slots=True)
class Trace:
    """One text of one row."""

    table: str
    rowid: int
    column: str
    text: str


class Eraser:
    """Puts a pseudonym in a person's place."""

    def __init__(self, subject: Subject, pseudonym: str) -> None:
        self._id, self._pseudonym = subject.id, pseudonym
        own = re.escape(subject.id)
        # `person:ID`, a step of a key such as run/2/ID/ntfy, and an id that a message quotes.
        self._named = re.compile(rf"((?<![\w-])person:|/|(?<![\w-])'){own}(?![\w-])")
        words = [*subject.words, *(json.dumps(word)[1:-1] for word in subject.words)]
        self._words = re.compile("|".join(map(re.escape, words))) if words else None

    def text(self, text: str, column: str = "") -> str:
        """A text, JSON or plain, without the person."""
        if column in PERSON_KEYS and text == self._id:
            return self._pseudonym
        if text[:1] in "{[":
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                return self._plain(text)
            found = self._value(value, column)
            return text if found == value else json.dumps(found, ensure_ascii=False, separators=(",", ":"))
        return self._plain(text)

    def _value(self, value: Any, key: str) -> Any:
        if isinstance(value, str):
            return self._pseudonym if key in PERSON_KEYS and value == self._id else self._plain(value)
        if isinstance(value, list):
            return [self._value(item, key) for item in value]
        if isinstance(value, dict):
            return {self._key(name, key): self._value(item, name) for name, item in value.items()}
        return value

    def _key(self, name: str, around: str) -> str:
        return self._pseudonym if around in PERSON_KEYS and name == self._id else self._plain(name)

    def _plain(self, text: str) -> str:
        text = self._named.sub(lambda found: found[1] + self._pseudonym, text)
        # A keyed text that begins with the id, as "ID/2".
        if text.startswith(f"{self._id}/"):
            text = self._pseudonym + text[len(self._id) :]
        return self._words.sub(self._pseudonym, text) if self._words else text


def tables(connection: sqlite3.Connection) -> Mapping[str, list[str]]:
    """The columns of texts of every table that has a rowid."""
    found: dict[str, list[str]] = {}
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    for (name,) in map(tuple, rows):
        if not name.startswith(_OWN):
            columns = connection.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()
            found[name] = [str(column[1]) for column in columns if str(column[2]).upper() == "TEXT"]
    return found


def traces(connection: sqlite3.Connection, subject: Subject) -> Iterator[Trace]:
    """Every text that the person is in."""
    eraser = Eraser(subject, "\x00")
    wanted = [
        subject.id,
        *subject.words,
        *(json.dumps(word)[1:-1] for word in subject.words if not word.isascii()),
    ]
    for table, columns in tables(connection).items():
        for column in columns:
            name = _quoted(column)
            near = " OR ".join([f"instr({name}, ?)"] * len(wanted))
            sql = f"SELECT rowid, {name} FROM {_quoted(table)} WHERE {near}"  # noqa: S608 - names of its own schema
            for rowid, text in map(tuple, connection.execute(sql, wanted)):
                if isinstance(text, str) and eraser.text(text, column) != text:
                    yield Trace(table, rowid, column, text)


def replace_text(connection: sqlite3.Connection, trace: Trace, text: str, pseudonym: str) -> None:
    """Write a text in a trace's place; where texts are told apart by it, the pseudonym gets the row's number."""
    sql = f"UPDATE {_quoted(trace.table)} SET {_quoted(trace.column)} = ? WHERE rowid = ?"  # noqa: S608 - as above
    try:
        connection.execute(sql, (text, trace.rowid))
    except sqlite3.IntegrityError:
        connection.execute(sql, (text.replace(pseudonym, f"{pseudonym}-{trace.rowid}"), trace.rowid))


def row_of(connection: sqlite3.Connection, table: str, rowid: int) -> dict[str, Any]:
    """One row with its columns' names."""
    cursor = connection.execute(f"SELECT * FROM {_quoted(table)} WHERE rowid = ?", (rowid,))  # noqa: S608 - as above
    row = cursor.fetchone()
    return dict(zip((column[0] for column in cursor.description), tuple(row), strict=True)) if row else {}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
