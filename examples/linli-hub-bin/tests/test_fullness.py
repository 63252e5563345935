"""Messages in, fullness out: by table, and whatever a hostile sensor sends."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli_hub_bin.fullness import Reading, is_full, percent_full, read


@pytest.mark.parametrize(
    ("payload", "free"), [(b'{"distance_cm": 31.5, "battery_v": 3.6}', 31.5), (b'{"distance_cm": 0}', 0.0)]
)
def test_a_sensor_s_message(payload: bytes, free: float) -> None:
    assert read(payload) == Reading(free)


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 4000, "no JSON"),
        (b"{}", "no 'distance_cm'"),
        (b"7", "no 'distance_cm'"),
        (b'{"distance_cm": true}', "no 'distance_cm'"),
        (b'{"distance_cm": "31"}', "no 'distance_cm'"),
        (b'{"distance_cm": -1}', "from 0 to 1000"),
        (b'{"distance_cm": NaN}', "from 0 to 1000"),
        (b'{"distance_cm": 1e9}', "from 0 to 1000"),
        (b" " * 5000, "5000 bytes"),
    ],
)
def test_another_message_is_refused_with_its_reason(payload: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(payload)


@pytest.mark.parametrize(("free", "percent"), [(120, 0), (60, 50), (12, 90), (0, 100), (300, 0)])
def test_how_full_a_bin_of_120_cm_is(free: float, percent: int) -> None:
    assert percent_full(Reading(free), 120) == percent


@given(st.floats(0, 1000), st.floats(10, 1000))
def test_fullness_is_always_a_percentage(free: float, depth: float) -> None:
    assert 0 <= percent_full(read(json.dumps({"distance_cm": free}).encode()), depth) <= 100


@pytest.mark.parametrize(
    ("was", "percent", "full"),
    [(False, 84, False), (False, 85, True), (True, 84, True), (True, 20, True), (True, 19, False)],
)
def test_a_bin_is_full_from_its_limit_until_it_was_emptied(was: bool, percent: int, full: bool) -> None:
    assert is_full(was, percent, 85) is full
