"""durations of rules."""

import contextlib
from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.durations import parse_duration, parse_time_of_day


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (5, 5),
        (0, 0),
        (1.5, 1.5),
        ("90", 90),
        ("00:10", 600),
        ("00:10:30", 630),
        ("1:02:03.5", 3723.5),
        ("100:00:00", 360_000),
        ({"minutes": 5}, 300),
        ({"hours": 1, "minutes": "2", "seconds": 3, "milliseconds": 500}, 3723.5),
        ({"days": 1}, 86_400),
    ],
)
def test_home_assistants_forms_of_a_span(written, seconds):
    assert parse_duration(written) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "written",
    [
        None,
        True,
        "",
        "soon",
        "1:2:3:4",
        {},
        {"weeks": 1},
        {"minutes": None},
        -1,
        "-5",
        [5],
        float("inf"),
        "nan",
        10**12,
        "9" * 500,
    ],
)
def test_what_is_no_span(written):
    with pytest.raises(ValueError, match="span of time"):
        parse_duration(written)


@given(st.integers(0, 300), st.integers(0, 59), st.integers(0, 59))
def test_a_clock_and_its_seconds_are_the_same(hours, minutes, seconds):
    total = (hours * 60 + minutes) * 60 + seconds
    assert parse_duration(f"{hours:02}:{minutes:02}:{seconds:02}") == parse_duration(total)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    )
)
def test_any_value_is_a_span_or_refused(value):
    with contextlib.suppress(ValueError):
        assert parse_duration(value) >= timedelta(0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("07:30", time(7, 30)), ("7:30:05", time(7, 30, 5)), ("23:59:59", time(23, 59, 59))],
)
def test_times_of_day(text, expected):
    assert parse_time_of_day(text) == expected


@pytest.mark.parametrize("text", ["24:00", "12", "12:60", 750, None, "noon", ""])
def test_what_is_no_time_of_day(text):
    with pytest.raises(ValueError, match="time of day"):
        parse_time_of_day(text)
