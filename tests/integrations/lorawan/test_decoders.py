"""Built-in decoders against published payloads, and against garbage."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.lorawan.decoders import DecodeFault, UnknownModel, decode, find_model, known_models
from integrations.lorawan.decoders.reading import MEANS

VECTORS = Path(__file__).parents[2] / "data" / "devices" / "vectors-public.json"
PUBLIC: list[dict[str, Any]] = json.loads(VECTORS.read_text("utf-8"))["vectors"]


def same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return math.isclose(left, right, rel_tol=1e-6, abs_tol=1e-9)
    if isinstance(left, dict) and isinstance(right, dict):
        return all(key in left and same(left[key], right[key]) for key in right)
    return bool(left == right)


@pytest.mark.parametrize("vector", PUBLIC, ids=[vector["id"] for vector in PUBLIC])
def test_published_payloads_are_read_as_published(vector: dict[str, Any]) -> None:
    reading = decode(vector["model"], vector["fport"], bytes.fromhex(vector["hex"]))
    assert same(dict(reading.values), vector["expected"])
    assert same(dict(reading.means), vector.get("means", {}))
    assert set(reading.means) <= set(find_model(vector["model"]).gives)


@pytest.mark.parametrize(
    ("model", "port", "payload", "means"),
    [
        ("em310-tilt", 85, "01755c03cf00000000282307", {"tilt_alarm": True, "battery_percent": 92}),
        ("em310-tilt", 85, "03cf0c0300001a2200", {"tilt_alarm": False, "angle_x": 7.8, "angle_z": 87.3}),
        ("r718ea", 6, "019a01a4000a0100e60000", {"battery_low": True, "temperature": 23.0}),
        ("r718eb", 6, "01c8012400c8ff380384ff", {"angle_x": 20.0, "angle_y": -20.0, "angle_z": 90.0}),
        ("ws301", 85, "030000", {"open": False}),
        ("ws301", 85, "040001", {"tamper": True}),
        ("lds03a", 2, "0100000200000564000000", {"open": True}),
        ("em300-th", 85, "0367ecff", {"temperature": -2.0}),
        ("am307", 85, "050001", {"motion": True}),
    ],
)
def test_meaning_in_the_words_of_the_hub(model: str, port: int, payload: str, means: dict[str, Any]) -> None:
    assert same(dict(decode(model, port, bytes.fromhex(payload)).means), means)


@pytest.mark.parametrize("sign", ["00", "01"])
def test_a_tilted_dingtek_cover_tells_its_angle_without_a_sign(sign: str) -> None:
    reading = decode("dingtek/dc410", 3, bytes.fromhex(f"800001021106a40016{sign}190011000100" + "81"))
    assert reading.means["angle"] == 25
    assert reading.means["tilt_alarm"] is True
    assert reading.means["battery_low"] is True


def test_what_stands_behind_an_unknown_channel_is_kept() -> None:
    reading = decode("em310-tilt", 85, bytes.fromhex("01755c" + "77aabbcc"))
    assert reading.unread == bytes.fromhex("77aabbcc")
    assert reading.means == {"battery_percent": 92}


def test_history_is_no_news() -> None:
    reading = decode("em300-sld", 85, bytes.fromhex("20ce9e74466310015d01" * 2))
    assert [past["water"] for past in reading.values["history"]] == ["leak", "leak"]
    assert reading.means == {}


@pytest.mark.parametrize(
    "name", ["EM310-TILT", "milesight/em310-tilt", "Milesight-IoT/EM310_TILT", " em310 tilt "]
)
def test_names_of_one_model(name: str) -> None:
    assert find_model(name).name == "em310-tilt"


@pytest.mark.parametrize("name", ["", "em999", "dragino/em310-tilt", "x" * 10_000, "/", "em310-tilt/"])
def test_an_unknown_model_is_told_the_known_ones(name: str) -> None:
    with pytest.raises(UnknownModel, match="milesight/em310-tilt") as caught:
        decode(name, 85, b"\x01\x75\x5c")
    assert len(str(caught.value)) < 1000


@given(model=st.sampled_from(known_models()), port=st.integers(0, 255), payload=st.binary(max_size=260))
@settings(max_examples=300, deadline=None)
def test_garbage_is_refused_and_nothing_else(model: str, port: int, payload: bytes) -> None:
    try:
        reading = decode(model, port, payload)
    except DecodeFault:
        return
    assert set(reading.means) <= set(find_model(model).gives) <= MEANS
    json.dumps(dict(reading.values), allow_nan=False)
    json.dumps(dict(reading.means), allow_nan=False)


@given(vector=st.sampled_from(PUBLIC), cut=st.integers(0, 40), tail=st.binary(max_size=8))
@settings(max_examples=300, deadline=None)
def test_damaged_published_payloads(vector: dict[str, Any], cut: int, tail: bytes) -> None:
    try:
        reading = decode(vector["model"], vector["fport"], bytes.fromhex(vector["hex"])[:cut] + tail)
    except DecodeFault:
        return
    assert set(reading.means) <= MEANS
