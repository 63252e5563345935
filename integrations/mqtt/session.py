"""The port `Broker`: subscriptions and publishing over a connection that is made again whenever it ends."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Any, Protocol

from paho.mqtt.client import MQTTMessage

from hub.api import ActionRefused, AuthFailed, Clock, ConfigError, Message, MessageHandler, NotReady

from .aside import Aside
from .connection import Connection, Granted
from .deliveries import Deliveries, Window
from .settings import Settings
from .topics import Undo, check_filter, check_topic

FILTERS_AT_ONCE = 100
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 30.0  # seconds between attempts
PROVEN = 10.0  # seconds that a connection must last for the pauses to start over
CHECK_EVERY = 2.0  # seconds between looks at pings
MOST_PUBLISHING = 10_000


class Desk(Protocol):
    """Where the session tells the admin what is wrong."""

    def problem(self, key: str, text: str, remedy: str = "") -> None:
        """Something is wrong until cleared."""

    def clear(self, key: str) -> None:
        """It is right again."""


class MqttBroker:
    """A session at a broker that survives its connections, and the hub's restarts by its client id."""

    def __init__(
        self,
        settings: Settings,
        client_id: str,
        *,
        clock: Clock,
        aside: Aside,
        desk: Desk,
        log: "logging.LoggerAdapter[Any]",
        folder: Path,
        without_spaces: bool = False,
        subscribing: Callable[[], AbstractAsyncContextManager[object]] = nullcontext,
        ordered: bool = True,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._settings, self._client_id, self._folder = settings, client_id, folder
        self._clock, self._desk, self._log, self._jitter = clock, desk, log, jitter
        self._without_spaces = without_spaces
        self._ordered = ordered  # acknowledgements, as the standard wants it
        self._subscribing = subscribing  # what must be around each SUBSCRIBE and its answer
        self._askers: set[asyncio.Task[None]] = set()
        self._deliveries = Deliveries(clock, aside, self._report_handler, log)
        self._deliveries.expired = self._drop_filter
        self._deliveries.settled = self._relieve
        self._connection: Connection | None = None
        self._window: Window | None = None
        self._asked: dict[str, int] = {}
        self._asking: set[asyncio.Future[list[Granted]]] = set()
        self._unasked: dict[str, None] = {}
        self._refused: set[str] = set()
        self._scheduled = False
        self._publishing = 0
        self._watchers: list[Callable[[bool], object]] = []
        self._paused = False
        self.changed: Callable[[Mapping[str, int]], None] = lambda _counts: (
            None
        )  # told of filters to remember
        self.received = self.dropped = 0

    # --- the port ---------------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether messages flow now."""
        return self._connection is not None

    def subscribe(self, topic_filter: str, handler: MessageHandler, *, qos: int = 1) -> Undo:
        """Call `handler` for each message that matches; ValueError for a filter that no broker takes.

        QoS 2 is asked for as 1: receipts and repeatable ids make once of at least once.
        """
        check_filter(topic_filter)
        remove = self._deliveries.subscribe(topic_filter, handler, min(qos, 1))
        self._ask_for(topic_filter)

        def undo() -> None:
            remove()
            self._tell_changed()

        return undo

    async def publish(self, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False) -> None:
        """Publish; QoS 1 (and 2, sent as 1) returns when the broker has it. NotReady without a connection."""
        data = self._checked(topic, payload)
        connection = self._connection
        if connection is None:
            raise NotReady("there is no connection to the MQTT broker")
        if self._publishing >= MOST_PUBLISHING:
            raise NotReady(f"{self._publishing} messages wait for the broker already")
        self._publishing += 1
        try:
            await connection.publish(topic, data, qos=min(qos, 1), retain=retain)
        finally:
            self._publishing -= 1

    def _checked(self, topic: str, payload: bytes | str) -> bytes:
        try:
            check_topic(topic)
        except ValueError as error:
            raise ActionRefused(str(error)) from error
        if self._without_spaces and " " in topic:
            raise ActionRefused(f"topic '{topic}' holds a space, which the embedded broker can't carry")
        data = payload.encode() if isinstance(payload, str) else bytes(payload)
        if len(data) > self._settings.max_payload:
            raise ActionRefused(
                f"the payload for '{topic}' has {len(data)} bytes; max_payload_kib allows {self._settings.max_payload}"
            )
        return data

    # --- for the guest itself ---------------------------------------------------------------------------

    def watch(self, watcher: Callable[[bool], object]) -> None:
        """Call `watcher(connected)` whenever the connection comes or goes."""
        self._watchers.append(watcher)

    def expect(self, counts: Mapping[str, int]) -> None:
        """Keep messages for the subscribers of the hub's last life until they are back."""
        for topic_filter, count in counts.items():
            for _ in range(count):
                self._deliveries.expect(topic_filter)
            self._asked[topic_filter] = 1

    async def subscribed(self) -> None:
        """Wait until the broker has answered every subscription made so far."""
        await asyncio.sleep(0)
        while self._scheduled or self._asking or self._askers:
            await asyncio.gather(*self._asking, *self._askers, return_exceptions=True)
            await asyncio.sleep(0)

    async def run(self, tried: Callable[[], None]) -> None:
        """Keep a connection for ever; `tried` is called after each attempt.

        AuthFailed and ConfigError end it, unless the broker took us before: it may come to its senses.
        """
        failures, ever = 0, False
        try:
            while True:
                started = self._clock.monotonic()
                try:
                    await self._connect()
                except (AuthFailed, ConfigError, NotReady) as error:
                    if not ever and not isinstance(error, NotReady):
                        raise
                    self._desk.problem("connection", str(error), "look at `broker:` and at the broker itself")
                    tried()
                else:
                    ever = True
                    tried()
                    await self._stay()
                failures = 0 if self._clock.monotonic() - started > PROVEN else failures + 1
                await self._clock.sleep(self._pause(failures))
        finally:
            await self._leave()

    def _pause(self, failures: int) -> float:
        return min(LONGEST_PAUSE, SHORTEST_PAUSE * 2.0 ** min(failures, 10)) * (0.5 + 0.5 * self._jitter())

    async def _connect(self) -> None:
        connection = Connection(self._settings, self._client_id, self._take, folder=self._folder)
        self._window = Window(connection.acknowledge, ordered=self._ordered)
        try:
            kept = await connection.open()
        except BaseException:
            self._window.open = False
            connection.cut()
            raise
        self._connection = connection
        place = f"{self._settings.host}:{self._settings.port}"
        self._log.info("connected to %s with %s session", place, "the kept" if kept else "a new")
        self._desk.clear("connection")
        self._asked = self._deliveries.wanted()
        self._ask(self._asked)
        self._publish_status("online")
        for watcher in self._watchers:
            watcher(True)

    async def _stay(self) -> None:
        connection = self._connection
        assert connection is not None  # noqa: S101 - _connect just made it
        checking = asyncio.ensure_future(self._check(connection))
        try:
            reason = await asyncio.shield(connection.ended)
        finally:
            checking.cancel()
        self._forget()
        text = f"the connection to the broker ended: {reason}"
        self._desk.problem("connection", text, "the hub connects again by itself")

    async def _check(self, connection: Connection) -> None:
        while True:
            await self._clock.sleep(CHECK_EVERY)
            connection.check()

    def _forget(self) -> None:
        self._connection = None
        self._paused = False
        if self._window is not None:
            self._window.open = False
        for watcher in self._watchers:
            watcher(False)

    async def _leave(self) -> None:
        connection = self._connection
        for asker in self._askers:
            asker.cancel()
        await asyncio.gather(*self._askers, return_exceptions=True)
        if connection is not None:
            self._publish_status("offline")
            self._forget()
            await connection.close()
        await self._deliveries.close()

    def _publish_status(self, word: str) -> None:
        if self._settings.status_topic and self._connection is not None:
            self._connection.tell(self._settings.status_topic, word.encode())

    # --- subscriptions ----------------------------------------------------------------------------------

    def _ask_for(self, topic_filter: str) -> None:
        self._unasked[topic_filter] = None
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._ask_all)

    def _ask_all(self) -> None:
        """One SUBSCRIBE for all that came in one turn of the loop.

        Also for filters known already: the broker sends their retained messages again, for the newcomer.
        """
        self._scheduled = False
        wanted = self._deliveries.wanted()
        fresh = {name: wanted[name] for name in self._unasked if name in wanted}
        self._unasked.clear()
        self._asked.update(fresh)
        self._ask(fresh)
        self._tell_changed()

    def _ask(self, filters: Mapping[str, int]) -> None:
        if self._connection is not None and filters:
            asker = asyncio.ensure_future(self._ask_inside(self._connection, list(filters.items())))
            self._askers.add(asker)
            asker.add_done_callback(self._askers.discard)

    async def _ask_inside(self, connection: Connection, pairs: list[tuple[str, int]]) -> None:
        async with self._subscribing():
            if connection is not self._connection:
                return  # it ended meanwhile; the next one asks anew
            answers = []
            for start in range(0, len(pairs), FILTERS_AT_ONCE):
                answer = connection.subscribe(pairs[start : start + FILTERS_AT_ONCE])
                self._asking.add(answer)
                answer.add_done_callback(self._take_answer)
                answers.append(answer)
            await asyncio.wait(answers)

    def _take_answer(self, answer: "asyncio.Future[list[Granted]]") -> None:
        self._asking.discard(answer)
        if answer.cancelled() or answer.exception() is not None:
            return  # the connection is gone; the next one asks anew
        for granted in answer.result():
            if granted.taken:
                if granted.topic_filter in self._refused:
                    self._refused.discard(granted.topic_filter)
                    self._desk.clear(f"filter {granted.topic_filter}")
            else:
                self._refused.add(granted.topic_filter)
                self._desk.problem(
                    f"filter {granted.topic_filter}",
                    f"the broker refuses the subscription to '{granted.topic_filter}': {granted.reason}",
                    "allow it in the broker's access rules; the guest's README tells the embedded broker's limits",
                )

    def _drop_filter(self, topic_filter: str) -> None:
        self._asked.pop(topic_filter, None)
        if self._connection is not None:
            self._connection.unsubscribe([topic_filter])
        self._tell_changed()

    def _tell_changed(self) -> None:
        self.changed(self._deliveries.counts())

    # --- messages ---------------------------------------------------------------------------------------

    def _take(self, raw: MQTTMessage) -> None:
        window = self._window
        if window is None or not window.open:
            return
        self.received += 1
        qos, mid = raw.qos, raw.mid
        if qos and not window.arrive(mid):
            return
        fault = self._fault_of(raw)
        if fault:
            self.dropped += 1
            self._desk.problem("dropped", fault, "mend the sender; the message was dropped")
            if qos:
                window.settle(mid)
            return
        message = Message(raw.topic, bytes(raw.payload), qos, raw.retain, self._clock.now())
        deliveries = self._deliveries
        deliveries.take(message, window if qos else None, mid)
        busy = max(deliveries.pending, len(window)) >= self._settings.max_pending
        if busy and not self._paused and self._connection is not None:
            self._paused = True
            self._connection.pause()

    def _fault_of(self, raw: MQTTMessage) -> str:
        if len(raw.payload) > self._settings.max_payload:
            return f"a message of {len(raw.payload)} bytes is larger than max_payload_kib allows"
        try:
            return "" if raw.topic else "a message has no topic"
        except UnicodeDecodeError:
            return "a message's topic is no UTF-8"

    def _relieve(self) -> None:
        if (
            self._paused
            and max(self._deliveries.pending, len(self._window or ())) <= self._settings.max_pending // 2
        ):
            self._paused = False
            if self._connection is not None:
                self._connection.resume()

    def _report_handler(self, topic_filter: str, error: Exception | None) -> None:
        key = f"handler {topic_filter}"
        if error is None:
            self._desk.clear(key)
            return
        self._log.debug("a subscriber of %s raised", topic_filter, exc_info=error)
        text = f"a subscriber of '{topic_filter}' failed: {type(error).__name__}: {error}"
        self._desk.problem(key, text, "see the log; its messages are kept and given to it again")
