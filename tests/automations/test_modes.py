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
