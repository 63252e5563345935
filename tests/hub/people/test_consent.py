"""Whether a person may be told something now."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.events import Severity
from hub.model.people import Consent, Person, QuietHours
from hub.people import has_consent, quiet_until
from hub.people.masking import masked, masked_address, masked_phone
from hub.people.moments import read_moment

ZONE = ZoneInfo("Asia/Shanghai")
DAY = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_consent_stands_from_when_it_is_given_until_it_is_withdrawn():
    given = Consent(purpose="marketing", granted=DAY, withdrawn=DAY + timedelta(days=10))
    person = Person(id="a", name="a", consents=(given,))
    asked = [has_consent(person, "marketing", DAY + timedelta(days=days)) for days in (-1, 0, 9, 10)]
    assert asked == [False, True, True, False]
    assert not has_consent(person, "health_knowledge", DAY)


def test_a_consent_may_be_given_again_and_what_needs_none_needs_none():
    again = Consent(purpose="marketing", granted=DAY + timedelta(days=20))
    first = Consent(purpose="marketing", granted=DAY, withdrawn=DAY)
    assert has_consent(
        Person(id="a", name="a", consents=(first, again)), "marketing", DAY + timedelta(days=20)
    )
    assert has_consent(Person(id="a", name="a"), "", DAY)


NIGHT = Person(id="a", name="a", quiet=(QuietHours(time(22), time(7)), QuietHours(time(12, 30), time(14))))


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-24 21:59", None),
        ("2026-11-24 22:00", "2026-11-25 07:00"),
        ("2026-11-25 06:59", "2026-11-25 07:00"),
        ("2026-11-25 07:00", None),
        ("2026-11-25 13:00", "2026-11-25 14:00"),
    ],
)
def test_a_notice_waits_until_quiet_hours_end(at, until):
    expected = until and read_moment(until, ZONE)
    assert quiet_until(NIGHT, Severity.warning, read_moment(at, ZONE), ZONE) == expected


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_what_is_critical_never_waits_and_nothing_waits_longer_than_a_day(at):
    assert quiet_until(NIGHT, Severity.critical, at, ZONE) is None
    until = quiet_until(NIGHT, Severity.info, at, ZONE)
    assert until is None or at < until <= at + timedelta(hours=16)


def test_contacts_are_masked():
    assert masked_phone("13800138000") == "138****8000"
    assert masked_phone("12345") == "****45"
    assert masked("wang.fang@example.org") == "w***@example.org"
    assert masked("linli-wang-7f3a9c") == "l***c"
    assert masked("abc") == "***"


@given(st.text(st.characters(exclude_characters="*"), min_size=4, max_size=40), st.from_regex(r"[0-9]{5,15}"))
def test_a_masked_contact_is_not_the_contact(text, phone):
    assert masked(text) != text
    assert masked_phone(phone.strip()) != phone.strip()


def test_an_address_shows_its_channel():
    from hub.model.people import Address

    assert masked_address(Address(channel="log")) == "log"
    assert masked_address(Address(channel="ntfy", options={"to": "secret-topic"})) == "ntfy s***c"
