"""Areas, devices, entities and integrations as Home Assistant's registries list them."""

from collections.abc import Iterator
from typing import Any

from hub.accounts.permissions import Thing
from hub.model.identity import derive_id
from hub.model.things import Area, Device, Entity
from hub.web.homeassistant.house import Guest, House
from hub.web.homeassistant.views import View

NEVER = 0.0  # when things of the files were made or changed: nobody wrote it down
_STATES = {
    "running": "loaded",
    "starting": "setup_in_progress",
    "waiting": "setup_retry",
    "failed": "setup_error",
    "ended": "not_loaded",
}


def areas(house: House, view: View) -> Iterator[dict[str, Any]]:
    """Every area that one may know of."""
    for area in house.site.directory.areas.values():
        if view.may("see", Thing(kind="area", id=area.id, area=area.id)):
            yield area_entry(area)


def area_entry(area: Area) -> dict[str, Any]:
    """One area."""
    return {
        "area_id": area.id,
        "name": area.name,
        "aliases": list(area.aliases),
        "floor_id": None,
        "humidity_entity_id": None,
        "icon": None,
        "labels": [],
        "picture": None,
        "temperature_entity_id": None,
        "created_at": NEVER,
        "modified_at": NEVER,
    }


def devices(house: House, view: View) -> Iterator[dict[str, Any]]:
    """Every device that one may see."""
    for device in house.site.devices.values():
        if view.sees_device(device.id):
            yield device_entry(house, device)


def device_entry(house: House, device: Device) -> dict[str, Any]:
    """One device."""
    owner = house.site.owners.get(device.id, "")
    amended = house.amendments.of("device", device.id)
    return {
        "id": device.id,
        "name": device.name,
        "name_by_user": amended.get("name_by_user"),
        "area_id": device.area or None,
        "manufacturer": device.manufacturer or None,
        "model": device.model or None,
        "model_id": None,
        "sw_version": device.software or None,
        "hw_version": None,
        "serial_number": None,
        "config_entries": [owner] if owner else [],
        "config_entries_subentries": {owner: [None]} if owner else {},
        "primary_config_entry": owner or None,
        "connections": [],
        "identifiers": [[owner or "hub", device.id]],
        "via_device_id": device.via or None,
        "configuration_url": None,
        "disabled_by": None,
        "entry_type": None,
        "labels": list(amended.get("labels", ())),
        "created_at": NEVER,
        "modified_at": NEVER,
    }


def entities(house: House, view: View) -> Iterator[dict[str, Any]]:
    """Every declared entity that one may see."""
    for entity in list(house.site.states.entities.values()):
        if view.sees(entity.id):
            yield entity_entry(house, entity)


def entity_entry(house: House, entity: Entity) -> dict[str, Any]:
    """One entity."""
    owner = house.site.owners.get(entity.id) or entity.domain
    amended = house.amendments.of("entity", entity.id)
    return {
        "entity_id": entity.id,
        "id": derive_id("entity", entity.id),
        "unique_id": entity.id,
        "platform": owner,
        "name": amended.get("name"),
        "original_name": entity.name,
        "icon": amended.get("icon"),
        "area_id": entity.area or None,
        "device_id": entity.device or None,
        "config_entry_id": owner if owner in house.guests() else None,
        "config_subentry_id": None,
        "disabled_by": None,
        "hidden_by": amended.get("hidden_by"),
        "entity_category": entity.category or None,
        "has_entity_name": False,
        "translation_key": None,
        "options": amended.get("options", {}),
        "labels": amended.get("labels", []),
        "categories": amended.get("categories", {}),
        "created_at": NEVER,
        "modified_at": NEVER,
    }


def entity_details(house: House, entity: Entity) -> dict[str, Any]:
    """One entity with what only `get` tells."""
    capabilities = {"state_class": entity.state_class} if entity.state_class else {}
    if entity.options:
        capabilities["options"] = list(entity.options)  # type: ignore[assignment]
    return {
        **entity_entry(house, entity),
        "aliases": house.amendments.of("entity", entity.id).get("aliases", []),
        "capabilities": capabilities or None,
        "device_class": None,
        "original_device_class": entity.device_class or None,
        "original_icon": entity.icon or None,
    }


def config_entries(house: House) -> Iterator[dict[str, Any]]:
    """Every integration of the configuration."""
    for name, guest in house.guests().items():
        yield config_entry(name, guest)


def config_entry(name: str, guest: Guest) -> dict[str, Any]:
    """One integration: what the files name is an entry that only the files can change."""
    return {
        "entry_id": name,
        "domain": name,
        "title": name.replace("_", " ").capitalize(),
        "source": "import",
        "state": _STATES.get(guest.state, "not_loaded"),
        "supports_options": False,
        "supports_remove_device": False,
        "supports_unload": False,
        "supports_reconfigure": False,
        "supported_subentry_types": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "disabled_by": None,
        "reason": guest.error or None,
        "error_reason_translation_key": None,
        "error_reason_translation_placeholders": None,
        "num_subentries": 0,
        "created_at": NEVER,
        "modified_at": NEVER,
    }
