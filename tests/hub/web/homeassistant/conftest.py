"""A hub with a guest, areas and a rule, and sockets to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
import voluptuous as vol

from hub.api import Action, Call, Device, Entity, Integration, Link, Point
from hub.testing.kit import HubKit
from tests.hub.web.homeassistant.client import YAML, Client

Connect = Callable[..., Awaitable[Client]]


class Doors:
    """A guest with a door, a lamp and a sensor; its points for tests to set."""

    def __init__(self) -> None:
        self.points: dict[str, Point] = {}
        self.calls: list[Call] = []

    async def run(self, link: Link, _config: object) -> None:
        link.device(Device(id="gate-1", name="Gate", area="b1", manufacturer="Acme", model="G1"))
        for entity in (
            Entity(id="binary_sensor.door", name="Door", device="gate-1", device_class="door"),
            Entity(id="light.lamp", name="Lamp", area="b3-u1"),
            Entity(id="sensor.warmth", name="Warmth", area="b3", unit="°C", state_class="measurement"),
        ):
            self.points[entity.id] = link.entity(entity)

        def turn(value: bool) -> Callable[[Call], None]:
            def handle(call: Call) -> None:
                self.calls.append(call)
                for entity_id in call.data["entity_id"]:
                    self.points[entity_id].set(value)

            return handle

        async def measure(call: Call) -> dict[str, object]:
            self.calls.append(call)
            await asyncio.sleep(0)
            return {"value": 21.5, "times": call.data["times"]}

        link.action("light.turn_on", turn(True))
        link.action("light.turn_off", turn(False))
        link.action("doors.measure", measure)
        link.ready()
        await asyncio.Event().wait()

    def integration(self) -> Integration:
        target = vol.Schema({vol.Required("entity_id"): [str]})
        measure = vol.Schema({vol.Optional("times", default=1): vol.All(int, vol.Range(min=1, max=9))})
        return Integration(
            name="doors",
            summary="Doors for tests",
            run=self.run,
            schema=vol.Schema(object),
            entities=None,
            actions=(
                Action(name="light.turn_on", summary="Light a lamp", schema=target, targets=True),
                Action(name="light.turn_off", summary="Put a lamp out", schema=target, targets=True),
                Action(name="doors.measure", summary="Measure", schema=measure, responds=True),
            ),
        )


@pytest.fixture
def doors() -> Doors:
    return Doors()


@pytest_asyncio.fixture
async def house(hub: HubKit, doors: Doors) -> HubKit:
    hub.add(doors.integration())
    await hub.start(YAML + "doors:\n")
    doors.points["binary_sensor.door"].set(False)
    doors.points["light.lamp"].set(False)
    doors.points["sensor.warmth"].set(21.5)
    await hub.settle()
    return hub


@pytest_asyncio.fixture
async def connect(house: HubKit) -> AsyncIterator[Connect]:
    clients: list[Client] = []

    async def connect(token: str | None = None) -> Client:
        clients.append(await Client.connect(house, token))
        return clients[-1]

    yield connect
    for client in clients:
        await client.close()


@pytest_asyncio.fixture
async def client(connect: Connect) -> Client:
    return await connect()
