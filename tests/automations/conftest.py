"""A yard to play rules in: toy events and actions in a whole hub with a hand-turned clock."""

import asyncio
import textwrap
from collections.abc import Callable
from typing import Any, Literal

import msgspec
import pytest
import voluptuous as vol

from hub.api import (
    Action,
    ActionRefused,
    Alarm,
    Call,
    Event,
    Integration,
    Known,
    Link,
    Severity,
)
from hub.testing.kit import HubKit


class ThingFell(Alarm, frozen=True, kw_only=True):
    """An alarm with fields of every kind."""

    confidence: float = 0.9
    floor: int | str = "12"
    weight_class: Literal["light", "heavy"] = "light"
    means: dict[str, Any] = msgspec.field(default_factory=dict)
    cell: str = "1-12-03"


class BigThingFell(ThingFell, frozen=True, kw_only=True):
    """A subclass with a field more."""

    crane: str = ""


class ThingSeen(Event, frozen=True, kw_only=True):
    """An event that is no alarm."""

    count: int = 0
    word: str = ""
    sure: bool = True


def number_below_hundred(value: Any) -> Any:
    if not isinstance(value, int) or value >= 100:
        raise vol.Invalid("a whole number below 100 is needed")
    return value


TOY_ACTIONS = (
    Action(
        name="toy.note",
        summary="Note",
        schema=vol.Schema({vol.Optional("text"): vol.Any(str, int, float, list, dict, bool, None)}),
    ),
    Action(
        name="toy.keep",
        summary="Keep",
        durable=True,
        schema=vol.Schema({vol.Required("text"): str, vol.Optional("level"): str}),
    ),
    Action(
        name="toy.light",
        summary="Light",
        targets=True,
        schema=vol.Schema(
            {
                vol.Required("entity_id"): vol.All(list, vol.Length(min=1)),
                vol.Optional("level"): number_below_hundred,
            }
        ),
    ),
    Action(name="toy.ask", summary="Answer", timeout=5, schema=vol.Schema({vol.Optional("text"): str})),
    Action(name="toy.fail", summary="Fail", schema=vol.Schema({})),
    Action(name="toy.break", summary="Raise what nobody expects", schema=vol.Schema({})),
)
TOY_EVENTS = (ThingFell, BigThingFell, ThingSeen)


class Yard:
    """One hub with toys in it; `calls` is what the toys were asked to do."""

    def __init__(self, hub: HubKit) -> None:
        self.hub = hub
        self.calls: list[Call] = []
        self.gate = asyncio.Event()
        self.answers: list[Any] = []
        hub.add(self._toys())

    def _toys(self) -> Integration:
        async def ask(call: Call) -> Any:
            self.calls.append(call)
            await self.gate.wait()
            return self.answers.pop(0) if self.answers else {"answer": 42}

        def fail(_call: Call) -> None:
            raise ActionRefused("the toy does not want to")

        def break_(_call: Call) -> None:
            raise KeyError("the toy is broken")

        async def run(link: Link, _config: Any) -> None:
            for name in ("toy.note", "toy.keep", "toy.light"):
                link.action(name, self.calls.append)
            link.action("toy.ask", ask)
            link.action("toy.fail", fail)
            link.action("toy.break", break_)
            link.ready()
            await asyncio.Event().wait()

        return Integration(
            name="toys",
            run=run,
            schema=vol.Schema(None),
            events=TOY_EVENTS,
            actions=TOY_ACTIONS,
            entities=None,
        )

    async def start(self, rules: str, more: str = "") -> None:
        """Start the hub on these rules."""
        await self.hub.start(self.yaml(rules, more))

    def yaml(self, rules: str, more: str = "") -> str:
        return (
            "toys:\n"
            + textwrap.dedent(more)
            + "automation:\n"
            + textwrap.indent(textwrap.dedent(rules).strip(), "  ")
        )

    def set(self, entity_id: str, value: Any, **attributes: Any) -> None:
        """Write a state."""
        self.hub.hub_of.states.set(entity_id, value, attributes)

    def lose(self, entity_id: str) -> None:
        self.hub.hub_of.states.lose(entity_id)

    def emit(self, event: Event) -> Any:
        return self.hub.hub_of.bus.emit(event)

    def fell(self, **fields: Any) -> ThingFell:
        return ThingFell(at=self.hub.clock.now(), source="camera", area="b1", **fields)

    def seen(self, **fields: Any) -> ThingSeen:
        return ThingSeen(at=self.hub.clock.now(), source="camera", **fields)

    async def settle(self) -> None:
        await self.hub.settle()

    async def kill(self) -> None:
        """Start anew on the same files, as after kill -9: nothing was told to stop."""
        await self.hub.restart()

    @property
    def texts(self) -> list[Any]:
        """The texts that the toys were given."""
        return [call.data.get("text") for call in self.calls]

    def attribute(self, entity_id: str, name: str) -> Any:
        return self.hub.state(entity_id).attributes[name]


@pytest.fixture
def yard(hub: HubKit) -> Yard:
    return Yard(hub)


@pytest.fixture
def known() -> Known:
    """Names that rules in tests may refer to."""
    return known_names()


def known_names(entities: frozenset[str] | None = None) -> Known:
    return Known(
        events={cls.kind: cls for cls in (*TOY_EVENTS, Alarm, Event)},
        actions={action.name: action for action in TOY_ACTIONS},
        entities=entities,
        areas=frozenset(("b1", "b2")),
    )


Find = Callable[[str], list[tuple[tuple[Any, ...], str, str]]]


def severities() -> list[str]:
    return [item.name for item in Severity]
