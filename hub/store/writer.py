"""The one thread that writes a file, many items in one commit."""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from hub.store.database import Database, StoreError
from hub.store.trouble import Trouble, remedy_of, spoils_connection

T = TypeVar("T")
R = TypeVar("R")
J = TypeVar("J")

_GROUP = 1000  # items in one commit at most

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Job:
    """Work on the connection that is no item: reading in order with the writes, purging."""

    work: Callable[[sqlite3.Connection], Any]
    result: "asyncio.Future[Any]"


class _End:
    """The last thing in the queue."""


class Writer(Generic[T, R]):
    """Applies items in order, commits them in groups, hands the results to the loop in one call per group.

    `apply` puts one item's statements down; when it raises, that item alone is refused and the error is its
    result. While the disk refuses, everything waits and is tried again.
    """

    def __init__(
        self,
        database: Database,
        apply: Callable[[sqlite3.Connection, T], R],
        deliver: Callable[[list[tuple[T, R | Exception]]], None],
        trouble: Trouble,
        forget: Callable[[], None] = lambda: None,
        rescue: Callable[[sqlite3.Connection, T, Exception], R] | None = None,
    ) -> None:
        self._database = database
        self._apply = apply
        self._deliver = deliver
        self._trouble = trouble
        self._forget = forget  # called in the thread when a transaction came to nothing
        self._rescue = rescue  # writes what can be of an item that was refused, or raises
        self._queue: SimpleQueue[T | _Job | _End] = SimpleQueue()
        self._give_up = threading.Event()
        self._closing = False
        self._loop = asyncio.get_running_loop()
        self._connection: sqlite3.Connection | None = database.connect()
        self.taken = 0  # items handed in
        self.delivered = 0  # items whose result is in the loop
        self.commits = 0
        self._thread = threading.Thread(target=self._work, name=f"write {database.path.name}", daemon=True)
        self._thread.start()

    @property
    def backlog(self) -> int:
        """Items handed in whose result is not known yet."""
        return self.taken - self.delivered

    def put(self, item: T) -> None:
        """Hand an item in; never blocks."""
        if self._closing:
            raise StoreError(f"{self._database.path.name} is closed; nothing more can be written")
        self.taken += 1
        self._queue.put(item)

    async def run(self, work: Callable[[sqlite3.Connection], J]) -> J:
        """Run `work` on the writer's connection, in a transaction of its own, after all that was put before.

        It runs in the thread and holds up all writing meanwhile: keep it short. Its error is raised here.
        """
        if self._closing:
            raise StoreError(f"{self._database.path.name} is closed; nothing more can be asked of it")
        job = _Job(work, self._loop.create_future())
        self._queue.put(job)
        result: J = await job.result
        return result

    def end(self) -> None:
        """Take nothing more; the thread ends when it has written what was put."""
        if not self._closing:
            self._closing = True
            self._queue.put(_End())

    async def close(self, patience: float = 5.0) -> None:
        """Write what was put, then end; a disk that still refuses after `patience` seconds gets no more."""
        self.end()
        await asyncio.to_thread(self._join, patience)

    def _join(self, patience: float) -> None:
        self._thread.join(patience)
        self._give_up.set()
        self._thread.join()

    # --- in the thread ------------------------------------------------------------------------------------

    def _work(self) -> None:
        last: T | _Job | _End | None = None
        while not isinstance(last, _End):
            items, last = self._take()
            if items:
                self._send(self._commit(items))
            if isinstance(last, _Job):
                self._carry_out(last)
        if self._connection is not None:
            self._connection.close()

    def _take(self) -> tuple[list[T], _Job | _End | None]:
        """What is queued, up to a group's size; a job or the end closes the group."""
        items: list[T] = []
        thing = self._queue.get()
        with suppress(Empty):
            while not isinstance(thing, (_Job, _End)):
                items.append(thing)
                if len(items) == _GROUP:
                    return items, None
                thing = self._queue.get_nowait()
            return items, thing
        return items, None

    def _commit(self, items: list[T]) -> list[tuple[T, R | Exception]]:
        """Write them all, however long it takes."""
        try:
            return list(zip(items, self._persist(partial(self._apply_all, items)), strict=True))
        except Exception as error:  # noqa: BLE001 - whatever one item raises must not harm the others
            if len(items) == 1:
                return [(items[0], self._save(items[0], error))]
            return [result for item in items for result in self._commit([item])]

    def _apply_all(self, items: list[T], connection: sqlite3.Connection) -> list[R]:
        return [self._apply(connection, item) for item in items]

    def _save(self, item: T, error: Exception) -> R | Exception:
        """What can be done about an item that was refused."""
        log.error("a write to %s was refused", self._database.path.name, exc_info=error)
        rescue = self._rescue
        if rescue is None or isinstance(error, StoreError):
            return error
        try:
            return self._persist(lambda connection: rescue(connection, item, error))
        except Exception as final:  # noqa: BLE001 - as above
            return final

    def _persist(self, work: Callable[[sqlite3.Connection], J]) -> J:
        """One transaction, tried until the disk takes it; raises what the work itself causes."""
        while True:
            try:
                results = self._transact(work)
            except sqlite3.Error as error:
                self._wait_for_better(error)
            else:
                self.commits += 1
                self._trouble.over()
                return results

    def _wait_for_better(self, error: sqlite3.Error) -> None:
        remedy = remedy_of(error)
        if remedy is None:
            raise error
        if self._give_up.is_set():
            raise StoreError(f"{self._database.path} refused to the end: {error}") from error
        self._trouble.meet(error, remedy, self._give_up)
        if spoils_connection(error) and self._connection is not None:
            self._connection.close()
            self._connection = None

    def _transact(self, work: Callable[[sqlite3.Connection], J]) -> J:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._database.connect()
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
            # When COMMIT fails, nothing of it is valid: SQLite checks the log's end before it counts.
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                with suppress(sqlite3.Error):  # the first error is the one that tells
                    connection.execute("ROLLBACK")
            self._forget()
            raise
        return result

    def _carry_out(self, job: _Job) -> None:
        try:
            outcome = self._transact(job.work)
        except Exception as error:  # noqa: BLE001 - raised again where the job was asked for
            self._post(_fail, job.result, error)
        else:
            self._post(_settle, job.result, outcome)

    def _send(self, results: list[tuple[T, R | Exception]]) -> None:
        self._post(self._hand_over, results)

    def _hand_over(self, results: list[tuple[T, R | Exception]]) -> None:
        self.delivered += len(results)
        self._deliver(results)

    def _post(self, call: Callable[..., None], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop is gone, and with it all who wait
            self._loop.call_soon_threadsafe(call, *arguments)


def _settle(future: "asyncio.Future[Any]", result: object) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: "asyncio.Future[Any]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
