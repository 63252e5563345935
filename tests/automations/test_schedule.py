"""schedule of rules."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.schedule import Pattern, TimesOfDay, parse_part, weekday_numbers

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
EVERY_DAY = frozenset(range(7))
MOMENTS = st.integers(1_577_000_000, 1_893_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


def at(text, zone):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2024-05-06 06:00", "2024-05-06 07:30"),
        ("2024-05-06 07:30", "2024-05-06 22:00"),
        ("2024-05-06 22:00", "2024-05-07 07:30"),
        ("2024-05-06 23:59", "2024-05-07 07:30"),
    ],
)
def test_the_next_time_of_day_is_in_the_sites_zone(now, expected):
    times = TimesOfDay((time(22), time(7, 30)), EVERY_DAY)
    assert times.next_after(at(now, SHANGHAI), SHANGHAI) == at(expected, SHANGHAI)


def test_only_on_its_weekdays():
    times = TimesOfDay((time(8),), weekday_numbers(["sat"]))
    assert times.next_after(at("2024-05-06 09:00", SHANGHAI), SHANGHAI) == at("2024-05-11 08:00", SHANGHAI)
    assert times.next_after(at("2024-05-11 08:00", SHANGHAI), SHANGHAI) == at("2024-05-18 08:00", SHANGHAI)


def test_a_time_that_summer_time_leaves_out_comes_once_and_a_doubled_one_too():
    times = TimesOfDay((time(2, 30),), EVERY_DAY)
    spring = times.next_after(at("2024-03-31 00:00", BERLIN), BERLIN)
    assert spring == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)
    autumn = times.next_after(at("2024-10-27 00:00", BERLIN), BERLIN)
    assert autumn == datetime(2024, 10, 27, 0, 30, tzinfo=UTC)
    assert times.next_after(autumn, BERLIN) == datetime(2024, 10, 28, 1, 30, tzinfo=UTC)


@given(MOMENTS, st.lists(st.times(), min_size=1, max_size=4), st.sets(st.integers(0, 6), min_size=1))
def test_the_next_time_is_later_and_fits(now, times, days):
    rule = TimesOfDay(tuple(moment.replace(microsecond=0, tzinfo=None) for moment in times), frozenset(days))
    found = rule.next_after(now, SHANGHAI)
    assert now < found <= now + timedelta(days=8)
    local = found.astimezone(SHANGHAI)
    assert local.weekday() in days
    assert local.time() in rule.times


def parts(hours="*", minutes="*", seconds="*"):
    return Pattern(parse_part(hours, 24), parse_part(minutes, 60), parse_part(seconds, 60))


@pytest.mark.parametrize(
    ("pattern", "now", "expected"),
    [
        (parts(minutes="/5", seconds=0), "2024-05-06 06:03:10", "2024-05-06 06:05:00"),
        (parts(minutes="/5", seconds=0), "2024-05-06 06:05:00", "2024-05-06 06:10:00"),
        (parts(seconds="/10"), "2024-05-06 06:03:55", "2024-05-06 06:04:00"),
        (parts(hours="/2", minutes=0, seconds=0), "2024-05-06 23:00:00", "2024-05-07 00:00:00"),
        (parts(hours=3, minutes=15, seconds=20), "2024-05-06 03:15:20", "2024-05-07 03:15:20"),
        (parts(hours=3, minutes=15, seconds=20), "2024-05-06 03:15:19", "2024-05-06 03:15:20"),
        (parts(minutes=30, seconds=15), "2024-05-06 06:30:40", "2024-05-06 07:30:15"),
    ],
)
def test_the_next_moment_of_a_pattern(pattern, now, expected):
    assert pattern.next_after(at(now, SHANGHAI), SHANGHAI) == at(expected, SHANGHAI)


@given(
    MOMENTS,
    st.sampled_from(["*", 3, "/4"]),
    st.sampled_from(["*", 0, 59, "/7"]),
    st.sampled_from(["*", 0, 30, "/11"]),
    st.sampled_from([SHANGHAI, BERLIN, ZoneInfo("Asia/Kolkata")]),
)
def test_a_patterns_next_moment_is_the_first_that_fits(now, hours, minutes, seconds, zone):
    pattern = parts(hours, minutes, seconds)
    found = pattern.next_after(now, zone)
    assert now < found <= now + timedelta(days=2, hours=2)
    local = found.astimezone(zone)
    assert (local.hour, local.minute, local.second, local.microsecond) == (
        local.hour,
        local.minute,
        local.second,
        0,
    )
    assert local.hour in pattern.hours
    assert local.minute in pattern.minutes
    assert local.second in pattern.seconds
    # Nothing that fits lies between: the moment before the found one leads to it as well.
    assert pattern.next_after(found - timedelta(seconds=1), zone) == found


@pytest.mark.parametrize(
    "part", ["/0", "60", 60, -1, "/60", "five", "", None, True, "1-5", "²", "/" + "9" * 50]
)
def test_what_is_no_part_of_a_pattern(part):
    with pytest.raises(ValueError, match=r"part of a time pattern|lies outside"):
        parse_part(part, 60)


def test_unknown_weekdays_are_named():
    with pytest.raises(ValueError, match="mon, tue"):
        weekday_numbers(["monday"])
