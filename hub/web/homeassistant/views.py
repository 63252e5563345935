"""What one principal may see of the house; those who may see the same share one view."""

from collections.abc import Iterator
from typing import Any

from hub.accounts.permissions import Permissions, Principal, Thing
from hub.model.events import Event, Named, StateChanged, StateRemoved, StateReported
from hub.model.things import Device, Entity, State
from hub.plugins.site import Site
from hub.web.objects import device_area, entity_thing, event_thing

_MOST_VIEWS = 2000
_SEEN_BY_ALL = ("entity", "camera", "automation", "calendar", "device", "event", "alarm", "area")


class View:
    """Asks the permission function, and remembers its answers for as long as nothing they hang on changes."""

    def __init__(self, site: Site, permissions: Permissions, who: Principal) -> None:
        self._site, self._permissions, self._who = site, permissions, who
        self._known: dict[str, tuple[Entity, Device | None, bool]] = {}
        self._directory = site.directory
        self.of_everything = all("site" in who.reach.get(("see", kind), ()) for kind in _SEEN_BY_ALL)

    def sees(self, entity_id: str) -> bool:
        """Whether they may see an entity and its states."""
        if self.of_everything:
            return True
        if self._directory is not self._site.directory:
            self._directory = self._site.directory
            self._known.clear()
        entity = self._site.states.entities.get(entity_id)
        device = None if entity is None else self._site.devices.get(entity.device)
        known = self._known.get(entity_id)
        if known is not None and known[0] is entity and known[1] is device:
            return known[2]
        seen = self.may("see", entity_thing(self._site, entity_id))
        if entity is not None:
            self._known[entity_id] = (entity, device, seen)
        return seen

    def hears(self, event: Event) -> bool:
        """Whether they may know of an event."""
        if self.of_everything:
            return True
        if isinstance(event, (StateChanged, StateRemoved, StateReported)):
            return self.sees(event.entity_id)
        if isinstance(event, Named) and not event.area:
            return self.may("see", Thing(kind="event", id=event.id))
        return self.may("see", event_thing(event))

    def sees_device(self, device_id: str) -> bool:
        """Whether they may see a device."""
        return self.may("see", Thing(kind="device", id=device_id, area=device_area(self._site, device_id)))

    def may(self, verb: str, thing: Thing) -> bool:
        """Whether they may do `verb` with a thing."""
        return self._permissions.may(self._who, verb, thing)

    def states(self) -> Iterator[State]:
        """Every state they may see."""
        return (state for state in self._site.states.all() if self.sees(state.entity_id))

    def state(self, entity_id: str) -> State | None:
        """The last state of an entity that they may see."""
        state = self._site.states.get(entity_id)
        return state if state is not None and self.sees(entity_id) else None


class Views:
    """Views by what they allow."""

    def __init__(self, site: Site, permissions: Permissions) -> None:
        self._site, self._permissions = site, permissions
        self._views: dict[Any, View] = {}

    def of(self, who: Principal) -> View:
        """The view of a principal."""
        key = (frozenset(who.reach.items()), who.person, who.areas, who.homes, who.patients)
        view = self._views.get(key)
        if view is None:
            if len(self._views) >= _MOST_VIEWS:
                self._views.clear()
            view = self._views[key] = View(self._site, self._permissions, who)
        return view
