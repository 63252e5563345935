"""A guest's keys and values."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.store.memory import Memory
from hub.store.unit import Outcome, Unit, Units
from tests.hub.store.bench import Bench, an_alarm, put_alarm


async def test_values_survive_a_restart(bench: Bench) -> None:
    memory = bench.store.memory("manhole")
    memory.put("zero", {"x": [1, 2.5, None, True, "井"]})
    memory.put("gone", 1)
    memory.delete("gone")
    memory.put("moved", 1)
    memory.put("moved", 2)
    store = await bench.reopen()
    assert dict(store.memory("manhole").items()) == {"zero": {"x": [1, 2.5, None, True, "井"]}, "moved": 2}
    assert list(store.memory("camera").keys()) == []


async def test_what_is_got_is_a_copy(bench: Bench) -> None:
    memory = bench.store.memory("x")
    memory.put("list", [1])
    memory.get("list").append(2)
    assert memory.get("list") == [1]


async def test_what_is_not_there_is_the_default(bench: Bench) -> None:
    memory = bench.store.memory("x")
    memory.put("nothing", None)
    memory.delete("never there")
    assert (memory.get("k"), memory.get("k", 7), memory.get("nothing", 7)) == (None, 7, None)
    assert "nothing" in memory
    assert "k" not in memory


async def test_writes_join_the_open_unit(bench: Bench) -> None:
    memory = bench.store.memory("x")
    with bench.store.units.open() as unit:
        memory.put("a", 1)
        memory.put("b", 2)
    await unit.receipt
    assert len(unit.writes) == 2


async def test_the_same_value_again_is_no_write(bench: Bench) -> None:
    memory = bench.store.memory("x")
    memory.put("a", {"n": 1})
    with bench.store.units.open() as unit:
        memory.put("a", {"n": 1})
    assert unit.empty


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("k", "x" * 1_100_000, "memory of 'x': the value of 'k' takes 1100002 bytes; the limit is 1048576"),
        ("k", object(), "memory of 'x': the value of 'k' can't be stored"),
        ("k", float("nan"), "memory of 'x': the value of 'k' can't be stored"),
        ("", 1, "a key has 1 to 255 characters, not 0"),
        ("k" * 256, 1, "a key has 1 to 255 characters, not 256"),
    ],
)
async def test_what_can_not_be_kept_is_said(bench: Bench, key: str, value: object, text: str) -> None:
    memory = bench.store.memory("x")
    with pytest.raises(ValueError, match=text.replace("'", ".")):
        memory.put(key, value)
    assert list(memory.keys()) == []


async def test_what_a_known_alarm_wrote_is_taken_back(bench: Bench) -> None:
    memory = bench.store.memory("x")
    memory.put("kept", "before")
    memory.put("deleted", "before")
    await bench.raise_alarm("a1")
    with bench.store.units.open() as unit:
        put_alarm(unit, an_alarm("a1"))
        memory.put("kept", "behind the alarm")
        memory.put("kept", "and again")
        memory.put("new", 1)
        memory.delete("deleted")
    assert memory.get("kept") == "and again"
    await unit.receipt
    assert dict(memory.items()) == {"kept": "before", "deleted": "before"}
    assert dict((await bench.reopen()).memory("x").items()) == {"kept": "before", "deleted": "before"}


async def test_a_later_write_stays_when_an_earlier_one_is_taken_back(bench: Bench) -> None:
    memory = bench.store.memory("x")
    await bench.raise_alarm("a1")
    with bench.store.units.open() as unit:
        put_alarm(unit, an_alarm("a1"))
        memory.put("k", "behind the alarm")
        unit.alarm_id = ""
        memory.put("k", "for itself")
    await unit.receipt
    assert memory.get("k") == "for itself"
    assert (await bench.reopen()).memory("x").get("k") == "for itself"


class Sluggish:
    """Keeps units until the test says what their commit found."""

    def __init__(self) -> None:
        self.units: list[Unit] = []

    def submit(self, unit: Unit) -> None:
        self.units.append(unit)

    def settle(self, known: set[str]) -> None:
        for unit in self.units:
            outcome = Outcome(known_alarms=frozenset(known))
            for callback in unit.after:
                callback(outcome)
            unit.receipt.cancel()
        self.units.clear()


_writes = st.tuples(
    st.sampled_from(["", "new", "known", "known too"]), st.sampled_from("ab"), st.integers(0, 3)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(_writes, max_size=5), max_size=5))
async def test_memory_is_what_the_disk_would_say(groups: list[list[tuple[str, str, int]]]) -> None:
    sink, expected = Sluggish(), {}
    memory = Memory("x", Units(sink))
    for group in groups:
        with memory._units.open() as unit:
            for alarm, key, value in group:
                unit.alarm_id = alarm
                if value:
                    memory.put(key, value)
                else:
                    memory.delete(key)
                if not alarm.startswith("known") and value:
                    expected[key] = value
                elif not alarm.startswith("known"):
                    expected.pop(key, None)
    sink.settle({"known", "known too"})
    assert dict(memory.items()) == expected
