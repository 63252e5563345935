"""Statements of the tables, compiled once to SQL text: SQLAlchemy builds them, the driver runs them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, bindparam, delete, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from hub.store import tables
from hub.store.tables import to_microseconds

_OF = "of_"  # marks parameters of a WHERE clause, which may bear a column's name otherwise


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text and how a row (name -> value, times as datetimes) becomes its parameters."""

    sql: str
    names: tuple[str, ...]
    times: tuple[int, ...] = ()  # which of them are times
    constants: Mapping[str, Any] = field(default_factory=dict)  # written into the statement by its author

    def parameters(self, row: Mapping[str, Any]) -> list[Any]:
        """The row's values in order; KeyError for a missing one, ValueError for a naive time."""
        if self.constants:
            row = {**self.constants, **row}
        values = [row[name] for name in self.names]
        for place in self.times:
            if values[place] is not None:
                values[place] = to_microseconds(values[place])
        return values


def compiled(statement: Executable, table: Table, times: tuple[str, ...] = ()) -> Statement:
    """A SQLAlchemy statement as text for SQLite's driver.

    Parameters named as a time column of the table, or in `times`, are times.
    """
    if not isinstance(statement, ClauseElement):
        raise TypeError(f"{statement!r} can't be compiled")
    done = statement.compile(dialect=sqlite.dialect(paramstyle="qmark"))
    assert isinstance(done, SQLCompiler)  # noqa: S101 - what `compile` gives for a statement of this dialect
    names = tuple(name.removeprefix(_OF) for name in done.positiontup or ())
    timely = {column.name for column in table.columns if isinstance(column.type, tables.UtcTime)} | {*times}
    places = tuple(place for place, name in enumerate(names) if name in timely)
    constants = {name: value for name, value in done.params.items() if value is not None}
    return Statement(str(done), names, places, constants)


def of(name: str) -> Any:
    """A parameter for a WHERE clause, given under the column's own name."""
    return bindparam(_OF + name)


def _put(table: Table, *, replace: bool) -> Statement:
    """Insert; of a row whose identity is known, update the rest or leave it all."""
    names = [column.name for column in table.columns]
    identity = list(table.primary_key.columns)
    adding = insert(table).values({name: bindparam(name) for name in names})
    if not replace:
        return compiled(adding.on_conflict_do_nothing(index_elements=identity), table)
    rest = {name: adding.excluded[name] for name in names if name not in {c.name for c in identity}}
    return compiled(adding.on_conflict_do_update(index_elements=identity, set_=rest), table)


def _drop(table: Table) -> Statement:
    leaving = delete(table)
    for column in table.primary_key.columns:
        leaving = leaving.where(column == of(column.name))
    return compiled(leaving, table)


def _alarm() -> Statement:
    names = [column.name for column in tables.events.columns if column.name != "seq"]
    adding = insert(tables.events).values({name: bindparam(name) for name in names})
    # Not "or ignore": that would pass over any other fault of the row as well.
    return compiled(adding.on_conflict_do_nothing(index_elements=["id"]), tables.events)


def _mark() -> Statement:
    names = ("state", "created", "due", "attempts", "expires", "last_error", "done_at")
    changing = update(tables.outbox).values({name: bindparam(name) for name in names})
    return compiled(changing.where(tables.outbox.c.key == of("key")), tables.outbox)


def unit_statements() -> dict[str, Statement]:
    """What a unit may write, by the kind of its writes."""
    return {
        "alarm": _alarm(),
        "call": _put(tables.outbox, replace=False),
        "call_mark": _mark(),
        "run": _put(tables.runs, replace=True),
        "plan": _put(tables.plans, replace=True),
        "timer": _put(tables.timers, replace=True),
        "timer_gone": _drop(tables.timers),
        "remember": _put(tables.memory, replace=True),
        "forget": _drop(tables.memory),
    }
