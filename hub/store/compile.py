"""Writes the catalogue: `python -m hub.store.compile`, after any change of tables, statements or revisions.

A running hub must not load SQLAlchemy (13 MiB, half of its start), so what SQLAlchemy compiles is kept as text and
ships with the hub. SQLite is the one dialect today; another would be another such module.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import MetaData
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from hub.store.migrations import REVISIONS
from hub.store.sql import Statement
from hub.store.statements import statements, writes
from hub.store.tables import METADATA, TRIGGERS

CATALOGUE = Path(__file__).with_name("catalogue.py")
_HEAD = '''\
# fmt: off
# ruff: noqa
"""What a running hub knows of SQL. Written by `python -m hub.store.compile`; edit tables.py or statements.py."""

from hub.store.sql import Statement
'''


def catalogue() -> str:
    """The module's text."""
    parts = [_HEAD, "# The statements that make a fresh file.", "SCHEMA = {"]
    for chain, metadata in METADATA.items():
        parts += [
            f'"{chain}": (',
            *(f"{_quoted(text)}," for text in schema(metadata, TRIGGERS[chain], REVISIONS[chain][-1])),
            "),",
        ]
    parts += ["}", "", "# What a unit may write, by the kind of its writes.", "WRITES = {"]
    parts += [f'"{kind}": {_source(statement)},' for kind, statement in writes().items()]
    parts += ["}", "", *(f"{name} = {_source(statement)}" for name, statement in statements().items())]
    return "\n".join(parts) + "\n"


def schema(metadata: MetaData, triggers: Iterable[str], revision: str) -> Iterator[str]:
    """The statements that make tables, indexes and triggers, and Alembic's note of the revision they are of."""
    dialect = sqlite.dialect()
    for table in metadata.sorted_tables:
        yield str(CreateTable(table).compile(dialect=dialect))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield str(CreateIndex(index).compile(dialect=dialect))
    yield from triggers
    yield "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
    yield f"INSERT INTO alembic_version VALUES ('{revision}')"  # noqa: S608 - a name of our own


def _source(statement: Statement) -> str:
    return f"Statement({_quoted(statement.sql)}, {statement.names}, {statement.times})"


def _quoted(sql: str) -> str:
    lines = "\n".join(line.rstrip() for line in sql.strip().splitlines())
    return f'"""{lines}"""'


if __name__ == "__main__":
    CATALOGUE.write_text(catalogue(), encoding="utf-8")
