"""Envelopes of both network servers, whole and broken."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.lorawan.envelope import EnvelopeFault, Join, Status, Uplink, parse

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
EUI = "24e124785d410001"
CHIRPSTACK = f"application/6d0f-7/device/{EUI}/event/up"
THINGS = "v3/street@ttn/devices/mh-0137/up"


def chirpstack(**changes: Any) -> dict[str, Any]:
    return {
        "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
        "time": "2026-05-04T11:59:58.123456789+00:00",
        "deviceInfo": {
            "applicationId": "6d0f-7",
            "deviceName": "MH-0137",
            "devEui": EUI,
            "tags": {"model": "milesight/em310-tilt", "place": "北门"},
        },
        "devAddr": "00189440",
        "dr": 5,
        "fCnt": 4,
        "fPort": 85,
        "confirmed": True,
        "data": "AXVc",
        "object": {"battery": 92},
        "rxInfo": [
            {"gatewayId": "a84041ffff1f6c2e", "rssi": -101, "snr": 3.5},
            {"gatewayId": "a84041ffff1f6c2f", "rssi": -87, "snr": -2},
        ],
    } | changes


def things(**changes: Any) -> dict[str, Any]:
    return {
        "end_device_ids": {"device_id": "mh-0137", "dev_eui": EUI.upper(), "dev_addr": "260B1234"},
        "received_at": "2026-05-04T11:59:58.5Z",
        "uplink_message": {
            "f_port": 85,
            "frm_payload": "AXVc",
            "rx_metadata": [{"gateway_ids": {"gateway_id": "roof-3"}, "rssi": -90, "snr": 7}],
            "version_ids": {"brand_id": "milesight-iot", "model_id": "em310-tilt"},
        }
        | changes,
    }


def read(topic: str, message: Any) -> Uplink:
    found = parse(topic, json.dumps(message).encode(), NOW)
    assert isinstance(found, Uplink)
    return found


def test_a_chirpstack_uplink() -> None:
    uplink = read(CHIRPSTACK, chirpstack())
    assert (uplink.dev_eui, uplink.device_name) == (EUI.upper(), "MH-0137")
    assert (uplink.f_port, uplink.f_cnt, uplink.payload) == (85, 4, bytes.fromhex("01755c"))
    assert uplink.received_at == datetime(2026, 5, 4, 11, 59, 58, 123456, tzinfo=UTC)
    assert (uplink.rssi, uplink.snr) == (-87, 3.5)
    assert uplink.gateways == {"a84041ffff1f6c2e", "a84041ffff1f6c2f"}
    assert uplink.model == "milesight/em310-tilt"
    assert uplink.tags["place"] == "北门"
    assert uplink.session == "00189440"
    assert uplink.decoded == {"battery": 92}
    assert uplink.confirmed
    assert uplink.deduplication_id.startswith("3ac7e3c4")


def test_a_things_stack_uplink_with_its_zeroes_left_out() -> None:
    uplink = read(THINGS, things())
    assert (uplink.server, uplink.f_cnt, uplink.f_port) == ("ttn", 0, 85)
    assert uplink.model == "milesight-iot/em310-tilt"
    assert uplink.gateways == {"roof-3"}
    assert uplink.session == "260B1234"
    assert uplink.deduplication_id == read(THINGS, things()).deduplication_id
    assert uplink.deduplication_id != read(THINGS, things(f_cnt=1)).deduplication_id


def test_joins_and_status() -> None:
    join = parse(CHIRPSTACK[:-2] + "join", json.dumps(chirpstack()).encode(), NOW)
    assert isinstance(join, Join)
    assert join.session == "00189440"
    message = things() | {"join_accept": {"session_key_id": "AXBSH1Pk6Z0G166"}}
    join = parse(THINGS[:-2] + "join", json.dumps(message).encode(), NOW)
    assert isinstance(join, Join)
    assert join.deduplication_id
    level = json.dumps(chirpstack(batteryLevel=87.4, margin=10)).encode()
    status = parse(CHIRPSTACK[:-2] + "status", level, NOW)
    assert isinstance(status, Status)
    assert (status.battery_percent, status.margin) == (87.4, 10)


@pytest.mark.parametrize("event", ["ack", "txack", "log", "location", "integration"])
def test_events_of_no_use_are_left_alone(event: str) -> None:
    assert parse(CHIRPSTACK[:-2] + event, b"anything", NOW) is None


def test_a_topic_may_have_a_prefix() -> None:
    assert read(f"site/eu868/{CHIRPSTACK}", chirpstack()).f_cnt == 4


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"deviceInfo": None}, "deviceInfo"),
        ({"deviceInfo": {"devEui": "24e124785d410002"}}, "its topic"),
        ({"deviceInfo": {"devEui": "JOEkeF1BAAE="}}, "16 hexadecimal digits"),
        ({"fCnt": -1}, "fCnt"),
        ({"fCnt": True}, "fCnt"),
        ({"fCnt": 2**32}, "fCnt"),
        ({"fCnt": 1.5}, "fCnt"),
        ({"fPort": "85"}, "fPort"),
        ({"data": "not base64!"}, "base64"),
        ({"data": 5}, "base64"),
        ({"data": base64.b64encode(bytes(256)).decode()}, "255"),
        ({"rxInfo": {"rssi": 1}}, "rxInfo"),
        ({"rxInfo": [3]}, "rxInfo"),
        ({"rxInfo": [{"rssi": "strong"}]}, "rssi"),
        ({"rxInfo": [{"rssi": 10**400}]}, "rssi"),
        ({"time": 12}, "time"),
        ({"time": "yesterday"}, "time"),
        ({"confirmed": 1}, "confirmed"),
        ({"devAddr": ["00"]}, "devAddr"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], told: str) -> None:
    with pytest.raises(EnvelopeFault, match=told):
        parse(CHIRPSTACK, json.dumps(chirpstack(**change)).encode(), NOW)


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b"", "empty"),
        (b"[1]", "no JSON object"),
        (b"{", "broken JSON"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": ' + b"[" * 100_000, "deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "broken JSON"),
        (b'{"\xff": 1}', "broken JSON"),
        (b" " * 300_000, "at most"),
        (b"\x0a\x243ac7e3c4-4401-4b8d-9386-a5c902f9202d\x12\x0c", "protobuf"),
    ],
)
def test_a_message_that_is_none(payload: bytes, told: str) -> None:
    with pytest.raises(EnvelopeFault, match=told):
        parse(CHIRPSTACK, payload, NOW)


@pytest.mark.parametrize(
    "topic", ["", "/", "a/b/c", "v3/app/devices", "application/1/device/x/event/up", "\0"]
)
def test_a_topic_that_is_none(topic: str) -> None:
    with pytest.raises(EnvelopeFault, match=r"topic|hexadecimal"):
        parse(topic, b"{}", NOW)


@pytest.mark.parametrize("time", [None, "2031-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
def test_an_absurd_clock_of_the_server_is_not_believed(time: str | None) -> None:
    assert read(CHIRPSTACK, chirpstack(time=time)).received_at == NOW


def test_a_clock_slightly_ahead_is_now_and_a_buffered_frame_keeps_its_time() -> None:
    assert read(CHIRPSTACK, chirpstack(time="2026-05-04T12:00:09Z")).received_at == NOW
    assert read(CHIRPSTACK, chirpstack(time="2026-05-03T12:00:00+08:00")).received_at == NOW - timedelta(
        hours=32
    )


@pytest.mark.parametrize(
    "decoded", [{"x": [1] * 1000}, {"x": {"x": {"x": {"x": {"x": {"x": {"x": {"x": {"x": 1}}}}}}}}}]
)
def test_a_swollen_decoded_object_is_left_out_and_the_frame_kept(decoded: dict[str, Any]) -> None:
    uplink = read(CHIRPSTACK, chirpstack(object=decoded))
    assert uplink.decoded is None
    assert "left out" in uplink.remark
    assert uplink.payload == bytes.fromhex("01755c")


def test_names_are_made_printable() -> None:
    info = {"devEui": EUI, "deviceName": "\ud800井盖\x00\n" + "x" * 500}
    name = read(CHIRPSTACK, chirpstack(deviceInfo=info)).device_name
    assert name.encode("utf-8")
    assert len(name) <= 128
    assert name.isprintable()


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def poisoned(whole: dict[str, Any], path: list[int], poison: Any) -> dict[str, Any]:
    """The message with one place of it replaced."""
    copy = json.loads(json.dumps(whole))
    at: Any = copy
    for step in path:
        keys = sorted(at) if isinstance(at, dict) else list(range(len(at))) if isinstance(at, list) else []
        if not keys:
            break
        key = keys[step % len(keys)]
        if step % 3 == 0 or not isinstance(at[key], (dict, list)):
            at[key] = poison
            break
        at = at[key]
    return dict(copy)


@given(path=st.lists(st.integers(0, 99), min_size=1, max_size=5), poison=junk, things_stack=st.booleans())
@settings(max_examples=400, deadline=None)
def test_one_hostile_value_anywhere_is_a_fault_or_harmless(
    path: list[int], poison: Any, things_stack: bool
) -> None:
    topic, message = (THINGS, things()) if things_stack else (CHIRPSTACK, chirpstack())
    try:
        found = parse(topic, json.dumps(poisoned(message, path, poison)).encode(), NOW)
    except EnvelopeFault:
        return
    assert isinstance(found, Uplink)
    assert found.received_at <= NOW
    assert found.received_at.tzinfo is UTC
    assert 0 <= found.f_cnt < 2**32
    json.dumps(found.decoded, allow_nan=False).encode()
    assert len(found.device_name) <= 128


@given(topic=st.text(max_size=60) | st.sampled_from([CHIRPSTACK, THINGS]), payload=st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_noise_is_refused_and_nothing_else(topic: str, payload: bytes) -> None:
    try:
        assert parse(topic, payload, NOW) is None
    except EnvelopeFault as fault:
        assert len(str(fault)) < 600  # noqa: PT017
