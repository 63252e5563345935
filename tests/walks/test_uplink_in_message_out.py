"""Uplink in, message out: sensor, broker, LoRaWAN, manhole, automation, notice, signed webhook; also over a kill."""

import asyncio

from benchmarks.crash import CLOSED, OPEN
from integrations.mqtt.embedded import EmbeddedBroker
from integrations.notify.webhook import message_id
from tests.walks.stage import FEEDER, PASSWORD, Air, Receiver, Stand, mqtt_yaml, site_yaml

TOLD = """
    - use: cover
    """
LATER = """
    - id: told
      triggers: {trigger: event, event_type: cover_opened}
      actions:
        - {action: notify.send, data: {audience: "role:grid_worker", title: at once}}
    - id: delayed
      triggers: {trigger: event, event_type: cover_opened}
      actions:
        - delay: {seconds: 3}
        - {action: notify.send, data: {audience: "role:grid_worker", title: after a delay}}
    - id: lasting
      triggers: {trigger: state, entity_id: binary_sensor.mh_0000_open, to: "on", for: {seconds: 3}}
      actions:
        - {action: notify.send, data: {audience: "role:grid_worker", title: still open}}
    """
COVERS = 20


def walk(broker: EmbeddedBroker, receiver: Receiver, rules: str = TOLD, covers: int = 1) -> str:
    return site_yaml(
        mqtt_yaml(broker.port, broker.username, broker.password), receiver.url, rules, covers=covers
    )


async def test_an_opened_cover_becomes_one_signed_message(
    broker: EmbeddedBroker, air: Air, receiver: Receiver, stand: Stand
) -> None:
    stand.write(walk(broker, receiver))
    await stand.start()
    await air.open()
    (notice,) = await receiver.arrived(1)
    assert notice.data["title"] == "Cover open: North gate"
    assert (notice.data["person"], notice.data["severity"]) == ("wang", "critical")
    await air.tell(0, OPEN, CLOSED, CLOSED)
    assert await stand.stop() == 0
    assert len(receiver.notices) == 1
    assert stand.calls() == []


async def test_it_is_sent_after_a_kill_when_nobody_could_be_reached_before(
    broker: EmbeddedBroker, air: Air, receiver: Receiver, stand: Stand
) -> None:
    await receiver.stop()
    stand.write(walk(broker, receiver))
    await stand.start()
    await air.open()
    waiting = await stand.pending("notify.deliver", tried=1)
    await stand.kill()
    await receiver.start()
    await stand.start()
    (notice,) = await receiver.arrived(1)
    assert notice.key == message_id(waiting.key)
    assert await stand.stop() == 0
    assert [row.key for row in stand.calls("done") if row.action == "notify.deliver"] == [waiting.key]


async def test_killed_before_the_answer_it_repeats_the_same_message_under_the_same_key(
    broker: EmbeddedBroker, air: Air, receiver: Receiver, stand: Stand
) -> None:
    receiver.mood = "hold"
    stand.write(walk(broker, receiver))
    await stand.start()
    await air.open()
    (first,) = await receiver.arrived(1)
    await stand.kill()
    receiver.mood = "take"
    await stand.start()
    repeat = (await receiver.arrived(2))[1]
    assert (repeat.key, repeat.data) == (first.key, first.data)
    assert await stand.stop() == 0
    assert len(receiver.notices) == 2


async def test_delay_and_for_go_on_where_they_stood_when_the_hub_was_killed(
    broker: EmbeddedBroker, air: Air, receiver: Receiver, stand: Stand
) -> None:
    stand.write(walk(broker, receiver, LATER))
    await stand.start()
    opened = asyncio.get_running_loop().time()
    await air.open()
    await receiver.arrived(1)
    await stand.kill()
    assert set(receiver.titles) == {"at once"}
    await stand.start()
    notices = {notice.data["title"]: notice.at for notice in (await receiver.distinct(3)).values()}
    assert sorted(notices) == ["after a delay", "at once", "still open"]
    assert min(notices["after a delay"], notices["still open"]) - opened >= 3
    assert await stand.stop() == 0
    assert len(receiver.keys) == 3


async def test_what_the_hub_s_own_broker_took_is_not_lost_when_both_are_killed(
    receiver: Receiver, stand: Stand
) -> None:
    account = f'{{password: "{PASSWORD}", publish: "application/#"}}'
    mqtt = f"mqtt: {{broker: embedded, embedded: {{users: {{{FEEDER}: {account}}}}}}}"
    stand.write(site_yaml(mqtt, receiver.url, TOLD, covers=COVERS))
    await stand.start()
    air = Air(int((stand.data / "mqtt" / "broker" / "port").read_text()))
    for cover in range(COVERS):
        await air.tell(cover, CLOSED)
    sent = [air.say(cover, OPEN) for cover in range(COVERS)]
    await asyncio.to_thread(sent[-1].wait_for_publish, 10)
    await stand.kill()
    air.stop()
    await stand.start()
    await receiver.distinct(COVERS)
    assert await stand.stop() == 0
    assert len(receiver.keys) == COVERS
