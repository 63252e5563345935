"""One incident for a gateway instead of many for its sensors."""

import json
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.manhole.outage import Gateways

from .scenes import HEARTBEAT, START

HOUR = timedelta(hours=1)


def heard(
    gateways: Gateways, count: int, *, of: tuple[str, ...] = ("roof",), first: int = 0, at: float = 0
) -> None:
    """So many sensors report, five minutes apart."""
    for number in range(first, first + count):
        gateways.hear(f"MH-{number:04}", of, START + HOUR * at + timedelta(minutes=5 * number), HEARTBEAT)


def test_half_of_the_sensors_silent_together_is_an_outage() -> None:
    gateways = Gateways()
    heard(gateways, 12)
    assert gateways.tick(START + HOUR * 7) == []
    [outage] = gateways.tick(START + HEARTBEAT * 2)
    assert (outage.gateway, outage.over, outage.watched, len(outage.silent)) == ("roof", False, 12, 12)
    assert gateways.excuses("MH-0003")
    assert gateways.tick(START + HEARTBEAT * 3) == []


def test_it_is_found_before_the_first_sensor_is_called_offline() -> None:
    gateways = Gateways()
    last = START + timedelta(minutes=350)
    for number in range(20):
        gateways.hear(f"MH-{number}", ["roof"], START + timedelta(minutes=18 * number), HEARTBEAT)
    found_at = START
    while not gateways.down:
        found_at += timedelta(minutes=5)
        gateways.tick(found_at)
    assert found_at < START + HEARTBEAT * 2.5
    assert found_at < last + HEARTBEAT * 1.5


def test_four_silent_sensors_or_a_minority_are_their_own_incidents() -> None:
    few = Gateways()
    heard(few, 4)
    assert few.tick(START + HEARTBEAT * 2) == []
    minority = Gateways()
    heard(minority, 6)
    heard(minority, 10, first=6, at=11)
    assert minority.tick(START + HEARTBEAT * 2) == []


def test_sensors_that_died_one_by_one_are_no_outage() -> None:
    gateways = Gateways()
    for number in range(8):
        gateways.hear(f"MH-{number}", ["roof"], START + HEARTBEAT * 2 * number, HEARTBEAT)
    assert gateways.tick(START + HEARTBEAT * 40) == []


def test_a_sensor_that_another_gateway_hears_is_not_silent() -> None:
    gateways = Gateways()
    heard(gateways, 6, of=("roof", "gate"))
    heard(gateways, 6, of=("gate",), at=7)
    heard(gateways, 2, of=("roof",), at=7)
    assert gateways.tick(START + HEARTBEAT * 2) == []


def test_it_is_over_when_half_of_the_silent_are_back() -> None:
    gateways = Gateways()
    heard(gateways, 8)
    [outage] = gateways.tick(START + HEARTBEAT * 2)
    ends = []
    for number in range(5):
        ends += gateways.hear(f"MH-{number:04}", ["roof"], START + HEARTBEAT * 3, HEARTBEAT)
        assert gateways.tick(START + HEARTBEAT * 3) == []
    assert [(end.over, end.episode) for end in ends] == [(True, outage.episode)]
    assert gateways.down == {}


def test_a_gateway_that_is_heard_excuses_nobody_any_more() -> None:
    gateways = Gateways()
    heard(gateways, 6)
    heard(gateways, 6, first=6, at=11.3)
    [outage] = gateways.tick(START + HEARTBEAT * 2)
    assert (len(outage.silent), outage.watched) == (6, 12)
    assert gateways.excuses("MH-0001")
    assert gateways.hear("MH-0007", ["roof"], START + HEARTBEAT * 2.1, HEARTBEAT) == []
    assert not gateways.excuses("MH-0001")
    assert gateways.tick(START + HEARTBEAT * 2.1) == []


def test_a_report_that_was_kept_back_brings_no_gateway_back() -> None:
    gateways = Gateways()
    heard(gateways, 8)
    gateways.tick(START + HEARTBEAT * 2)
    gateways.hear("MH-0001", ["roof"], START + HEARTBEAT, HEARTBEAT)
    assert gateways.excuses("MH-0001")


def test_the_outage_outlives_a_restart() -> None:
    gateways = Gateways()
    heard(gateways, 8)
    gateways.tick(START + HEARTBEAT * 2)
    again = Gateways(json.loads(json.dumps(gateways.to_plain())))
    assert again.down == gateways.down
    for number in range(8):
        again.recall(f"MH-{number:04}", ["roof"], START + timedelta(minutes=5 * number), HEARTBEAT)
    assert again.excuses("MH-0001")
    assert again.tick(START + HEARTBEAT * 2) == []


def test_sensors_that_others_hear_now_are_back_too() -> None:
    gateways = Gateways()
    heard(gateways, 5)
    gateways.tick(START + HEARTBEAT * 2)
    ends = []
    for number in range(5):
        ends += gateways.hear(f"MH-{number:04}", ["gate"], START + HEARTBEAT * 3, HEARTBEAT)
        assert not gateways.excuses(f"MH-{number:04}")
    assert [end.over for end in ends] == [True]


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 9), st.sets(st.sampled_from("abc")), st.integers(0, 20)), max_size=60
    )
)
@settings(max_examples=100, deadline=None)
def test_down_and_up_take_turns_and_only_the_silent_are_excused(
    steps: list[tuple[int, set[str], int]],
) -> None:
    gateways, now, down = Gateways(), START, set[str]()
    for sensor, through, hours in steps:
        now += HOUR * hours
        found = gateways.tick(now) + gateways.hear(str(sensor), sorted(through), now, HEARTBEAT)
        for outage in found:
            assert outage.over == (outage.gateway in down)
            down ^= {outage.gateway}
        assert down == set(gateways.down)
        if through:
            assert not gateways.excuses(str(sensor))
