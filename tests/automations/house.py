"""A house for pure tests: states and areas in dicts, a clock that stands."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from automations.functions import AllStates
from automations.views import HOUSE_NAME
from hub.api import Area, Entity, State

NOON = datetime(2024, 5, 6, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai, a Monday


class FakeHouse:
    """A House."""

    zone = ZoneInfo("Asia/Shanghai")

    def __init__(self, **values: Any) -> None:
        self.known: dict[str, State] = {}
        for name, value in values.items():
            self.put(name.replace("__", "."), value)

    def put(self, entity_id: str, value: Any, *, available: bool = True, **attributes: Any) -> None:
        self.known[entity_id] = State(entity_id, value, available, NOON, NOON, attributes)

    def now(self) -> datetime:
        return NOON

    def state(self, entity_id: str) -> State | None:
        return self.known.get(entity_id)

    def states(self) -> Iterator[State]:
        return iter(self.known.values())

    def entity(self, entity_id: str) -> Entity | None:
        return Entity(id=entity_id, name=entity_id) if entity_id in self.known else None

    def areas(self) -> Mapping[str, Area]:
        return {"b1": Area(id="b1", name="一号楼", aliases=("South tower",))}

    def area_of(self, entity_id: str) -> str:
        return "b1" if entity_id in self.known else ""

    def scope(self, **variables: Any) -> dict[str, Any]:
        """What a template sees."""
        return {HOUSE_NAME: self, "states": AllStates(self), **variables}
