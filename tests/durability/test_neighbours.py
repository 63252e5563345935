"""A plugin that raises, blocks or leaks costs its neighbours nothing: alarms go out, and it is named."""

import asyncio
from collections.abc import Callable

from benchmarks.crash import CLOSED, OPEN
from integrations.mqtt.embedded import EmbeddedBroker
from tests.walks.stage import Air, Receiver, Stand, mqtt_yaml, site_yaml

Install = Callable[[str], None]
TOLD = "- use: cover"
COVERS = 10
DECLARED = """
    import asyncio, time
    import voluptuous as vol
    from hub.api import Alarm, Integration, ReadingReceived, WorkerSpec, hookimpl

    @hookimpl
    def hub_integrations():
        yield Integration(
            name="neighbour", summary="Misbehaves.", run=run, schema=vol.Schema(vol.Any(None, {})), entities=None
        )

    """
IDLE = """
    async def run(link, _config):
        link.ready()
        await asyncio.Event().wait()
    """


def site(broker: EmbeddedBroker, receiver: Receiver, covers: int = 1, more: str = "neighbour:") -> str:
    mqtt = mqtt_yaml(broker.port, broker.username, broker.password)
    return site_yaml(mqtt, receiver.url, TOLD, covers=covers, more=more)


async def test_one_that_raises_in_a_handler_is_named_and_the_alarm_goes_out(
    neighbour: Install, broker: EmbeddedBroker, air: Air, receiver: Receiver, stand: Stand
) -> None:
    neighbour(
        DECLARED
        + """
    async def run(link, _config):
        link.on(Alarm, stumble)
        link.on(ReadingReceived, stumble)
        link.ready()
        await asyncio.Event().wait()

    def stumble(event):
        raise RuntimeError("stumbled")
    """
    )
    stand.write(site(broker, receiver))
    await stand.start()
    await air.open()
    await receiver.distinct(1)
    assert "stumbled" in await stand.problem("neighbour.handler")
    assert await stand.stop() == 0
    assert len(receiver.notices) == 1


async def test_one_that_raises_in_its_run_is_restarted_and_the_alarm_goes_out(
    neighbour: Install, broker: EmbeddedBroker, air: Air, receiver: Receiver, stand: Stand
) -> None:
    neighbour(
        DECLARED
        + """
    async def run(link, _config):
        link.ready()
        raise RuntimeError("fell over")
    """
    )
    stand.write(site(broker, receiver))
    await stand.start()
    assert "fell over" in await stand.problem("neighbour.integration")
    await air.open()
    await receiver.distinct(1)
    status = (await stand.status())["integrations"]
    assert status["neighbour"]["restarts"] >= 1
    assert {
        name: guest["restarts"] for name, guest in status.items() if name != "neighbour"
    } == dict.fromkeys(("mqtt", "lorawan", "manhole", "notify", "automation"), 0)
    assert await stand.stop() == 0


async def test_one_that_can_not_be_imported_is_left_out_of_a_reload_and_the_alarm_goes_out(
    neighbour: Install, broker: EmbeddedBroker, air: Air, receiver: Receiver, stand: Stand
) -> None:
    neighbour("raise RuntimeError('not in the mood')")
    stand.write(site(broker, receiver, more=""))
    await stand.start()
    stand.write(site(broker, receiver))
    assert "not in the mood" in str(await stand.reload())
    await air.open()
    await receiver.distinct(1)
    assert await stand.stop() == 0


async def test_one_that_can_not_be_imported_does_not_keep_the_hub_from_starting(
    neighbour: Install, broker: EmbeddedBroker, air: Air, receiver: Receiver, stand: Stand
) -> None:
    neighbour("raise RuntimeError('not in the mood')")
    stand.write(site(broker, receiver))
    await stand.start()
    assert "not in the mood" in await stand.problem("neighbour.integration")
    await air.open()
    await receiver.distinct(1)
    neighbour(DECLARED + IDLE)
    assert "neighbour" in (await stand.reload())["started"]
    await stand.healed("neighbour.integration")
    assert await stand.stop() == 0


async def test_one_that_blocks_the_loop_is_named_and_alarms_are_late_but_not_lost(
    neighbour: Install, broker: EmbeddedBroker, air: Air, receiver: Receiver, stand: Stand
) -> None:
    neighbour(
        DECLARED
        + """
    async def run(link, _config):
        blocked = []

        def block(alarm):
            if not blocked:
                blocked.append(alarm)
                time.sleep(2)

        link.on(Alarm, block)
        link.ready()
        await asyncio.Event().wait()
    """
    )
    stand.write(site(broker, receiver, covers=COVERS))
    await stand.start()
    for cover in range(COVERS):
        await air.tell(cover, CLOSED)
    sent = [air.say(cover, OPEN) for cover in range(COVERS)]
    await asyncio.to_thread(sent[-1].wait_for_publish, 10)
    await receiver.distinct(COVERS)
    text = await stand.problem("neighbour.blocks")
    assert "neighbour.py" in text
    assert "in block" in text
    assert await stand.stop() == 0
    assert len(receiver.keys) == len(receiver.notices) == COVERS


async def test_one_whose_worker_leaks_gets_a_new_worker_and_the_hub_does_not_grow(
    neighbour: Install, broker: EmbeddedBroker, air: Air, receiver: Receiver, stand: Stand
) -> None:
    neighbour(
        DECLARED
        + """
    async def run(link, _config):
        spec = WorkerSpec(name="leaky", target="neighbour:leak", memory_limit_mib=200, heartbeat_seconds=1.0)
        await link.worker(spec, lambda message: None)
        link.ready()
        await asyncio.Event().wait()

    def leak(pipe, _config):
        held = []
        while not pipe.stopping.is_set():
            pipe.beat()
            held.append(bytearray(b"x" * 10_000_000))
            time.sleep(0.02)
    """
    )
    stand.write(site(broker, receiver))
    await stand.start()
    before = (await stand.status())["memory_mib"]
    assert "it held" in await stand.problem("neighbour.worker.leaky")
    await air.open()
    await receiver.distinct(1)
    status = await stand.status()
    assert status["memory_mib"] - before < 50
    assert status["integrations"]["neighbour"]["restarts"] == 0
    assert await stand.stop() == 0
