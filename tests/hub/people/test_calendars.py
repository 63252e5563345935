"""Rosters as iCalendar files, honest and hostile."""

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.people import Roster, Shift
from hub.people.calendars import CalendarFault, parse_calendar, write_calendar
from hub.people.moments import moment, read_moment
from hub.people.recurrence import read_recurrence

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NAMES = {"wang": "wang", "王芳": "wang", "li": "li", "Li, Qiang": "li"}


def calendar(*lines: str, zone: ZoneInfo = SHANGHAI):
    text = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *lines, "END:VCALENDAR", ""])
    return parse_calendar(text.encode(), zone, NAMES)


def entry(*lines: str) -> tuple[str, ...]:
    return ("BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT")


NIGHT = ("DTSTART;TZID=Asia/Shanghai:20261123T200000", "DTEND;TZID=Asia/Shanghai:20261124T080000")


def on(found, text, zone=SHANGHAI):
    at = read_moment(text, zone)
    return sorted(
        person for person, _, start, end in found.between(at, at + timedelta(seconds=1)) if start <= at < end
    )


def test_one_entry_is_one_duty():
    found = calendar(*entry(*NIGHT, "SUMMARY:王芳 (night)"))
    assert [on(found, f"2026-11-{when}") for when in ("23 19:59", "23 20:00", "24 07:59", "24 08:00")] == [
        [],
        ["wang"],
        ["wang"],
        [],
    ]


@pytest.mark.parametrize(
    "who",
    [
        ("X-LINLI-PERSON:wang", "SUMMARY:anything"),
        ("ATTENDEE;CN=王芳:mailto:a@b.example", "SUMMARY:duty"),
        ("SUMMARY:wang",),
        ("SUMMARY:王芳（夜班）",),
    ],
)
def test_who_has_it_is_found_in_several_places(who):
    assert on(calendar(*entry(*NIGHT, *who)), "2026-11-23 21:00") == ["wang"]


def test_several_have_one_duty_and_a_name_may_hold_a_comma():
    assert on(calendar(*entry(*NIGHT, "SUMMARY:王芳、li")), "2026-11-23 21:00") == ["li", "wang"]
    assert on(calendar(*entry(*NIGHT, "SUMMARY:Li\\, Qiang")), "2026-11-23 21:00") == ["li"]


def test_an_entry_repeats_but_not_on_days_left_out_cancelled_or_moved():
    found = calendar(
        *entry(
            *NIGHT,
            "RRULE:FREQ=DAILY;UNTIL=20261128T120000Z",
            "EXDATE;TZID=Asia/Shanghai:20261124T200000",
            "SUMMARY:wang",
        ),
        *entry(
            "RECURRENCE-ID;TZID=Asia/Shanghai:20261125T200000",
            "DTSTART;TZID=Asia/Shanghai:20261126T100000",
            "DURATION:PT1H",
            "SUMMARY:li",
        ),
        *entry(*NIGHT, "STATUS:CANCELLED", "SUMMARY:nobody at all"),
    )
    assert [on(found, f"2026-11-{day} 21:00") for day in range(23, 30)] == [
        ["wang"], [], [], ["wang"], ["wang"], ["wang"], [],
    ]  # fmt: skip
    assert on(found, "2026-11-26 10:30") == ["li"]


def test_a_time_without_a_zone_is_the_sites_and_a_day_is_whole():
    floating = calendar(*entry("DTSTART:20261123T080000", "DURATION:PT8H", "SUMMARY:wang"), zone=BERLIN)
    assert on(floating, "2026-11-23 08:00", BERLIN) == ["wang"]
    whole = calendar(*entry("DTSTART;VALUE=DATE:20261123", "DTEND;VALUE=DATE:20261125", "SUMMARY:wang"))
    assert [on(whole, f"2026-11-{day} 12:00") for day in (22, 23, 24, 25)] == [[], ["wang"], ["wang"], []]


def test_a_night_ends_at_its_hour_also_when_clocks_change():
    found = calendar(
        *entry(
            "DTSTART;TZID=Europe/Berlin:20261020T200000",
            "DTEND;TZID=Europe/Berlin:20261021T080000",
            "RRULE:FREQ=DAILY",
            "SUMMARY:wang",
        )
    )
    assert on(found, "2026-10-25 07:59", BERLIN) == ["wang"]
    assert on(found, "2026-10-25 08:00", BERLIN) == []


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ((*NIGHT, "SUMMARY:ghost"), "entry 1 of the calendar ('ghost'): there is no person 'ghost'"),
        (("DTSTART:xx", "SUMMARY:wang"), "no sound beginning"),
        (("DTSTART:00010101T000000", "DURATION:PT1H", "SUMMARY:wang"), "no sound beginning"),
        (("DTSTART:20261123T080000", "SUMMARY:wang"), "no sound end"),
        (("DTSTART:20261123T080000", "DTEND:20261122T080000", "SUMMARY:wang"), "no sound end"),
        (("DTSTART:20261123T080000", "DURATION:P900D", "SUMMARY:wang"), "no sound end"),
        ((*NIGHT, "RRULE:FREQ=SECONDLY", "SUMMARY:wang"), "repeats in a way that rosters don't know"),
        ((*NIGHT, "RRULE:FREQ=DAILY;BYHOUR=1,2", "SUMMARY:wang"), "BYHOUR"),
        ((*NIGHT, "RRULE:FREQ=DAILY;INTERVAL=0", "SUMMARY:wang"), "INTERVAL can't be"),
        ((*NIGHT, "RRULE:FREQ=DAILY;UNTIL=never", "SUMMARY:wang"), "mend its RRULE"),
        (("DTSTART;TZID=Mars/Base:20261123T080000", "DURATION:PT1H", "SUMMARY:wang"), ""),
    ],
)
def test_an_entry_that_can_not_be_meant_is_named(lines, told):
    if not told:  # an unknown zone is read as a time of the site
        assert on(calendar(*entry(*lines)), "2026-11-23 08:30") == ["wang"]
        return
    with pytest.raises(CalendarFault) as caught:
        calendar(*entry(*lines))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        b"\xff\xfe\x00",
        b"BEGIN:VCALENDAR\r\n" * 3000,
        b"BEGIN:VEVENT\r\n" * 20_000,
        b"x" * 3_000_000,
    ],
)
def test_hostile_bytes_are_a_fault(raw):
    with pytest.raises(CalendarFault):
        parse_calendar(raw, SHANGHAI, NAMES)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@settings(max_examples=60)
def test_any_bytes_are_a_calendar_or_a_fault(raw):
    wrapped = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + raw + b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    for candidate in (raw, wrapped):
        with suppress(CalendarFault):
            assert parse_calendar(candidate, SHANGHAI, NAMES).entries is not None


odd_rules = [
    "FREQ=MONTHLY",
    "FREQ=YEARLY",
    "FREQ=YEARLY;BYMONTH=2,11;BYDAY=2SU",
    "FREQ=YEARLY;BYMONTHDAY=13;BYDAY=FR",
    "FREQ=MONTHLY;COUNT=5;BYDAY=MO,TU",
    "FREQ=YEARLY;BYMONTH=5",
]
some_days = st.sampled_from(["MO", "SU,TU", "WE,SA"])
month_days = st.sampled_from(["1MO", "-1FR", "2TU,3WE", "SA"])
steps = st.integers(1, 5)
rules = st.one_of(
    st.builds("FREQ=DAILY;INTERVAL={}".format, steps),
    st.builds("FREQ=DAILY;COUNT={};BYDAY=MO,FR".format, steps),
    st.builds(
        "FREQ=WEEKLY;INTERVAL={};BYDAY={};WKST={}".format, steps, some_days, st.sampled_from(["MO", "SU"])
    ),
    st.builds("FREQ=WEEKLY;INTERVAL={}".format, steps),
    st.builds("FREQ=MONTHLY;INTERVAL={};BYDAY={}".format, steps, month_days),
    st.builds("FREQ=MONTHLY;BYMONTHDAY={}".format, st.sampled_from(["1", "-1", "31", "15,-3"])),
    st.sampled_from(odd_rules),
)


@given(rules, st.dates(date(2024, 1, 1), date(2027, 12, 31)))
@settings(max_examples=80)
def test_days_are_those_that_another_reader_of_the_rules_finds(rule, start):
    parts = {key: value.split(",") for key, value in (part.split("=") for part in rule.split(";"))}
    ours = read_recurrence(parts, start, None)
    end = start + timedelta(days=800)
    found = rrulestr(rule, dtstart=datetime.combine(start, time())).between(
        datetime.combine(start, time()), datetime.combine(end, time()), inc=True
    )
    days = (start + timedelta(days=number) for number in range(801))
    assert [day for day in days if ours.falls_on(day)] == [one.date() for one in found]


def test_what_is_written_reads_back():
    shifts = {"day": Shift("day", time(8), time(20)), "night": Shift("night", time(20), time(8))}
    plan = {"day": ("wang",), "night": ("li", "wang")}
    roster = Roster(id="r", name="r", zone=BERLIN, shifts=shifts, week=dict.fromkeys(range(7), plan))
    start, end = moment(date(2026, 10, 20), time(), BERLIN), moment(date(2026, 10, 30), time(), BERLIN)
    duties = roster.between(start, end)
    raw = write_calendar(
        "值班", duties, {"wang": "王芳", "li": "Li; Qiang\n"}, datetime(2026, 1, 1, tzinfo=UTC)
    )
    back = parse_calendar(raw, BERLIN, NAMES)
    found = sorted(back.between(start, end), key=lambda one: (one[2], one[3], one[0], one[1]))
    assert found == [(duty.person, duty.shift, duty.start, duty.end) for duty in duties]
