"""Notices what came into the registries, changed there or went, and tells clients, who then ask for the lists anew."""

from hub.model.things import Area, Device, Entity
from hub.web.homeassistant.house import House
from hub.web.objects import device_area

Entry = Area | Device | Entity
Entries = dict[str, dict[str, Entry]]  # by kind and id


class RegistryWatch:
    """Compares the registries with how they were when it last looked: a guest that only restarts changes nothing."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: Entries = {}

    def begin(self) -> None:
        """Remember how they are now."""
        self._known = self._entries()

    def look(self) -> None:
        """Tell what is another than before."""
        before, self._known = self._known, self._entries()
        for kind, entries in self._known.items():
            for identity, entry in before.get(kind, {}).items():
                if identity not in entries and self._comes_back(identity):
                    entries[identity] = entry
        for kind, now in self._known.items():
            then = before.get(kind, {})
            if then == now:
                continue
            for identity in {**then, **now}:
                self._compare(kind, identity, then.get(identity), now.get(identity))

    def _compare(self, kind: str, identity: str, then: Entry | None, now: Entry | None) -> None:
        if then == now:
            return
        action = "create" if then is None else "remove" if now is None else "update"
        self._house.registry_updated(kind, identity, action, self._place(now or then))

    def _comes_back(self, identity: str) -> bool:
        """Whether it belongs to a guest that is only down for a while."""
        guest = self._house.guests().get(self._house.site.owners.get(identity, ""))
        return guest is not None and guest.state != "running"

    def _place(self, entry: Entry | None) -> str:
        if entry is None or isinstance(entry, Area):
            return "" if entry is None else entry.id
        own = device_area(self._house.site, entry.device) if isinstance(entry, Entity) else ""
        return entry.area or own

    def _entries(self) -> Entries:
        site = self._house.site
        return {
            "area": dict(site.directory.areas),
            "device": dict(site.devices),
            "entity": dict(site.states.entities),
        }
