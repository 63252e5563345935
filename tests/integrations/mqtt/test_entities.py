"""Sensors fed by topics: values, availability, expiry; bad payloads leave the state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import voluptuous as vol
from hypothesis import given
from hypothesis import strategies as st

from hub.api import Message, Value
from integrations.mqtt.entities import describe, entities_of, read_number
from integrations.mqtt.feeding import Fed, topics_of
from integrations.mqtt.settings import check_section

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@dataclass
class TurnedTimer:
    when: datetime
    callback: Callable[[], None]
    live: bool = True

    def cancel(self) -> None:
        self.live = False


@dataclass
class TurnedClock:
    time: datetime = START
    timers: list[TurnedTimer] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return (self.time - START).total_seconds()

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError

    def call_at(self, when: datetime, callback: Callable[[], None]) -> TurnedTimer:
        self.timers.append(TurnedTimer(when, callback))
        return self.timers[-1]

    def turn(self, seconds: float) -> None:
        end = self.time + timedelta(seconds=seconds)
        while due := [timer for timer in self.timers if timer.live and timer.when <= end]:
            first = min(due, key=lambda timer: timer.when)
            first.live = False
            self.time = max(self.time, first.when)
            first.callback()
        self.time = end


@dataclass
class Shown:
    value: Value = None
    available: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)
    writes: int = 0

    def set(self, value: Value, attributes: Mapping[str, Any] | None = None) -> None:
        self.value, self.available, self.attributes = value, True, attributes or {}
        self.writes += 1

    def lose(self) -> None:
        self.available = False


class Bench:
    """One entity and the topics that feed it."""

    def __init__(self, domain: str = "sensor", **options: Any) -> None:
        section = check_section({domain: [{"name": "x", "state_topic": "t", **options}]})
        self.clock, self.shown = TurnedClock(), Shown()
        (described,) = describe(section)
        self.fed = Fed(described, self.shown, self.clock)
        self.topics = topics_of([self.fed])

    def send(self, payload: str | bytes, topic: str = "t") -> Value:
        data = payload.encode() if isinstance(payload, str) else payload
        self.topics[topic].take(Message(topic, data, 1, False, self.clock.now()))
        return self.shown.value


NUMERIC: dict[str, Any] = {"unit_of_measurement": "°C"}


@pytest.mark.parametrize(
    ("options", "payload", "expected", "bad"),
    [
        (NUMERIC, "23", 23, 0),
        (NUMERIC, " 23.50 ", 23.5, 0),
        (NUMERIC, "-1e3", -1000.0, 0),
        (NUMERIC, "warm", "before", 1),
        (NUMERIC, "nan", "before", 1),
        (NUMERIC, "1e999", "before", 1),
        (NUMERIC, "9" * 5000, "before", 1),
        (NUMERIC, "", "before", 0),
        (NUMERIC, "None", None, 0),
        (NUMERIC, b"\xff\xfe", "before", 1),
        ({"device_class": "temperature"}, "5", 5, 0),
        ({"state_class": "measurement"}, "5", 5, 0),
        ({}, "5", "5", 0),
        ({}, "开", "开", 0),
        ({}, "x" * 256, "before", 1),
        ({"device_class": "enum", "options": ["up", "down"]}, "up", "up", 0),
        ({"device_class": "enum", "options": ["up", "down"]}, "left", "before", 1),
        ({**NUMERIC, "value_template": "{{ value_json.t }}"}, '{"t": 7}', 7, 0),
        ({**NUMERIC, "value_template": "{{ value_json.t }}"}, "{broken", "before", 1),
        ({**NUMERIC, "value_template": "{{ value_json.t }}"}, '{"u": 7}', "before", 1),
        ({**NUMERIC, "value_template": "{{ value_json.t }}"}, '{"t": NaN}', "before", 1),
        ({**NUMERIC, "value_template": "{{ value_json.t }}"}, "[" * 100_000, "before", 1),
        ({**NUMERIC, "value_template": "{{ value_json.t / 10 }}"}, '{"t": 235}', 23.5, 0),
    ],
)
def test_sensor_reads_its_payload(
    options: dict[str, Any], payload: str | bytes, expected: Value, bad: int
) -> None:
    bench = Bench(**options)
    bench.shown.value = "before"
    assert bench.send(payload) == expected
    assert type(bench.shown.value) is type(expected)
    assert bench.fed.bad == bad


@pytest.mark.parametrize(
    ("options", "payload", "expected", "bad"),
    [
        ({}, "ON", True, 0),
        ({}, "OFF", False, 0),
        ({}, "on", "before", 1),
        ({"payload_on": True, "payload_off": False}, "True", True, 0),
        ({"payload_on": 1, "payload_off": 0}, "0", False, 0),
        ({"value_template": "{{ value_json.open }}", "payload_on": True}, '{"open": true}', True, 0),
        ({"value_template": "{{ 'ON' if value_json.a > 10 else 'OFF' }}"}, '{"a": 12}', True, 0),
        ({"value_template": "{{ 'ON' if value_json.a > 10 else 'OFF' }}"}, '{"a": "x"}', "before", 1),
        ({}, "None", None, 0),
        ({}, "", "before", 0),
    ],
)
def test_binary_sensor_reads_its_payload(
    options: dict[str, Any], payload: str, expected: Value, bad: int
) -> None:
    bench = Bench("binary_sensor", **options)
    bench.shown.value = "before"
    assert bench.send(payload) is expected or bench.shown.value == expected
    assert bench.fed.bad == bad


def test_availability_topic_decides_whether_the_value_counts() -> None:
    bench = Bench(availability_topic="up", **NUMERIC)
    bench.send("20")
    assert not bench.shown.available
    bench.send("online", "up")
    assert (bench.shown.value, bench.shown.available) == (20, True)
    bench.send("offline", "up")
    assert not bench.shown.available
    bench.send("nonsense", "up")
    assert not bench.shown.available


@pytest.mark.parametrize(
    ("mode", "words", "available"),
    [
        ("all", ["online"], False),
        ("all", ["online", "online"], True),
        ("all", ["online", "offline"], False),
        ("any", ["online"], True),
        ("any", ["offline", "online"], True),
        ("any", ["offline", "offline"], False),
        ("latest", ["offline", "online"], True),
        ("latest", ["online", "offline"], False),
    ],
)
def test_several_availability_topics(mode: str, words: list[str], available: bool) -> None:
    bench = Bench(availability=[{"topic": "up0"}, {"topic": "up1"}], availability_mode=mode)
    bench.send("x")
    for place, word in enumerate(words):
        bench.send(word, f"up{place}")
    assert bench.shown.available is available


def test_availability_inside_json() -> None:
    bench = Bench(availability={"topic": "up", "value_template": "{{ value_json.state }}"})
    bench.send("x")
    bench.send('{"state": "online"}', "up")
    assert bench.shown.available


def test_value_expires_and_each_message_keeps_it_fresh() -> None:
    bench = Bench(expire_after=60, **NUMERIC)
    bench.send("1")
    bench.clock.turn(50)
    bench.send("1")
    bench.clock.turn(50)
    assert bench.shown.available
    bench.clock.turn(10)
    assert not bench.shown.available
    bench.send("2")
    assert (bench.shown.value, bench.shown.available) == (2, True)


def test_thousand_messages_leave_one_timer() -> None:
    bench = Bench(expire_after=60, **NUMERIC)
    for number in range(1000):
        bench.send(str(number))
    assert len([timer for timer in bench.clock.timers if timer.live]) == 1


def test_motion_switches_itself_off() -> None:
    bench = Bench("binary_sensor", off_delay=5)
    bench.send("ON")
    bench.clock.turn(4)
    bench.send("ON")
    bench.clock.turn(4)
    assert bench.shown.value is True
    bench.clock.turn(1)
    assert bench.shown.value is False


def test_attributes_come_from_their_topic() -> None:
    bench = Bench(json_attributes_topic="extra", **NUMERIC)
    bench.send('{"rssi": -80}', "extra")
    bench.send("20")
    assert bench.shown.attributes == {"rssi": -80}
    bench.send('{"rssi": -70}', "extra")
    assert bench.shown.attributes == {"rssi": -70}
    bench.send("[1]", "extra")
    assert bench.shown.attributes == {"rssi": -70}
    assert bench.fed.bad == 1


def test_admin_is_told_after_three_bad_payloads_and_when_it_is_good_again() -> None:
    told: list[str | None] = []
    bench = Bench(**NUMERIC)
    bench.fed._tell = told.append
    for payload in ("warm", "20", "warm", "warm", "warm", "warm", "21", "22"):
        bench.send(payload)
    assert told == ["'warm' is no value for it", None]
    assert bench.fed.bad == 5


def test_lost_broker_takes_the_value_away_and_brings_it_back() -> None:
    bench = Bench(**NUMERIC)
    bench.send("20")
    bench.fed.reach(False)
    assert not bench.shown.available
    bench.fed.reach(True)
    assert (bench.shown.value, bench.shown.available) == (20, True)


def test_entities_of_one_topic_share_its_parse(monkeypatch: pytest.MonkeyPatch) -> None:
    section = check_section(
        {
            "sensor": [
                {
                    "name": f"s{number}",
                    "state_topic": "t",
                    "value_template": f"{{{{ value_json.v{number} }}}}",
                }
                for number in range(8)
            ]
        }
    )
    shown = [Shown() for _ in range(8)]
    fed = [Fed(one, point, TurnedClock()) for one, point in zip(describe(section), shown, strict=True)]
    topics = topics_of(fed)
    assert list(topics) == ["t"]
    topics["t"].take(Message("t", b'{"v0": 1, "v7": 8}', 1, False, START))
    assert (shown[0].value, shown[7].value, shown[3].value) == ("1", "8", None)


@given(st.text(alphabet="0123456789.eE+- NaninfInfinity_٣", max_size=12))
def test_number_is_read_as_float_reads_it_or_refused(text: str) -> None:
    verdict, value = read_number(text)
    if value is not None:
        assert verdict == "value"
        assert value == float(text)
        assert abs(value) < float("inf")


@given(st.binary(max_size=200))
def test_any_payload_is_a_value_or_counted(payload: bytes) -> None:
    bench = Bench(value_template="{{ value_json.a.b }}", **NUMERIC)
    bench.send(payload)
    assert bench.shown.value is None or isinstance(bench.shown.value, int | float)


@pytest.mark.parametrize(
    ("options", "entity_id"),
    [
        ({"name": "Water Level"}, "sensor.water_level"),
        ({"name": "水位", "unique_id": "WL-1"}, "sensor.wl_1"),
        ({"name": "Level", "device": {"name": "Pump 3"}}, "sensor.pump_3_level"),
        ({"name": "Level", "object_id": "pump3"}, "sensor.pump3"),
    ],
)
def test_entity_ids_are_made_as_in_home_assistant(options: dict[str, Any], entity_id: str) -> None:
    section = check_section({"sensor": {"state_topic": "t", **options}})
    assert [entity.id for entity in entities_of(section)] == [entity_id]


@pytest.mark.parametrize(
    ("section", "path", "words"),
    [
        ({"sensor": [{"name": "水位", "state_topic": "t"}]}, ["sensor", 0], "unique_id"),
        ({"sensor": [{"name": "a", "state_topic": "t"}] * 2}, ["sensor", 1], "there already"),
        ({"sensor": [{"name": "a", "state_topic": "t/#/x"}]}, ["sensor", 0, "state_topic"], "#"),
        ({"sensor": [{"name": "a"}]}, ["sensor", 0, "state_topic"], "required"),
        (
            {"sensor": [{"name": "a", "state_topic": "t", "value_template": "{{"}]},
            ["sensor", 0, "value_template"],
            "",
        ),
        (
            {"sensor": [{"name": "a", "state_topic": "t", "expire_after": -1}]},
            ["sensor", 0, "expire_after"],
            "",
        ),
        ({"broker": "http://x"}, ["broker"], "mqtt://"),
        ({"broker": "mqtt://a:b@x"}, ["broker"], "!secret"),
        ({"broker": "mqtt://x:99999"}, ["broker"], ""),
        ({"broker": "mqtt://x/path"}, ["broker"], "host:1883"),
        ({"broker": "mqtt://x", "tls": {}}, ["broker"], "mqtts"),
        ({"broker": "embedded", "password": "x"}, ["password"], "leave this out"),
        ({"broker": "embedded", "protocol": "5"}, ["protocol"], "3.1.1"),
        ({"protocol": 4}, ["protocol"], "5"),
        ({"client_id": "a.b"}, ["client_id"], ""),
        ({"status_topic": "a/#"}, ["status_topic"], "wildcard"),
        ({"keepalive": True}, ["keepalive"], "whole number"),
        ({"keep_alive": 5}, ["keep_alive"], "extra"),
        ({"embedded": {"users": {"gateway": "short"}}}, ["embedded", "users", "gateway"], "8 to 200"),
        ({"embedded": {"users": {"hub": "long enough"}}}, ["embedded", "users", "hub"], "own account"),
    ],
)
def test_wrong_section_is_told_where(section: Any, path: list[Any], words: str) -> None:
    with pytest.raises(vol.Invalid) as raised:
        check_section(section)
    faults = raised.value.errors if isinstance(raised.value, vol.MultipleInvalid) else [raised.value]
    assert any([str(step) for step in fault.path] == [str(step) for step in path] for fault in faults), faults
    assert words in str(raised.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["broker", "sensor", "tls", "state_topic", "name", "x"]), inner)
        ),
        max_leaves=8,
    )
)
def test_any_section_is_cleaned_or_refused(section: Any) -> None:
    try:
        cleaned = check_section(section)
    except vol.Invalid:
        return
    ids = [entity.id for entity in entities_of(cleaned)]
    assert len(ids) == len(set(ids))


def test_empty_section_is_the_embedded_broker() -> None:
    assert check_section(None) == check_section({}) == check_section({"broker": "embedded"})
