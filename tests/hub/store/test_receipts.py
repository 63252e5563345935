"""How far deliveries came: what was noted once stays, and goes with its call."""

from datetime import timedelta

from hub.model.calls import Call
from hub.store.outbox import DONE
from hub.testing.clock import START
from tests.hub.store.bench import Bench


def put(bench: Bench, key: str, *, alarm: str = "a1", person: str = "wang") -> None:
    bench.store.receipts.queued(key, alarm=alarm, person=person, channel="ntfy", print="same")


async def test_stages_are_noted_once_and_survive_a_restart(bench: Bench) -> None:
    put(bench, "k1")
    bench.store.receipts.came("k1", "sent")
    await bench.clock.advance(5)
    put(bench, "k1")
    bench.store.receipts.came("k1", "sent")
    bench.store.receipts.came("k1", "read")
    bench.store.receipts.came("unknown", "read")
    store = await bench.reopen()
    found = await store.receipts.find("k1")
    assert found is not None
    assert (found.queued, found.sent, found.delivered) == (START, START, None)
    assert found.read == START + timedelta(seconds=5)
    assert await store.receipts.find("unknown") is None


async def test_a_further_stage_counts_for_those_before(bench: Bench) -> None:
    put(bench, "k1")
    bench.store.receipts.came("k1", "delivered")
    found = await bench.store.receipts.find("k1")
    assert found is not None
    assert [found.reached(stage) for stage in ("sent", "delivered", "read")] == [True, True, False]


async def test_who_takes_an_alarm_on_has_read_what_they_were_told_of_it(bench: Bench) -> None:
    put(bench, "k1")
    put(bench, "k2", person="li")
    put(bench, "k3", alarm="a2")
    bench.store.receipts.acknowledged("a1", "wang")
    found = [await bench.store.receipts.find(key) for key in ("k1", "k2", "k3")]
    assert [(one.read, one.acknowledged) for one in found if one] == [
        (START, START),
        (None, None),
        (None, None),
    ]


async def test_the_newest_come_first(bench: Bench) -> None:
    for key in ("k1", "k2", "k3"):
        put(bench, key)
        await bench.clock.advance(60)
    found = await bench.store.receipts.since(START + timedelta(seconds=30), 10)
    assert [receipt.key for receipt in found] == ["k3", "k2"]
    assert len(await bench.store.receipts.since(START, 1)) == 1


async def test_a_receipt_goes_with_its_call(bench: Bench) -> None:
    for key in ("old", "new"):
        with bench.store.units.open() as unit:
            unit.call(Call(name="send", data={}, key=key))
            put(bench, key)
        await unit.receipt
    row = await bench.store.outbox.find("old")
    assert row is not None
    with bench.store.units.open() as unit:
        bench.store.outbox.mark(unit, row, DONE, due=START, attempts=1)
    await unit.receipt
    await bench.store.retention.sweep(START + timedelta(days=31))
    assert await bench.store.receipts.find("old") is None
    assert await bench.store.receipts.find("new") is not None
