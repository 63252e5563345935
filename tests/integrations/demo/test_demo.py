"""The demo's devices, from their day's plan to the alarm in a hub."""

import itertools
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import voluptuous as vol
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hub.api import Message
from hub.testing.kit import HubKit
from integrations.demo import hub_integrations
from integrations.demo.clip import provide
from integrations.demo.settings import Facade, check_section
from integrations.demo.timeline import OPEN_ANGLE, REST_ANGLE, Report, Rhythm, reports
from integrations.demo.uplinks import F_PORT, join, payload, topic, uplink
from integrations.lorawan.decoders import decode
from integrations.lorawan.envelope import Join, Uplink, parse

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
EUI = "24E124785D410001"
YAML = """
lorawan:
  server: chirpstack
  devices:
    - {eui: 24E124785D410001, model: milesight/em310-tilt, as: manhole, id: MH-0137}
    - {eui: 24E124785D410002, model: milesight/em310-tilt, as: manhole, id: MH-0138}
manhole:
  covers: [{id: MH-0137}, {id: MH-0138}]
demo:
  covers:
    - {eui: 24E124785D410001, id: MH-0137}
    - {eui: 24E124785D410002, id: MH-0138}
"""


def first(rhythm: Rhythm, seconds: float) -> list[Report]:
    return list(itertools.takewhile(lambda report: report.at <= seconds, reports(rhythm)))


def test_each_cover_is_heard_before_the_first_one_opens() -> None:
    early = first(Rhythm(covers=12), 9.9)
    assert {report.cover for report in early} == set(range(12))
    assert {report.angle for report in early} == {REST_ANGLE}


def test_covers_open_one_after_the_other_and_close_again() -> None:
    day = first(Rhythm(covers=3, heartbeat=1000), 200)
    changes = [(report.at, report.cover, report.angle) for report in day if report.at >= 10]
    assert changes[:4] == [
        (10, 0, OPEN_ANGLE),
        (40, 0, REST_ANGLE),
        (70, 1, OPEN_ANGLE),
        (100, 1, REST_ANGLE),
    ]


def test_open_cover_stays_open_in_its_heartbeats() -> None:
    day = first(Rhythm(covers=1, heartbeat=4, every=0), 100)
    assert {report.angle for report in day if 10 <= report.at < 40} == {OPEN_ANGLE}
    assert {report.angle for report in day if report.at >= 40} == {REST_ANGLE}


@given(
    rhythm=st.builds(
        Rhythm,
        covers=st.integers(0, 5),
        heartbeat=st.floats(1, 60),
        after=st.floats(0, 60),
        every=st.sampled_from([0.0, 45.0, 90.0]),
        open_for=st.floats(1, 40),
    )
)
def test_reports_come_in_order_and_no_cover_falls_silent(rhythm: Rhythm) -> None:
    day = first(rhythm, 300)
    assert [report.at for report in day] == sorted(report.at for report in day)
    for cover in range(rhythm.covers):
        times = [report.at for report in day if report.cover == cover]
        assert all(later - earlier <= rhythm.heartbeat + 1e-6 for earlier, later in itertools.pairwise(times))


@given(st.floats(0, 180), st.integers(0, 100))
def test_payload_reads_as_the_sensor_s_own_decoder_reads_it(angle: float, battery: int) -> None:
    values = decode("milesight/em310-tilt", F_PORT, payload(angle, battery=battery)).values
    assert values["battery"] == battery
    assert values["angle_x"] == pytest.approx(angle, abs=0.006)
    assert values["angle_z"] == pytest.approx(90 - angle, abs=0.006)
    assert (values["threshold_x"] == "trigger") is (angle >= 10)


def test_envelopes_are_chirpstack_s() -> None:
    joined = parse(topic("demo", EUI, "join"), join("demo", EUI, "MH-0137", "00aa11bb", NOW).encode(), NOW)
    assert isinstance(joined, Join)
    text = uplink("demo", EUI, "MH-0137", "00aa11bb", NOW, counter=7, data=payload(93))
    frame = parse(topic("demo", EUI, "up"), text.encode(), NOW)
    assert isinstance(frame, Uplink)
    assert (frame.dev_eui, frame.f_cnt, frame.session, len(frame.gateways)) == (EUI, 7, "00AA11BB", 2)
    assert frame.received_at == NOW


async def test_cover_opens_ten_seconds_after_the_start_and_the_alarm_is_there(hub: HubKit) -> None:
    await hub.start(YAML)
    await hub.clock.advance(9.9, hub.settle)
    assert "cover_opened" not in {event.kind for event in hub.events}
    await hub.clock.advance(0.2, hub.settle)
    (opened,) = [event for event in hub.events if event.kind == "cover_opened"]
    assert opened.source == "MH-0137"
    await hub.clock.advance(60, hub.settle)
    assert [event.source for event in hub.events if event.kind == "cover_opened"] == ["MH-0137", "MH-0138"]


async def test_second_life_is_heard_too_although_its_counters_begin_anew(hub: HubKit) -> None:
    await hub.start(YAML)
    await hub.clock.advance(45, hub.settle)
    hub.events.clear()
    await hub.restart()
    await hub.clock.advance(11, hub.settle)
    assert "cover_opened" in {event.kind for event in hub.events}


async def test_every_frame_passes_the_broker(hub: HubKit) -> None:
    heard: list[Message] = []
    await hub.start(YAML)
    hub.broker.subscribe("application/demo/#", heard.append)
    await hub.clock.advance(30, hub.settle)
    kinds = [message.topic.rpartition("/")[2] for message in heard]
    assert kinds.count("join") == 2
    assert kinds.count("up") == 3
    counters = [
        json.loads(message.payload)["fCnt"]
        for message in heard
        if message.topic.endswith(f"{EUI.lower()}/event/up")
    ]
    assert counters == list(range(len(counters)))


async def test_facade_is_rendered_once_and_the_same_for_the_same_seed(tmp_path: Path) -> None:
    facade = Facade(seed=3, duration=8.0, size=(320, 240), item="flower pot", building="2")
    one, two = tmp_path / "one", tmp_path / "two"
    (one / "rendering-left").mkdir(parents=True)
    two.mkdir()
    assert await provide(one, facade)
    assert not await provide(one, facade)
    assert await provide(two, facade)
    assert (one / "facade.json").read_bytes() == (two / "facade.json").read_bytes()
    assert (one / "facade.mp4").stat().st_size == (two / "facade.mp4").stat().st_size > 10_000
    assert json.loads((one / "facade.json").read_text())["building"] == "2"
    assert sorted(path.name for path in one.iterdir()) == [
        "facade.json", "facade.mp4", "facade.recipe.json", "facade.truth.json",
    ]  # fmt: skip


def test_hub_s_own_process_never_loads_the_picture_libraries() -> None:
    text = "import sys, integrations.demo; print(sorted({'cv2', 'av', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_example_is_valid() -> None:
    text = (Path(__file__).parents[3] / "integrations/demo/example.yaml").read_text()
    config = check_section(yaml.safe_load(text)["demo"])
    assert [cover.name for cover in config.covers] == ["MH-0137", "MH-0138"]
    assert config.facade is not None
    (declared,) = hub_integrations()
    assert declared.schema({}).covers == ()


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"covers": ["xyz"]}, "16 hexadecimal"),
        ({"covers": [1234567890123456]}, "16 hexadecimal"),
        ({"covers": [EUI, EUI]}, "already"),
        ({"covers": [EUI], "every": 20}, "longer than open_for"),
        ({"after": -1}, "seconds"),
        ({"heartbeat": True}, "seconds"),
        ({"application": "a/b"}, "application"),
        ({"facade": {"size": [1281, 720]}}, "even numbers"),
        ({"facade": {"item": "piano"}}, "item"),
        ({"facades": {}}, "extra keys"),
    ],
)
def test_wrong_section_is_a_clear_fault(section: object, words: str) -> None:
    with pytest.raises(vol.Invalid) as raised:
        check_section(section)
    assert words in str(raised.value)


def test_sample_s_calibration_is_that_of_the_clip_it_renders() -> None:
    from integrations.demo.facade import clip_config, plan_clip

    class Loader(yaml.SafeLoader):
        """Reads the sample without following its tags."""

    Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)
    config = Path(__file__).parents[3] / "config"
    sample = yaml.load((config / "configuration.yaml").read_text(), Loader)
    facade = check_section(sample["demo"]).facade
    assert facade is not None
    plan = plan_clip(
        facade.seed,
        size=facade.size,
        duration_s=facade.duration,
        items=(facade.item,),
        building_name=facade.building,
    )
    assert json.loads((config / "clips/demo_facade.json").read_text()) == json.loads(
        json.dumps(clip_config(plan, "facade"))
    )
