"""Zones, their hours, and what an admin may get wrong about them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import voluptuous as vol
from hypothesis import given
from hypothesis import strategies as st

from integrations.shopfront import ANALYZER
from integrations.shopfront.settings import SETTINGS, zones_of
from integrations.shopfront.window import window_of
from integrations.shopfront.zones import Hours, parse_hours, parse_points

SQUARE = [[0, 0], [100, 0], [100, 100], [0, 100]]
NIGHT = parse_hours("22:00-06:00")


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("08:00-21:30", Hours(480, 1290)),
        ("8:00 - 21:30", Hours(480, 1290)),
        ("00:00-24:00", Hours(0, 1440)),
        ("22:00-06:00", Hours(1320, 360)),
    ],
)
def test_hours_are_read(text: str, hours: Hours) -> None:
    assert parse_hours(text) == hours


@pytest.mark.parametrize(
    "text", ["", "8-9", "08:00", "25:00-26:00", "08:60-09:00", "24:30-25:00", "aa:bb-cc:dd", "08:00-"]
)
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"08:00-21:30|21:30"):
        parse_hours(text)


@given(st.text(max_size=20))
def test_any_text_is_hours_or_refused(text: str) -> None:
    try:
        hours = parse_hours(text)
    except ValueError:
        return
    assert 0 <= hours.begin <= 1440
    assert ":" in text


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 2 * 1440))
def test_the_begin_of_hours_is_never_later_than_now(begin: int, end: int, minute: int) -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minute)
    since = Hours(begin, end).since(moment)
    if since is not None:
        assert timedelta() <= moment - since < timedelta(days=1)
        assert since.hour * 60 + since.minute == begin


def test_hours_over_midnight_began_yesterday() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    assert NIGHT.since(datetime(2026, 3, 2, 1, 0, tzinfo=zone)) == datetime(2026, 3, 1, 22, 0, tzinfo=zone)
    assert NIGHT.since(datetime(2026, 3, 2, 12, 0, tzinfo=zone)) is None


def test_settings_become_zones() -> None:
    given_settings = {
        "zones": [{"name": "door", "points": SQUARE, "hold": 60, "minimum": 1, "hours": "08:00-20:00"}]
    }
    cleaned = SETTINGS(given_settings)
    (zone,) = zones_of(cleaned)
    assert (zone.hold, zone.minimum, zone.hours) == (60.0, 0.01, (Hours(480, 1200),))
    assert SETTINGS(cleaned) == cleaned  # they travel to the worker and may be read again
    (usual,) = zones_of(SETTINGS({"zones": [{"name": "door", "points": SQUARE}]}))
    assert (usual.hold, usual.minimum, usual.hours) == (120.0, 0.005, ())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"points": SQUARE[:2]}, "three corners"),
        ({"points": [[0, 0], [1, 1], [2, 2]]}, "an area"),
        ({"points": [[0, 0, 0], [1, 1], [2, 2]]}, "length"),
        ({"hold": True}, "number"),
        ({"hold": 1}, "at least 20"),
        ({"hours": "always"}, "08:00-21:30"),
        ({"minimum": 0}, "at least"),
        ({"nmae": "x"}, "extra keys"),
    ],
)
def test_what_an_admin_gets_wrong_is_named(change: dict[str, object], words: str) -> None:
    with pytest.raises(vol.Invalid, match=words):
        ANALYZER.schema({"zones": [{"name": "door", "points": SQUARE, **change}]})


def test_two_zones_of_one_name_are_refused() -> None:
    with pytest.raises(vol.Invalid, match="second zone named 'door'"):
        SETTINGS({"zones": [{"name": "door", "points": SQUARE}] * 2})


def test_polygons_without_area_are_refused() -> None:
    with pytest.raises(ValueError, match="area"):
        parse_points([(0, 0), (10, 10), (20, 20)])


def test_the_window_holds_the_zone_and_is_scaled_to_what_looking_needs() -> None:
    window = window_of([[(400, 500), (1500, 500), (1500, 1000), (400, 1000)]], 1920, 1080)
    assert window.left < 400
    assert window.right > 1500
    assert 40_000 < window.width * window.height <= 62_000
    mask = window.mask([(400, 500), (1500, 500), (1500, 1000), (400, 1000)])
    x, y = window.full(window.width / 2, window.height / 2)
    assert window.left < x < window.right
    assert window.top < y < window.bottom
    assert 0.3 < mask.mean() < 0.8
