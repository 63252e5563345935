"""What rules do: every kind of action, in order, with variables and templates."""

import pytest

from hub.api import Named


def doing(actions: str, more: str = "") -> str:
    lines = "\n".join(f"    {line}" for line in actions.strip().splitlines())
    return (
        f"- alias: doing\n  triggers: {{trigger: state, entity_id: sensor.go}}\n{more}  actions:\n{lines}\n"
    )


CASES = {
    "one after the other": (
        """
- action: toy.note
  data: {text: a}
- service: toy.note
  data: {text: b}
""",
        ["a", "b"],
    ),
    "old data_template": ("- {service: toy.note, data_template: {text: '{{ 1 + 1 }}'}}", [2]),
    "templates deep in data": (
        "- {action: toy.note, data: {text: {list: ['{{ 1 + 1 }}', x], map: {a: '{{ trigger.to_state.state }}'}}}}",
        [{"list": [2, "x"], "map": {"a": 5}}],
    ),
    "variables one from the other": (
        """
- variables: {a: "{{ trigger.to_state.state | int + 1 }}", b: "{{ a * 2 }}", c: plain, d: [1, 2]}
- action: toy.note
  data: {text: "{{ a }} {{ b }} {{ c }} {{ d | sum }}"}
""",
        ["6 12 plain 3"],
    ),
    "choose, first that fits": (
        """
- choose:
    - conditions: "{{ trigger.to_state.state == '4' }}"
      sequence: {action: toy.note, data: {text: four}}
    - conditions:
        - condition: state
          entity_id: sensor.go
          state: "5"
      sequence:
        - {action: toy.note, data: {text: five}}
    - conditions: "{{ true }}"
      sequence: {action: toy.note, data: {text: any}}
  default:
    - {action: toy.note, data: {text: default}}
- {action: toy.note, data: {text: after}}
""",
        ["five", "after"],
    ),
    "choose, default": (
        """
- choose: {conditions: "{{ false }}", sequence: []}
  default: {action: toy.note, data: {text: default}}
- {action: toy.note, data: {text: after}}
""",
        ["default", "after"],
    ),
    "if then": (
        """
- if: "{{ true }}"
  then: {action: toy.note, data: {text: then}}
  else: {action: toy.note, data: {text: else}}
- if: {condition: numeric_state, entity_id: sensor.go, above: 10}
  then: {action: toy.note, data: {text: then}}
  else: {action: toy.note, data: {text: else}}
- if: "{{ false }}"
  then: {action: toy.note, data: {text: then}}
""",
        ["then", "else"],
    ),
    "an error in a condition is no yes": (
        """
- if: "{{ 1 / 0 }}"
  then: {action: toy.note, data: {text: then}}
  else: {action: toy.note, data: {text: else}}
""",
        ["else"],
    ),
    "a condition ends its sequence": (
        """
- {action: toy.note, data: {text: a}}
- "{{ false }}"
- {action: toy.note, data: {text: b}}
""",
        ["a"],
    ),
    "a condition ends only its own sequence": (
        """
- if: "{{ true }}"
  then:
    - condition: state
      entity_id: sensor.go
      state: nothing
    - {action: toy.note, data: {text: inside}}
- {action: toy.note, data: {text: after}}
- or: ["{{ false }}", "{{ true }}"]
- {action: toy.note, data: {text: end}}
""",
        ["after", "end"],
    ),
    "stop ends all": (
        """
- if: "{{ true }}"
  then:
    - stop: enough
- {action: toy.note, data: {text: after}}
""",
        [],
    ),
    "a sequence in a sequence": (
        """
- sequence:
    - {action: toy.note, data: {text: a}}
    - "{{ false }}"
    - {action: toy.note, data: {text: b}}
- {action: toy.note, data: {text: c}}
""",
        ["a", "c"],
    ),
    "what is disabled is left out": (
        """
- {action: toy.note, data: {text: a}, enabled: false}
- {stop: not now, enabled: false}
- {condition: template, value_template: "{{ false }}", enabled: false}
- {action: toy.note, data: {text: b}, alias: The second}
""",
        ["b"],
    ),
    "what fails and may": (
        """
- {action: toy.fail, continue_on_error: true}
- {action: toy.break, continue_on_error: true}
- {action: toy.note, data: {text: after}}
""",
        ["after"],
    ),
    "what fails ends the run": (
        """
- {action: toy.note, data: {text: before}}
- {action: toy.fail}
- {action: toy.note, data: {text: after}}
""",
        ["before"],
    ),
    "what breaks ends the run": (
        """
- {action: toy.note, data: {text: before}}
- {action: toy.break}
- {action: toy.note, data: {text: after}}
""",
        ["before"],
    ),
    "a durable action is carried out": ("- {action: toy.keep, data: {text: 'kept {{ 1 }}'}}", ["kept 1"]),
    "what looks like a number stays text where text is needed": (
        "- {action: toy.keep, data: {text: '{{ trigger.to_state.state }}'}}",
        ["5"],
    ),
    "a delay of nothing": ("- {delay: 0}\n- {action: toy.note, data: {text: after}}", ["after"]),
}


@pytest.mark.parametrize("name", CASES)
async def test_actions(yard, name):
    actions, texts = CASES[name]
    await yard.start(doing(actions))
    yard.set("sensor.go", 5)
    await yard.settle()
    assert yard.texts == texts


async def test_rule_variables_are_set_before_the_conditions(yard):
    more = "  variables: {limit: 4, over: '{{ trigger.to_state.state | int > limit }}'}\n  conditions: '{{ over }}'\n"
    await yard.start(doing("- {action: toy.note, data: {text: '{{ limit }}'}}", more))
    yard.set("sensor.go", 3)
    yard.set("sensor.go", 5)
    await yard.settle()
    assert yard.texts == [4]


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("target: {entity_id: light.a}", ["light.a"]),
        ("target: {entity_id: [light.a, light.b]}", ["light.a", "light.b"]),
        ("target: {entity_id: 'light.a, light.b'}", ["light.a", "light.b"]),
        ("entity_id: light.a", ["light.a"]),
        ('target: {entity_id: \'{{ ["light.a", "light.b"] }}\'}', ["light.a", "light.b"]),
        ("target: {entity_id: 'light.{{ \"b\" }}'}", ["light.b"]),
        ("target: {area_id: b1}", ["automation.doing"]),
    ],
)
async def test_targets(yard, target, meant):
    areas = "areas: [{id: b1, name: One}]\n"
    await yard.start(doing(f"- action: toy.light\n  data: {{level: 5}}\n  {target}"), areas)
    entities = yard.hub.hub_of.states.entities
    entities["automation.doing"] = type(entities["automation.doing"])(
        id="automation.doing", name="x", area="b1"
    )
    yard.set("sensor.go", 5)
    await yard.settle()
    assert [(call.data["entity_id"], call.data["level"]) for call in yard.calls] == [(meant, 5)]


async def test_data_that_an_action_refuses_at_run_time_is_a_problem(yard):
    rule = doing(
        "- {action: toy.light, target: {entity_id: light.a}, data: {level: '{{ states(\"sensor.level\") }}'}}"
    )
    await yard.start(rule)
    yard.set("sensor.level", 500)
    yard.set("sensor.go", 1)
    await yard.settle()
    problem = yard.hub.hub_of.site.problems.open["automation.rule.doing"]
    assert "toy.light does not take this data" in problem.text
    yard.set("sensor.level", 50)
    yard.set("sensor.go", 2)
    await yard.settle()
    assert [call.data["level"] for call in yard.calls] == [50]
    assert "automation.rule.doing" not in yard.hub.hub_of.site.problems.open


async def test_a_delay_waits(yard):
    delay = "- {delay: {minutes: '{{ trigger.to_state.state }}'}}\n"
    await yard.start(doing(delay + "- {action: toy.note, data: {text: after}}"))
    yard.set("sensor.go", 3)
    await yard.hub.advance(179)
    assert yard.calls == []
    assert yard.attribute("automation.doing", "current") == 1
    await yard.hub.advance(2)
    assert yard.texts == ["after"]
    assert yard.attribute("automation.doing", "current") == 0


async def test_a_delay_that_makes_no_sense_ends_the_run(yard):
    await yard.start(
        doing("- {delay: '{{ trigger.to_state.state }}'}\n- {action: toy.note, data: {text: after}}")
    )
    yard.set("sensor.go", "soon")
    await yard.hub.advance(10)
    assert yard.calls == []
    assert "soon" in yard.hub.hub_of.site.problems.open["automation.rule.doing"].text


async def test_an_action_that_takes_its_time_and_answers(yard):
    await yard.start(
        doing(
            """
- {action: toy.ask, response_variable: heard}
- {action: toy.note, data: {text: "{{ heard.answer }}"}}
"""
        )
    )
    yard.set("sensor.go", 1)
    await yard.settle()
    assert [call.name for call in yard.calls] == ["toy.ask"]
    yard.gate.set()
    await yard.settle()
    assert yard.texts == [None, 42]


async def test_an_event_of_its_own_and_those_who_hear_it(yard):
    await yard.start(
        doing("- event: mine\n  event_data: {at: '{{ trigger.to_state.state }}', fixed: [1]}")
        + """
- alias: hearing
  triggers: {trigger: event, event_type: mine, where: {at: "> 3"}}
  actions: {action: toy.note, data: {text: "{{ trigger.event.data }}"}}
"""
    )
    yard.set("sensor.go", 3)
    yard.set("sensor.go", 5)
    await yard.settle()
    assert [event.data for event in yard.hub.of(Named)] == [{"at": 3, "fixed": [1]}, {"at": 5, "fixed": [1]}]
    assert yard.texts == [{"at": 5, "fixed": [1]}]


async def test_two_rules_that_call_each_other_do_not_hang_the_hub(yard):
    await yard.start(
        """
- {alias: a, mode: parallel, max: 100, triggers: {trigger: event, event_type: x}, actions: {event: y}}
- {alias: b, mode: parallel, max: 100, triggers: {trigger: event, event_type: y}, actions: {event: x}}
- {alias: c, triggers: {trigger: state, entity_id: sensor.go}, actions: {event: x}}
"""
    )
    yard.set("sensor.go", 1)
    await yard.settle()
    assert 2 <= len(yard.hub.of(Named)) < 100
    texts = [problem.text for problem in yard.hub.hub_of.site.problems.open.values()]
    assert any("trigger one another" in text for text in texts)


async def test_a_call_says_what_it_comes_from(yard):
    await yard.start(doing("- {action: toy.note, data: {text: a}}\n- {action: toy.note, data: {text: b}}"))
    yard.set("sensor.go", 1)
    await yard.settle()
    first, second = yard.calls
    assert first.cause == second.cause != ""
    assert first.key == f"{first.cause}/0"
    assert second.key == f"{first.cause}/1"
