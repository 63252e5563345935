"""The integration in a whole hub: the fixtures come from the hub's own pytest plugin."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hub.api import ActionRefused, ProblemRaised
from hub.testing.broker import MemoryBroker
from hub.testing.kit import HubKit
from linli_hub_bin import BinEmptied, BinFull

SITE = """\
areas: [{id: east, name: East gate}]
bin:
  bins:
    - {id: gate-3, name: Gate 3, topic: bins/gate-3, area: east}
"""
FILL = "sensor.bin_gate_3_fill"


@pytest.fixture
def report(hub: HubKit, broker: MemoryBroker) -> Callable[[object], Awaitable[None]]:
    """The sensor reports this free height (or this payload)."""

    async def send(free: object) -> None:
        payload = free if isinstance(free, bytes) else json.dumps({"distance_cm": free})
        await broker.publish("bins/gate-3", payload)
        await hub.settle()

    return send


Report = Callable[[object], Awaitable[None]]


async def test_a_report_is_seen_as_a_percentage(hub: HubKit, report: Report) -> None:
    await hub.start(SITE)
    assert hub.state(FILL).text == "unavailable"
    await report(60)
    assert hub.state(FILL).value == 50
    assert hub.of(BinFull) == []


async def test_a_full_bin_is_one_alarm_until_it_was_emptied(hub: HubKit, report: Report) -> None:
    await hub.start(SITE)
    for free in (12, 10, 30, 11):
        await report(free)
    (alarm,) = hub.of(BinFull)
    assert (alarm.percent, alarm.area, alarm.source) == (90, "east", FILL)
    await report(118)
    (emptied,) = hub.of(BinEmptied)
    assert (emptied.percent, emptied.by) == (91, "")
    await report(12)
    assert len(hub.of(BinFull)) == 2


async def test_the_alarm_is_on_the_disk_before_the_broker_is_told(
    hub: HubKit, report: Report, broker: MemoryBroker
) -> None:
    await hub.start(SITE)
    await report(12)
    assert all(sent.acknowledged for sent in broker.sent)


async def test_a_full_bin_is_not_told_again_after_a_restart(hub: HubKit, report: Report) -> None:
    await hub.start(SITE)
    await report(12)
    await hub.restart()
    await report(12)
    assert len(hub.of(BinFull)) == 1


async def test_the_crew_notes_that_it_was_emptied(hub: HubKit, report: Report) -> None:
    await hub.start(SITE)
    await report(12)
    await hub.call("bin.emptied", bin="gate-3")
    assert [event.by for event in hub.of(BinEmptied)] == ["test"]
    with pytest.raises(ActionRefused, match="'gate-3' is not full"):
        await hub.call("bin.emptied", bin="gate-3")
    with pytest.raises(ActionRefused, match="did you mean 'gate-3'"):
        await hub.call("bin.emptied", bin="gate_3")


async def test_a_message_that_makes_no_sense_is_a_problem_until_the_next_good_one(
    hub: HubKit, report: Report
) -> None:
    running = await hub.start(SITE)
    await report(b"\xff")
    assert [event.problem for event in hub.of(ProblemRaised)] == ["bin.gate-3"]
    await report(60)
    assert running.site.problems.open == {}


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("bin:\n  bins:\n    - {id: a, topic: t, area: esat}\n", "there is no area 'esat'"),
        ("bin:\n  bins:\n    - {id: a, topic: t, ful_at: 70}\n", "did you mean 'full_at'?"),
        ("bin:\n  bins:\n    - {id: a, topic: t}\n    - {id: a, topic: t}\n", "there are two bins 'a'"),
    ],
)
def test_what_an_admin_gets_wrong_is_told(config: Callable[[str], Any], yaml: str, said: str) -> None:
    (fault,) = config(yaml).faults
    assert said in str(fault)


async def test_it_bears_what_every_integration_must(
    check_integration: Callable[[str], Awaitable[None]],
) -> None:
    await check_integration("bin")
