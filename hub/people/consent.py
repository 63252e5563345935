"""Whether a person may be told something now: consents and quiet hours, as pure questions."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hub.model.events import Severity
from hub.model.people import Person, QuietHours
from hub.people.moments import moment

PURPOSES = {"health_knowledge": "健康知识", "marketing": "推广"}  # those that every site knows
LONGEST_QUIET = timedelta(hours=16)  # the rest of the day must suffice to hear of what waited


def has_consent(person: Person, purpose: str, at: datetime) -> bool:
    """Whether the person's consent to a purpose stood at a moment; "" needs none."""
    return not purpose or any(
        consent.purpose == purpose
        and consent.granted <= at
        and (consent.withdrawn is None or at < consent.withdrawn)
        for consent in person.consents
    )


def quiet_until(person: Person, severity: Severity, at: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours end that a notice of this severity must wait for; None: it may come now.

    What is critical never waits.
    """
    if severity >= Severity.critical:
        return None
    return max((end for hours in person.quiet if (end := _end(hours, at, zone))), default=None)


def _end(hours: QuietHours, at: datetime, zone: ZoneInfo) -> datetime | None:
    today = at.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        until = day if hours.end > hours.start else day + timedelta(days=1)
        if moment(day, hours.start, zone) <= at < (end := moment(until, hours.end, zone)):
            return end
    return None
