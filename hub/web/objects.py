"""What a permission is asked for: the loaded objects of the hub as things with a kind, a place and a person."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hub.accounts.permissions import Thing

if TYPE_CHECKING:
    from hub.model.events import Event
    from hub.model.people import Person
    from hub.plugins.site import Site

_KINDS = {"camera": "camera", "automation": "automation", "calendar": "calendar"}  # by the entity's domain


def entity_thing(site: "Site", entity_id: str) -> Thing:
    """An entity, at its own or its device's area."""
    entity = site.states.entities.get(entity_id)
    area = "" if entity is None else entity.area or device_area(site, entity.device)
    return Thing(kind=_KINDS.get(entity_id.partition(".")[0], "entity"), id=entity_id, area=area)


def device_area(site: "Site", device_id: str) -> str:
    """Where a device is; "" when nobody said."""
    device = site.devices.get(device_id)
    return "" if device is None else device.area


def living_at(site: "Site", area: str) -> list[str]:
    """Ids of some of those who live in a private place: what is seen there is about them."""
    places = site.directory.places
    if not places.is_private(area):
        return []
    living = site.directory.persons.values()
    return [person.id for person in living if person.household and places.inside(area, person.household)][:10]


def person_thing(person: "Person") -> Thing:
    """A person, at home in their household."""
    return Thing(kind="person", id=person.id, area=person.household, person=person.id)


def event_thing(event: "Event") -> Thing:
    """An event or alarm, where it happened."""
    from hub.model.events import Alarm

    kind = "alarm" if isinstance(event, Alarm) else "event"
    return Thing(kind=kind, id=event.id, area=event.area)


def alarm_thing(row: Mapping[str, Any]) -> Thing:
    """An alarm as a row of the journal."""
    return Thing(kind="alarm", id=row["id"], area=row["area"])
