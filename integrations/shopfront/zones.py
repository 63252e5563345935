"""Zones that must be kept clear: where, for how long a thing may stand, how small it may be, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Hours:
    """From one time of day to another, in minutes; over midnight when the end is not after the start."""

    begin: int
    end: int

    def since(self, moment: datetime) -> datetime | None:
        """When the hours that `moment` lies in began; None outside of them."""
        for days in (0, 1):
            day = (moment - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
            length = (self.end - self.begin) % 1440 or 1440
            begin = day + timedelta(minutes=self.begin)
            if begin <= moment < begin + timedelta(minutes=length):
                return begin
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A polygon of the full picture in pixels."""

    name: str
    points: tuple[Point, ...]
    hold: float = 120.0  # seconds that a thing must stay
    minimum: float = 0.005  # share of the zone that a thing must cover
    hours: tuple[Hours, ...] = ()  # when it must be clear; none: always

    def closed_since(self, moment: datetime) -> datetime | None:
        """Since when nothing may stand here; None when something may."""
        if not self.hours:
            return datetime.min.replace(tzinfo=moment.tzinfo)
        begun = [begin for hours in self.hours if (begin := hours.since(moment)) is not None]
        return min(begun, default=None)


def parse_hours(text: str) -> Hours:
    """Hours from "08:00-21:30"; ValueError when it is something else."""
    begin, dash, end = text.partition("-")
    if not dash:
        raise ValueError(f"'{text}' are no hours; write them as 08:00-21:30")
    return Hours(_minutes(begin), _minutes(end))


def _minutes(text: str) -> int:
    hour, colon, minute = text.strip().partition(":")
    known = colon and hour.isdecimal() and minute.isdecimal() and len(hour) <= 2 and len(minute) == 2
    if not known or not ((int(hour) < 24 and int(minute) < 60) or (int(hour), int(minute)) == (24, 0)):
        raise ValueError(f"'{text.strip()}' is no time of day; write it as 21:30")
    return int(hour) * 60 + int(minute)


def parse_points(pairs: Sequence[Sequence[float]]) -> tuple[Point, ...]:
    """A polygon; ValueError when it has no area."""
    points = tuple((float(x), float(y)) for x, y in pairs)
    ring = zip(points, (*points[1:], *points[:1]), strict=True)
    if len(points) < 3 or abs(sum(x * v - u * y for (x, y), (u, v) in ring)) / 2 < 16:
        raise ValueError("a zone needs three corners or more, and an area")
    return points
