"""A broker that goes away takes nothing with it, and what comes in by other ways is told meanwhile."""

import aiohttp

from benchmarks.crash import CLOSED, OPEN
from integrations.mqtt.embedded import EmbeddedBroker
from tests.walks.stage import Air, Receiver, Stand, mqtt_yaml, site_yaml

RULES = """
    - use: cover
    - id: button
      triggers: {trigger: webhook, webhook_id: panic-button-of-b1, allowed_methods: [POST]}
      actions:
        - {action: notify.send, data: {audience: "role:grid_worker", title: button pressed}}
    """
COVERS = 5


async def test_alarms_wait_for_the_broker_and_others_do_not(
    broker: EmbeddedBroker, air: Air, receiver: Receiver, stand: Stand
) -> None:
    stand.write(
        site_yaml(
            mqtt_yaml(broker.port, broker.username, broker.password), receiver.url, RULES, covers=COVERS
        )
    )
    await stand.start()
    for cover in range(COVERS):
        await air.tell(cover, CLOSED)
    await broker.stop()
    assert "connection" in await stand.problem("mqtt.connection")
    for cover in range(COVERS):
        air.say(cover, OPEN)  # taken by the broker once it is back
    async with aiohttp.ClientSession() as session:
        url = f"{(await stand.status())['url']}/api/webhook/panic-button-of-b1"
        async with session.post(url) as answer:
            assert answer.status == 200
    await receiver.distinct(1)
    assert set(receiver.titles) == {"button pressed"}
    await broker.start()
    await receiver.distinct(1 + COVERS)
    assert sorted(set(receiver.titles)) == ["Cover open: North gate", "button pressed"]
    await stand.healed("mqtt.connection")
    assert await stand.stop() == 0
    assert len(receiver.keys) == 1 + COVERS
