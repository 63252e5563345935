"""Commands about registries. What the admin's files say is changed there; names and labels, here."""

from typing import Any

import voluptuous as vol

from hub.accounts.permissions import Thing
from hub.model.things import Entity
from hub.web.homeassistant import registries
from hub.web.homeassistant.commands import SIGNED_IN, Commands, Message, mapping, text
from hub.web.homeassistant.connection import Connection
from hub.web.homeassistant.failures import (
    HUB_ERROR,
    INVALID_FORMAT,
    NOT_FOUND,
    NOT_SUPPORTED,
    UNAUTHORIZED,
    Failed,
)

_MANAGE = "manage config"
_TEXTS = vol.All([text], vol.Length(max=100))
_MAYBE = vol.Any(None, text)
_ANY_FIELDS: dict[Any, Any] = {vol.Extra: object}
_ENTITY = {
    "name": _MAYBE,
    "icon": _MAYBE,
    "hidden_by": vol.Any(None, "user"),
    "aliases": _TEXTS,
    "labels": _TEXTS,
    "categories": mapping,
}
_OF_FILES = "is kept in the configuration's files: change it there, then reload"


def add_registry_commands(commands: Commands) -> None:
    """Add them to the table."""
    commands.add("config/area_registry/list", areas, access="see area")
    for verb in ("create", "update", "delete", "reorder"):
        commands.add(f"config/area_registry/{verb}", of_the_files, access=_MANAGE, fields=_ANY_FIELDS)
    commands.add("config/device_registry/list", devices, access=SIGNED_IN)
    commands.add(
        "config/device_registry/update",
        update_device,
        access=_MANAGE,
        fields={
            vol.Required("device_id"): text,
            "name_by_user": _MAYBE,
            "area_id": _MAYBE,
            "disabled_by": vol.Any(None, "user"),
            "labels": _TEXTS,
        },
    )
    one = {vol.Required("entity_id"): text}
    commands.add("config/entity_registry/list", entities, access=SIGNED_IN)
    commands.add("config/entity_registry/list_for_display", entities_for_display, access=SIGNED_IN)
    commands.add("config/entity_registry/get", entity, access=SIGNED_IN, fields=one)
    commands.add("config/entity_registry/remove", remove_entity, access=_MANAGE, fields=one)
    fixed = {"new_entity_id": text, "area_id": _MAYBE, "device_class": _MAYBE, "disabled_by": _MAYBE}
    options = {vol.Inclusive("options_domain", "options"): text, vol.Inclusive("options", "options"): mapping}
    commands.add(
        "config/entity_registry/update",
        update_entity,
        access=_MANAGE,
        fields={**one, **_ENTITY, **fixed, **options},
    )
    for kind in ("floor", "label"):
        commands.add(f"config/{kind}_registry/list", nothing, access=SIGNED_IN)
    commands.add("config/category_registry/list", nothing, access=SIGNED_IN, fields={"scope": text})
    _add_entry_commands(commands)


def _add_entry_commands(commands: Commands) -> None:
    kinds = {"type_filter": vol.Any(text, [text]), "domain": text}
    commands.add("config_entries/get", entries, access="see config", fields=kinds)
    commands.add("config_entries/subscribe", subscribe_entries, access="see config", fields=kinds)
    commands.add("config_entries/flow/progress", nothing, access="see config")
    commands.add("config_entries/subentries/list", subentries, access="see config", fields={"entry_id": text})
    for verb in ("disable", "ignore_flow", "subentries/delete", "update"):
        commands.add(f"config_entries/{verb}", of_the_files, access=_MANAGE, fields=_ANY_FIELDS)


def nothing(_connection: Connection, _message: Message) -> list[Any]:
    """A registry that has nothing in it here."""
    return []


def of_the_files(_connection: Connection, message: Message) -> None:
    """Refuse to change what the admin's files say."""
    what = "an area" if "area" in message["type"] else "an integration"
    raise Failed(NOT_SUPPORTED, f"{what} {_OF_FILES}")


# --- areas and devices ------------------------------------------------------------------------------------------------


def areas(connection: Connection, _message: Message) -> list[dict[str, Any]]:
    """Areas that the client may know of."""
    return list(registries.areas(connection.house, connection.view))


def devices(connection: Connection, _message: Message) -> list[dict[str, Any]]:
    """Devices that the client may see."""
    return list(registries.devices(connection.house, connection.view))


def update_device(connection: Connection, message: Message) -> dict[str, Any]:
    """Give a device a name or labels of one's own."""
    house = connection.house
    device = house.site.devices.get(message["device_id"])
    if device is None or not connection.view.sees_device(device.id):
        raise Failed(NOT_FOUND, "Device not found")
    _may_change(connection)
    _same(message, "area_id", device.area or None)
    _same(message, "disabled_by", None)
    _amend(connection, "device", device.id, message, ("name_by_user", "labels"))
    return registries.device_entry(house, device)


# --- entities ---------------------------------------------------------------------------------------------------------


def entities(connection: Connection, _message: Message) -> list[dict[str, Any]]:
    """Entities that the client may see."""
    return list(registries.entities(connection.house, connection.view))


def entities_for_display(connection: Connection, _message: Message) -> dict[str, Any]:
    """The same in the short form of user interfaces."""
    listed = [
        {
            "ei": entry["entity_id"],
            "pl": entry["platform"],
            "en": entry["name"] or entry["original_name"],
            **({"ai": entry["area_id"]} if entry["area_id"] else {}),
            **({"di": entry["device_id"]} if entry["device_id"] else {}),
            **({"hb": True} if entry["hidden_by"] else {}),
            "lb": entry["labels"],
        }
        for entry in entities(connection, _message)
    ]
    return {"entity_categories": {"0": "config", "1": "diagnostic"}, "entities": listed}


def entity(connection: Connection, message: Message) -> dict[str, Any]:
    """One entity."""
    return registries.entity_details(connection.house, _found(connection, message))


def _found(connection: Connection, message: Message) -> Entity:
    found = connection.house.site.states.entities.get(message["entity_id"])
    if found is None or not connection.view.sees(found.id):
        raise Failed(NOT_FOUND, "Entity not found")
    return found


def update_entity(connection: Connection, message: Message) -> dict[str, Any]:
    """Give an entity a name, an icon, labels of one's own, or hide it."""
    found = _found(connection, message)
    _may_change(connection)
    _same(message, "new_entity_id", found.id)
    _same(message, "area_id", found.area or None)
    _same(message, "device_class", None)
    _same(message, "disabled_by", None)
    if "options" in message:
        known = connection.house.amendments.of("entity", found.id).get("options", {})
        message = {**message, "options": {**known, message["options_domain"]: message["options"]}}
    _amend(connection, "entity", found.id, message, (*_ENTITY, "options"))
    connection.house.shapes.forget(found.id)
    return {"entity_entry": registries.entity_details(connection.house, found)}


def remove_entity(connection: Connection, message: Message) -> None:
    """Take away the state of an entity that no integration has any more."""
    _may_change(connection)
    entity_id = message["entity_id"]
    try:
        if not connection.house.site.states.remove(entity_id):
            raise Failed(NOT_FOUND, "Entity not found")
    except ValueError as error:
        raise Failed(HUB_ERROR, str(error)) from error
    connection.house.amendments.drop("entity", entity_id)


def _same(message: Message, key: str, current: Any) -> None:
    """Refuse to change what an integration or the files say; the value that is there already may be sent."""
    if key in message and message[key] != current:
        raise Failed(NOT_SUPPORTED, f"{key} {_OF_FILES}")


def _may_change(connection: Connection) -> None:
    if not connection.may("manage", Thing(kind="config")):
        raise Failed(UNAUTHORIZED, "Unauthorized")


def _amend(
    connection: Connection, kind: str, identity: str, message: Message, names: tuple[str, ...]
) -> None:
    changes = {name: message[name] for name in names if name in message}
    try:
        connection.house.amendments.put(kind, identity, changes)
    except ValueError as error:
        raise Failed(INVALID_FORMAT, str(error)) from error
    connection.house.registry_updated(kind, identity)


# --- integrations -----------------------------------------------------------------------------------------------------


def entries(connection: Connection, message: Message) -> list[dict[str, Any]]:
    """Integrations of the configuration."""
    domain = message.get("domain")
    return [
        entry
        for entry in registries.config_entries(connection.house)
        if domain is None or entry["domain"] == domain
    ]


def subscribe_entries(connection: Connection, message: Message) -> object:
    """Integrations at once; they change only with the files, after which a client asks again."""
    listed = [{"type": None, "entry": entry} for entry in entries(connection, message)]

    def begin(identity: int) -> Any:
        connection.tell(identity, listed, first=True)
        return lambda: None

    return connection.subscribe(message, begin)


def subentries(connection: Connection, message: Message) -> list[Any]:
    """Integrations have no parts here."""
    if message.get("entry_id") not in connection.house.guests():
        raise Failed(NOT_FOUND, "Config entry not found")
    return []
