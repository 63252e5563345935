"""Runs, waits and queues survive the end of the process, and go on with the plan that they began with."""

import pytest

WAITING = """
- id: waiting
  alias: waiting
  mode: {mode}
  triggers: {{trigger: state, entity_id: sensor.go, not_to: [unavailable, unknown]}}
  actions:
    - variables: {{seen: "{{{{ trigger.to_state.state }}}}", when: "{{{{ now() }}}}", list: [1, a]}}
    - {{action: toy.note, data: {{text: "begin {{{{ seen }}}}"}}}}
    - {{delay: "00:10:00"}}
    - action: toy.note
      data:
        text: >-
          {ending} {{{{ seen }}}} {{{{ trigger.to_state.state }}}} {{{{ trigger.from_state is none }}}} {{{{ list }}}}
"""


def waiting(mode="single", ending="end"):
    return WAITING.format(mode=mode, ending=ending)


async def test_a_delay_goes_on_where_it_stood(yard):
    await yard.start(waiting())
    yard.set("sensor.go", 5)
    await yard.hub.advance(300)
    await yard.kill()
    assert yard.attribute("automation.waiting", "current") == 1
    await yard.hub.advance(299)
    assert yard.texts == ["begin 5"]
    await yard.hub.advance(2)
    assert yard.texts == ["begin 5", "end 5 5 True [1, 'a']"]
    assert yard.attribute("automation.waiting", "current") == 0
    await yard.kill()
    await yard.hub.advance(700)
    assert len(yard.calls) == 2


async def test_a_delay_that_ended_while_the_hub_was_down(yard):
    await yard.start(waiting())
    yard.set("sensor.go", 5)
    await yard.settle()
    await yard.hub.stop()
    await yard.hub.advance(3600)
    await yard.hub.start()
    await yard.hub.advance(1)
    assert yard.texts == ["begin 5", "end 5 5 True [1, 'a']"]


async def test_the_plan_it_began_with_is_kept_over_a_restart(yard):
    await yard.start(waiting())
    yard.set("sensor.go", 5)
    await yard.settle()
    await yard.hub.stop()
    yard.hub.write(yard.yaml(waiting(ending="changed")))
    await yard.hub.start()
    yard.set("sensor.go", 6)  # the old run still counts: mode single
    await yard.hub.advance(601)
    assert yard.texts == ["begin 5", "end 5 5 True [1, 'a']"]
    yard.set("sensor.go", 7)
    await yard.hub.advance(601)
    assert yard.texts[2:] == ["begin 7", "changed 7 7 False [1, 'a']"]


async def test_a_rule_that_is_gone_takes_its_runs_along(yard):
    await yard.start(waiting())
    yard.set("sensor.go", 5)
    await yard.settle()
    await yard.hub.stop()
    yard.hub.write(yard.yaml("[]"))
    await yard.hub.start()
    await yard.hub.advance(700)
    assert yard.texts == ["begin 5"]
    runs = await yard.hub.hub_of.store.runs.recent("waiting")
    assert [(run.state, run.outcome) for run in runs] == [("cancelled", "its rule is gone")]
    assert await yard.hub.hub_of.store.runs.unfinished() == []


async def test_a_queue_survives(yard):
    await yard.start(waiting("queued"))
    for number in (1, 2, 3):
        yard.set("sensor.go", number)
        await yard.settle()
    await yard.kill()
    assert yard.texts == ["begin 1"]
    await yard.hub.advance(3 * 601)
    assert [text.split()[:2] for text in yard.texts] == [
        ["begin", "1"],
        ["end", "1"],
        ["begin", "2"],
        ["end", "2"],
        ["begin", "3"],
        ["end", "3"],
    ]


async def test_all_parallel_runs_survive(yard):
    await yard.start(waiting("parallel"))
    for number in (1, 2, 3):
        yard.set("sensor.go", number)
        await yard.hub.advance(1)
    await yard.kill()
    await yard.hub.advance(700)
    assert sorted(text.split()[1] for text in yard.texts if text.startswith("end")) == ["1", "2", "3"]


STATE, NUMBER = "state, entity_id: sensor.x, to: on", "numeric_state, entity_id: sensor.n, above: 50"


@pytest.mark.parametrize("trigger", [STATE, NUMBER])
class TestLasting:
    """`for:` over a restart."""

    @staticmethod
    def rules(trigger):
        return f"""
- alias: lasting
  triggers: {{trigger: {trigger}, for: "00:10:00"}}
  actions: {{action: toy.note, data: {{text: "lasted {{{{ trigger.to_state.state }}}}"}}}}
"""

    @staticmethod
    def put(yard, high):
        yard.set("sensor.x", "on" if high else "off")
        yard.set("sensor.n", 60 if high else 40)

    async def begin(self, yard, trigger):
        await yard.start(self.rules(trigger))
        self.put(yard, False)
        self.put(yard, True)
        await yard.hub.advance(300)
        await yard.kill()

    async def test_it_fires_when_its_time_has_come(self, yard, trigger):
        await self.begin(yard, trigger)
        self.put(yard, True)  # the device says again what it said before
        await yard.hub.advance(299)
        assert yard.calls == []
        await yard.hub.advance(2)
        assert yard.texts in (["lasted on"], ["lasted 60"])

    async def test_silence_after_the_restart_does_not_end_it(self, yard, trigger):
        await self.begin(yard, trigger)
        yard.set("sensor.x", None)
        yard.lose("sensor.n")
        await yard.hub.advance(301)
        assert len(yard.calls) == 1

    async def test_another_value_after_the_restart_ends_it(self, yard, trigger):
        await self.begin(yard, trigger)
        self.put(yard, False)
        await yard.hub.advance(1000)
        assert yard.calls == []

    async def test_it_fires_once(self, yard, trigger):
        await self.begin(yard, trigger)
        await yard.hub.advance(301)
        await yard.kill()
        await yard.hub.advance(1000)
        assert len(yard.calls) == 1

    async def test_a_changed_rule_starts_over(self, yard, trigger):
        await self.begin(yard, trigger)
        await yard.hub.stop()
        yard.hub.write(yard.yaml(self.rules(trigger).replace("lasted", "changed")))
        await yard.hub.start()
        await yard.hub.advance(1000)
        assert yard.calls == []


async def test_variables_of_every_kind_survive(yard):
    await yard.start(
        """
- alias: kinds
  triggers: {trigger: event, event_type: thing_seen}
  variables:
    moment: "{{ now() }}"
    nested: {a: [1, 2.5, true, null, {"$time": "x"}], "$b": c}
    word: "012"
  actions:
    - {delay: 5}
    - action: toy.note
      data:
        text:
          - "{{ nested.a }}"
          - "{{ nested['$b'] }}"
          - "{{ word }}"
          - "{{ trigger.event.count }}"
          - "{{ trigger.event.at.year }}"
          - "{{ trigger.event.data.sure }}"
"""
    )
    yard.emit(yard.seen(count=3))
    await yard.settle()
    await yard.kill()
    await yard.hub.advance(10)
    year = yard.hub.clock.now().year
    assert yard.texts == [[[1, 2.5, True, None, {"$time": "x"}], "c", "012", 3, year, True]]


async def test_a_rule_stays_off_over_a_restart(yard):
    await yard.start(
        "- {alias: off, triggers: {trigger: state, entity_id: sensor.go}, actions: {action: toy.note}}"
    )
    await yard.hub.call("automation.turn_off", entity_id="automation.off")
    await yard.kill()
    yard.set("sensor.go", 1)
    await yard.settle()
    assert yard.calls == []
    assert yard.hub.state("automation.off").value is False


async def test_what_a_rule_showed_is_shown_again(yard):
    await yard.start(waiting())
    yard.set("sensor.go", 5)
    yard.set("sensor.go", 6)
    await yard.hub.advance(700)
    last = yard.attribute("automation.waiting", "last_triggered")
    await yard.kill()
    assert yard.attribute("automation.waiting", "last_triggered") == last
    assert yard.attribute("automation.waiting", "lost") == 1


async def test_an_entitys_name_is_remembered(yard):
    from hub.api import Entity

    await yard.start(
        """
- alias: naming
  triggers: {trigger: state, entity_id: sensor.go, to: "5"}
  actions: [{delay: 5}, {action: toy.note, data: {text: "{{ trigger.to_state.name }} {{ states.sensor.go.name }}"}}]
"""
    )
    yard.hub.hub_of.states.declare(Entity(id="sensor.go", name="东门井盖"))
    yard.set("sensor.go", 5)
    await yard.settle()
    await yard.kill()
    yard.set("sensor.go", None)
    await yard.hub.advance(10)
    assert yard.texts == ["东门井盖 go"]
