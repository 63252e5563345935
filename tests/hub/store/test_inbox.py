"""What lies in people's inboxes."""

from datetime import timedelta
from typing import Any

from hub.model.calls import Call
from hub.store.inbox import MOST, Letter
from tests.hub.store.bench import Bench


def letter(bench: Bench, number: int, person: str = "wang") -> Letter:
    return Letter(
        id=f"{person}-{number}",
        person=person,
        key=f"run/{number}/{person}/inbox",
        at=bench.clock.now() + timedelta(seconds=number),
        severity=10,
        title=f"通知 {number}",
        message="请看",
    )


async def titles(bench: Bench, person: str = "wang", **options: Any) -> list[str]:
    return [found.title for found in await bench.store.inbox.page(person, **options)]


async def test_notices_come_once_the_newest_first_and_only_ones_own(bench: Bench) -> None:
    for number in (1, 2, 3, 2):
        await bench.store.inbox.put(letter(bench, number))
    await bench.store.inbox.put(letter(bench, 9, "li"))
    assert await titles(bench) == ["通知 3", "通知 2", "通知 1"]
    first, *_ = await bench.store.inbox.page("wang", limit=1)
    assert (first.id, first.at, first.read_at) == ("wang-3", letter(bench, 3).at, None)
    assert await titles(bench, before=first.seq) == ["通知 2", "通知 1"]


async def test_reading_marks_what_was_shown_and_its_delivery(bench: Bench) -> None:
    for number in (1, 2, 3):
        await bench.store.inbox.put(letter(bench, number))
    with bench.store.units.open() as unit:
        unit.call(Call(name="notify.deliver", data={}, key="run/1/wang/inbox"))
        bench.store.receipts.queued("run/1/wang/inbox", alarm="", person="wang", channel="inbox", print="x")
    await unit.receipt
    newest, second, _ = await bench.store.inbox.page("wang")
    assert await bench.store.inbox.mark_read("wang", second.seq) == 2
    assert await bench.store.inbox.unread("wang") == 1
    assert [found.id for found in await bench.store.inbox.page("wang", unread=True)] == [newest.id]
    assert await bench.store.inbox.mark_read("wang", second.seq) == 0
    assert await bench.store.inbox.mark_read("li", newest.seq) == 0
    receipt = await bench.store.receipts.find("run/1/wang/inbox")
    assert receipt is not None
    assert receipt.read == bench.clock.now()


async def test_an_inbox_is_bounded_and_survives(bench: Bench) -> None:
    for number in range(MOST + 5):
        bench.store.inbox.put(letter(bench, number))
    await bench.store.inbox.put(letter(bench, 1, "li"))
    await bench.close()
    await bench.open()
    kept = await titles(bench, limit=MOST + 10)
    assert len(kept) == MOST
    assert kept[-1] == "通知 5"
    assert await titles(bench, "li") == ["通知 1"]
