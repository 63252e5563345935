"""The order of acknowledgements and what is kept for whom, without a network."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api import Message, MessageHandler, NotReady, Outcome
from hub.kernel.clock import SystemClock
from integrations.mqtt import aside as aside_module
from integrations.mqtt import deliveries as module
from integrations.mqtt.aside import Aside
from integrations.mqtt.deliveries import Deliveries, Window

from .stand_ins import LOG, Hearing, ShelfInMemory, until


@given(st.permutations(range(1, 9)))
def test_acknowledgements_keep_the_order_of_arrival(order: list[int]) -> None:
    sent: list[int] = []
    window = Window(sent.append)
    for mid in range(1, 9):
        assert window.arrive(mid)
    done: set[int] = set()
    for mid in order:
        window.settle(mid)
        done.add(mid)
        complete = next((other for other in range(1, 10) if other not in done), 9)
        assert sent == list(range(1, complete))
    assert len(window) == 0


@given(st.permutations(range(1, 9)))
def test_a_broker_that_takes_them_in_any_order_gets_each_acknowledgement_at_once(order: list[int]) -> None:
    sent: list[int] = []
    window = Window(sent.append, ordered=False)
    for mid in range(1, 9):
        assert window.arrive(mid)
    for mid in order:
        window.settle(mid)
    assert sent == order
    assert len(window) == 0


def test_message_in_hand_is_not_taken_twice_but_its_number_may_be_used_again() -> None:
    sent: list[int] = []
    window = Window(sent.append)
    assert window.arrive(7)
    assert not window.arrive(7)
    window.settle(7)
    assert window.arrive(7)
    assert sent == [7]


def test_closed_window_acknowledges_nothing() -> None:
    sent: list[int] = []
    window = Window(sent.append)
    window.arrive(1)
    window.open = False
    window.settle(1)
    assert sent == []


def message(topic: str = "a", payload: bytes = b"x", qos: int = 1) -> Message:
    return Message(topic, payload, qos, False, datetime(2026, 11, 23, tzinfo=UTC))


def handing(receipt: asyncio.Future[Outcome]) -> MessageHandler:
    return lambda _message: receipt


class Bench:
    """Deliveries with what they report and acknowledge."""

    def __init__(self) -> None:
        self.acknowledged: list[int] = []
        self.reports: list[tuple[str, Exception | None]] = []
        self.shelf = ShelfInMemory()
        self.window = Window(self.acknowledged.append)
        self.deliveries = self.again()
        self._mid = 0

    def again(self) -> Deliveries:
        return Deliveries(
            SystemClock(), Aside(self.shelf), lambda name, error: self.reports.append((name, error)), LOG
        )

    def arrive(self, topic: str = "a", payload: bytes = b"x") -> int:
        self._mid += 1
        assert self.window.arrive(self._mid)
        self.deliveries.take(message(topic, payload), self.window, self._mid)
        return self._mid


async def test_acknowledged_only_after_every_receipt() -> None:
    bench = Bench()
    receipts = [asyncio.get_running_loop().create_future() for _ in range(2)]
    for receipt in receipts:
        bench.deliveries.subscribe("a", handing(receipt), 1)
    bench.arrive()
    receipts[1].set_result(Outcome())
    await asyncio.sleep(0)
    assert bench.acknowledged == []
    receipts[0].set_result(Outcome())
    await asyncio.sleep(0)
    assert bench.acknowledged == [1]
    assert bench.deliveries.pending == 0


async def test_message_that_nobody_wants_is_acknowledged() -> None:
    bench = Bench()
    bench.arrive("unknown")
    assert bench.acknowledged == [1]


async def test_done_receipt_is_acknowledged_at_once() -> None:
    bench = Bench()
    done = asyncio.get_running_loop().create_future()
    done.set_result(Outcome())
    bench.deliveries.subscribe("a", lambda _message: done, 1)
    bench.arrive()
    assert bench.acknowledged == [1]


async def test_expected_subscriber_gets_what_came_before_it() -> None:
    bench, early, late = Bench(), Hearing(), Hearing()
    bench.deliveries.expect("a")
    bench.deliveries.expect("a")
    bench.deliveries.subscribe("a", early, 1)
    bench.arrive(payload=b"first")
    assert early.payloads == [b"first"]
    assert bench.acknowledged == []
    bench.deliveries.subscribe("a", late, 1)
    assert late.payloads == [b"first"]
    assert bench.acknowledged == [1]
    bench.arrive(payload=b"second")
    assert early.payloads == late.payloads == [b"first", b"second"]


async def test_subscriber_that_stays_away_is_served_from_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HOLD", 0.01)
    bench, late = Bench(), Hearing()
    bench.deliveries.expect("a")
    bench.arrive(payload=b"held")
    await until(lambda: bench.acknowledged == [1])
    bench.arrive(payload=b"set aside at once")
    await until(lambda: bench.acknowledged == [1, 2])
    assert len(bench.shelf.values) == 2
    bench.deliveries.subscribe("a", late, 1)
    await until(lambda: not bench.shelf.values)
    assert late.payloads == [b"held", b"set aside at once"]
    await bench.deliveries.close()


async def test_subscriber_that_never_comes_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HOLD", 0.01)
    monkeypatch.setattr(module, "ABSENCE", 0.01)
    bench = Bench()
    expired: list[str] = []
    bench.deliveries.expired = expired.append
    bench.deliveries.expect("a")
    bench.arrive()
    await until(lambda: expired == ["a"])
    assert bench.shelf.values == {}
    assert bench.deliveries.wanted() == {}
    await bench.deliveries.close()


async def test_cut_connection_ends_the_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_DELAYS", (0.01,))
    bench = Bench()
    tries: list[Message] = []

    def failing(message: Message) -> None:
        tries.append(message)
        raise ZeroDivisionError

    bench.deliveries.subscribe("a", failing, 1)
    bench.arrive()
    bench.window.open = False
    await until(lambda: bench.deliveries.pending == 0)
    assert len(tries) == 1
    assert bench.shelf.values == {}


async def test_successor_of_a_guest_that_fell_gets_what_felled_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_DELAYS", (0.01,))
    bench, successor = Bench(), Hearing()

    def falling(_message: Message) -> None:
        undo()
        raise ZeroDivisionError

    undo = bench.deliveries.subscribe("a", falling, 1)
    bench.arrive(payload=b"heavy")
    bench.deliveries.subscribe("a", successor, 1)
    await until(lambda: bench.acknowledged == [1])
    assert successor.payloads == [b"heavy"]
    assert bench.shelf.values == {}
    await bench.deliveries.close()


async def test_failure_is_told_once_it_happens_and_once_it_heals() -> None:
    bench = Bench()
    wrong = [True]

    def moody(_message: Message) -> None:
        if wrong[0]:
            raise KeyError("f_cnt")

    bench.deliveries.subscribe("a", moody, 0)
    bench.deliveries.take(message(qos=0), None, 0)
    wrong[0] = False
    bench.deliveries.take(message(qos=0), None, 0)
    bench.deliveries.take(message(qos=0), None, 0)
    assert [(name, type(error)) for name, error in bench.reports] == [("a", KeyError), ("a", type(None))]
    assert bench.deliveries.pending == 0


async def test_counts_name_those_here_and_those_away() -> None:
    bench = Bench()
    bench.deliveries.subscribe("a", Hearing(), 1)
    undo = bench.deliveries.subscribe("a", Hearing(), 1)
    bench.deliveries.expect("b")
    bench.deliveries.subscribe("c", Hearing(), 0)
    undo()
    undo()
    assert bench.deliveries.counts() == {"a": 2, "b": 1}
    assert bench.deliveries.wanted() == {"a": 1, "b": 1, "c": 0}


async def test_last_one_of_a_filter_without_receipts_takes_it_along() -> None:
    bench = Bench()
    expired: list[str] = []
    bench.deliveries.expired = expired.append
    undos = [bench.deliveries.subscribe("a", Hearing(), 0) for _ in range(2)]
    undos[0]()
    assert expired == []
    undos[1]()
    assert expired == ["a"]
    assert bench.deliveries.wanted() == {}


@given(payload=st.binary(max_size=64), topic=st.text(min_size=1, max_size=20), retain=st.booleans())
def test_message_set_aside_comes_back_as_it_was(payload: bytes, topic: str, retain: bool) -> None:
    sent = Message(topic, payload, 1, retain, datetime(2026, 11, 23, 7, 1, 2, 345, tzinfo=UTC))
    kept = aside_module.Kept("aside/1", "#", sent)
    assert aside_module.read_kept("aside/1", aside_module.write_kept(kept)) == kept


async def test_too_much_set_aside_is_left_with_the_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside_module, "MOST", 2)
    aside = Aside(ShelfInMemory())
    await aside.put("a", message())
    await aside.put("a", message())
    with pytest.raises(NotReady, match="2 messages"):
        await aside.put("a", message())
    assert aside.drop("a") == 2
    assert len(aside) == 0


async def test_messages_set_aside_survive_and_keep_their_order() -> None:
    shelf = ShelfInMemory()
    first = Aside(shelf)
    for number in range(3):
        await first.put("a", message(payload=str(number).encode()))
    again = Aside(shelf)
    assert [kept.message.payload for kept in again.take("a")] == [b"0", b"1", b"2"]
    assert list(again.take("a")) == []  # in somebody's hands
