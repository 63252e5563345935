"""States and events in Home Assistant's shapes. Each state is put into words once, however many ask for it."""

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from hub.kernel.journal import event_data
from hub.model.events import (
    Event,
    HubStarted,
    HubStopping,
    Named,
    StateChanged,
    StateRemoved,
    StateReported,
)
from hub.model.things import Entity, State
from hub.plugins.site import Site
from hub.web.homeassistant.amendments import Amendments
from hub.web.homeassistant.contexts import Contexts
from hub.web.homeassistant.encoding import encode
from hub.web.live import PictureTokens

OTHER_NAMES: dict[type[Event], str] = {
    StateRemoved: "state_changed",
    HubStarted: "homeassistant_started",
    HubStopping: "homeassistant_stop",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One state as it was last put into words."""

    state: State
    entity: Entity | None
    attributes: dict[str, Any]
    body: bytes  # the whole state object
    token: str  # a camera's, for its live pictures


class Shapes:
    """Puts states and events into words."""

    def __init__(
        self, site: Site, contexts: Contexts, amendments: Amendments, pictures: PictureTokens
    ) -> None:
        self._site, self._contexts, self._amendments, self._pictures = site, contexts, amendments, pictures
        self._shown: dict[str, Shown] = {}

    # --- states -------------------------------------------------------------------------------------------------

    def shown(self, state: State) -> Shown:
        """The state in words; made anew only when it, its entity's declaration or its camera's token changed."""
        found = self._shown.get(state.entity_id)
        entity = self._site.states.entities.get(state.entity_id)
        token = self.picture_token(state.entity_id, entity)
        if found is None or found.state is not state or found.entity is not entity or found.token != token:
            attributes = self._attributes(state, entity)
            found = Shown(state, entity, attributes, encode(self._object(state, attributes)), token)
            self._shown[state.entity_id] = found
        return found

    def forget(self, entity_id: str) -> None:
        """The state is gone."""
        self._shown.pop(entity_id, None)

    def body(self, state: State | None) -> msgspec.Raw:
        """The state object as JSON; null for none."""
        return msgspec.Raw(b"null" if state is None else self.shown(state).body)

    def state(self, state: State) -> dict[str, Any]:
        """The state object, of any time."""
        return self._object(state, self._attributes(state, self._site.states.entities.get(state.entity_id)))

    def _attributes(self, state: State, entity: Entity | None) -> dict[str, Any]:
        attributes = attributes_of(state, entity)
        amended = self._amendments.of("entity", state.entity_id)
        if "name" in amended:
            attributes["friendly_name"] = amended["name"]
        if "icon" in amended:
            attributes["icon"] = amended["icon"]
        return attributes | self.picture_attributes(state.entity_id, entity)

    def picture_token(self, entity_id: str, entity: Entity | None) -> str:
        """A camera's token of now; "" for what is none."""
        is_camera = entity is not None and entity_id.startswith("camera.")
        return self._pictures.of(entity_id) if is_camera else ""

    def picture_attributes(self, entity_id: str, entity: Entity | None) -> dict[str, Any]:
        """Where a camera's picture is; nothing for what is none."""
        token = self.picture_token(entity_id, entity)
        if not token:
            return {}
        return {"access_token": token, "entity_picture": f"/api/camera_proxy/{entity_id}?token={token}"}

    def _object(self, state: State, attributes: dict[str, Any]) -> dict[str, Any]:
        at = state.at.isoformat()
        return {
            "entity_id": state.entity_id,
            "state": state.text,
            "attributes": attributes,
            "last_changed": state.changed_at.isoformat(),
            "last_reported": at,
            "last_updated": at,
            "context": self.context_of(state),
        }

    def context_of(self, state: State) -> dict[str, Any]:
        """What was behind a state: the call, the run, or only itself."""
        return self._contexts.show(state.cause or _own_context(state.entity_id, state.at))

    # --- compressed states ----------------------------------------------------------------------------------------

    def compressed(self, state: State) -> dict[str, Any]:
        """A state as `subscribe_entities` tells it first."""
        shown = self.shown(state)
        changed, updated = state.changed_at.timestamp(), state.at.timestamp()
        told = {
            "s": state.text,
            "a": shown.attributes,
            "c": _short(self.context_of(state)),
            "lc": changed,
        }
        return told if changed == updated else {**told, "lu": updated}

    def difference(self, old: State, new: State) -> dict[str, Any]:
        """What `subscribe_entities` tells of a change."""
        known = self._shown.get(old.entity_id)
        before = (
            known.attributes
            if known is not None and known.state is old
            else self._attributes(old, self._site.states.entities.get(old.entity_id))
        )
        after = self.shown(new).attributes
        added: dict[str, Any] = {"c": _short(self.context_of(new))}
        if old.text != new.text:
            added["s"] = new.text
        if old.changed_at != new.changed_at:
            added["lc"] = new.changed_at.timestamp()
        else:
            added["lu"] = new.at.timestamp()
        if before == after:
            return {"+": added}
        changed = {
            name: value for name, value in after.items() if name not in before or before[name] != value
        }
        if changed:
            added["a"] = changed
        gone = [name for name in before if name not in after]
        return {"+": added, "-": {"a": gone}} if gone else {"+": added}

    # --- events ---------------------------------------------------------------------------------------------------

    def event(self, event: Event) -> bytes:
        """The event object as JSON."""
        return encode(
            {
                "event_type": event_type(event),
                "data": self._data(event),
                "origin": "LOCAL",
                "time_fired": event.at.isoformat(),
                "context": self._context(event),
            }
        )

    def _data(self, event: Event) -> dict[str, Any]:
        if isinstance(event, Named):
            return dict(event.data)
        if isinstance(event, StateChanged):
            old = self.body(event.old)  # first: what is known of the old state makes room for the new one
            return {"entity_id": event.entity_id, "old_state": old, "new_state": self.body(event.new)}
        if isinstance(event, StateRemoved):
            return {"entity_id": event.entity_id, "old_state": self.body(event.old), "new_state": None}
        if isinstance(event, StateReported):
            state = self.body(event.state)
            return {"entity_id": event.entity_id, "new_state": state, "last_reported": event.at.isoformat()}
        return event_data(event)

    def _context(self, event: Event) -> dict[str, Any]:
        if isinstance(event, StateChanged):
            return self.context_of(event.new)
        return self._contexts.show(event.id, event.cause)


def event_type(event: Event) -> str:
    """The name by which clients subscribe to an event."""
    return event.name if isinstance(event, Named) else OTHER_NAMES.get(type(event), event.kind)


def attributes_of(state: State, entity: Entity | None) -> dict[str, Any]:
    """A state's attributes with what its entity declares, as Home Assistant has them together."""
    if entity is None:
        return dict(state.attributes)
    declared: dict[str, Any] = {}
    if entity.options:
        declared["options"] = list(entity.options)
    if entity.state_class:
        declared["state_class"] = entity.state_class
    if entity.unit:
        declared["unit_of_measurement"] = entity.unit
    if entity.device_class:
        declared["device_class"] = entity.device_class
    if entity.icon:
        declared["icon"] = entity.icon
    declared["friendly_name"] = entity.name
    return {**declared, **state.attributes}


def _own_context(entity_id: str, at: datetime) -> str:
    """A context for a state that nobody told the cause of: the same however often it is asked."""
    return f"{int(at.timestamp() * 1e6):016x}{zlib.crc32(entity_id.encode()):08x}"


def _short(context: dict[str, Any]) -> Any:
    return context if context["parent_id"] or context["user_id"] else context["id"]
