"""The entities of rules and the actions on them, and what one can see of a rule."""

import aiohttp
import pytest

from hub.api import ActionRefused

RULES = """
- id: one
  alias: Rule One
  description: The first
  mode: queued
  max: 3
  triggers:
    - {trigger: state, entity_id: sensor.go, id: moved}
  conditions: "{{ states('sensor.guard') != 'closed' }}"
  actions:
    - {alias: Tell, action: toy.note, data: {text: one}}
    - if: "{{ false }}"
      then: {action: toy.note, data: {text: never}}
"""


async def test_the_entity_of_a_rule(yard):
    await yard.start(RULES)
    state = yard.hub.state("automation.rule_one")
    assert state.text == "on"
    assert state.attributes == {
        "id": "one",
        "friendly_name": "Rule One",
        "last_triggered": None,
        "mode": "queued",
        "current": 0,
        "lost": 0,
        "max": 3,
    }
    yard.set("sensor.go", 1)
    await yard.hub.advance(1)
    assert yard.attribute("automation.rule_one", "last_triggered") is not None


@pytest.mark.parametrize(
    ("rule", "entity_id"),
    [
        ("{alias: Hall light}", "automation.hall_light"),
        ("{alias: 高空抛物告警, id: falling}", "automation.falling"),
        ("{id: only_id}", "automation.only_id"),
        ("{alias: 井盖}", "automation.rule_"),
    ],
)
async def test_names_of_entities(yard, rule, entity_id):
    await yard.start(f"- {rule[:-1]}, triggers: [], actions: []}}")
    found = [
        state.entity_id for state in yard.hub.hub_of.states.all() if state.entity_id.startswith("automation.")
    ]
    assert len(found) == 1
    assert found[0].startswith(entity_id)


async def test_two_rules_of_one_alias(yard):
    await yard.start("- {alias: same, triggers: [], actions: []}\n- {alias: same, triggers: [], actions: []}")
    assert yard.hub.state("automation.same").text == "on"
    assert yard.hub.state("automation.same_2").text == "on"


async def test_on_off_and_toggle(yard):
    await yard.start(RULES)

    async def go(number):
        yard.set("sensor.go", number)
        await yard.hub.advance(1)
        return len(yard.calls)

    call, entity_id = yard.hub.call, "automation.rule_one"
    await call("automation.turn_off", entity_id=entity_id)
    assert yard.hub.state(entity_id).text == "off"
    assert await go(1) == 0
    await call("automation.turn_on", entity_id=[entity_id])
    assert await go(2) == 1
    await call("automation.toggle", entity_id=entity_id)
    assert await go(3) == 1
    await call("automation.toggle", entity_id=entity_id)
    assert await go(4) == 2


async def test_turning_off_stops_what_runs_unless_told_not_to(yard):
    slow = """
- alias: slow
  mode: parallel
  triggers: {trigger: state, entity_id: sensor.go}
  actions: [{delay: 5}, {action: toy.note}]
"""
    await yard.start(slow)
    yard.set("sensor.go", 1)
    await yard.hub.call("automation.turn_off", entity_id="automation.slow")
    await yard.hub.advance(10)
    assert yard.calls == []
    await yard.hub.call("automation.turn_on", entity_id="automation.slow")
    yard.set("sensor.go", 2)
    await yard.hub.call("automation.turn_off", entity_id="automation.slow", stop_actions=False)
    await yard.hub.advance(10)
    assert len(yard.calls) == 1


async def test_trigger_by_hand(yard):
    await yard.start(RULES)
    yard.set("sensor.guard", "closed")
    await yard.hub.call("automation.turn_off", entity_id="automation.rule_one")
    await yard.hub.call("automation.trigger", entity_id="automation.rule_one")
    assert yard.texts == ["one"]
    await yard.hub.call("automation.trigger", entity_id="automation.rule_one", skip_condition=False)
    assert yard.texts == ["one"]


async def test_a_rule_that_is_not_there(yard):
    await yard.start(RULES)
    with pytest.raises(ActionRefused, match=r"automation\.none"):
        await yard.hub.call("automation.turn_on", entity_id="automation.none")


async def test_a_rule_that_starts_off(yard):
    await yard.start(RULES.replace("mode: queued", "mode: queued\n  initial_state: off"))
    assert yard.hub.state("automation.rule_one").text == "off"


async def test_rules_may_switch_rules(yard):
    await yard.start(
        RULES
        + """
- alias: night
  triggers: {trigger: state, entity_id: sensor.night, to: on}
  actions: {action: automation.turn_off, target: {entity_id: automation.rule_one}}
"""
    )
    yard.set("sensor.night", "on")
    await yard.hub.advance(1)
    assert yard.hub.state("automation.rule_one").text == "off"


async def test_what_the_command_line_shows(yard):
    await yard.start(RULES)
    yard.set("sensor.go", 1)
    yard.set("sensor.guard", "closed")
    yard.set("sensor.go", 2)
    await yard.hub.advance(1)
    hub = yard.hub.hub_of
    headers = {"Authorization": f"Bearer {hub.token}"}
    async with aiohttp.ClientSession(hub.url, headers=headers) as session:
        async with session.get("/control/automation") as answer:
            (item,) = await answer.json()
        for name in ("one", "automation.rule_one"):
            async with session.get("/control/automation/show", params={"id": name}) as answer:
                shown = await answer.json()
        async with session.get("/control/automation/show", params={"id": "onne"}) as answer:
            assert answer.status == 404
            assert "did you mean 'one'?" in (await answer.json())["detail"]
    async with aiohttp.ClientSession(hub.url) as session, session.get("/control/automation") as answer:
        assert answer.status == 401
    assert item["enabled"] is True
    assert {key: item[key] for key in ("id", "alias", "mode", "triggered", "blocked", "lost")} == {
        "id": "one",
        "alias": "Rule One",
        "mode": "queued",
        "triggered": 1,
        "blocked": 1,
        "lost": 0,
    }
    blocked, done = shown["traces"]
    assert (blocked["state"], blocked["condition"]) == ("blocked", 0)
    assert (done["state"], done["trigger"], done["entity_id"]) == (
        "done",
        {"id": "moved", "platform": "state"},
        "sensor.go",
    )
    assert [step["label"] for step in done["steps"]] == ["Tell", "if"]
    assert shown["description"] == "The first"
    assert shown["plan"] == ["Tell", "if", "toy.note"]


async def test_only_the_last_traces_are_kept(yard):
    await yard.start(RULES)
    for number in range(20):
        yard.set("sensor.go", number)
    await yard.settle()
    assert len(yard.calls) == 20
    hub = yard.hub.hub_of
    headers = {"Authorization": f"Bearer {hub.token}"}
    url = "/control/automation/show?id=one"
    async with aiohttp.ClientSession(hub.url, headers=headers) as session, session.get(url) as answer:
        assert len((await answer.json())["traces"]) == 5
