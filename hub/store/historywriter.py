"""Puts states into history.db: entities and attributes once, values as typed columns."""

import json
import logging
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from hub.model.things import State
from hub.store import catalogue
from hub.store.sql import to_microseconds
from hub.store.values import to_columns

_DAY = 86_400_000_000  # microseconds
_MOST_BODIES = 20_000  # texts of attributes that are remembered

log = logging.getLogger(__name__)


class Recorder:
    """The writer thread's knowledge of what history.db holds already."""

    def __init__(self) -> None:
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
        connection.executemany(catalogue.ADD_STATE.sql, rows)
        return len(rows)

    def _row(self, connection: sqlite3.Connection, state: State) -> tuple[Any, ...]:
        """The state's columns in the table's order, without the first."""
        entity = self._entities.get(state.entity_id) or self._entity(connection, state.entity_id)
        at = to_microseconds(state.at)
        attributes = self._attributes(connection, state, at) if state.attributes else None
        kind, number, text = to_columns(state.value)
        return entity, at, kind, number, text, state.available, attributes

    def _entity(self, connection: sqlite3.Connection, entity_id: str) -> int:
        catalogue.ADD_ENTITY.run(connection, entity_id=entity_id)
        number: int = catalogue.FIND_ENTITY.run(connection, entity_id=entity_id).fetchone()[0]
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
            connection.execute(catalogue.SEE_BODY.sql, (at, known[0]))
        return known[0]

    def _body(self, connection: sqlite3.Connection, body: str, at: int) -> int:
        connection.execute(catalogue.ADD_BODY.sql, (body, at))
        number: int = catalogue.FIND_BODY.run(connection, body=body).fetchone()[0]
        if len(self._bodies) >= _MOST_BODIES:
            self._bodies.clear()
        self._bodies[body] = [number, at]
        return number
