"""From an arrived message to its acknowledgement: subscribers, their receipts, retries, and those who are away.

A QoS 1 message is settled when every subscriber's receipt is done. One that fails gets it again a few times; then
the message is set aside on the hub's own disk, so that it neither is lost nor keeps later ones from being
acknowledged. A subscriber that is away (the hub is starting, a guest restarts) gets what came meanwhile.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.api import Clock, Message, MessageHandler, Timer

from .aside import Aside, Kept
from .topics import TopicTrie, Undo

RETRY_DELAYS = (1.0, 2.0, 4.0, 8.0)  # seconds; after the last one the message is set aside
HOLD = 5.0  # seconds that messages for an absent subscriber wait unacknowledged before they are set aside
ABSENCE = 3600.0  # seconds after which a subscriber that does not come back is forgotten
TRY_ASIDE = 60.0  # seconds between attempts at what was set aside
ROUTES_CACHED = 10_000

Report = Callable[
    [str, Exception | None], None
]  # of a topic filter: what its subscriber raised, None when it healed


@dataclass(eq=False, slots=True)
class Subscriber:
    """One handler of one filter."""

    topic_filter: str
    handler: MessageHandler
    qos: int
    gone: bool = False
    failing: bool = False


@dataclass(eq=False, slots=True)
class Absent:
    """A subscriber that was here before and has not come (back) yet."""

    topic_filter: str
    qos: int
    remove: Undo
    held: "list[Delivery]" = field(default_factory=list)
    timer: Timer | None = None
    patient: bool = True  # still holding; False: messages are set aside at once


class Window:
    """QoS 1 messages of one connection, acknowledged in order of their arrival [MQTT-4.6.0-2], or each by itself."""

    def __init__(self, acknowledge: Callable[[int], None], *, ordered: bool = True) -> None:
        self._acknowledge, self._ordered = acknowledge, ordered
        self._settled: dict[int, bool] = {}
        self.open = True

    def __len__(self) -> int:
        return len(self._settled)

    def arrive(self, mid: int) -> bool:
        """Whether the message is new; a broker that is impatient sends again what we still have in hand."""
        if mid in self._settled:
            return False
        self._settled[mid] = False
        return True

    def settle(self, mid: int) -> None:
        """The message is handled; it and those behind it go out as far as the row is complete."""
        settled = self._settled
        if not self._ordered:
            del settled[mid]
            if self.open:
                self._acknowledge(mid)
            return
        settled[mid] = True
        while settled:
            first = next(iter(settled))
            if not settled[first]:
                return
            del settled[first]
            if self.open:
                self._acknowledge(first)


class Delivery:
    """One message on its way to its subscribers; `pending` counts what must end before it is settled."""

    __slots__ = ("attempts", "message", "mid", "pending", "window")

    def __init__(self, message: Message, window: Window | None, mid: int) -> None:
        self.message, self.window, self.mid = message, window, mid
        self.pending, self.attempts = 1, 0

    @property
    def live(self) -> bool:
        """Whether the broker still waits for our answer; if not, it will send again by itself."""
        return self.window is not None and self.window.open


class Deliveries:
    """Subscribers by topic filter and the messages on their way to them."""

    def __init__(self, clock: Clock, aside: Aside, report: Report, log: "logging.LoggerAdapter[Any]") -> None:
        self._clock, self._aside, self._report, self._log = clock, aside, report, log
        self._subscribers: TopicTrie[Subscriber] = TopicTrie()
        self._absents: TopicTrie[Absent] = TopicTrie()
        self._absent_by_filter: dict[str, list[Absent]] = {}
        self._routes: dict[str, tuple[tuple[Subscriber, ...], tuple[Absent, ...]]] = {}
        self._tasks: set[asyncio.Future[Any]] = set()
        self._by_filter: dict[str, list[Subscriber]] = {}
        self._aside_timer: Timer | None = None
        self.expired: Callable[[str], None] = lambda _filter: (
            None
        )  # told of filters that nobody wants any more
        self.settled: Callable[[], None] = lambda: None  # told when a delivery ended
        self.pending = 0
        self.failures = 0

    # --- who wants what ---------------------------------------------------------------------------------

    def expect(self, topic_filter: str, qos: int = 1) -> None:
        """Keep messages for a subscriber that was here before the hub stopped."""
        self._miss(topic_filter, qos)

    def subscribe(self, topic_filter: str, handler: MessageHandler, qos: int) -> Undo:
        """Add a subscriber; it gets at once what was kept for it."""
        subscriber = Subscriber(topic_filter, handler, qos)
        remove = self._subscribers.add(topic_filter, subscriber)
        self._by_filter.setdefault(topic_filter, []).append(subscriber)
        self._routes.clear()
        absents = self._absent_by_filter.get(topic_filter)
        if absents and qos:
            self._welcome(absents.pop(0), subscriber)
        self._try_aside_soon(topic_filter)

        def undo() -> None:
            if not subscriber.gone:
                subscriber.gone = True
                remove()
                self._by_filter[topic_filter].remove(subscriber)
                self._routes.clear()
                if qos:
                    self._miss(topic_filter, qos)
                else:
                    self._leave(topic_filter)

        return undo

    def wanted(self) -> dict[str, int]:
        """Each filter that anyone wants or is waited for, with its QoS."""
        wanted: dict[str, int] = {}
        for topic_filter, subscribers in self._by_filter.items():
            for subscriber in subscribers:
                wanted[topic_filter] = max(subscriber.qos, wanted.get(topic_filter, 0))
        for topic_filter, absents in self._absent_by_filter.items():
            for absent in absents:
                wanted[topic_filter] = max(absent.qos, wanted.get(topic_filter, 0))
        return wanted

    def counts(self) -> dict[str, int]:
        """How many subscribers of QoS 1 each filter has, absent ones included."""
        counts: dict[str, int] = {}
        for topic_filter, subscribers in self._by_filter.items():
            counts[topic_filter] = sum(1 for subscriber in subscribers if subscriber.qos)
        for topic_filter, absents in self._absent_by_filter.items():
            counts[topic_filter] = counts.get(topic_filter, 0) + len(absents)
        return {topic_filter: count for topic_filter, count in counts.items() if count}

    def _miss(self, topic_filter: str, qos: int) -> None:
        absent = Absent(topic_filter, qos, lambda: None)
        absent.remove = self._absents.add(topic_filter, absent)
        self._absent_by_filter.setdefault(topic_filter, []).append(absent)
        self._routes.clear()
        absent.timer = self._clock.call_at(self._in(HOLD), lambda: self._lose_patience(absent))

    def _welcome(self, absent: Absent, subscriber: Subscriber) -> None:
        self._dismiss(absent)
        for delivery in absent.held:
            if delivery.live:
                self._start(delivery, subscriber)
            self._finish(delivery)

    def _dismiss(self, absent: Absent) -> None:
        absent.remove()
        self._routes.clear()
        if absent.timer is not None:
            absent.timer.cancel()

    def _lose_patience(self, absent: Absent) -> None:
        absent.patient = False
        held, absent.held = absent.held, []
        for delivery in held:
            if delivery.live:
                self._set_aside(delivery, absent.topic_filter)
            self._finish(delivery)
        absent.timer = self._clock.call_at(self._in(ABSENCE), lambda: self._expire(absent))

    def _expire(self, absent: Absent) -> None:
        self._dismiss(absent)
        self._absent_by_filter[absent.topic_filter].remove(absent)
        self._leave(absent.topic_filter)

    def _leave(self, topic_filter: str) -> None:
        """Somebody left for good; the last one takes the filter along."""
        if self._absent_by_filter.get(topic_filter) or self._by_filter.get(topic_filter):
            return
        self._absent_by_filter.pop(topic_filter, None)
        self._by_filter.pop(topic_filter, None)
        dropped = self._aside.drop(topic_filter)
        if dropped:
            self._log.warning("%d messages on %s dropped: nobody came for them", dropped, topic_filter)
        self.expired(topic_filter)

    def _in(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)

    # --- a message's way --------------------------------------------------------------------------------

    def take(self, message: Message, window: Window | None, mid: int) -> None:
        """Hand a message to all who want it; `window` None means QoS 0: nobody waits for an answer."""
        route = self._routes.get(message.topic)
        if route is None:
            route = self._find_route(message.topic)
        subscribers, absents = route
        delivery = Delivery(message, window, mid)
        self.pending += 1
        for subscriber in subscribers:
            self._start(delivery, subscriber)
        if absents and window is not None:
            for absent in absents:
                self._keep_for(absent, delivery)
        self._finish(delivery)

    def _find_route(self, topic: str) -> tuple[tuple[Subscriber, ...], tuple[Absent, ...]]:
        if len(self._routes) >= ROUTES_CACHED:
            self._routes.clear()
        route = self._routes[topic] = (self._subscribers.match(topic), self._absents.match(topic))
        return route

    def _keep_for(self, absent: Absent, delivery: Delivery) -> None:
        if absent.patient:
            delivery.pending += 1
            absent.held.append(delivery)
        else:
            self._set_aside(delivery, absent.topic_filter)

    def _start(self, delivery: Delivery, subscriber: Subscriber) -> None:
        try:
            result = subscriber.handler(delivery.message)
        except Exception as error:  # noqa: BLE001 - as on the bus: one guest must not silence another
            self._failed(delivery, subscriber, error)
            return
        if result is None:
            if subscriber.failing:
                self._healed(subscriber)
            return
        if isinstance(result, asyncio.Future) and result.done():
            self._ended(delivery, subscriber, result)
            return
        delivery.pending += 1
        future = self._follow(result)
        future.add_done_callback(lambda ended: self._ended_later(delivery, subscriber, ended))

    def _follow(self, result: Awaitable[Any]) -> "asyncio.Future[Any]":
        future = asyncio.ensure_future(result)
        self._tasks.add(future)
        future.add_done_callback(self._tasks.discard)
        return future

    def _ended_later(self, delivery: Delivery, subscriber: Subscriber, future: "asyncio.Future[Any]") -> None:
        self._ended(delivery, subscriber, future)
        self._finish(delivery)

    def _ended(self, delivery: Delivery, subscriber: Subscriber, future: "asyncio.Future[Any]") -> None:
        error = asyncio.CancelledError() if future.cancelled() else future.exception()
        if error is None:
            if subscriber.failing:
                self._healed(subscriber)
        else:
            self._failed(delivery, subscriber, error)

    def _finish(self, delivery: Delivery) -> None:
        delivery.pending -= 1
        if delivery.pending == 0:
            self.pending -= 1
            if delivery.window is not None:
                delivery.window.settle(delivery.mid)
            self.settled()

    # --- what goes wrong --------------------------------------------------------------------------------

    def _failed(self, delivery: Delivery, subscriber: Subscriber, error: BaseException) -> None:
        self.failures += 1
        if isinstance(error, Exception) and not subscriber.gone:
            subscriber.failing = True
            self._report(subscriber.topic_filter, error)
        if not delivery.live:
            return
        delay = RETRY_DELAYS[min(delivery.attempts, len(RETRY_DELAYS) - 1)]
        delivery.attempts += 1
        delivery.pending += 1
        self._clock.call_at(self._in(delay), lambda: self._again(delivery, subscriber))

    def _again(self, delivery: Delivery, subscriber: Subscriber) -> None:
        if delivery.live:
            there = self._by_filter.get(subscriber.topic_filter)
            if delivery.attempts > len(RETRY_DELAYS) or (subscriber.gone and not there):
                self._set_aside(delivery, subscriber.topic_filter)
            else:
                self._start(delivery, there[-1] if subscriber.gone and there else subscriber)
        self._finish(delivery)

    def _healed(self, subscriber: Subscriber) -> None:
        subscriber.failing = False
        self._report(subscriber.topic_filter, None)

    def _set_aside(self, delivery: Delivery, topic_filter: str) -> None:
        """Write the message down; only then is it settled. A disk that fails is asked again, for ever."""
        delivery.pending += 1

        def written(future: "asyncio.Future[Any]") -> None:
            if future.cancelled() or future.exception() is not None:
                self._clock.call_at(self._in(RETRY_DELAYS[-1]), lambda: again())
            else:
                self._try_aside_later()
                self._finish(delivery)

        def again() -> None:
            if delivery.live:
                self._set_aside(delivery, topic_filter)
            self._finish(delivery)

        self._follow(self._aside.put(topic_filter, delivery.message)).add_done_callback(written)

    def _try_aside_later(self) -> None:
        if self._aside_timer is None:
            self._aside_timer = self._clock.call_at(self._in(TRY_ASIDE), self._try_aside)

    def _try_aside(self) -> None:
        self._aside_timer = None
        for topic_filter in self._aside.filters():
            self._try_aside_soon(topic_filter)
        if len(self._aside):
            self._try_aside_later()

    def _try_aside_soon(self, topic_filter: str) -> None:
        subscribers = self._by_filter.get(topic_filter)
        if subscribers and self._aside.waiting(topic_filter):
            self._follow(self._hand_out(topic_filter, subscribers[-1]))

    async def _hand_out(self, topic_filter: str, subscriber: Subscriber) -> None:
        """Give a subscriber what was set aside for its filter, oldest first; what fails stays."""
        for kept in self._aside.take(topic_filter):
            handled = await self._hand_one(kept, subscriber)
            self._aside.put_back(kept, handled=handled)
        if len(self._aside):
            self._try_aside_later()

    async def _hand_one(self, kept: Kept, subscriber: Subscriber) -> bool:
        try:
            result = subscriber.handler(kept.message)
            if result is not None:
                await result
        except Exception as error:  # noqa: BLE001 - as above
            self._report(subscriber.topic_filter, error)
            return False
        return True

    async def close(self) -> None:
        """End the handlers' coroutines; what is not settled stays with the broker."""
        if self._aside_timer is not None:
            self._aside_timer.cancel()
        for absents in self._absent_by_filter.values():
            for absent in absents:
                if absent.timer is not None:
                    absent.timer.cancel()
        tasks = [task for task in self._tasks if isinstance(task, asyncio.Task)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
