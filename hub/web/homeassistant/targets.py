"""Targets of service calls: which entities are meant by ids, devices and areas."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hub.web.homeassistant.failures import INVALID_FORMAT, Failed
from hub.web.homeassistant.house import House
from hub.web.objects import device_area

MOST_NAMES = 1000


def names(value: Any, key: str) -> list[str]:
    """A name, a list of names, or names with commas between; Failed for anything else."""
    listed = value.split(",") if isinstance(value, str) else value
    if listed is None:
        return []
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise Failed(INVALID_FORMAT, f"{key} must be a text or a list of texts")
    if len(listed) > MOST_NAMES:
        raise Failed(INVALID_FORMAT, f"{key} names more than {MOST_NAMES} things")
    return [item.strip() for item in listed if item.strip() and item.strip() != "none"]


def entities_of(
    house: House, aim: Mapping[str, Any], domain: str, allowed: Callable[[str], bool]
) -> tuple[list[str], list[str]]:
    """Entities named outright, and those of `domain` ("*": any) that devices and areas (with all inside) stand for."""
    explicit = names(aim.get("entity_id"), "entity_id")
    devices = set(names(aim.get("device_id"), "device_id"))
    areas = names(aim.get("area_id"), "area_id")
    (
        names(aim.get("floor_id"), "floor_id"),
        names(aim.get("label_id"), "label_id"),
    )  # there are none, but texts they are
    everything = "all" in explicit
    explicit = [entity_id for entity_id in explicit if entity_id != "all"]
    implied = [
        entity.id
        for entity in house.site.states.entities.values()
        if (domain in ("*", entity.domain))
        and (everything or entity.device in devices or _in_areas(house, entity.area, entity.device, areas))
        and allowed(entity.id)
    ]
    return explicit, implied


def _in_areas(house: House, area: str, device: str, areas: Iterable[str]) -> bool:
    place = area or device_area(house.site, device)
    return bool(place) and any(house.site.directory.places.inside(place, outer) for outer in areas)
