"""Who is on duty when, also on days when clocks are changed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.people import Roster, Shift, Span, Swap
from hub.people.moments import moment, read_moment

SHANGHAI, BERLIN, LORD_HOWE = (
    ZoneInfo("Asia/Shanghai"),
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("Australia/Lord_Howe"),
)
DAY = Shift("day", time(8), time(20))
NIGHT = Shift("night", time(20), time(8))
SHIFTS = {"day": DAY, "night": NIGHT}


def local(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return read_moment(text, zone)


def on(roster: Roster, text: str) -> list[str]:
    return [duty.person for duty in roster.on_duty(local(text, roster.zone))]


def roster(**more: object) -> Roster:
    given: dict = {"id": "r", "name": "r", "zone": SHANGHAI, "shifts": SHIFTS, **more}
    return Roster(**given)


def test_a_shift_begins_with_its_first_moment_and_ends_before_its_last():
    every = roster(week={number: {"day": ("a",)} for number in range(7)})
    assert on(every, "2026-11-24 07:59:59") == []
    assert on(every, "2026-11-24 08:00") == ["a"]
    assert on(every, "2026-11-24 19:59:59") == ["a"]
    assert on(every, "2026-11-24 20:00") == []


def test_a_night_belongs_to_the_day_that_it_begins():
    monday = roster(week={0: {"night": ("a",)}})
    assert on(monday, "2026-11-23 23:00") == ["a"]  # a Monday
    assert on(monday, "2026-11-24 07:59") == ["a"]
    assert on(monday, "2026-11-23 07:00") == []


def test_a_rotation_goes_round_from_the_day_it_begins():
    turning = roster(cycle=({"day": ("a",)}, {"day": ("b",)}, {}), begins=date(2026, 11, 23))
    found = [on(turning, f"2026-11-{day} 12:00") for day in (22, 23, 24, 25, 26, 27)]
    assert found == [[], ["a"], ["b"], [], ["a"], ["b"]]


def test_a_date_replaces_the_shifts_that_it_names_and_no_others():
    week = {number: {"day": ("a",), "night": ("b",)} for number in range(7)}
    feast = roster(week=week, dates={date(2026, 12, 25): {"day": ("c",)}, date(2026, 12, 26): {"day": ()}})
    assert on(feast, "2026-12-25 12:00") == ["c"]
    assert on(feast, "2026-12-25 22:00") == ["b"]
    assert on(feast, "2026-12-26 12:00") == []


def test_leave_takes_away_and_extra_duty_adds_also_in_the_middle_of_a_shift():
    week = {number: {"day": ("a",)} for number in range(7)}
    away = Span("a", local("2026-11-24 10:00"), local("2026-11-24 12:00"))
    instead = Span("b", local("2026-11-24 10:00"), local("2026-11-24 12:00"))
    changed = roster(week=week, leave=(away,), extra=(instead,))
    assert [on(changed, f"2026-11-24 {hour}:00") for hour in ("09", "10", "12")] == [["a"], ["b"], ["a"]]
    spans = [(duty.person, duty.start, duty.end) for duty in changed.between(away.start, away.end)]
    assert spans == [("b", away.start, away.end)]


def test_a_swap_puts_somebody_else_in_a_shift():
    week = {number: {"night": ("a", "c")} for number in range(7)}
    swapped = roster(week=week, swaps=(Swap(date(2026, 11, 24), "night", "a", "b"),))
    assert on(swapped, "2026-11-25 02:00") == ["b", "c"]
    assert on(swapped, "2026-11-26 02:00") == ["a", "c"]


def test_a_duty_bears_the_rosters_role_and_areas():
    placed = roster(week={1: {"day": ("a",)}}, role="guard", areas=("b3",))
    (duty,) = placed.on_duty(local("2026-11-24 12:00"))
    assert (duty.role, duty.areas, duty.shift, duty.roster) == ("guard", ("b3",), "day", "r")


def test_a_night_is_an_hour_shorter_or_longer_when_clocks_change():
    nights = roster(zone=BERLIN, week={number: {"night": ("a",)} for number in range(7)})
    for day, hours in (("2026-03-28", 11), ("2026-03-29", 12), ("2026-10-24", 13)):
        (duty,) = nights.on_duty(local(f"{day} 23:00", BERLIN))
        assert duty.end - duty.start == timedelta(hours=hours)


def test_a_time_that_clocks_leap_over_is_the_moment_of_the_leap():
    leap = datetime(2026, 3, 29, 1, tzinfo=UTC)
    for clock in (time(2), time(2, 30), time(2, 59, 59), time(3)):
        assert moment(date(2026, 3, 29), clock, BERLIN) == leap


def test_a_time_that_comes_twice_is_the_first_of_the_two():
    assert moment(date(2026, 10, 25), time(2, 30), BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2026-13-01", "2026-02-30", "26-01-01", "2026-11-24 25:00", "soon", 7, None, ""]
)
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        read_moment(text, SHANGHAI)


zones = st.sampled_from([SHANGHAI, BERLIN, LORD_HOWE, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia")])
days = st.dates(date(2011, 1, 1), date(2030, 12, 31))
# Days on which the zones above change their clocks, or (Apia in 2011) leave a day out.
changes = st.sampled_from(
    [
        date(2026, 3, 29),
        date(2026, 10, 25),
        date(2026, 3, 8),
        date(2026, 11, 1),
        date(2026, 4, 5),
        date(2026, 10, 4),
        date(2011, 12, 29),
        date(2011, 12, 30),
        date(2011, 12, 31),
    ]
)
clocks = st.times().map(lambda clock: clock.replace(microsecond=0))


@given(zones, st.one_of(days, changes), clocks, clocks)
def test_later_times_of_a_day_are_never_earlier_moments(zone, day, one, other):
    first, second = sorted((one, other))
    assert moment(day, first, zone) <= moment(day, second, zone) <= moment(day + timedelta(1), time(), zone)


@given(zones, st.one_of(days, changes), st.sets(clocks, min_size=2, max_size=5), st.integers(0, 86399))
def test_shifts_that_follow_one_another_leave_no_moment_to_nobody_or_to_two(zone, day, bounds, second):
    marks = sorted(bounds)
    shifts = {
        f"s{number}": Shift(f"s{number}", start, marks[(number + 1) % len(marks)])
        for number, start in enumerate(marks)
    }
    plan = {shift: (shift,) for shift in shifts}
    whole = roster(zone=zone, shifts=shifts, week=dict.fromkeys(range(7), plan))
    at = moment(day, time(), zone) + timedelta(seconds=second)
    assert len(whole.on_duty(at)) == 1


persons = st.sampled_from(["a", "b", "c"])
plans = st.dictionaries(
    st.sampled_from(["day", "night"]), st.lists(persons, max_size=2, unique=True).map(tuple)
)


@given(zones, st.lists(plans, min_size=1, max_size=4), changes, st.integers(0, 86399), st.integers(-50, 50))
def test_who_is_on_duty_now_is_who_has_a_duty_around_now(zone, cycle, begins, second, offset):
    turning = roster(zone=zone, cycle=tuple(cycle), begins=begins)
    at = moment(begins, time(), zone) + timedelta(seconds=second, days=offset)
    window = turning.between(at - timedelta(days=2), at + timedelta(days=2))
    assert turning.on_duty(at) == [duty for duty in window if duty.start <= at < duty.end]
    assert all(duty.start < duty.end for duty in window)


@given(zones, plans, changes, st.integers(0, 86399), st.integers(0, 86399), st.integers(1, 86400))
def test_nobody_is_on_duty_while_on_leave(zone, plan, day, second, begin, length):
    base = moment(day, time(), zone)
    away = Span("a", base + timedelta(seconds=begin), base + timedelta(seconds=begin + length))
    free = roster(zone=zone, week=dict.fromkeys(range(7), plan), leave=(away,))
    at = base + timedelta(seconds=second)
    without = roster(zone=zone, week=dict.fromkeys(range(7), plan)).on_duty(at)
    expected = [duty.person for duty in without if not (duty.person == "a" and away.covers(at))]
    assert sorted(duty.person for duty in free.on_duty(at)) == sorted(expected)
