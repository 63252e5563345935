"""The guest in a whole hub with a real broker: states, actions, restarts, reloads."""

import asyncio
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.api import Call, Message, new_id
from hub.kernel.clock import SystemClock
from hub.plugins.manager import Manager
from hub.plugins.ports import Broker
from hub.runtime.hub import Hub
from integrations.mqtt import hub_integrations
from integrations.mqtt.embedded import EmbeddedBroker, command_line, free_port

from .stand_ins import Hearing, until

YAML = """
mqtt:
  sensor:
    - name: Water level
      state_topic: pump/state
      value_template: "{{ value_json.level }}"
      unit_of_measurement: mm
      device: {name: Pump 3, identifiers: pump-3, model: P-1}
  binary_sensor:
    - {name: Hatch, state_topic: hatch, device_class: opening}
"""


def write(folder: Path, text: str) -> None:
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config" / "configuration.yaml").write_text(textwrap.dedent(text))


@asynccontextmanager
async def living(folder: Path, text: str) -> AsyncIterator[Hub]:
    """A hub on this configuration, with real time and a real broker."""
    write(folder, text)
    hub = Hub(folder / "config", folder / "data", clock=SystemClock(), environ={}, port=0, manager=Manager())
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()


def port_of(hub: Hub) -> Any:
    return hub.site.ports._offers[Broker][0]


async def publish(hub: Hub, topic: str, payload: str) -> None:
    data = {"topic": topic, "payload": payload, "qos": 1}
    await hub.site.actions.run(Call(name="mqtt.publish", data=data, key=new_id()))


def text_of(hub: Hub, entity_id: str) -> str:
    state = hub.site.states.get(entity_id)
    return "" if state is None else state.text


async def test_message_becomes_the_state_of_an_entity(tmp_path: Path) -> None:
    async with living(tmp_path, YAML) as hub:
        await port_of(hub).subscribed()
        assert text_of(hub, "sensor.pump_3_water_level") == "unavailable"
        await publish(hub, "pump/state", '{"level": 412}')
        await publish(hub, "hatch", "ON")
        await until(lambda: text_of(hub, "binary_sensor.hatch") == "on")
        assert text_of(hub, "sensor.pump_3_water_level") == "412"


async def test_stopped_hub_leaves_no_broker_behind(tmp_path: Path) -> None:
    async with living(tmp_path, YAML):
        pid = int((tmp_path / "data/mqtt/broker/pid").read_text())
        assert "nats.conf" in command_line(pid)
    assert command_line(pid) == ""


async def test_second_life_takes_up_the_session(tmp_path: Path) -> None:
    heard = Hearing()
    taken: list[Message] = []
    never: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def stuck(message: Message) -> asyncio.Future[Any]:
        taken.append(message)
        return never

    async with living(tmp_path, YAML) as hub:
        port_of(hub).subscribe("alarm", stuck)
        await port_of(hub).subscribed()
        await publish(hub, "alarm", "cover open")
        await until(lambda: bool(taken))
    async with living(tmp_path, YAML) as hub:
        port_of(hub).subscribe("alarm", heard)
        await until(lambda: heard.payloads == [b"cover open"])


async def test_reload_with_another_sensor_keeps_the_broker_s_data(tmp_path: Path) -> None:
    async with living(tmp_path, YAML) as hub:
        before = port_of(hub)
        write(tmp_path, YAML + "    - {name: Door, state_topic: door}\n")
        await hub.reload()
        await until(lambda: Broker in hub.site.ports._offers and port_of(hub) is not before)
        await until(lambda: port_of(hub).connected)
        await port_of(hub).subscribed()
        await publish(hub, "door", "OFF")
        await until(lambda: text_of(hub, "binary_sensor.door") == "off")


async def test_hub_without_its_broker_is_ready_and_says_what_is_wrong(tmp_path: Path) -> None:
    async with living(tmp_path, f"mqtt: {{broker: 'mqtt://127.0.0.1:{free_port()}'}}") as hub:
        assert "mqtt.connection" in hub.site.problems.open


async def test_wrong_password_waits_for_the_admin(tmp_path: Path, server: EmbeddedBroker) -> None:
    text = f"mqtt: {{broker: 'mqtt://127.0.0.1:{server.port}', username: hub, password: wrong}}"
    async with living(tmp_path, text) as hub:
        await until(lambda: hub.supervisor.guests["mqtt"].state == "failed")
        assert any("username and password" in problem.text for problem in hub.site.problems.open.values())


async def test_own_broker_by_url(tmp_path: Path, server: EmbeddedBroker) -> None:
    text = f"mqtt: {{broker: 'mqtt://127.0.0.1:{server.port}', username: hub, password: '{server.password}'}}"
    async with living(tmp_path, text) as hub:
        assert hub.site.problems.open == {}
        assert port_of(hub).connected


def test_example_is_valid() -> None:
    text = (Path(__file__).parents[3] / "integrations/mqtt/example.yaml").read_text()
    (declared,) = hub_integrations()
    cleaned = declared.schema(yaml.safe_load(text)["mqtt"])
    assert declared.entities is not None
    assert {entity.domain for entity in declared.entities(cleaned)} == {"sensor", "binary_sensor"}


@pytest.mark.parametrize(
    "data", [{"topic": ""}, {"topic": "a/#"}, {"topic": "a", "qos": 3}, {"payload": "x"}]
)
def test_wrong_data_of_publish_is_refused(data: dict[str, Any]) -> None:
    import voluptuous as vol

    (declared,) = hub_integrations()
    (action,) = declared.actions
    with pytest.raises(vol.Invalid):
        action.schema(data)
