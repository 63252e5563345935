"""States: a change is told, the same again is only a report, and nothing is lost on the way to the wire."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.bus import Bus
from hub.kernel.causes import because_of
from hub.kernel.states import States
from hub.model.events import Event, StateChanged, StateRemoved, StateReported
from hub.model.things import Entity, State, text_of
from hub.store.unit import Units
from hub.testing.clock import ManualClock
from tests.hub.kernel.fakes import Shelf


class Rig:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.failures: list[object] = []
        self.bus = Bus(Units(Shelf()), lambda *failure: self.failures.append(failure))
        self.states = States(self.bus, self.clock)
        self.events: list[Event] = []
        self.bus.on(Event, self.events.append)


@pytest.fixture
def rig() -> Rig:
    return Rig()


async def test_the_first_value_is_a_change_from_nothing(rig: Rig) -> None:
    rig.states.set("sensor.a", 1.5)
    [event] = rig.events
    assert isinstance(event, StateChanged)
    assert (event.old, event.new.value, event.new.available) == (None, 1.5, True)


async def test_the_same_value_is_a_report_with_a_new_time(rig: Rig) -> None:
    rig.states.set("sensor.a", 1.5)
    first = rig.states.get("sensor.a")
    await rig.clock.advance(60)
    rig.states.set("sensor.a", 1.5)
    state = rig.states.get("sensor.a")
    assert state is not None
    assert first is not None
    assert [type(event) for event in rig.events] == [StateChanged, StateReported]
    assert state.changed_at == first.changed_at
    assert state.at == first.at + timedelta(seconds=60)


@pytest.mark.parametrize(("before", "after"), [(1, True), (0, False), (1, 1.0), ("1", 1)])
async def test_equal_values_of_other_types_are_changes(rig: Rig, before: object, after: object) -> None:
    rig.states.set("sensor.a", before)  # type: ignore[arg-type]
    rig.states.set("sensor.a", after)  # type: ignore[arg-type]
    assert [type(event) for event in rig.events] == [StateChanged, StateChanged]


async def test_attributes_alone_can_change_and_the_value_keeps_its_age(rig: Rig) -> None:
    rig.states.set("sensor.a", 1, {"unit": "m"})
    first = rig.states.get("sensor.a")
    await rig.clock.advance(60)
    rig.states.set("sensor.a", 1, {"unit": "cm"})
    second = rig.states.get("sensor.a")
    assert first is not None
    assert second is not None
    assert [type(event) for event in rig.events] == [StateChanged, StateChanged]
    assert second.changed_at == first.changed_at < second.at


async def test_a_declared_entity_is_unavailable_until_it_speaks_and_after_its_undo(rig: Rig) -> None:
    undo = rig.states.declare(Entity(id="sensor.a", name="A"))
    assert text(rig, "sensor.a") == "unavailable"
    rig.states.set("sensor.a", 3)
    assert text(rig, "sensor.a") == "3"
    undo()
    assert text(rig, "sensor.a") == "unavailable"
    state = rig.states.get("sensor.a")
    assert state is not None
    assert state.value == 3


async def test_a_watcher_hears_its_entity_only_until_its_undo(rig: Rig) -> None:
    heard: list[tuple[State | None, State]] = []
    undo = rig.states.watch("sensor.a", lambda old, new: heard.append((old, new)))
    rig.states.set("sensor.a", 1)
    rig.states.set("sensor.b", 1)
    undo()
    rig.states.set("sensor.a", 2)
    assert [new.value for _old, new in heard] == [1]


async def test_a_failing_watcher_is_reported_and_others_hear(rig: Rig) -> None:
    heard: list[State] = []

    def fail(_old: State | None, _new: State) -> None:
        raise RuntimeError("broken")

    rig.states.watch("sensor.a", fail)
    rig.states.watch("sensor.a", lambda _old, new: heard.append(new))
    rig.states.set("sensor.a", 1)
    assert len(heard) == 1
    assert len(rig.failures) == 1


def test_no_state_was_lost_between_time_zones() -> None:
    state = State("sensor.a", 1, True, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    assert state.attributes == {}


@pytest.mark.parametrize(
    ("entity", "value", "available", "expected"),
    [
        ("binary_sensor.a", True, True, "on"),
        ("binary_sensor.a", False, True, "off"),
        ("sensor.a", True, True, "True"),
        ("sensor.a", 23.5, True, "23.5"),
        ("sensor.a", None, True, "unknown"),
        ("sensor.a", 1, False, "unavailable"),
        ("switch.a", "on", True, "on"),
    ],
)
def test_the_text_of_a_value_is_home_assistants(
    entity: str, value: object, available: bool, expected: str
) -> None:
    assert text_of(entity, value, available) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", ["sensor", "Sensor.a", "sensor.", ".a", "sensor.a b", "sensor.ä", "a" * 300 + ".b"]
)
def test_an_entity_id_that_clients_could_not_speak_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="no entity id"):
        Entity(id=wrong, name="x")


@given(st.lists(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()), max_size=20))
async def test_what_is_read_is_what_was_written_last(values: list[object]) -> None:
    rig = Rig()
    for value in values:
        rig.states.set("sensor.a", value)  # type: ignore[arg-type]
    state = rig.states.get("sensor.a")
    if values:
        assert state is not None
        last = values[-1]
        assert state.value == last or (last != last and state.value != state.value)
    else:
        assert state is None


def text(rig: Rig, entity: str) -> str:
    state = rig.states.get(entity)
    assert state is not None
    return state.text


async def test_what_no_one_declares_can_be_removed(rig: Rig) -> None:
    rig.states.set("sensor.a", 1)
    rig.events.clear()
    assert rig.states.remove("sensor.a")
    assert rig.states.get("sensor.a") is None
    assert not rig.states.remove("sensor.a")
    assert [type(event) for event in rig.events] == [StateRemoved]


async def test_what_an_integration_declares_stays(rig: Rig) -> None:
    rig.states.declare(Entity(id="sensor.a", name="A"))
    with pytest.raises(ValueError, match="belongs to an integration"):
        rig.states.remove("sensor.a")
    assert rig.states.get("sensor.a") is not None


async def test_states_that_a_call_sets_have_its_cause(rig: Rig) -> None:
    with because_of("call-1"):
        rig.states.set("sensor.a", 1)
        rig.states.set("sensor.b", 1, cause="of its own")
    rig.states.set("sensor.c", 1)
    assert [state.cause for state in rig.states.all()] == ["call-1", "of its own", ""]
