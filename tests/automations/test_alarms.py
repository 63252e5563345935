"""Rules on alarms: one transaction, nothing done twice, nothing done that can't be undone before the commit."""

from hub.api import derive_id

MIXED = """
- id: mixed
  alias: mixed
  triggers: {trigger: event, event_type: thing_fell}
  actions:
    - {action: toy.keep, data: {text: "first {{ trigger.event.cell }}"}}
    - {action: toy.note, data: {text: "now {{ trigger.event.cell }}"}}
    - {action: toy.keep, data: {text: "second {{ trigger.event.cell }}"}}
"""
DURABLE = """
- id: durable
  alias: durable
  triggers: {trigger: event, event_type: thing_fell}
  actions: {action: toy.keep, data: {text: "{{ trigger.event.cell }}"}}
"""


async def test_the_alarm_its_run_and_its_call_are_one_transaction(yard):
    await yard.start(DURABLE)
    units = []
    writer = yard.hub.hub_of.store.units._sink
    submit = writer.submit
    writer.submit = lambda unit: (units.append(unit), submit(unit))[1]
    alarm = yard.fell()
    await yard.emit(alarm)
    with_alarm = [unit for unit in units if any(write.kind == "alarm" for write in unit.writes)]
    assert len(with_alarm) == 1
    unit = with_alarm[0]
    assert [write.kind for write in unit.writes if write.alarm == alarm.id] == ["alarm", "plan", "run"]
    assert [(call.data["text"], behind) for call, behind in unit.calls] == [("1-12-03", alarm.id)]
    await yard.settle()
    assert yard.texts == ["1-12-03"]


async def test_what_cannot_be_undone_waits_for_the_commit(yard):
    await yard.start(MIXED)
    receipt = yard.emit(yard.fell())
    assert yard.calls == []  # nothing was done inside the call of emit
    await receipt
    await yard.settle()
    assert sorted(yard.texts) == ["first 1-12-03", "now 1-12-03", "second 1-12-03"]
    runs = await yard.hub.hub_of.store.runs.recent("mixed")
    assert [run.state for run in runs] == ["done"]


async def test_an_alarm_that_comes_twice_is_acted_on_once(yard):
    await yard.start(MIXED + DURABLE)
    alarm = yard.fell(id=derive_id("camera", 7))
    for _ in range(3):
        await yard.emit(alarm)
        await yard.settle()
    assert len(yard.calls) == 4


async def test_it_is_acted_on_once_over_a_restart(yard):
    await yard.start(MIXED + DURABLE)
    alarm = yard.fell(id=derive_id("camera", 7))
    await yard.emit(alarm)
    await yard.settle()
    await yard.kill()
    await yard.emit(alarm)
    await yard.settle()
    assert len(yard.calls) == 4


async def test_a_second_coming_while_the_first_waits_is_no_loss_and_no_restart(yard):
    for mode in ("single", "restart", "queued", "parallel"):
        await yard.hub.stop()
        yard.calls.clear()
        await yard.start(
            f"""
- alias: slow {mode}
  mode: {mode}
  triggers: {{trigger: event, event_type: thing_fell}}
  actions: [{{action: toy.note, data: {{text: begin}}}}, {{delay: 10}}, {{action: toy.note, data: {{text: end}}}}]
"""
        )
        alarm = yard.fell(id=derive_id(mode))
        for _ in range(3):
            await yard.emit(alarm)
            await yard.settle()
        await yard.hub.advance(12)
        assert yard.texts == ["begin", "end"], mode
        assert yard.attribute(f"automation.slow_{mode}", "lost") == 0


async def test_a_run_between_alarm_and_commit_survives(yard):
    await yard.start(
        """
- id: asking
  alias: asking
  triggers: {trigger: event, event_type: thing_fell}
  actions:
    - {action: toy.ask, response_variable: heard}
    - {action: toy.keep, data: {text: "{{ heard.answer }}"}}
"""
    )
    await yard.emit(yard.fell())
    await yard.settle()
    assert [call.name for call in yard.calls] == ["toy.ask"]  # it never answers before the kill
    first = yard.calls[0].key
    yard.gate.set()
    yard.gate.clear()
    await yard.kill()
    yard.gate.set()
    await yard.settle()
    asked = [call for call in yard.calls if call.name == "toy.ask"]
    kept = [call for call in yard.calls if call.name == "toy.keep"]
    assert {call.key for call in asked} == {first}  # the same wish, by its key
    assert [call.data["text"] for call in kept] == ["42"]


async def test_a_rule_behind_a_rule_shares_the_alarms_fate(yard):
    await yard.start(
        """
- alias: a
  triggers: {trigger: event, event_type: thing_fell}
  actions: {event: told, event_data: {cell: "{{ trigger.event.cell }}"}}
- alias: b
  triggers: {trigger: event, event_type: told}
  actions: [{action: toy.keep, data: {text: "{{ trigger.event.data.cell }}"}}, {action: toy.note}]
"""
    )
    alarm = yard.fell(id=derive_id("x"))
    await yard.emit(alarm)
    await yard.settle()
    await yard.emit(alarm)
    await yard.settle()
    assert sorted(call.name for call in yard.calls) == ["toy.keep", "toy.note"]


async def test_an_ordinary_rule_touches_no_disk(yard):
    await yard.start(
        """
- alias: plain
  mode: parallel
  triggers: {trigger: state, entity_id: sensor.go}
  actions: {action: toy.note}
"""
    )
    units = []
    writer = yard.hub.hub_of.store.units._sink
    submit = writer.submit
    writer.submit = lambda unit: (units.append(unit), submit(unit))[1]
    for number in range(5):
        yard.set("sensor.go", number)
    await yard.settle()
    assert len(yard.calls) == 5
    assert units == []


async def test_a_call_is_as_urgent_as_its_alarm(yard):
    from hub.api import Severity

    await yard.start(DURABLE)
    yard.emit(yard.fell(severity=Severity.critical))
    await yard.settle()
    assert [call.priority for call in yard.calls] == [Severity.critical]


async def test_one_rule_that_fails_does_not_keep_the_others_from_the_alarm(yard):
    await yard.start(
        """
- alias: a
  triggers: {trigger: event, event_type: thing_fell}
  variables: {x: "{{ 1 / 0 }}"}
  actions: {action: toy.note}
- alias: b
  triggers: {trigger: event, event_type: thing_fell}
  actions: {action: toy.break}
- alias: c
  triggers: {trigger: event, event_type: thing_fell}
  conditions: "{{ 1 / 0 }}"
  actions: {action: toy.note}
"""
        + DURABLE
    )
    yard.emit(yard.fell())
    await yard.settle()
    assert yard.texts == ["1-12-03"]
    assert {"automation.rule.a", "automation.rule.b"} <= set(yard.hub.hub_of.site.problems.open)
