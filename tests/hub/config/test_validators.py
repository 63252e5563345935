"""Each validator by table: what it makes of a value, and what it says of a wrong one."""

from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
import voluptuous as vol
from hypothesis import given
from hypothesis import strategies as st

from hub.config import validators as cv

TAKEN: list[tuple[Callable[[Any], Any], Any, Any]] = [
    (cv.integer, 5, 5),
    (cv.integer, "-5", -5),
    (cv.integer, 5.0, 5),
    (cv.positive_int, 0, 0),
    (cv.port, "1883", 1883),
    (cv.number, "5.5", 5.5),
    (cv.number, 5, 5.0),
    (cv.positive_float, 0, 0.0),
    (cv.percentage, 100, 100.0),
    (cv.latitude, -90, -90.0),
    (cv.longitude, 121.47, 121.47),
    (cv.string, "x", "x"),
    (cv.string, 5, "5"),
    (cv.string, "", ""),
    (cv.string, "two\nlines\tand a tab", "two\nlines\tand a tab"),
    (cv.name, "东门", "东门"),
    (cv.boolean, True, True),
    (cv.boolean, "on", True),
    (cv.boolean, "Yes", True),
    (cv.boolean, "off", False),
    (cv.boolean, "disable", False),
    (cv.boolean, 0, False),
    (cv.slug, "front_door_2", "front_door_2"),
    (cv.identifier, "b3-u2", "b3-u2"),
    (cv.identifier, 12, "12"),
    (cv.entity_id, "binary_sensor.mh_0137_open", "binary_sensor.mh_0137_open"),
    (cv.entity_id, "Light.Kitchen", "light.kitchen"),
    (cv.entity_ids, "light.a, light.b", ["light.a", "light.b"]),
    (cv.entity_ids, ["light.a"], ["light.a"]),
    (cv.entity_ids, None, []),
    (cv.url, "https://example.org:8443/a?b=c", "https://example.org:8443/a?b=c"),
    (cv.url, "http://[::1]/", "http://[::1]/"),
    (cv.ensure_list, None, []),
    (cv.ensure_list, {}, []),
    (cv.ensure_list, 1, [1]),
    (cv.ensure_list, [1], [1]),
    (cv.ensure_list, {"a": 1}, [{"a": 1}]),
    (cv.one_of("single", "restart"), "restart", "restart"),
    (cv.time_period, 90, timedelta(seconds=90)),
    (cv.time_period, 0.5, timedelta(milliseconds=500)),
    (cv.time_period, "90", timedelta(seconds=90)),
    (cv.time_period, "00:05:00", timedelta(minutes=5)),
    (cv.time_period, "5m", timedelta(minutes=5)),
    (cv.time_period, "1.5 h", timedelta(minutes=90)),
    (cv.time_period, "01:30", timedelta(hours=1, minutes=30)),
    (cv.time_period, "-00:30:00", timedelta(minutes=-30)),
    (cv.time_period, "+0:0:1.5", timedelta(seconds=1.5)),
    (cv.time_period, "100:00:00", timedelta(hours=100)),
    (cv.time_period, {"days": 1, "hours": "2", "minutes": 3, "seconds": 4, "milliseconds": 5},
     timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=5)),
    (cv.positive_time_period, timedelta(), timedelta()),
    (cv.time_of_day, "07:30", time(7, 30)),
    (cv.time_of_day, "23:59:59", time(23, 59, 59)),
    (cv.time_of_day, "7:05:01.5", time(7, 5, 1, 500_000)),
    (cv.time_of_day, time(1), time(1)),
]  # fmt: skip


@pytest.mark.parametrize(("validator", "value", "cleaned"), TAKEN, ids=[str(value) for _, value, _ in TAKEN])
def test_takes(validator: Callable[[Any], Any], value: Any, cleaned: Any) -> None:
    result = validator(value)
    assert result == cleaned
    assert type(result) is type(cleaned)


NOT_WHOLE = "{} is not a whole number; write digits only"
NOT_A_NUMBER = "{} is not a number; write digits, and a point if need be"
NOT_A_PERIOD = '{} is not a time span; write seconds, "HH:MM:SS", or hours, minutes and seconds'
NOT_A_TIME = '{} is not a time of day; write "HH:MM" or "HH:MM:SS"'
NOT_A_URL = "{} is not a web address; write one like https://example.org/path"
NOT_AN_ENTITY = "{} is not an entity id; write one like binary_sensor.front_door"

REFUSED: list[tuple[Callable[[Any], Any], Any, str]] = [
    (cv.integer, "abc", NOT_WHOLE.format("'abc'")),
    (cv.integer, 5.5, NOT_WHOLE.format("5.5")),
    (cv.integer, True, NOT_WHOLE.format("true")),
    (cv.integer, None, NOT_WHOLE.format("nothing")),
    (cv.integer, [1], NOT_WHOLE.format("a list")),
    (cv.integer, "9" * 30, NOT_WHOLE.format(f"'{'9' * 30}'")),
    (cv.positive_int, -1, "-1 is out of range; write a number of at least 0"),
    (cv.port, 0, "0 is out of range; write a number from 1 to 65535"),
    (cv.port, 70000, "70000 is out of range; write a number from 1 to 65535"),
    (cv.number, "x", NOT_A_NUMBER.format("'x'")),
    (cv.number, float("inf"), NOT_A_NUMBER.format("inf")),
    (cv.number, "nan", NOT_A_NUMBER.format("'nan'")),
    (cv.number, 10**400, NOT_A_NUMBER.format("1" + "0" * 59)),
    (cv.percentage, 101, "101 is out of range; write a number from 0.0 to 100.0"),
    (cv.string, None, "nothing is not text; put it in quotes"),
    (cv.string, True, "true is not text; put it in quotes"),
    (cv.string, {"a": 1}, "a mapping is not text; put it in quotes"),
    (cv.string, "a\x07", "the text holds the control character U+0007; remove it"),
    (cv.string, "a\u202eb", "the text holds the control character U+202E; remove it"),
    (cv.string, "x" * 5000, "the text has 5000 characters; write at most 4096"),
    (cv.name, "", "the text has 0 characters; write at least 1"),
    (cv.boolean, "maybe", "'maybe' is neither true nor false; write true or false"),
    (cv.boolean, None, "nothing is neither true nor false; write true or false"),
    (cv.boolean, 2, "2 is neither true nor false; write true or false"),
    (cv.slug, "Front Door", "'Front Door' is not a slug; write 'front_door'"),
    (cv.slug, "东门", "'东门' is not a slug; use lower case letters, digits and _"),
    (cv.identifier, "B3 U2", "'B3 U2' is not an id; write 'b3-u2'"),
    (cv.entity_id, "kitchen", NOT_AN_ENTITY.format("'kitchen'")),
    (cv.entity_id, "light._x", NOT_AN_ENTITY.format("'light._x'")),
    (cv.entity_id, "light.a.b", NOT_AN_ENTITY.format("'light.a.b'")),
    (cv.entity_ids, "light.a,", "the text has 0 characters; write at least 1"),
    (cv.url, "ftp://example.org", NOT_A_URL.format("'ftp://example.org'")),
    (cv.url, "http://", NOT_A_URL.format("'http://'")),
    (cv.url, "http://a b", NOT_A_URL.format("'http://a b'")),
    (cv.url, "http://a:99999", NOT_A_URL.format("'http://a:99999'")),
    (cv.url, "http://[", NOT_A_URL.format("'http://['")),
    (cv.one_of("single", "restart"), "singel", "'singel' is not one of the choices; did you mean 'single'?"),
    (cv.one_of(1, 2), True, "true is not one of the choices; write 1 or 2"),
    (cv.time_period, "x", NOT_A_PERIOD.format("'x'")),
    (cv.time_period, None, NOT_A_PERIOD.format("nothing")),
    (cv.time_period, "12:75", NOT_A_PERIOD.format("'12:75'")),
    (cv.time_period, {}, 'the time span is empty; write seconds, "HH:MM:SS", or hours, minutes and seconds'),
    (cv.time_period, {"hour": 1}, "unknown unit 'hour'; did you mean 'hours'?"),
    (cv.time_period, {"hours": "x"}, NOT_A_NUMBER.format("'x'")),
    (cv.time_period, 1e300, "1e+300 is too long; write at most 3660 days, 0:00:00"),
    (cv.time_period, 1e10, "10000000000.0 is out of range; write at most 3660 days, 0:00:00"),
    (cv.positive_time_period, -1, "-1 is out of range; write at least 0:00:00"),
    (cv.time_of_day, "24:00", NOT_A_TIME.format("'24:00'")),
    (cv.time_of_day, "-01:00", NOT_A_TIME.format("'-01:00'")),
    (cv.time_of_day, 730, NOT_A_TIME.format("730")),
]


@pytest.mark.parametrize(
    ("validator", "value", "message"), REFUSED, ids=[str(value)[:20] for _, value, _ in REFUSED]
)
def test_refuses(validator: Callable[[Any], Any], value: Any, message: str) -> None:
    with pytest.raises(vol.Invalid) as caught:
        validator(value)
    assert caught.value.error_message == message


def test_all_wrong_units_are_named() -> None:
    with pytest.raises(vol.MultipleInvalid) as caught:
        cv.time_period({"hour": 1, "seconds": "x", "minutes": 2})
    assert [error.path for error in caught.value.errors] == [["hour"], ["seconds"]]


def test_paths_stay_inside(tmp_path: Path) -> None:
    inside = cv.path_inside(tmp_path)
    assert inside("clips/a.mp4") == tmp_path.resolve() / "clips" / "a.mp4"
    (tmp_path / "out").symlink_to("/etc")
    for outside in ("../x", "/etc/passwd", "out/passwd", "a/../../x"):
        with pytest.raises(vol.Invalid, match="leads out of"):
            inside(outside)
    with pytest.raises(vol.Invalid):
        inside("a\0b")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
VALIDATORS: list[Callable[[Any], Any]] = [
    cv.integer, cv.port, cv.number, cv.string, cv.boolean, cv.slug, cv.identifier, cv.entity_id, cv.entity_ids,
    cv.url, cv.ensure_list, cv.one_of("a", 1), cv.time_period, cv.time_of_day, cv.path_inside(Path("/tmp")),
]  # fmt: skip


@given(value=ANYTHING)
def test_whatever_comes_is_taken_or_refused(value: Any) -> None:
    for validator in VALIDATORS:
        try:
            cleaned = validator(value)
        except vol.Invalid:
            continue
        else:
            # What came out is taken again: nothing is changed twice.
            assert validator(cleaned if not isinstance(cleaned, Path) else str(cleaned)) == cleaned
