"""Areas, devices and entities, as far as the caller may see them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hub.accounts.permissions import Thing
from hub.model.things import Entity, State, Value
from hub.plugins.site import Site
from hub.web.objects import device_area, entity_thing
from hub.web.v1.operations import Asked, Operation, Page, Refused, missing
from hub.web.v1.shapes import Moment

LONGEST_SPAN = timedelta(days=31)
MOST_POINTS = 2000


class AreaView(msgspec.Struct, kw_only=True):
    """A place."""

    id: str
    name: str
    parent: str
    kind: str


class DeviceView(msgspec.Struct, kw_only=True):
    """A physical thing."""

    id: str
    name: str
    area: str
    manufacturer: str
    model: str
    software: str
    via: str


class EntityView(msgspec.Struct, kw_only=True):
    """A readable or settable point and its last value, with its own type."""

    id: str
    name: str
    device: str
    area: str
    device_class: str
    unit: str
    category: str
    value: Value
    text: Annotated[str, Meta(description="As Home Assistant writes it: on, off, 23.5, unavailable")]
    available: bool
    at: Moment | None
    changed_at: Moment | None


class Sample(msgspec.Struct, kw_only=True):
    """A value of the past."""

    at: Moment
    value: Value
    available: bool


class EntityQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which entities."""

    domain: Annotated[str, Meta(max_length=64)] = ""
    area: Annotated[str, Meta(max_length=64, description="With everything inside")] = ""
    device: Annotated[str, Meta(max_length=255)] = ""


class SpanQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """From when to when; at most 31 days, by itself the last day."""

    since: Moment | None = None
    until: Moment | None = None


class Things:
    """Answers for places and things."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def operations(self) -> Iterator[Operation]:
        """What can be asked."""
        yield Operation(
            method="GET",
            path="/areas",
            access="see area",
            summary="The tree of areas",
            handler=self.list_areas,
            answer=Page[AreaView],
        )
        yield Operation(
            method="GET",
            path="/devices",
            access="see device",
            summary="List devices",
            handler=self.list_devices,
            answer=Page[DeviceView],
        )
        yield Operation(
            method="GET",
            path="/entities",
            access="see entity",
            summary="List entities with their last values",
            handler=self.list_entities,
            query=EntityQuery,
            answer=Page[EntityView],
        )
        yield Operation(
            method="GET",
            path="/entities/{entity_id}",
            access="see entity",
            summary="One entity with its last value",
            handler=self.get_entity,
            answer=EntityView,
        )
        yield Operation(
            method="GET",
            path="/entities/{entity_id}/history",
            access="see entity",
            summary="What an entity said, the oldest first; thinned out to 2,000 values",
            handler=self.get_history,
            query=SpanQuery,
            answer=Page[Sample],
        )

    async def list_areas(self, asked: Asked[Any]) -> Page[AreaView]:
        """Those the caller may see."""
        return Page(
            items=[
                AreaView(id=area.id, name=area.name, parent=area.parent, kind=area.kind)
                for area in self._site.directory.areas.values()
                if asked.may("see", Thing(kind="area", id=area.id, area=area.id))
            ]
        )

    async def list_devices(self, asked: Asked[Any]) -> Page[DeviceView]:
        """Those the caller may see."""
        return Page(
            items=[
                DeviceView(
                    id=device.id,
                    name=device.name,
                    area=device.area,
                    manufacturer=device.manufacturer,
                    model=device.model,
                    software=device.software,
                    via=device.via,
                )
                for device in self._site.devices.values()
                if asked.may("see", Thing(kind="device", id=device.id, area=device.area))
            ]
        )

    async def list_entities(self, asked: Asked[Any]) -> Page[EntityView]:
        """Those that fit and that the caller may see."""
        query: EntityQuery = asked.query
        found = []
        for entity in self._site.states.entities.values():
            thing = entity_thing(self._site, entity.id)
            if (
                (not query.domain or entity.domain == query.domain)
                and (not query.device or entity.device == query.device)
                and (not query.area or self._site.directory.places.inside(thing.area, query.area))
                and asked.may("see", thing)
            ):
                found.append(self._view(entity))
        return Page(items=found)

    async def get_entity(self, asked: Asked[Any]) -> EntityView:
        """The entity, if the caller may see it."""
        return self._view(self._entity(asked))

    async def get_history(self, asked: Asked[Any]) -> Page[Sample]:
        """Its values in the span."""
        entity = self._entity(asked)
        until = asked.query.until or self._site.clock.now()
        since = asked.query.since or until - timedelta(days=1)
        if not timedelta(0) < until - since <= LONGEST_SPAN:
            raise Refused(400, f"a span ends after it begins and has at most {LONGEST_SPAN.days} days")
        states = await self._site.store.history.query(entity.id, since, until, limit=100_000, with_start=True)
        step = max(1, -(-len(states) // MOST_POINTS))
        return Page(items=[_sample(state) for state in states[::step]])

    def _entity(self, asked: Asked[Any]) -> Entity:
        entity = self._site.states.entities.get(asked.path["entity_id"])
        if entity is None:
            raise missing("entity")
        asked.require("see", entity_thing(self._site, entity.id))
        return entity

    def _view(self, entity: Entity) -> EntityView:
        state = self._site.states.get(entity.id)
        return EntityView(
            id=entity.id,
            name=entity.name,
            device=entity.device,
            area=entity.area or device_area(self._site, entity.device),
            device_class=entity.device_class,
            unit=entity.unit,
            category=entity.category,
            value=None if state is None else state.value,
            text="unavailable" if state is None else state.text,
            available=state is not None and state.available,
            at=None if state is None else state.at,
            changed_at=None if state is None else state.changed_at,
        )


def _sample(state: State) -> Sample:
    return Sample(at=state.at, value=state.value, available=state.available)
