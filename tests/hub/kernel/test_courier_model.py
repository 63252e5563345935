"""The courier against a model of it: whatever comes in whatever order, table and counters are as they should be."""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hub.kernel.actions import Carried
from hub.model.calls import Call
from hub.model.errors import DeliveryFailed, DeliveryRefused
from hub.model.events import Severity
from hub.store.outbox import DEAD, DONE, DROPPED, PENDING
from tests.hub.kernel.test_courier import Post
from tests.hub.store.bench import Bench

PARKED, WAITING = "parked", "waiting"  # both pending: for the integration, for the next attempt
KEYS = st.sampled_from([f"k{number}" for number in range(6)])
MODES = st.sampled_from(["takes", "fails", "refuses", "away"])
OUTCOMES = {"takes": DONE, "fails": WAITING, "refuses": DEAD, "away": PARKED}
DAY = 86400


class Scripted(Post):
    """A post whose provider treats all calls alike."""

    mode = "takes"

    def begin(self, **action: Any) -> None:
        super().begin(**action)
        if self.mode == "away":
            self.undo()

    def turn(self, mode: str) -> None:
        was, self.mode = self.mode, mode
        if mode == "away":
            self.undo()
        elif was == "away":
            self.undo = self.actions.register("send", self.handle)

    async def handle(self, call: Call) -> Carried:
        errors = {"fails": DeliveryFailed("busy"), "refuses": DeliveryRefused("never")}
        self.answers[call.key] = [errors.get(self.mode)]
        return await super().handle(call)


class CourierMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.model: dict[str, str] = {}
        self.runner.run(self._open())

    async def _open(self) -> None:
        self.post = Scripted(Bench(self.folder))
        await self.post.bench.open()
        self.post.begin()

    def teardown(self) -> None:
        async def close() -> None:
            await self.post.end()
            await self.post.bench.close()

        self.runner.run(close())
        self.runner.close()
        shutil.rmtree(self.folder)

    def _try_all(self, *which: str) -> None:
        outcome = OUTCOMES[self.post.mode]
        self.model = {key: outcome if state in which else state for key, state in self.model.items()}

    @rule(key=KEYS, priority=st.sampled_from(Severity))
    def put(self, key: str, priority: Severity) -> None:
        self.runner.run(self.post.send(key, priority=priority))
        self.model.setdefault(key, OUTCOMES[self.post.mode])

    @rule(mode=MODES)
    def turn(self, mode: str) -> None:
        async def turn() -> None:
            self.post.turn(mode)
            await self.post.settle()

        self.runner.run(turn())
        self._try_all(PARKED)

    @rule()
    def wait_for_the_longest_backoff(self) -> None:
        self.runner.run(self.post.advance(301))
        self._try_all(PARKED, WAITING)

    @rule()
    def wait_for_the_end(self) -> None:
        self.runner.run(self.post.advance(DAY + 1))
        self._try_all(PARKED, WAITING)
        given_up = {PARKED: DEAD, WAITING: DEAD}
        self.model = {key: given_up.get(state, state) for key, state in self.model.items()}

    @rule()
    def restart(self) -> None:
        async def restart() -> None:
            await self.post.restart()
            await self.post.settle()

        self.runner.run(restart())

    @rule(key=KEYS)
    def retry(self, key: str) -> None:
        async def retry() -> bool:
            found = await self.post.outbox.retry(key)
            await self.post.settle()
            return found

        assert self.runner.run(retry()) == (self.model.get(key, DONE) != DONE)
        if self.model.get(key, DONE) != DONE:
            self.model[key] = OUTCOMES[self.post.mode]

    @rule(key=KEYS)
    def drop(self, key: str) -> None:
        async def drop() -> bool:
            found = await self.post.outbox.drop(key)
            await self.post.settle()
            return found

        open_ones = (PARKED, WAITING, DEAD)
        assert self.runner.run(drop()) == (self.model.get(key) in open_ones)
        if self.model.get(key) in open_ones:
            self.model[key] = DROPPED

    @invariant()
    def table_and_counters_are_as_the_model_says(self) -> None:
        expected = {
            key: PENDING if state in (PARKED, WAITING) else state for key, state in self.model.items()
        }
        rows = self.runner.run(self.post.bench.rows("SELECT key, state FROM outbox"))
        assert dict(rows) == expected
        states = list(expected.values())
        assert self.post.outbox.pending == states.count(PENDING)
        assert self.post.outbox.dead == states.count(DEAD)

    @precondition(lambda self: DONE in self.model.values())
    @invariant()
    def what_is_done_was_carried_out(self) -> None:
        done = {key for key, state in self.model.items() if state == DONE}
        assert done <= set(self.post.tried)


CourierMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
TestCourier = CourierMachine.TestCase
