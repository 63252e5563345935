"""What `lorawan:` takes, and what it says of what it doesn't."""

from typing import Any

import pytest
import voluptuous as vol

from integrations.lorawan.entities import all_entities
from integrations.lorawan.guest import topics
from integrations.lorawan.meaning import meaning_of
from integrations.lorawan.schema import SECTION

EUI = "24E124785D410001"


def section(*devices: dict[str, Any], **options: Any) -> Any:
    return SECTION({**options, "devices": list(devices)})


def test_a_device_by_its_eui_alone() -> None:
    [device] = section({"eui": "24-e1-24-78-5d-41-00-01"}).devices
    assert (device.eui, device.id, device.name) == (EUI, EUI, EUI)


@pytest.mark.parametrize(
    ("device", "told"),
    [
        ({"eui": 1234567890123456}, "quotes"),
        ({"eui": "24E1"}, "16 hexadecimal digits"),
        ({"eui": EUI, "model": "milesigt/em310-tild"}, "did you mean 'milesight/em310-tilt'"),
        ({"eui": EUI, "id": "井盖"}, "letters or digits"),
        ({"eui": EUI, "frame_counter": "lax"}, "one of the choices"),
        ({"model": "ws301"}, "required key"),
    ],
)
def test_a_wrong_device_is_told_what_would_be_right(device: dict[str, Any], told: str) -> None:
    with pytest.raises(vol.Invalid, match=told):
        section(device)


@pytest.mark.parametrize(
    ("second", "path"),
    [
        ({"eui": EUI.lower(), "id": "b"}, ["devices", 1, "eui"]),
        ({"eui": "24E124785D410002", "id": "mh 0137"}, ["devices", 1, "id"]),
    ],
)
def test_two_devices_with_one_name_are_refused(second: dict[str, Any], path: list[object]) -> None:
    with pytest.raises(vol.Invalid, match="already given to device 1") as caught:
        section({"eui": EUI, "id": "MH-0137"}, second)
    assert caught.value.path == path


def test_topics_by_server() -> None:
    assert topics(section(server="chirpstack", application="6d0f", prefix="site/")) == [
        "site/application/6d0f/device/+/event/up",
        "site/application/6d0f/device/+/event/join",
        "site/application/6d0f/device/+/event/status",
    ]
    assert topics(section(server="ttn")) == ["v3/+/devices/+/up", "v3/+/devices/+/join"]


@pytest.mark.parametrize("options", [{"application": "#"}, {"application": "a/b"}, {"prefix": "a/+/"}])
def test_wildcards_that_would_hear_too_much_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(vol.Invalid):
        section(**options)


def test_entities_are_known_beforehand_and_left_to_the_guest_that_shows_them() -> None:
    config = section(
        {"eui": EUI, "id": "MH-0137", "as": "manhole", "model": "em310-tilt"},
        {"eui": "24E124785D410002", "id": "door", "model": "ws301"},
    )
    found = {entity.id: entity for entity in all_entities(config)}
    assert set(found) == {
        *("sensor.mh_0137_rssi", "sensor.mh_0137_last_seen", "sensor.door_rssi", "sensor.door_last_seen"),
        *("sensor.door_battery", "binary_sensor.door_open", "binary_sensor.door_tamper"),
    }
    assert found["sensor.door_battery"].device_class == "battery"
    assert found["sensor.mh_0137_rssi"].unit == "dBm"


@pytest.mark.parametrize(
    ("decoded", "means"),
    [
        (
            {"battery": 92, "door": "close", "temperature": -3.5},
            {"battery_percent": 92, "open": False, "temperature": -3.5},
        ),
        ({"battery": 255, "open": 1, "tilt": True, "door": 3}, {"tilted": True}),
        ({"temperature": "22", "humidity": True, "water": None}, {}),
    ],
)
def test_the_servers_words_that_are_understood(decoded: dict[str, Any], means: dict[str, Any]) -> None:
    assert meaning_of(decoded) == means
