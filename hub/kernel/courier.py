"""The courier: carries durable calls out, again and again until they are done or given up.

Its memory mirrors the pending rows of the outbox: a call comes in when its commit is reported and leaves when the
commit of its end is. So a key is never under way twice, and a crash at any point repeats a call but loses none.
"""

import asyncio
import heapq
import itertools
import logging
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from voluptuous import Invalid

from hub.kernel.actions import Actions, Carried
from hub.kernel.clock import Clock, after
from hub.kernel.lanes import Item, Lane, row_of
from hub.kernel.wakeups import Wakeups
from hub.model.calls import Action, Call
from hub.model.errors import ActionRefused, DeliveryFailed, DeliveryRefused, HubError, NotReady
from hub.model.events import Severity
from hub.store.jsontext import decode
from hub.store.outbox import DEAD, DONE, DROPPED, PENDING, Outbox, OutboxRow, expiry, mark
from hub.store.unit import Outcome, Unit, Units

Report = Callable[[str, str, str], None]  # problem id, text, remedy
Clear = Callable[[str], None]

_PAGE = 10_000  # calls held in memory; the rest waits on the disk
_SHORTEST, _LONGEST = 1.0, 300.0  # seconds between attempts, unless the provider names its own
_LONGEST_NAMED = 30 * 86400.0  # seconds; no provider means more
_BUGS = 10  # unexpected errors of one call before it is given up
_LONGEST_ERROR = 500  # characters
_UNDECLARED = Action(name="", summary="", schema=dict, durable=True)

log = logging.getLogger(__name__)


class Courier:
    """Holds pending calls by lane, starts what is due, writes down what became of it.

    `report` and `clear` tell an admin of calls that were given up. Counters are plain attributes for the metrics.
    """

    def __init__(
        self,
        units: Units,
        outbox: Outbox,
        actions: Actions,
        clock: Clock,
        *,
        report: Report,
        clear: Clear,
        chance: Callable[[], float] = random.random,
        page: int = _PAGE,
    ) -> None:
        self._units, self._outbox, self._actions, self._clock = units, outbox, actions, clock
        self._report, self._clear, self._chance, self._page = report, clear, chance, page
        self._items: dict[str, Item] = {}
        self._lanes: dict[str, Lane] = {}
        self._parked: dict[str, list[Item]] = {}  # by action, until it has a handler
        self._wakeups = Wakeups(clock)
        self._count = itertools.count().__next__
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended_while_loading: set[str] | None = None
        self._loading: asyncio.Task[None] | None = None
        self._problems: set[str] = set()
        self._closing = False
        self.pending = 0
        self.done = 0
        self.dead = 0
        self.dropped = 0
        self.attempts = 0
        self.failures = 0

    # --- life ---------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take over what an earlier life of the hub left pending; to be done before anyone writes calls."""
        self._actions.registered.append(self._handler_came)
        counts = await self._outbox.counts()
        self.pending, self.dead = counts[PENDING], counts[DEAD]
        await self._load()

    async def close(self, patience: float = 5.0) -> None:
        """Start nothing more, let attempts end for `patience` seconds, then cancel them; they come again."""
        self._closing = True
        self._wakeups.close()
        if self._handler_came in self._actions.registered:
            self._actions.registered.remove(self._handler_came)
        if self._loading is not None:
            self._loading.cancel()
        if self._tasks and patience > 0:
            await self._wait_for_tasks(patience)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _wait_for_tasks(self, patience: float) -> None:
        ends = asyncio.ensure_future(asyncio.wait(set(self._tasks)))
        patience_ends = asyncio.ensure_future(self._clock.sleep(patience))
        await asyncio.wait({ends, patience_ends}, return_when=asyncio.FIRST_COMPLETED)
        ends.cancel()
        patience_ends.cancel()

    def accept(self, unit: Unit, outcome: Outcome, at: datetime) -> None:
        """Take the calls of a unit that was just committed."""
        for (call, alarm), body in zip(unit.calls, unit.bodies, strict=True):
            if alarm in outcome.known_alarms or call.key in outcome.known_calls or call.key in self._items:
                continue
            self.pending += 1
            if len(self._items) < self._page or call.priority >= Severity.critical:
                self._add(row_of(call, alarm, body, at))

    @property
    def oldest_due_age(self) -> float:
        """Seconds since the longest due call in memory should have been carried out; 0 when none is late."""
        soonest = min((item.due for item in self._items.values()), default=None)
        return 0.0 if soonest is None else max(0.0, (self._clock.now() - soonest).total_seconds())

    async def _load(self) -> None:
        """Fill the memory from the disk."""
        ended = self._ended_while_loading = set()
        try:
            rows = await self._outbox.pending(self._page + len(self._items))
        finally:
            self._ended_while_loading = None
        for row in rows:
            if len(self._items) >= self._page:
                break
            if row.key not in self._items and row.key not in ended:
                self._add(row)

    def _load_more(self) -> None:
        rest_waits = self.pending > len(self._items) and len(self._items) <= self._page // 2
        if rest_waits and not self._closing and (self._loading is None or self._loading.done()):
            self._loading = asyncio.get_running_loop().create_task(self._load(), name="courier: load")

    # --- for people ---------------------------------------------------------------------------------------

    async def rows(self, state: str = PENDING, limit: int = 100) -> list[OutboxRow]:
        """Calls in one state (pending, done, dead, dropped), the most urgent first."""
        return await self._outbox.in_state(state, limit)

    async def retry(self, key: str) -> bool:
        """Carry a pending, dead or dropped call out now, with all its time before it; False: no such call."""
        row = await self._outbox.find(key)
        item = self._items.get(key)
        if item is not None:
            if not item.under_way:
                item.due = self._clock.now()
                self._place(item)
            return True
        if row is None or row.state == DONE:
            return False
        now = self._clock.now()
        with self._units.open() as unit:
            mark(unit, row, PENDING, due=now, attempts=0, created=now)
        await unit.receipt
        self._recount(row.state, -1)
        self._recount(PENDING, 1)
        if key not in self._items:
            self._add(replace(row, state=PENDING, created=now, due=now, attempts=0, expires=None))
        self._clear_if_none_dead()
        return True

    async def drop(self, key: str) -> bool:
        """Give a pending or dead call up for good; one under way is given up if its attempt fails."""
        row = await self._outbox.find(key)
        item = self._items.get(key)
        if item is not None:
            if item.under_way:
                item.unwanted = True
            else:
                self._end(item, DROPPED, "dropped by hand")
            return True
        if row is None or row.state not in (PENDING, DEAD):
            return False
        now = self._clock.now()
        with self._units.open() as unit:
            mark(unit, row, DROPPED, due=now, attempts=row.attempts, error=row.last_error, done_at=now)
        await unit.receipt
        self._recount(row.state, -1)
        self._recount(DROPPED, 1)
        self._clear_if_none_dead()
        return True

    # --- where an item stands -----------------------------------------------------------------------------

    def _add(self, row: OutboxRow) -> None:
        item = self._items[row.key] = Item(row, row.due, row.attempts)
        self._place(item)

    def _place(self, item: Item) -> None:
        """Put an item where it belongs: later, parked, or ready in its lane."""
        item.ticket += 1
        now = self._clock.now()
        wake = min(item.due, self._expiry(item))
        if wake > now:
            self._wakeups.at(wake, partial(self._wake, item.row.key, item.ticket))
        elif now >= self._expiry(item):
            self._end(item, DEAD, f"expired; last: {item.row.last_error or 'not attempted'}")
        elif not self._actions.ready(item.row.action):
            self._parked.setdefault(item.row.action, []).append(item)
            self._wakeups.at(self._expiry(item), partial(self._wake, item.row.key, item.ticket))
        else:
            lane = self._lanes.setdefault(item.row.lane, Lane())
            entry = (-item.row.priority, item.due, self._count(), item, item.ticket)
            heapq.heappush(lane.ready, entry)
            self._pump(lane)

    def _wake(self, key: str, ticket: int) -> None:
        item = self._items.get(key)
        if item is not None and item.ticket == ticket and not item.under_way:
            self._place(item)

    def _handler_came(self, name: str) -> None:
        for item in self._parked.pop(name, ()):
            if item.row.key in self._items and not item.under_way:
                self._place(item)

    def _expiry(self, item: Item) -> datetime:
        return expiry(item.row, self._action(item).expires)

    def _action(self, item: Item) -> Action:
        return self._actions.declared.get(item.row.action, _UNDECLARED)

    # --- attempts -----------------------------------------------------------------------------------------

    def _pump(self, lane: Lane) -> None:
        """Start what the lane's limit allows, the most urgent first."""
        if lane.closed_until is not None:
            if lane.closed_until > self._clock.now():
                return
            lane.closed_until = None
        while lane.ready and not self._closing:
            item, ticket = lane.ready[0][3:]
            if item.ticket != ticket or item.under_way or item.row.key not in self._items:
                heapq.heappop(lane.ready)
            elif lane.running < self._action(item).parallel:
                heapq.heappop(lane.ready)
                self._start(item, lane)
            else:
                return

    def _start(self, item: Item, lane: Lane) -> None:
        if not self._actions.ready(item.row.action) or self._clock.now() >= self._expiry(item):
            self._place(item)
            return
        item.under_way = True
        lane.running += 1
        task = asyncio.get_running_loop().create_task(
            self._attempt(item, lane), name=f"call {item.row.action} {item.row.key}"
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attempt(self, item: Item, lane: Lane) -> None:
        self.attempts += 1
        try:
            carried = await self._carry(item)
            self._finish(item, carried or ())
        except NotReady:
            item.waits += 1
            self._later_again(item, self._backoff(item.waits))
        except (DeliveryRefused, ActionRefused, Invalid) as error:
            item.attempts += 1
            self._end(item, DEAD, _text(error))
        except DeliveryFailed as error:
            delay = _named_delay(error)
            if delay is not None:
                self._close_lane(lane, delay)
            self._failed(item, error, delay)
        except HubError as error:  # wrong credentials or settings: an admin may mend them before it expires
            self._tell(item, _text(error))
            self._failed(item, error)
        except Exception as error:  # noqa: BLE001 - an edge: what a guest raises must not stop other deliveries
            self._failed_unexpectedly(item, error)
        finally:
            lane.running -= 1
            self._pump(lane)

    async def _carry(self, item: Item) -> Carried:
        """One attempt within the action's time; cancelled from within counts as failed."""
        row, late, task = item.row, False, asyncio.current_task()
        assert task is not None  # noqa: S101 - this is a coroutine

        def run_late() -> None:
            nonlocal late
            late = True
            task.cancel()

        call = Call(
            name=row.action,
            data=decode(row.data),
            key=row.key,
            cause=row.cause,
            lane=row.lane,
            priority=Severity(row.priority),
        )
        timeout = self._action(item).timeout
        timer = self._clock.call_at(after(self._clock, timeout), run_late)
        try:
            return await self._actions.carry(call)
        except asyncio.CancelledError:
            if late and task.uncancel() == 0:
                raise DeliveryFailed(f"no answer within {timeout:g} s") from None
            if task.cancelling() == 0:
                raise DeliveryFailed("the attempt was cancelled from within") from None
            raise
        finally:
            timer.cancel()

    # --- what became of it --------------------------------------------------------------------------------

    def _finish(self, item: Item, calls: Sequence[Call]) -> None:
        """Put the follow-up calls and the end down together."""
        with self._units.open() as unit:
            # The mark comes last: when a follow-up can't be stored, the call is not done either.
            for call in calls:
                unit.call(call)
            self._mark_end(unit, item, DONE, "")
        unit.receipt.add_done_callback(partial(self._ended, item, DONE, ""))

    def _end(self, item: Item, state: str, error: str) -> None:
        """Give a call up."""
        item.under_way = True
        if state == DEAD:
            log.warning("call %s of '%s' is given up: %s", item.row.key, item.row.action, error)
        with self._units.open() as unit:
            self._mark_end(unit, item, state, error)
        unit.receipt.add_done_callback(partial(self._ended, item, state, error))

    def _mark_end(self, unit: Unit, item: Item, state: str, error: str) -> None:
        now = self._clock.now()
        tries = item.attempts + (state == DONE)
        mark(unit, item.row, state, due=now, attempts=tries, error=error, done_at=now)

    def _ended(self, item: Item, state: str, error: str, receipt: "asyncio.Future[Outcome]") -> None:
        """The end is on the disk, or can't be written as it is."""
        fault = None if receipt.cancelled() else receipt.exception()
        if fault is not None and not self._closing:
            self._failed_unexpectedly(item, fault)
        if fault is not None:
            return
        del self._items[item.row.key]
        if self._ended_while_loading is not None:
            self._ended_while_loading.add(item.row.key)
        self._recount(PENDING, -1)
        self._recount(state, 1)
        if state == DEAD:
            self._tell(item, f"given up after {item.attempts} attempts: {error}")
        self._load_more()

    def _failed(self, item: Item, error: Exception, retry_after: float | None = None) -> None:
        """Write the failure down and try again later."""
        item.attempts += 1
        self.failures += 1
        delay = self._backoff(item.attempts) if retry_after is None else retry_after
        log.info("call %s of '%s' failed: %s", item.row.key, item.row.action, error)
        self._later_again(item, delay, _text(error))

    def _failed_unexpectedly(self, item: Item, error: BaseException) -> None:
        item.bugs += 1
        log.error("call %s of '%s' failed unexpectedly", item.row.key, item.row.action, exc_info=error)
        if item.bugs >= _BUGS:
            item.attempts += 1
            self._end(item, DEAD, _text(error))
        else:
            self._failed(item, RuntimeError(_text(error)))

    def _later_again(self, item: Item, delay: float, error: str = "") -> None:
        item.due = self._clock.now() + timedelta(seconds=delay)
        if item.unwanted:
            self._end(item, DROPPED, error or "dropped by hand")
            return
        if error:
            item.row = replace(item.row, last_error=error)
            with self._units.open() as unit:
                mark(unit, item.row, PENDING, due=item.due, attempts=item.attempts, error=error)
        item.under_way = False
        self._place(item)

    def _close_lane(self, lane: Lane, seconds: float) -> None:
        until = self._clock.now() + timedelta(seconds=seconds)
        if lane.closed_until is None or until > lane.closed_until:
            lane.closed_until = until
            self._wakeups.at(until, partial(self._pump, lane))

    def _backoff(self, times: int) -> float:
        """Full jitter, so that calls that failed together don't come back together."""
        return _SHORTEST + self._chance() * (min(_LONGEST, 2.0 ** min(times, 16)) - _SHORTEST)

    # --- numbers and problems -----------------------------------------------------------------------------

    def _recount(self, state: str, difference: int) -> None:
        setattr(self, state, getattr(self, state) + difference)

    def _tell(self, item: Item, text: str) -> None:
        problem = f"outbox.{item.row.action}"
        self._problems.add(problem)
        self._report(
            problem,
            f"call {item.row.key} of '{item.row.action}': {text}",
            f"mend the cause, then `hub outbox retry {item.row.key}`; `hub outbox list --state dead` shows all",
        )

    def _clear_if_none_dead(self) -> None:
        if self.dead <= 0:
            for problem in sorted(self._problems):
                self._clear(problem)
            self._problems.clear()


def _named_delay(error: DeliveryFailed) -> float | None:
    """The wait in seconds that the provider asked for, within reason; None: it named none."""
    if error.retry_after is None or math.isnan(error.retry_after):
        return None
    return min(max(error.retry_after, _SHORTEST), _LONGEST_NAMED)


def _text(error: BaseException) -> str:
    """What the admin reads, never a whole page of a provider's."""
    text = str(error) or error.__class__.__name__
    if not isinstance(error, HubError):
        text = f"{error.__class__.__name__}: {text}"
    return text[:_LONGEST_ERROR]
