"""The bus: who hears what, what a failing handler costs, and when a receipt is fulfilled."""

from datetime import UTC, datetime

import pytest

from hub.kernel.bus import Bus
from hub.model.calls import Call
from hub.model.events import Event
from hub.store.unit import Units
from tests.hub.kernel.fakes import Fire, Knock, LoudKnock, Shelf

AT = datetime(2026, 3, 1, tzinfo=UTC)


class Rig:
    def __init__(self) -> None:
        self.shelf = Shelf()
        self.units = Units(self.shelf)
        self.failures: list[tuple[object, Event, Exception]] = []
        self.bus = Bus(self.units, lambda *failure: self.failures.append(failure))
        self.heard: list[Event] = []


@pytest.fixture
def rig() -> Rig:
    return Rig()


async def test_a_class_is_heard_with_its_subclasses_and_not_its_bases(rig: Rig) -> None:
    rig.bus.on(Knock, rig.heard.append)
    loud, soft = LoudKnock(at=AT, source="x"), Knock(at=AT, source="x")
    for event in (loud, soft, Fire(at=AT, source="x")):
        rig.bus.emit(event)
    assert rig.heard == [loud, soft]


async def test_the_undo_ends_hearing_even_after_the_class_was_heard(rig: Rig) -> None:
    undo = rig.bus.on(Knock, rig.heard.append)
    rig.bus.emit(Knock(at=AT, source="x"))
    undo()
    undo()
    rig.bus.emit(Knock(at=AT, source="x"))
    rig.bus.emit(LoudKnock(at=AT, source="x"))
    assert len(rig.heard) == 1


async def test_a_handler_registered_later_hears_later_events_of_a_known_class(rig: Rig) -> None:
    rig.bus.emit(LoudKnock(at=AT, source="x"))
    rig.bus.on(Event, rig.heard.append)
    rig.bus.emit(LoudKnock(at=AT, source="x"))
    assert len(rig.heard) == 1


@pytest.mark.parametrize("event", [Knock(at=AT, source="x"), Fire(at=AT, source="x")])
async def test_a_failing_handler_is_reported_and_the_others_still_hear(rig: Rig, event: Event) -> None:
    def fail(_event: Event) -> None:
        raise RuntimeError("broken guest")

    rig.bus.on(Event, fail)
    rig.bus.on(Event, rig.heard.append)
    rig.bus.emit(event)
    assert rig.heard == [event]
    assert [(failed, str(error)) for _handler, failed, error in rig.failures] == [(event, "broken guest")]


async def test_an_event_that_writes_nothing_has_its_receipt_at_once(rig: Rig) -> None:
    assert rig.bus.emit(Knock(at=AT, source="x")).done()
    assert not rig.shelf.units


async def test_an_alarms_receipt_waits_for_the_disk(rig: Rig) -> None:
    alarm = Fire(at=AT, source="x")
    receipt = rig.bus.emit(alarm)
    assert not receipt.done()
    [unit] = rig.shelf.units
    assert [write.row["id"] for write in unit.writes] == [alarm.id]
    rig.shelf.commit()
    assert receipt.done()


async def test_what_an_alarm_causes_is_written_behind_it_in_one_unit(rig: Rig) -> None:
    alarm = Fire(at=AT, source="x")
    rig.bus.on(Fire, lambda event: rig.units.current.call(Call(name="a.b", data={}, key="k")))  # type: ignore[union-attr]
    rig.bus.emit(alarm)
    [unit] = rig.shelf.units
    assert [(call.key, behind) for call, behind in unit.calls] == [("k", alarm.id)]


async def test_events_inside_an_open_unit_share_its_receipt(rig: Rig) -> None:
    with rig.units.open() as unit:
        first = rig.bus.emit(Fire(at=AT, source="a"))
        second = rig.bus.emit(Fire(at=AT, source="b"))
        plain = rig.bus.emit(Knock(at=AT, source="c"))
        unit.write("remember", {})
    assert first is second is plain is unit.receipt
    [submitted] = rig.shelf.units
    assert [write.alarm for write in submitted.writes] == [
        submitted.writes[0].row["id"],
        submitted.writes[1].row["id"],
        "",
    ]


async def test_a_unit_whose_body_fails_is_written_all_the_same(rig: Rig) -> None:
    def emit_and_fail() -> None:
        with rig.units.open():
            rig.bus.emit(Fire(at=AT, source="a"))
            raise ValueError("later")

    with pytest.raises(ValueError, match="later"):
        emit_and_fail()
    assert len(rig.shelf.units) == 1
    assert rig.units.current is None


async def test_an_alarm_raised_by_a_handler_of_an_alarm_stands_on_its_own(rig: Rig) -> None:
    second = Fire(at=AT, source="second")

    def chain(event: Fire) -> None:
        if event.source == "first":
            rig.bus.emit(second)
            assert rig.units.current is not None
            rig.units.current.write("remember", {})

    rig.bus.on(Fire, chain)
    first = Fire(at=AT, source="first")
    rig.bus.emit(first)
    [unit] = rig.shelf.units
    assert [write.alarm for write in unit.writes] == [first.id, second.id, first.id]
