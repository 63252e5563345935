"""What `manhole:` takes, and what it says of what it doesn't."""

from datetime import timedelta
from typing import Any

import pytest
import voluptuous as vol

from integrations.manhole.entities import all_entities
from integrations.manhole.schema import CALIBRATE, MAINTENANCE, SECTION, span


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (90, timedelta(seconds=90)),
        ("6h", timedelta(hours=6)),
        ("30 min", timedelta(minutes=30)),
        ("1.5d", timedelta(hours=36)),
        ("06:30", timedelta(hours=6, minutes=30)),
        ("00:00:05", timedelta(seconds=5)),
        ({"hours": 6, "minutes": 5}, timedelta(hours=6, minutes=5)),
    ],
)
def test_spans(value: Any, found: timedelta) -> None:
    assert span(value) == found


@pytest.mark.parametrize(
    "value", ["soon", -1, "99999d", True, {"weeks": 1}, {}, [], 1e400, float("nan"), {"hours": "x"}]
)
def test_spans_that_are_none(value: Any) -> None:
    with pytest.raises(vol.Invalid):
        span(value)


def test_defaults_and_a_covers_own_rules() -> None:
    first, second = SECTION(
        {
            "defaults": {"heartbeat": "12h", "tilt_angle": 15},
            "covers": [
                {"id": "MH-1", "tilt_angle": 20},
                {"id": "MH-2", "device": "24E1", "place": "North gate"},
            ],
        }
    )
    assert (first.settings.tilt_angle, first.settings.heartbeat) == (20, timedelta(hours=12))
    assert (second.settings.tilt_angle, second.device, second.name) == (15, "24E1", "North gate")
    assert first.device == "MH-1"


@pytest.mark.parametrize(
    ("section", "told", "path"),
    [
        (
            {"covers": [{"id": "MH-1", "closed_angle": 12}]},
            "closed_angle must be below",
            ["covers", 0, "closed_angle"],
        ),
        (
            {"covers": [{"id": "a"}], "defaults": {"tilt_angle": 50}},
            "tilt_angle must be below",
            ["defaults", "tilt_angle"],
        ),
        ({"covers": [{"id": "MH-1"}, {"id": "mh_1"}]}, "already given to cover 1", ["covers", 1, "id"]),
        ({"covers": [{"id": "井"}]}, "letters or digits", ["covers", 0, "id"]),
        ({"covers": [{"id": "a", "heartbeat": "often"}]}, "no span of time", ["covers", 0, "heartbeat"]),
    ],
)
def test_a_wrong_section_is_told_where(section: dict[str, Any], told: str, path: list[object]) -> None:
    with pytest.raises(vol.Invalid, match=told) as caught:
        SECTION(section)
    assert caught.value.path == path


def test_the_entities_of_a_cover() -> None:
    found = {entity.id: entity for entity in all_entities(SECTION({"covers": [{"id": "MH-0137"}]}))}
    assert found["binary_sensor.mh_0137_open"].device_class == "opening"
    assert found["binary_sensor.mh_0137_water"].device_class == "moisture"
    assert found["binary_sensor.mh_0137_link"].device_class == "connectivity"
    assert found["sensor.mh_0137_tilt"].unit == "°"
    assert found["sensor.mh_0137_battery"].device_class == "battery"
    assert "missing" in found["sensor.mh_0137_state"].options


@pytest.mark.parametrize(
    "data",
    [
        {"duration": 60},
        {"cover": "a", "area": "b", "duration": 60},
        {"cover": "a"},
        {"cover": "a", "end": "2026-05-04T08:00:00+08:00", "duration": 60},
        {"cover": "a", "end": "2026-05-04T08:00:00"},
        {"cover": "a", "end": "tomorrow"},
    ],
)
def test_a_window_has_one_target_and_one_end(data: dict[str, Any]) -> None:
    with pytest.raises(vol.Invalid):
        MAINTENANCE(data)


def test_a_calibration_waits_for_three_samples_unless_told_otherwise() -> None:
    assert CALIBRATE({"cover": "a"}) == {"cover": "a", "at_once": False, "confirm": False, "person": ""}
