"""MQTT messages and webhooks as triggers; the sender is answered when what must arrive is on the disk."""

import aiohttp
import pytest

MQTT = """
- alias: mqtt
  mode: parallel
  triggers: {{trigger: mqtt, {trigger}}}
  variables: {{v: "{{{{ (trigger.payload_json | default({{}})).v | default('-') }}}}"}}
  actions: {{action: toy.note, data: {{text: "{{{{ trigger.topic }}}} {{{{ trigger.payload }}}} {{{{ v }}}}"}}}}
"""

MQTT_CASES = [
    ("topic: a/b", ("a/b", "on"), ["a/b on -"]),
    ("topic: a/b", ("a/c", "on"), []),
    ("topic: a/+/c", ("a/x/c", "on"), ["a/x/c on -"]),
    ("topic: a/#", ("a/x/c", '{"v": 5}'), ['a/x/c {"v": 5} 5']),
    ("topic: a/b, payload: 'on'", ("a/b", "on"), ["a/b on -"]),
    ("topic: a/b, payload: 'on'", ("a/b", "off"), []),
    (
        "topic: a/b, payload: '5', value_template: '{{ value_json.v }}'",
        ("a/b", '{"v": 5}'),
        ['a/b {"v": 5} 5'],
    ),
    ("topic: a/b, payload: '5', value_template: '{{ value_json.v }}'", ("a/b", '{"v": 6}'), []),
    ("topic: a/b, payload: '5', value_template: '{{ value_json.v }}'", ("a/b", "no json"), []),
    ("topic: a/b, qos: 1", ("a/b", "on"), ["a/b on -"]),
]


@pytest.mark.parametrize(("trigger", "message", "texts"), MQTT_CASES)
async def test_mqtt(yard, trigger, message, texts):
    await yard.start(MQTT.format(trigger=trigger))
    await yard.hub.broker.publish(*message)
    await yard.settle()
    assert yard.texts == texts


async def test_one_message_for_many_rules_and_reloads(yard):
    rules = MQTT.format(trigger="topic: a/b") + MQTT.format(trigger="topic: a/b").replace(
        "alias: mqtt", "alias: other"
    )
    await yard.start(rules)
    await yard.hub.reload(
        yard.yaml(rules + MQTT.format(trigger="topic: c").replace("alias: mqtt", "alias: third"))
    )
    await yard.hub.broker.publish("a/b", "x")
    await yard.hub.broker.publish("c", "y")
    await yard.settle()
    assert len(yard.calls) == 3
    await yard.hub.reload(yard.yaml("[]"))
    await yard.hub.broker.publish("a/b", "x")
    await yard.settle()
    assert len(yard.calls) == 3


async def test_a_durable_call_is_written_before_the_message_is_acknowledged(yard):
    await yard.start(
        """
- alias: mqtt
  triggers: {trigger: mqtt, topic: a, qos: 1}
  actions: {action: toy.keep, data: {text: "{{ trigger.payload }}"}}
"""
    )
    await yard.hub.broker.publish("a", "kept", qos=1)
    await yard.settle()
    assert yard.texts == ["kept"]


HOOK = """
- alias: hook
  mode: parallel
  triggers: {trigger: webhook, webhook_id: long-random-id}
  variables: {sent: "{{ trigger.json | default(trigger.data) }}"}
  actions: {action: toy.keep, data: {text: "{{ sent }} {{ trigger.query.q | default }}"}}
"""


async def post(yard, path="/api/webhook/long-random-id", method="POST", **options):
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, yard.hub.hub_of.url + path, **options) as answer,
    ):
        return answer.status


async def test_webhooks(yard):
    await yard.start(HOOK)
    assert await post(yard, json={"a": 1}) == 200
    assert await post(yard, data={"b": "2"}) == 200
    assert await post(yard, "/api/webhook/long-random-id?q=x", "PUT", json=[1]) == 200
    await yard.settle()
    assert sorted(yard.texts) == ["[1] x", "{'a': 1}", "{'b': '2'}"]


async def test_what_is_no_webhook_of_ours(yard):
    await yard.start(HOOK)
    assert await post(yard, "/api/webhook/other") == 401
    assert await post(yard, method="GET") == 401  # not even whether the id is right
    assert await post(yard, data=b"{broken", headers={"Content-Type": "application/json"}) == 200
    await yard.hub.reload(yard.yaml("[]"))
    assert await post(yard) == 401


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"\xff\xfe"),
        ("application/json; charset=nope", b"{}"),
        ("multipart/form-data", b"x"),
        ("application/x-www-form-urlencoded; charset=nope", b"a=b"),
    ],
)
async def test_a_body_that_nobody_can_read_is_the_caller_s_fault(yard, caplog, kind, body):
    await yard.start(HOOK)
    assert await post(yard, data=body, headers={"Content-Type": kind}) == 400
    assert "Traceback" not in caplog.text


async def test_a_webhook_for_this_network_only(yard, monkeypatch):
    from automations import outside

    await yard.start(HOOK)
    monkeypatch.setattr(outside, "_is_local", lambda _remote: False)
    assert await post(yard) == 404
    await yard.hub.reload(yard.yaml(HOOK.replace("long-random-id}", "long-random-id, local_only: false}")))
    assert await post(yard) == 200
    await yard.settle()
    assert len(yard.calls) == 1


async def test_a_broker_that_goes_and_comes_back(yard):
    """Its rules wait for the next one; the others never notice."""
    waiting = (
        "- {alias: slow, triggers: {trigger: state, entity_id: sensor.go}, actions: [{action: toy.ask}]}\n"
    )
    await yard.start(waiting + MQTT.format(trigger="topic: a"))
    yard.set("sensor.go", 1)
    supervisor = yard.hub.hub_of.supervisor
    supervisor.restart("testing", "the test says so")  # it offers the broker
    await yard.hub.advance(2)
    await yard.hub.broker.publish("a", "x")
    await yard.settle()
    assert yard.texts[-1] == "a x -"
    assert supervisor.guests["testing"].restarts == 1
    assert supervisor.guests["automation"].restarts == 0
    assert yard.attribute("automation.slow", "current") == 1


async def test_an_alarm_told_at_the_very_start_is_acted_on(yard):
    import asyncio

    import voluptuous as vol

    from hub.api import Integration
    from tests.automations.conftest import ThingFell

    async def run(link, _config):
        link.emit(ThingFell(at=link.now(), source="early"))
        link.ready()
        await asyncio.Event().wait()

    yard.hub.add(Integration(name="aaa", run=run, schema=vol.Schema(None)))
    rules = """
- alias: fell
  triggers: {trigger: event, event_type: thing_fell}
  actions: {action: toy.keep, data: {text: heard}}
"""
    await yard.start(rules, "aaa:\n")
    assert yard.texts == ["heard"]
