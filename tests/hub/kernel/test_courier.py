"""The courier: every durable call is done, given up with a reason, or still tried; never twice at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
import voluptuous as vol

from hub.kernel.actions import Actions, Carried, Follow
from hub.kernel.courier import Courier
from hub.model.calls import Action, Call
from hub.model.errors import ActionRefused, AuthFailed, DeliveryFailed, DeliveryRefused, NotReady, TooEarly
from hub.model.events import Severity
from hub.store.outbox import DEAD, DONE, DROPPED, PENDING
from tests.hub.store.bench import Bench, an_alarm, put_alarm


class Post:
    """A courier over a bench whose provider does what the test says."""

    def __init__(self, bench: Bench, *, page: int = 10_000) -> None:
        self.bench, self.page = bench, page
        self.tried: list[str] = []
        self.calls: list[Call] = []
        self.answers: dict[str, list[Any]] = {}  # key -> what each attempt raises, returns or waits for
        self.at_once: dict[str, int] = {}
        self.most_at_once = 0

    def begin(self, **action: Any) -> None:
        self.actions = Actions(self.bench.store.units)
        self.declare("send", **action)
        self.outbox = self.bench.store.outbox
        self.courier = Courier(
            self.outbox,
            self.actions,
            self.bench.clock,
            self.bench.store.units,
            chance=lambda: 1.0,
            page=self.page,
        )
        self.undo = self.actions.register("send", self.handle)
        self.courier.start()

    def declare(self, name: str, **action: Any) -> None:
        self.actions.declare(Action(name=name, summary="", schema=dict, durable=True, **action))

    async def end(self) -> None:
        await self.courier.stop()

    async def restart(self) -> None:
        await self.end()
        await self.bench.reopen()
        self.begin()

    async def handle(self, call: Call) -> Carried:
        self.tried.append(call.key)
        self.calls.append(call)
        self.at_once[call.key] = self.at_once.get(call.key, 0) + 1
        assert self.at_once[call.key] == 1, "one key is under way twice"
        self.most_at_once = max(self.most_at_once, sum(self.at_once.values()))
        try:
            answers = self.answers.get(call.key, [])
            answer = answers.pop(0) if answers else None
            if isinstance(answer, asyncio.Event):
                await answer.wait()
                return None
            if isinstance(answer, Exception):
                raise answer
            return answer
        finally:
            self.at_once[call.key] -= 1

    async def send(self, key: str, *answers: Any, data: Any = None, name: str = "send", **call: Any) -> None:
        self.answers[key] = list(answers)
        with self.bench.store.units.open() as unit:
            unit.call(Call(name=name, data=data or {}, key=key, **call))
        await unit.receipt
        await self.settle()

    async def settle(self) -> None:
        quiet = 0
        while quiet < 3:
            for _ in range(5):
                await asyncio.sleep(0)
            waiting = any(self.at_once.values())
            busy = self.bench.store.writer.busy or (self.courier.busy and not waiting)
            quiet = 0 if busy else quiet + 1
            await asyncio.sleep(0.0005 if busy else 0)

    async def advance(self, seconds: float) -> None:
        await self.bench.clock.advance(seconds, self.settle)

    async def state(self, key: str) -> str:
        row = await self.outbox.find(key)
        assert row is not None
        return row.state

    async def error(self, key: str) -> str:
        row = await self.outbox.find(key)
        assert row is not None
        return row.last_error


@pytest_asyncio.fixture
async def post(bench: Bench) -> AsyncIterator[Post]:
    post = Post(bench)
    post.begin()
    yield post
    await post.end()


async def test_a_call_is_carried_out_as_it_was_put_down(post: Post) -> None:
    await post.send("k1", data={"title": "井盖", "n": [1]}, cause="a1", priority=Severity.critical)
    (call,) = post.calls
    assert (call.name, call.data, call.key) == ("send", {"title": "井盖", "n": [1]}, "k1")
    assert (call.cause, call.lane, call.priority) == ("a1", "send", Severity.critical)
    assert await post.state("k1") == DONE
    assert (post.outbox.pending, post.outbox.done, post.outbox.attempts) == (0, 1, 1)


async def test_what_a_known_alarm_asks_for_is_not_carried_out(post: Post) -> None:
    for _ in range(2):
        with post.bench.store.units.open() as unit:
            put_alarm(unit, an_alarm("a1"))
            unit.call(Call(name="send", data={}, key=f"k{post.bench.clock.monotonic()}"))
        await unit.receipt
        await post.advance(1)
    assert post.tried == ["k0.0"]


async def test_a_key_that_is_known_is_not_carried_out_again(post: Post) -> None:
    await post.send("k1")
    await post.send("k1")
    assert post.tried == ["k1"]


async def test_failures_are_tried_again_ever_later(post: Post) -> None:
    await post.send("k1", *[DeliveryFailed(f"busy {number}") for number in range(1, 12)])
    moments: list[float] = []
    for _ in range(800):
        await post.advance(1)
        moments += [post.bench.clock.monotonic()] * (len(post.tried) - 1 - len(moments))
    waits = [round(b - a) for a, b in zip([0.0, *moments], moments, strict=False)]
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256]
    assert await post.error("k1") == "busy 9"
    await post.advance(1000)
    assert (await post.state("k1"), post.outbox.failures) == (DONE, 11)


async def test_chance_spreads_the_retries(bench: Bench) -> None:
    post = Post(bench)
    post.begin()
    post.courier._chance = lambda: 0.0
    await post.send("k1", *[DeliveryFailed("busy")] * 3)
    for expected in (2, 3, 4):
        await post.advance(1)
        assert len(post.tried) == expected
    await post.end()


async def test_the_provider_s_own_wait_is_obeyed_by_the_whole_lane(post: Post) -> None:
    await post.send("k1", DeliveryFailed("slow down", retry_after=900))
    await post.send("k2")
    await post.send("other lane", lane="elsewhere")
    await post.advance(899)
    assert post.tried == ["k1", "other lane"]
    await post.advance(2)
    assert sorted(post.tried) == ["k1", "k1", "k2", "other lane"]


async def test_what_comes_too_early_waits_alone_and_is_no_failure(post: Post) -> None:
    await post.send("k1", TooEarly("asleep", post.bench.clock.now() + timedelta(hours=8)))
    await post.send("k2")
    assert post.tried == ["k1", "k2"]
    assert (post.outbox.failures, await post.state("k1")) == (0, PENDING)
    await post.advance(8 * 3600 - 1)
    assert post.tried == ["k1", "k2"]
    await post.advance(2)
    assert (post.tried, await post.state("k1")) == (["k1", "k2", "k1"], DONE)


@pytest.mark.parametrize("named", [float("nan"), float("inf"), -5.0, 1e300])
async def test_a_provider_s_senseless_wait_does_no_harm(post: Post, named: float) -> None:
    await post.send("k1", DeliveryFailed("slow down", retry_after=named))
    assert await post.state("k1") == PENDING
    await post.advance(86400 * 2)
    assert await post.state("k1") in (DONE, DEAD)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (DeliveryRefused("no such phone"), "no such phone"),
        (ActionRefused("no such case"), "no such case"),
        (vol.Invalid("expected a title"), "Invalid: expected a title"),
    ],
)
async def test_what_is_refused_is_a_dead_letter_at_once(post: Post, error: Exception, text: str) -> None:
    await post.send("k1", error)
    await post.advance(86400)
    assert post.tried == ["k1"]
    assert (await post.state("k1"), await post.error("k1")) == (DEAD, text)
    assert (post.outbox.pending, post.outbox.dead) == (0, 1)
    assert post.bench.problems == [
        (
            "outbox.send",
            f"call k1 of 'send': given up: {text}",
            "mend the cause, then `hub outbox retry k1`; `hub outbox list --state dead` shows all",
        )
    ]


async def test_a_bug_is_logged_and_given_up_after_ten_times(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    await post.send("k1", *[ZeroDivisionError("division")] * 20)
    await post.advance(3000)
    assert len(post.tried) == 10
    assert (await post.state("k1"), await post.error("k1")) == (DEAD, "ZeroDivisionError: division")
    assert "Traceback" in caplog.text


async def test_wrong_credentials_are_told_and_may_be_mended(post: Post) -> None:
    await post.send("k1", AuthFailed("wrong password"))
    assert post.bench.problems[0][:2] == ("outbox.send", "call k1 of 'send': wrong password")
    await post.advance(10)
    assert await post.state("k1") == DONE


async def test_an_attempt_that_takes_too_long_has_failed(bench: Bench) -> None:
    post = Post(bench)
    post.begin(timeout=30)
    await post.send("k1", asyncio.Event())
    await post.advance(29)
    assert (post.tried, await post.error("k1")) == (["k1"], "")
    await post.advance(2)
    assert await post.error("k1") == "no answer within 30 s"
    await post.advance(10)
    assert (post.tried, await post.state("k1")) == (["k1", "k1"], DONE)
    await post.end()


async def test_an_attempt_that_is_cancelled_from_within_has_failed(post: Post) -> None:
    gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    gone.cancel()

    async def handle(_call: Call) -> None:
        await gone

    post.actions.register("send", handle)
    await post.send("k1")
    assert await post.error("k1") == "the attempt was cancelled from within"


async def test_a_call_waits_quietly_for_its_integration(post: Post) -> None:
    post.undo()
    await post.send("k1")
    await post.advance(3600)
    assert (post.tried, await post.state("k1"), post.outbox.failures) == ([], PENDING, 0)
    post.actions.register("send", post.handle)
    await post.settle()
    assert (post.tried, await post.state("k1")) == (["k1"], DONE)


async def test_an_integration_that_is_not_ready_is_asked_again(post: Post) -> None:
    await post.send("k1", NotReady("connecting"), NotReady("connecting"))
    await post.advance(60)
    assert (len(post.tried), await post.state("k1")) == (3, DONE)
    assert post.outbox.failures == 0


async def test_an_integration_that_comes_back_is_asked_at_once(post: Post) -> None:
    await post.send("not ready", *[NotReady("connecting")] * 3)
    await post.send("told to wait", DeliveryFailed("slow down", retry_after=600), lane="other")
    post.undo()
    post.actions.register("send", post.handle)
    await post.settle()
    assert post.tried == ["not ready", "told to wait", "not ready"]


@pytest.mark.parametrize("registered", [True, False])
async def test_a_call_is_given_up_when_its_time_is_over(post: Post, registered: bool) -> None:
    if not registered:
        post.undo()
    await post.send("k1", *[DeliveryFailed("busy")] * 500, expires=timedelta(minutes=10))
    await post.advance(599)
    assert await post.state("k1") == PENDING
    await post.advance(2)
    assert await post.state("k1") == DEAD
    assert await post.error("k1") == f"expired; last: {'busy' if registered else 'no attempt'}"


async def test_the_action_says_how_long_when_the_call_does_not(bench: Bench) -> None:
    post = Post(bench)
    post.begin(expires=timedelta(minutes=1))
    post.undo()
    await post.send("k1")
    await post.advance(61)
    assert await post.state("k1") == DEAD
    await post.end()


async def test_an_expired_call_is_not_tried_after_a_restart(post: Post) -> None:
    await post.send("k1", DeliveryFailed("busy"), expires=timedelta(minutes=10))
    await post.end()
    post.bench.clock.jump(3600)
    await post.restart()
    await post.settle()
    assert (post.tried, await post.state("k1")) == (["k1"], DEAD)


async def test_a_lane_carries_so_many_at_once_and_the_urgent_first(bench: Bench) -> None:
    post = Post(bench)
    post.begin(parallel=2)
    gate = asyncio.Event()
    post.answers = {f"k{number}": [gate] for number in range(2)}
    with bench.store.units.open() as unit:
        for number in range(6):
            urgent = number == 5
            unit.call(
                Call(
                    name="send",
                    data={},
                    key=f"k{number}",
                    priority=Severity.critical if urgent else Severity.info,
                )
            )
    await unit.receipt
    await post.settle()
    assert post.tried == ["k0", "k1"]
    gate.set()
    await post.settle()
    assert (post.tried[2], sorted(post.tried)) == ("k5", [f"k{number}" for number in range(6)])
    assert post.most_at_once == 2
    await post.end()


async def test_a_stuck_lane_holds_up_no_other(post: Post) -> None:
    gate = asyncio.Event()
    for number in range(10):
        await post.send(f"stuck {number}", gate, lane="slow")
    await post.send("k1", lane="quick")
    assert await post.state("k1") == DONE
    gate.set()
    await post.settle()
    assert post.outbox.pending == 0


async def test_follow_up_calls_are_put_down_with_the_end(post: Post) -> None:
    follow = [Call(name="send", data={"to": who}, key=f"k1/{who}", cause="k1") for who in ("ann", "bo")]
    await post.send("k1", follow)
    assert [call.data for call in post.calls] == [{}, {"to": "ann"}, {"to": "bo"}]
    assert await post.outbox.counts() == {PENDING: 0, DONE: 3, DEAD: 0, DROPPED: 0}


async def test_a_follow_up_that_can_not_be_stored_leaves_the_call_to_be_tried_again(post: Post) -> None:
    await post.send("k1", [Call(name="send", data={"x": object()}, key="k1/x")], None)
    assert await post.state("k1") == PENDING
    await post.advance(5)
    assert await post.state("k1") == DONE


async def test_what_a_handler_writes_is_put_down_with_the_end(post: Post) -> None:
    memory = post.bench.store.memory("guest")
    call = Call(name="send", data={"to": "ann"}, key="k1/ann")
    await post.send("k1", Follow([call], lambda: memory.put("count", memory.get("count", 0) + 1)))
    assert (await post.state("k1"), await post.state("k1/ann")) == (DONE, DONE)
    store = await post.bench.reopen()
    assert store.memory("guest").get("count") == 1


async def test_nothing_is_written_when_a_follow_up_can_not_be_stored(post: Post) -> None:
    memory = post.bench.store.memory("guest")
    unfit = Call(name="send", data={"x": object()}, key="k1/x")

    def count() -> None:
        memory.put("count", memory.get("count", 0) + 1)

    await post.send("k1", Follow([unfit], count), Follow([], count))
    assert (await post.state("k1"), memory.get("count", 0)) == (PENDING, 0)
    await post.advance(5)
    assert (await post.state("k1"), memory.get("count", 0)) == (DONE, 1)


async def test_a_restart_goes_on_with_what_is_left(post: Post) -> None:
    await post.send("tried", DeliveryFailed("busy"))
    post.undo()
    await post.send("new")
    await post.restart()
    await post.settle()
    assert post.tried == ["tried", "new"]
    await post.advance(5)
    assert post.tried == ["tried", "new", "tried"]
    assert (post.outbox.pending, await post.state("tried")) == (0, DONE)


async def test_an_attempt_cut_short_by_a_stop_is_made_again(post: Post) -> None:
    await post.send("k1", asyncio.Event())
    await post.restart()
    await post.settle()
    assert (post.tried, await post.state("k1")) == (["k1", "k1"], DONE)


async def test_a_stop_lets_attempts_end_for_a_while(post: Post) -> None:
    gate = asyncio.Event()
    await post.send("k1", gate)
    stopping = asyncio.ensure_future(post.courier.stop(patience=10))
    await asyncio.sleep(0)
    gate.set()
    await stopping
    assert await post.state("k1") == DONE


async def test_more_than_memory_holds_is_fetched_when_there_is_room(bench: Bench) -> None:
    post = Post(bench, page=10)
    post.begin()
    post.undo()
    with bench.store.units.open() as unit:
        for number in range(95):
            unit.call(Call(name="send", data={}, key=f"k{number}", priority=Severity.info))
        unit.call(Call(name="send", data={}, key="urgent", priority=Severity.critical))
    await unit.receipt
    assert post.outbox.pending == 96
    post.actions.register("send", post.handle)
    await post.settle()
    for _ in range(20):
        await post.settle()
    assert "urgent" in post.tried[:11]
    assert (len(post.tried), len(set(post.tried)), post.outbox.pending) == (96, 96, 0)
    await post.end()


async def test_a_dead_letter_is_tried_again_by_hand_with_all_its_time(post: Post) -> None:
    await post.send("k1", DeliveryRefused("no such phone"), expires=timedelta(seconds=5))
    await post.advance(3600)
    assert await post.outbox.retry("k1")
    await post.settle()
    assert (await post.state("k1"), post.outbox.dead, post.outbox.pending) == (DONE, 0, 0)
    assert post.bench.cleared == ["outbox.send"]


async def test_a_waiting_call_is_tried_at_once_by_hand(post: Post) -> None:
    await post.send("k1", DeliveryFailed("busy", retry_after=3600), lane="mine")
    await post.send("k2", DeliveryFailed("busy"))
    assert await post.outbox.retry("k2")
    await post.settle()
    assert post.tried == ["k1", "k2", "k2"]


async def test_calls_are_dropped_by_hand(post: Post) -> None:
    gate = asyncio.Event()
    await post.send("waiting", DeliveryFailed("busy"))
    await post.send("dead", DeliveryRefused("never"))
    await post.send("under way", gate)
    assert all([await post.outbox.drop(key) for key in ("waiting", "dead", "under way")])
    gate.set()
    await post.advance(3600)
    assert [await post.state(key) for key in ("waiting", "dead", "under way")] == [DROPPED, DROPPED, DONE]
    assert (post.outbox.pending, post.outbox.dead, post.outbox.dropped) == (0, 0, 2)
    assert post.tried == ["waiting", "dead", "under way"]


async def test_a_call_dropped_during_a_failing_attempt_is_not_tried_again(bench: Bench) -> None:
    post = Post(bench)
    post.begin(timeout=30)
    await post.send("k1", asyncio.Event())
    assert await post.outbox.drop("k1")
    await post.advance(86400)
    assert (post.tried, await post.state("k1")) == (["k1"], DROPPED)
    await post.end()


@pytest.mark.parametrize("ask", [lambda outbox: outbox.retry, lambda outbox: outbox.drop])
async def test_what_is_done_or_unknown_can_not_be_asked_for(post: Post, ask: Callable[[Any], Any]) -> None:
    await post.send("k1")
    assert not await ask(post.outbox)("k1")
    assert not await ask(post.outbox)("no such key")


async def test_lists_show_the_urgent_first(post: Post) -> None:
    post.undo()
    for key, priority in (("a", Severity.info), ("b", Severity.critical), ("c", Severity.warning)):
        await post.send(key, priority=priority)
    assert [row.key for row in await post.outbox.in_state()] == ["b", "c", "a"]
    assert [row.key for row in await post.outbox.in_state(limit=1)] == ["b"]
    await post.advance(30)
    assert post.courier.oldest_due_age == 30
