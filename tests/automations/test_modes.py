"""Modes: what happens when a rule is triggered while it runs, and that no loss is silent."""

import pytest

from hub.api import Alarm


def slow(mode: str, trigger: str = "{trigger: state, entity_id: sensor.go}") -> str:
    return f"""
- alias: slow
  {mode}
  triggers: {trigger}
  actions:
    - {{variables: {{what: "{{{{ trigger.to_state.state if trigger.to_state is defined else '' }}}}"}}}}
    - {{action: toy.note, data: {{text: "begin {{{{ what }}}}"}}}}
    - {{delay: 10}}
    - {{action: toy.note, data: {{text: "end {{{{ what }}}}"}}}}
"""


async def trigger_thrice(yard):
    for number in (1, 2, 3):
        yard.set("sensor.go", number)
        await yard.hub.advance(2)


CASES = {
    "mode: single": (["begin 1", "end 1"], 2),
    "max_exceeded: silent": (["begin 1", "end 1"], 2),
    "mode: restart": (["begin 1", "begin 2", "begin 3", "end 3"], 0),
    "mode: queued": (["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3"], 0),
    "{mode: queued, max: 2}": (["begin 1", "end 1", "begin 2", "end 2"], 1),
    "mode: parallel": (["begin 1", "begin 2", "begin 3", "end 1", "end 2", "end 3"], 0),
    "{mode: parallel, max: 2}": (["begin 1", "begin 2", "end 1", "end 2"], 1),
}


@pytest.mark.parametrize("mode", CASES)
async def test_modes(yard, mode):
    texts, lost = CASES[mode]
    lines = mode.strip("{}").replace(", ", "\n  ")
    await yard.start(slow(lines))
    await trigger_thrice(yard)
    await yard.hub.advance(60)
    assert yard.texts == texts
    assert yard.attribute("automation.slow", "lost") == lost
    assert yard.attribute("automation.slow", "current") == 0


async def test_a_lost_trigger_is_logged_at_the_level_named(yard, caplog):
    await yard.start(slow("max_exceeded: error"))
    await trigger_thrice(yard)
    lost = [record for record in caplog.records if "a trigger was lost" in record.getMessage()]
    assert [record.levelname for record in lost] == ["ERROR", "ERROR"]


async def test_a_silent_loss_is_counted_all_the_same(yard, caplog):
    await yard.start(slow("max_exceeded: silent"))
    await trigger_thrice(yard)
    assert not [record for record in caplog.records if "a trigger was lost" in record.getMessage()]
    assert yard.attribute("automation.slow", "lost") == 2


async def test_a_rule_on_an_alarm_drops_nothing_by_default(yard):
    await yard.start(slow("description: no mode", "{trigger: event, event_type: thing_fell}"))
    for _ in range(30):
        yard.emit(yard.fell())
    await yard.hub.advance(12)
    assert len(yard.calls) == 60
    assert yard.attribute("automation.slow", "lost") == 0
    assert yard.attribute("automation.slow", "mode") == "parallel"


async def test_a_queue_on_an_alarm_has_no_end(yard):
    await yard.start(slow("mode: queued", "{trigger: event, event_type: thing_fell}"))
    for _ in range(15):
        yard.emit(yard.fell())
    await yard.hub.advance(200)
    assert len(yard.calls) == 30
    assert yard.attribute("automation.slow", "lost") == 0


async def test_an_alarm_lost_to_a_mode_that_was_asked_for_is_counted(yard):
    await yard.start(slow("mode: single", "{trigger: event, event_type: thing_fell}"))
    for _ in range(3):
        yard.emit(yard.fell())
    await yard.hub.advance(2)
    assert yard.attribute("automation.slow", "lost") == 2
    assert len([event for event in yard.hub.events if isinstance(event, Alarm)]) == 3


async def test_the_entity_is_not_written_for_every_run(yard):
    await yard.start(
        "- {alias: fast, mode: parallel, triggers: {trigger: state, entity_id: sensor.go}, actions: []}"
    )
    for number in range(100):
        yard.set("sensor.go", number)
    await yard.hub.advance(3)
    assert yard.attribute("automation.fast", "last_triggered") is not None
    assert yard.attribute("automation.fast", "current") == 0


async def test_a_long_queue_of_short_runs(yard):
    """The first run waits, the hundreds behind it end at once: one after the other, in order."""
    await yard.start(
        """
- alias: queue
  mode: queued
  max: 1000
  triggers: {trigger: state, entity_id: sensor.go}
  actions:
    - if: "{{ trigger.to_state.state == '0' }}"
      then: {delay: 10}
    - {action: toy.note, data: {text: "{{ trigger.to_state.state }}"}}
"""
    )
    for number in range(600):
        yard.set("sensor.go", number)
    await yard.hub.advance(11)
    await yard.settle()
    assert yard.texts == list(range(600))


async def test_a_rule_that_turns_itself_off_stops_there(yard):
    await yard.start(
        """
- alias: once
  triggers: {trigger: state, entity_id: sensor.go}
  actions:
    - {action: toy.note, data: {text: before}}
    - {action: automation.turn_off, target: {entity_id: automation.once}}
    - {action: toy.note, data: {text: after}}
"""
    )
    yard.set("sensor.go", 1)
    yard.set("sensor.go", 2)
    await yard.settle()
    assert yard.texts == ["before"]


async def test_a_rule_that_restarts_itself_runs_its_new_run_only(yard):
    await yard.start(
        """
- alias: again
  mode: restart
  triggers:
    - {trigger: state, entity_id: sensor.go}
    - {trigger: event, event_type: again, id: again}
  actions:
    - if: {condition: trigger, id: "0"}
      then: {event: again}
    - {action: toy.note, data: {text: "{{ trigger.id }}"}}
"""
    )
    yard.set("sensor.go", 1)
    await yard.settle()
    assert yard.texts == ["again"]
