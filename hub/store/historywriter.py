"""Puts states into history.db: entities and attributes once, values as typed columns."""

import json
import logging
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, case, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from hub.model.things import State
from hub.store import tables
from hub.store.statements import compiled, of
from hub.store.tables import to_microseconds
from hub.store.values import to_columns

_DAY = 86_400_000_000  # microseconds
_MOST_BODIES = 20_000  # texts of attributes that are remembered
_STATE = ("entity", "at", "type", "number", "text", "available", "attributes")

log = logging.getLogger(__name__)


class Recorder:
    """The writer thread's knowledge of what history.db holds already."""

    def __init__(self) -> None:
        states, entities, attributes = tables.states, tables.entities, tables.attributes
        self._insert = compiled(insert(states).values({name: bindparam(name) for name in _STATE}), states).sql
        adding = upsert(entities).values(entity_id=bindparam("entity_id"))
        self._add_entity = compiled(adding.on_conflict_do_nothing(index_elements=["entity_id"]), entities).sql
        found = select(entities.c.id).where(entities.c.entity_id == of("entity_id"))
        self._find_entity = compiled(found, entities).sql
        body = upsert(attributes).values(body=bindparam("body"), seen=bindparam("seen"))
        later = case((attributes.c.seen > body.excluded.seen, attributes.c.seen), else_=body.excluded.seen)
        self._add_body = compiled(
            body.on_conflict_do_update(index_elements=["body"], set_={"seen": later}), attributes
        ).sql
        self._find_body = compiled(
            select(attributes.c.id).where(attributes.c.body == of("body")), attributes
        ).sql
        seen = update(attributes).values(seen=bindparam("seen")).where(attributes.c.id == of("id"))
        self._see_body = compiled(seen, attributes).sql
        self._entities: dict[str, int] = {}
        self._bodies: dict[str, list[int]] = {}  # text -> [id, last seen]
        self._last: dict[
            str, tuple[Mapping[str, Any], str]
        ] = {}  # entity -> its last attributes and their text

    def forget(self) -> None:
        """The last transaction came to nothing: what it added is not there."""
        self._entities.clear()
        self._bodies.clear()

    def write(self, connection: sqlite3.Connection, states: Sequence[State]) -> int:
        """Write states; returns how many."""
        rows = []
        for state in states:
            try:
                rows.append(self._row(connection, state))
            except (TypeError, ValueError, OverflowError, RecursionError) as error:
                log.warning("a state of %s can't be recorded: %s", state.entity_id, error)
        # The order of the columns is the insert's, which SQLAlchemy keeps as given.
        connection.executemany(self._insert, rows)
        return len(rows)

    def _row(self, connection: sqlite3.Connection, state: State) -> tuple[Any, ...]:
        entity = self._entities.get(state.entity_id) or self._entity(connection, state.entity_id)
        at = to_microseconds(state.at)
        attributes = self._attributes(connection, state, at) if state.attributes else None
        kind, number, text = to_columns(state.value)
        return entity, at, kind, number, text, state.available, attributes

    def _entity(self, connection: sqlite3.Connection, entity_id: str) -> int:
        connection.execute(self._add_entity, (entity_id,))
        number: int = connection.execute(self._find_entity, (entity_id,)).fetchone()[0]
        self._entities[entity_id] = number
        return number

    def _attributes(self, connection: sqlite3.Connection, state: State, at: int) -> int:
        last = self._last.get(state.entity_id)
        if last is not None and last[0] is state.attributes:
            body = last[1]
        else:
            body = json.dumps(dict(state.attributes), ensure_ascii=False, separators=(",", ":"), default=str)
            self._last[state.entity_id] = (state.attributes, body)
        known = self._bodies.get(body)
        if known is None:
            return self._body(connection, body, at)
        if at - known[1] > _DAY:
            known[1] = at
            connection.execute(self._see_body, (at, known[0]))
        return known[0]

    def _body(self, connection: sqlite3.Connection, body: str, at: int) -> int:
        connection.execute(self._add_body, (body, at))
        number: int = connection.execute(self._find_body, (body,)).fetchone()[0]
        if len(self._bodies) >= _MOST_BODIES:
            self._bodies.clear()
        self._bodies[body] = [number, at]
        return number
