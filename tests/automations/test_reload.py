"""A new rule set comes into force in one go, or not at all; what did not change keeps going."""

import pytest

from hub.runtime.hub import FaultyConfiguration

ONE = """
- id: one
  alias: one
  triggers: {trigger: state, entity_id: sensor.go}
  actions: [{delay: 10}, {action: toy.note, data: {text: one}}]
"""
TWO = """
- id: two
  alias: two
  triggers: {trigger: numeric_state, entity_id: sensor.n, above: 5}
  actions: {action: toy.note, data: {text: two}}
"""


async def test_unchanged_rules_keep_runs_counters_and_arms(yard):
    await yard.start(ONE + TWO)
    yard.set("sensor.go", 1)
    yard.set("sensor.go", 2)  # lost
    yard.set("sensor.n", 3)  # armed
    await yard.hub.advance(5)
    changed = TWO.replace("text: two", "text: changed") + TWO.replace("two", "three")
    result = await yard.hub.reload(yard.yaml(ONE + changed))
    assert result["changed"] == ["automation"]
    assert yard.attribute("automation.one", "lost") == 1
    assert yard.attribute("automation.one", "current") == 1
    yard.set("sensor.n", 6)
    await yard.hub.advance(6)
    assert sorted(yard.texts) == ["changed", "one", "three"]


async def test_a_running_run_keeps_the_plan_it_began_with(yard):
    await yard.start(ONE)
    yard.set("sensor.go", 1)
    await yard.settle()
    await yard.hub.reload(yard.yaml(ONE.replace("text: one", "text: new")))
    await yard.hub.advance(11)
    assert yard.texts == ["one"]
    yard.set("sensor.go", 2)
    await yard.hub.advance(11)
    assert yard.texts == ["one", "new"]


async def test_a_faulty_file_changes_nothing(yard):
    await yard.start(ONE)
    with pytest.raises(FaultyConfiguration, match=r"did you mean 'toy.note'"):
        await yard.hub.reload(yard.yaml(ONE.replace("toy.note", "toy.nott")))
    yard.set("sensor.go", 1)
    await yard.hub.advance(11)
    assert yard.texts == ["one"]


async def test_a_removed_rule_is_gone_with_its_runs_and_its_entity(yard):
    await yard.start(ONE + TWO)
    yard.set("sensor.go", 1)
    await yard.settle()
    await yard.hub.reload(yard.yaml(TWO))
    await yard.hub.advance(20)
    assert yard.calls == []
    assert not yard.hub.state("automation.one").available
    assert "automation.one" not in yard.hub.hub_of.states.entities
    yard.set("sensor.go", 2)
    await yard.hub.advance(20)
    assert yard.calls == []


async def test_a_removed_rule_may_come_back(yard):
    await yard.start(ONE)
    await yard.hub.reload(yard.yaml(TWO))
    await yard.hub.reload(yard.yaml(ONE + TWO))
    yard.set("sensor.go", 2)
    await yard.hub.advance(20)
    assert yard.texts == ["one"]
    assert yard.hub.state("automation.one").value is True


async def test_what_waits_for_its_time_keeps_waiting(yard):
    lasting = """
- id: lasting
  alias: lasting
  triggers: {trigger: state, entity_id: sensor.x, to: on, for: 10}
  actions: {action: toy.note, data: {text: lasted}}
"""
    await yard.start(lasting)
    yard.set("sensor.x", "on")
    await yard.hub.advance(5)
    await yard.hub.reload(yard.yaml(lasting + ONE))
    await yard.hub.advance(6)
    assert yard.texts == ["lasted"]
    yard.set("sensor.x", "off")
    yard.set("sensor.x", "on")
    await yard.settle()
    await yard.hub.reload(yard.yaml(lasting.replace("text: lasted", "text: new")))
    await yard.hub.advance(20)
    assert yard.texts == ["lasted"]  # a changed rule begins to wait anew


async def test_times_of_unchanged_rules_ring_once(yard):
    pattern = """
- alias: tick
  triggers: {trigger: time_pattern, seconds: /10}
  actions: {action: toy.note, data: {text: tick}}
"""
    await yard.start(pattern)
    for text in (pattern + ONE, pattern + TWO, pattern):
        await yard.hub.reload(yard.yaml(text))
    await yard.hub.advance(30)
    assert yard.texts == ["tick"] * 3
    await yard.hub.reload(yard.yaml(ONE))
    await yard.hub.advance(30)
    assert yard.texts == ["tick"] * 3


async def test_events_are_heard_once_after_reloads(yard):
    seen = """
- alias: seen
  mode: parallel
  triggers: {trigger: event, event_type: thing_seen}
  actions: {action: toy.note, data: {text: seen}}
"""
    await yard.start(seen)
    for text in (seen + ONE, seen + TWO):
        await yard.hub.reload(yard.yaml(text))
    yard.emit(yard.seen())
    await yard.settle()
    assert yard.texts == ["seen"]


async def test_reload_by_the_action(yard):
    await yard.start(ONE)
    yard.hub.write(yard.yaml(ONE + TWO))
    await yard.hub.call("automation.reload")
    assert yard.hub.state("automation.two").value is True


async def test_a_renamed_rule_keeps_its_runs(yard):
    await yard.start(ONE)
    yard.set("sensor.go", 1)
    await yard.settle()
    await yard.hub.reload(yard.yaml(ONE.replace("alias: one", "alias: renamed")))
    assert yard.attribute("automation.renamed", "current") == 1
    assert not yard.hub.state("automation.one").available
    await yard.hub.advance(11)
    assert yard.texts == ["one"]


async def test_a_changed_world_is_seen_though_the_rules_are_the_same(yard):
    rule = """
- alias: hearing
  triggers: {trigger: event, event_type: mine}
  actions: {action: toy.note, data: {text: heard}}
"""
    await yard.start(rule + "- events: [mine]\n")
    with pytest.raises(FaultyConfiguration, match=r"there is no event 'mine'"):
        await yard.hub.reload(yard.yaml(rule))
