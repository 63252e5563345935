"""What entities said: recorded in passing, written once a second."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hub.model.things import State
from hub.store import catalogue
from hub.store.clock import Clock, Timer
from hub.store.database import Database
from hub.store.historywriter import Recorder
from hub.store.sql import from_microseconds
from hub.store.trouble import Trouble
from hub.store.values import from_columns
from hub.store.writer import Writer

_ROWS = 1000  # states that are written without waiting for the second to end
_SECOND = timedelta(seconds=1)
_LONGEST_BACKLOG = 300  # batches that wait for a refusing disk; later ones are lost, and that is told


class History:
    """The states of the past. `record` costs next to nothing; the rest happens in the writer thread."""

    def __init__(self, database: Database, clock: Clock, trouble: Trouble) -> None:
        self._database, self._clock, self._trouble = database, clock, trouble
        self._rows: list[State] = []
        self._timer: Timer | None = None
        self._recorder = Recorder()
        self.file: Writer[list[State], int] = Writer(
            database, self._recorder.write, self._written, trouble, self._recorder.forget
        )
        self.recorded = 0
        self.lost = 0
        self._losing = False

    def record(self, state: State) -> None:
        """Keep a state; it is on the disk within a second or so."""
        rows = self._rows
        rows.append(state)
        if len(rows) == 1:
            self._timer = self._clock.call_at(self._clock.now() + _SECOND, self.flush)
        elif len(rows) >= _ROWS:
            self.flush()

    def flush(self) -> None:
        """Hand what was recorded to the writer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        rows, self._rows = self._rows, []
        if not rows:
            return
        if self.file.backlog < _LONGEST_BACKLOG:
            self.file.put(rows)
            return
        self.lost += len(rows)
        if not self._losing:
            self._losing = True
            self._trouble.report(
                "store.history_lost",
                f"{self._database.path} has not been written for so long that new states are left out",
                "mend what keeps it from being written; alarms are not affected",
            )

    def _written(self, results: list[tuple[list[State], int | Exception]]) -> None:
        for rows, result in results:
            if isinstance(result, Exception):
                self.lost += len(rows)
            else:
                self.recorded += result
        if self._losing:
            self._losing = False
            self._trouble.clear("store.history_lost")

    def forget(self) -> None:
        """Rows were deleted: what the writer thread remembers of them is void. Called in that thread."""
        self._recorder.forget()

    async def query(
        self,
        entity_id: str,
        start: datetime,
        end: datetime,
        limit: int = 10_000,
        *,
        with_start: bool = False,
    ) -> list[State]:
        """States of an entity from `start` to before `end`, the oldest first; `changed_at` is `at`.

        `with_start` puts the last one before `start` in front, if there is one.
        """
        found = await self.query_many([entity_id], start, end, limit, with_start=with_start)
        return found.get(entity_id, [])

    async def query_many(
        self,
        entity_ids: Sequence[str],
        start: datetime,
        end: datetime,
        limit: int = 10_000,
        *,
        with_start: bool = False,
    ) -> dict[str, list[State]]:
        """The same for many entities; `limit` is for all together. Those without a state are left out."""
        self.flush()
        await self.file.run(lambda _connection: None)  # what was recorded until now is on the disk
        return await asyncio.to_thread(self._read, entity_ids, start, end, limit, with_start)

    def _read(
        self, entity_ids: Sequence[str], start: datetime, end: datetime, limit: int, with_start: bool
    ) -> dict[str, list[State]]:
        statements = [catalogue.STATES_BETWEEN]
        if with_start:
            statements.insert(0, catalogue.STATE_BEFORE)
        found: dict[str, list[State]] = {}
        connection = self._database.connect_read_only()
        try:
            for entity_id in entity_ids:
                row = {"entity_id": entity_id, "start": start, "end": end, "limit": limit}
                entries = [entry for statement in statements for entry in statement.run(connection, **row)]
                if entries:
                    found[entity_id] = [_state(entity_id, entry) for entry in entries]
                    limit -= len(entries)
                if limit <= 0:
                    break
        finally:
            connection.close()
        return found

    async def close(self) -> None:
        """Write the rest and end."""
        self.flush()
        await self.file.close()


def _state(entity_id: str, entry: Any) -> State:
    at = from_microseconds(entry["at"])
    value = from_columns(entry["type"], entry["number"], entry["text"])
    attributes = json.loads(entry["body"]) if entry["body"] else {}
    return State(entity_id, value, bool(entry["available"]), at, at, attributes)
