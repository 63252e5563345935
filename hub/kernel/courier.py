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
from datetime import timedelta
from functools import partial

from voluptuous import Invalid

from hub.kernel.actions import Actions, Carried, Follow
from hub.kernel.clock import Clock, after
from hub.kernel.lanes import Item, Lane
from hub.kernel.wakeups import Wakeups
from hub.model.calls import Action, Call
from hub.model.errors import ActionRefused, DeliveryFailed, DeliveryRefused, HubError, NotReady, TooEarly
from hub.model.events import Severity
from hub.store.jsontext import decode
from hub.store.outbox import DEAD, DONE, DROPPED, PAGE, PENDING, Outbox, OutboxRow
from hub.store.unit import Outcome, Units

_SHORTEST, _LONGEST = 1.0, 300.0  # seconds between attempts, unless the provider names its own
_LONGEST_NAMED = 30 * 86400.0  # seconds; no provider means more
_BUGS = 10  # unexpected errors of one call before it is given up
_LONGEST_ERROR = 500  # characters
_UNDECLARED = Action(name="", summary="", schema=dict, durable=True)

log = logging.getLogger(__name__)


class Courier:
    """Holds pending calls by lane, starts what is due, writes down what became of it."""

    def __init__(
        self,
        outbox: Outbox,
        actions: Actions,
        clock: Clock,
        units: Units,
        *,
        chance: Callable[[], float] = random.random,
        page: int = PAGE,
    ) -> None:
        self._outbox, self._actions, self._clock, self._units = outbox, actions, clock, units
        self._chance, self._page = chance, page
        self._items: dict[str, Item] = {}
        self._lanes: dict[str, Lane] = {}
        self._parked: dict[str, dict[str, int]] = {}  # by action: key -> ticket, until it has a handler
        self._wakeups = Wakeups(clock)
        self._count = itertools.count().__next__
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending = 0  # ends on their way to the disk
        self._loading: asyncio.Task[None] | None = None
        self._ended_while_loading: set[str] = set()
        self._closing = False

    # --- life ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take over what is pending and begin, in the running loop."""
        self._actions.registered.append(self._handler_came)
        self._outbox.attach(self)

    async def stop(self, patience: float = 0.0) -> None:
        """Start nothing more, let attempts end for `patience` real seconds, then cancel them: they come again."""
        if self._closing:
            return
        self._closing = True
        self._outbox.detach()
        self._wakeups.close()
        if self._handler_came in self._actions.registered:
            self._actions.registered.remove(self._handler_came)
        if self._loading is not None:
            self._loading.cancel()
        if self._tasks and patience > 0:
            await asyncio.wait(self._tasks, timeout=patience)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def busy(self) -> bool:
        """Whether an attempt is under way, an end on its way to the disk, or more on its way from there."""
        loading = self._loading is not None and not self._loading.done()
        return bool(self._tasks) or self._ending > 0 or loading

    @property
    def oldest_due_age(self) -> float:
        """Seconds since the longest due call in memory should have been carried out; 0 when none is late."""
        soonest = min((item.due for item in self._items.values()), default=None)
        return 0.0 if soonest is None else max(0.0, (self._clock.now() - soonest).total_seconds())

    # --- what is held -------------------------------------------------------------------------------------

    def take(self, row: OutboxRow) -> None:
        """Hold a pending call; when memory is full, only a critical one."""
        full = len(self._items) >= self._page and row.priority < Severity.critical
        if row.key not in self._items and not full:
            item = self._items[row.key] = Item(row, row.due, row.attempts)
            self._place(item)

    def hurry(self, key: str) -> bool:
        """Carry a call out now; False when it is not held."""
        item = self._items.get(key)
        if item is not None and not item.under_way:
            item.due = self._clock.now()
            self._place(item)
        return item is not None

    def discard(self, key: str) -> bool:
        """Give a call up, one under way if its attempt fails; False when it is not held."""
        item = self._items.get(key)
        if item is not None and item.under_way:
            item.unwanted = True
        elif item is not None:
            self._end(item, DROPPED, "dropped by hand")
        return item is not None

    def _load_more(self) -> None:
        rest_waits = self._outbox.pending > len(self._items) and len(self._items) <= self._page // 2
        if rest_waits and not self._closing and (self._loading is None or self._loading.done()):
            self._ended_while_loading = set()
            self._loading = asyncio.get_running_loop().create_task(self._load(), name="courier: load")

    async def _load(self) -> None:
        rows = await self._outbox.in_state(PENDING, self._page + len(self._items))
        for row in rows:
            if row.key not in self._ended_while_loading:
                self.take(row)

    # --- where an item stands -----------------------------------------------------------------------------

    def _place(self, item: Item) -> None:
        """Put an item where it belongs: later, given up, parked, or ready in its lane."""
        item.ticket += 1
        now, expiry = self._clock.now(), item.row.expiry(self._action(item).expires)
        if now >= expiry:
            self._end(item, DEAD, f"expired; last: {item.row.last_error or 'no attempt'}")
        elif item.due > now:
            self._wakeups.at(min(item.due, expiry), partial(self._wake, item.row.key, item.ticket))
        elif not self._actions.ready(item.row.action):
            self._park(item)
            self._wakeups.at(expiry, partial(self._wake, item.row.key, item.ticket))
        else:
            lane = self._lanes.setdefault(item.row.lane, Lane())
            heapq.heappush(lane.ready, (-item.row.priority, item.due, self._count(), item, item.ticket))
            self._pump(lane)

    def _wake(self, key: str, ticket: int) -> None:
        item = self._items.get(key)
        if item is not None and item.ticket == ticket and not item.under_way:
            self._place(item)

    def _handler_came(self, name: str) -> None:
        now = self._clock.now()
        for key, ticket in self._parked.pop(name, {}).items():
            item = self._items.get(key)
            if item is not None and item.ticket == ticket and not item.under_way:
                item.due = min(item.due, now)
                self._place(item)

    def _park(self, item: Item) -> None:
        """Let the coming of a handler wake the item where it stands now."""
        self._parked.setdefault(item.row.action, {})[item.row.key] = item.ticket

    def _action(self, item: Item) -> Action:
        return self._actions.declared.get(item.row.action, _UNDECLARED)

    # --- attempts -----------------------------------------------------------------------------------------

    def _pump(self, lane: Lane) -> None:
        """Start what the lane's limit allows, the most urgent first."""
        if lane.closed_until is not None and lane.closed_until > self._clock.now():
            return
        while lane.ready and not self._closing:
            item, ticket = lane.ready[0][3:]
            if item.ticket == ticket and lane.running >= self._action(item).parallel:
                return
            heapq.heappop(lane.ready)
            if item.ticket == ticket:
                self._start(item, lane)

    def _start(self, item: Item, lane: Lane) -> None:
        expired = self._clock.now() >= item.row.expiry(self._action(item).expires)
        if expired or not self._actions.ready(item.row.action):
            self._place(item)
            return
        item.ticket += 1
        item.under_way = True
        lane.running += 1
        task = asyncio.get_running_loop().create_task(
            self._attempt(item, lane), name=f"call {item.row.action} {item.row.key}"
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attempt(self, item: Item, lane: Lane) -> None:
        self._outbox.attempts += 1
        try:
            self._finish(item, await self._carry(item) or ())
        except NotReady:
            item.waits += 1
            self._later_again(item, self._backoff(item.waits))
            self._park(item)
        except TooEarly as error:
            left = (error.until - self._clock.now()).total_seconds()
            self._later_again(item, min(max(left, _SHORTEST), _LONGEST_NAMED), _text(error))
        except (DeliveryRefused, ActionRefused, Invalid) as error:
            item.attempts += 1
            self._end(item, DEAD, _text(error))
        except DeliveryFailed as error:
            delay = _named_delay(error)
            if delay is not None:
                self._close_lane(lane, delay)
            self._failed(item, _text(error), delay)
        except HubError as error:  # wrong credentials or settings: an admin may mend them before it expires
            self._outbox.tell(item.row, _text(error))
            self._failed(item, _text(error))
        except Exception as error:  # noqa: BLE001 - an edge: what a guest raises must not stop other deliveries
            self._failed_unexpectedly(item, error)
        finally:
            lane.running -= 1
            self._pump(lane)

    async def _carry(self, item: Item) -> Carried:
        """One attempt within the action's time; one that is cancelled from within has failed."""
        late, task = False, asyncio.current_task()
        assert task is not None  # noqa: S101 - this is a coroutine

        def run_late() -> None:
            nonlocal late
            late = True
            task.cancel()

        timeout = self._action(item).timeout
        timer = self._clock.call_at(after(self._clock, timeout), run_late)
        try:
            return await self._actions.carry(_call_of(item.row))
        except asyncio.CancelledError:
            if late and task.uncancel() == 0:
                raise DeliveryFailed(f"no answer within {timeout:g} s") from None
            if task.cancelling() == 0:
                raise DeliveryFailed("the attempt was cancelled from within") from None
            raise
        finally:
            timer.cancel()

    # --- what became of it --------------------------------------------------------------------------------

    def _finish(self, item: Item, carried: Follow | Sequence[Call]) -> None:
        """Put down what follows and the end together."""
        follow = carried if isinstance(carried, Follow) else Follow(carried)
        with self._units.open() as unit:
            # The mark comes last: when something that follows can't be stored, the call is not done either.
            # The calls come first: their keys bear a repetition, `write` need not.
            for call in follow.calls:
                unit.call(call if call.alarm else replace(call, alarm=item.row.alarm))
            if follow.write is not None:
                follow.write()
            self._outbox.mark(unit, item.row, DONE, due=self._clock.now(), attempts=item.attempts + 1)
        self._ending += 1
        unit.receipt.add_done_callback(partial(self._ended, item, DONE, ""))

    def _end(self, item: Item, state: str, error: str) -> None:
        """Give a call up."""
        item.under_way = True
        item.ticket += 1
        with self._units.open() as unit:
            self._outbox.mark(
                unit, item.row, state, due=self._clock.now(), attempts=item.attempts, error=error
            )
        self._ending += 1
        unit.receipt.add_done_callback(partial(self._ended, item, state, error))

    def _ended(self, item: Item, state: str, error: str, receipt: "asyncio.Future[Outcome]") -> None:
        """The end is on the disk, or can't be written as it is."""
        self._ending -= 1
        if receipt.cancelled() or (fault := receipt.exception()) is None:
            del self._items[item.row.key]
            self._ended_while_loading.add(item.row.key)
            self._outbox.moved(item.row, state, error)
            self._load_more()
        elif not self._closing:
            self._failed_unexpectedly(item, fault)

    def _failed(self, item: Item, error: str, delay: float | None = None) -> None:
        """Write the failure down and try again later."""
        item.attempts += 1
        self._outbox.failures += 1
        log.info("call %s of '%s' failed: %s", item.row.key, item.row.action, error)
        self._later_again(item, self._backoff(item.attempts) if delay is None else delay, error)

    def _failed_unexpectedly(self, item: Item, error: BaseException) -> None:
        item.bugs += 1
        log.error("call %s of '%s' failed unexpectedly", item.row.key, item.row.action, exc_info=error)
        if item.bugs >= _BUGS:
            item.attempts += 1
            self._end(item, DEAD, _text(error))
        else:
            self._failed(item, _text(error))

    def _later_again(self, item: Item, delay: float, error: str = "") -> None:
        item.due = self._clock.now() + timedelta(seconds=delay)
        if item.unwanted:
            self._end(item, DROPPED, error or "dropped by hand")
            return
        if error:
            item.row = replace(item.row, last_error=error)
            with self._units.open() as unit:
                self._outbox.mark(unit, item.row, PENDING, due=item.due, attempts=item.attempts, error=error)
        item.under_way = False
        self._place(item)

    def _close_lane(self, lane: Lane, seconds: float) -> None:
        """The provider wants peace: from every call of the lane."""
        until = self._clock.now() + timedelta(seconds=seconds)
        if lane.closed_until is None or until > lane.closed_until:
            lane.closed_until = until
            self._wakeups.at(until, partial(self._pump, lane))

    def _backoff(self, times: int) -> float:
        """Full jitter, so that calls that failed together don't come back together."""
        return _SHORTEST + self._chance() * (min(_LONGEST, 2.0 ** min(times, 16)) - _SHORTEST)


def _call_of(row: OutboxRow) -> Call:
    """The call as it was put down; always read from the text, so that a restart changes nothing."""
    return Call(
        name=row.action,
        data=decode(row.data),
        key=row.key,
        cause=row.cause,
        lane=row.lane,
        priority=Severity(row.priority),
        alarm=row.alarm,
    )


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
