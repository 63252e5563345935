"""What a camera shows of itself: its entities, in Home Assistant's device classes."""

from collections.abc import Mapping
from typing import Any

from hub.api import Entity
from integrations.camera.qualities import QUALITIES

SENSES = ("motion", "tamper")  # that cameras tell over ONVIF


def entities_of(camera: Mapping[str, Any]) -> dict[str, Entity]:
    """A camera's entities by their role."""
    name, about = camera.get("name", camera["id"]), {"device": camera["id"], "area": camera["area"]}
    senses = {
        sense: Entity(
            id=f"binary_sensor.{camera['id']}_{sense}", name=f"{name} {sense}", device_class=sense, **about
        )
        for sense in (SENSES if camera["onvif"] else ())
    }
    return senses | {
        "camera": Entity(id=f"camera.{camera['id']}", name=name, **about),
        "connectivity": Entity(
            id=f"binary_sensor.{camera['id']}_connectivity", name=f"{name} connectivity",
            device_class="connectivity", category="diagnostic", **about,
        ),
        "problem": Entity(
            id=f"binary_sensor.{camera['id']}_problem", name=f"{name} problem",
            device_class="problem", category="diagnostic", **about,
        ),
        "fps": Entity(
            id=f"sensor.{camera['id']}_fps", name=f"{name} frame rate", unit="fps",
            state_class="measurement", icon="mdi:camera-timer", category="diagnostic", **about,
        ),
        "last": Entity(
            id=f"sensor.{camera['id']}_last_picture", name=f"{name} last picture",
            device_class="timestamp", category="diagnostic", **about,
        ),
        "analysed": Entity(
            id=f"sensor.{camera['id']}_analysed", name=f"{name} analysed share", unit="%",
            state_class="measurement", icon="mdi:eye-check", category="diagnostic", **about,
        ),
        "quality": Entity(
            id=f"sensor.{camera['id']}_quality", name=f"{name} picture quality", device_class="enum",
            options=QUALITIES, icon="mdi:image-filter-center-focus", category="diagnostic", **about,
        ),
    }  # fmt: skip
