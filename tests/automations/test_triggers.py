"""What starts a rule, and what does not: Home Assistant's rules for its triggers, step by step."""

from datetime import timedelta

import pytest

from hub.api import Named, Severity
from tests.automations.conftest import BigThingFell


def watching(trigger: str, alias: str = "watch", text: str = "hit") -> str:
    return f"""\
- alias: {alias}
  mode: parallel
  triggers:
    - {trigger}
  actions:
    - action: toy.note
      data: {{text: {text}}}
"""


STATE_CASES = [
    # trigger, values one after the other, how often it fired after each
    ("{trigger: state, entity_id: sensor.x, to: on}", ["off", "on", "on", "off", "on"], [0, 1, 1, 1, 2]),
    ("{platform: state, entity_id: sensor.x, to: 'on'}", ["on"], [1]),
    ("{trigger: state, entity_id: sensor.x, from: off, to: on}", ["on", "off", "on"], [0, 0, 1]),
    ("{trigger: state, entity_id: sensor.x, from: off}", ["off", "on", "off", "x"], [0, 1, 1, 2]),
    ("{trigger: state, entity_id: sensor.x, from: [off, x]}", ["off", "x", "y", "z"], [0, 1, 2, 2]),
    ("{trigger: state, entity_id: sensor.x, not_from: [off]}", ["off", "on", "x"], [1, 1, 2]),
    ("{trigger: state, entity_id: sensor.x, not_to: [on, x]}", ["off", "on", "x", "off"], [1, 1, 1, 2]),
    ("{trigger: state, entity_id: sensor.x, to: null}", ["a", "a", "b"], [1, 1, 2]),
    ("{trigger: state, entity_id: sensor.x}", ["a", "b"], [1, 2]),
    ("{trigger: state, entity_id: sensor.x, to: 5}", [4, 5, 5.0], [0, 1, 1]),
    ("{trigger: state, entity_id: sensor.x, to: '23.5'}", [23.5], [1]),
    ("{trigger: state, entity_id: [sensor.y, sensor.x], to: on}", ["on"], [1]),
    ("{trigger: state, entity_id: 'sensor.y, sensor.x', to: on}", ["on"], [1]),
    ("{trigger: state, entity_id: sensor.x, to: on, enabled: false}", ["on"], [0]),
    ("{trigger: numeric_state, entity_id: sensor.x, above: 50}", [40, 60, 70, 50, 51], [0, 1, 1, 1, 2]),
    ("{trigger: numeric_state, entity_id: sensor.x, below: '10'}", [20, 9.9, 5], [0, 1, 1]),
    ("{trigger: numeric_state, entity_id: sensor.x, above: 10, below: 20}", [5, 15, 25, 15], [0, 1, 1, 2]),
    ("{trigger: numeric_state, entity_id: sensor.x, above: 50}", [60], [0]),  # nothing says that it was below
    (
        "{trigger: numeric_state, entity_id: sensor.x, above: 50}",
        ["40", "60", "no number", "60"],
        [0, 1, 1, 1],
    ),
    ("{trigger: numeric_state, entity_id: sensor.x, above: 50}", [40, 60, None, 60], [0, 1, 1, 2]),
    (
        "{trigger: numeric_state, entity_id: sensor.x, above: 5, value_template: '{{ state.state|float/10 }}'}",
        [40, 60],
        [0, 1],
    ),
    ("{trigger: numeric_state, entity_id: sensor.x, above: sensor.limit}", [40, 60], [0, 1]),
]


@pytest.mark.parametrize(("trigger", "values", "fired"), STATE_CASES)
async def test_changes_of_states(yard, trigger, values, fired):
    await yard.start(watching(trigger))
    yard.set("sensor.limit", 50)
    counts = []
    for value in values:
        yard.set("sensor.x", value)
        await yard.settle()
        counts.append(len(yard.calls))
    assert counts == fired


async def test_booleans_are_on_and_off(yard):
    await yard.start(watching("{trigger: state, entity_id: binary_sensor.door, from: off, to: on}"))
    yard.set("binary_sensor.door", False)
    yard.set("binary_sensor.door", True)
    await yard.settle()
    assert len(yard.calls) == 1


async def test_attributes(yard):
    triggers = {
        "any": "{trigger: state, entity_id: light.x}",
        "level": "{trigger: state, entity_id: light.x, attribute: level, to: 5}",
        "value": "{trigger: state, entity_id: light.x, to: null}",
        "number": "{trigger: numeric_state, entity_id: light.x, attribute: level, above: 4}",
    }
    await yard.start("".join(watching(trigger, name, name) for name, trigger in triggers.items()))
    yard.set("light.x", True, level=1)
    yard.calls.clear()
    yard.set("light.x", True, level=5)
    await yard.settle()
    assert sorted(yard.texts) == ["any", "level", "number"]
    yard.calls.clear()
    yard.set("light.x", True, level=5, other=1)
    await yard.settle()
    assert yard.texts == ["any"]


async def test_a_number_coming_in_by_an_attribute(yard):
    await yard.start(watching("{trigger: numeric_state, entity_id: light.x, attribute: level, above: 4}"))
    for level in (1, 5, 6, 1, 9):
        yard.set("light.x", True, level=level)
    await yard.settle()
    assert len(yard.calls) == 2


async def test_what_lost_its_sensor_comes_back_as_a_change(yard):
    await yard.start(watching("{trigger: state, entity_id: sensor.x, to: unavailable}"))
    yard.set("sensor.x", 5)
    yard.lose("sensor.x")
    await yard.settle()
    assert len(yard.calls) == 1


async def test_a_trigger_that_lasts(yard):
    await yard.start(watching("{trigger: state, entity_id: sensor.x, to: on, for: '00:05:00'}"))
    yard.set("sensor.x", "on")
    await yard.hub.advance(299)
    assert yard.calls == []
    yard.set("sensor.x", "on", note="attributes alone do not end it")
    await yard.hub.advance(2)
    assert len(yard.calls) == 1
    yard.set("sensor.x", "off")
    yard.set("sensor.x", "on")
    await yard.hub.advance(200)
    yard.set("sensor.x", "off")
    yard.set("sensor.x", "on")  # begins anew
    await yard.hub.advance(200)
    assert len(yard.calls) == 1
    await yard.hub.advance(101)
    assert len(yard.calls) == 2


async def test_left_for_long_enough(yard):
    await yard.start(watching("{trigger: state, entity_id: sensor.x, from: closed, for: 10}"))
    yard.set("sensor.x", "closed")
    yard.set("sensor.x", "ajar")
    await yard.hub.advance(5)
    yard.set("sensor.x", "open")  # still not closed
    await yard.hub.advance(6)
    assert len(yard.calls) == 1
    yard.set("sensor.x", "closed")
    yard.set("sensor.x", "ajar")
    yard.set("sensor.x", "closed")
    await yard.hub.advance(20)
    assert len(yard.calls) == 1


async def test_a_number_that_lasts(yard):
    await yard.start(watching("{trigger: numeric_state, entity_id: sensor.x, above: 50, for: {minutes: 1}}"))
    for value in (40, 60, 70, 80):
        yard.set("sensor.x", value)
        await yard.hub.advance(20)
    assert len(yard.calls) == 1
    yard.set("sensor.x", 40)
    yard.set("sensor.x", 60)
    await yard.hub.advance(30)
    yard.set("sensor.x", 40)
    await yard.hub.advance(60)
    assert len(yard.calls) == 1


async def test_for_by_a_template(yard):
    await yard.start(
        watching(
            "{trigger: state, entity_id: sensor.x, to: on, for: {minutes: \"{{ states('sensor.wait') }}\"}}"
        )
    )
    yard.set("sensor.wait", 3)
    yard.set("sensor.x", "on")
    await yard.hub.advance(179)
    assert yard.calls == []
    await yard.hub.advance(2)
    assert len(yard.calls) == 1


# --- events -----------------------------------------------------------------------------------------------------

WHERE_CASES = [
    ("{trigger: event, event_type: thing_fell}", {}, True),
    ("{trigger: event, event_type: [thing_seen, thing_fell]}", {}, True),
    ("{trigger: event, event_type: alarm}", {}, True),
    ("{trigger: event, event_type: thing_seen}", {}, False),
    ("{trigger: event, event_type: thing_fell, where: {confidence: '>= 0.8'}}", {"confidence": 0.8}, True),
    ("{trigger: event, event_type: thing_fell, where: {confidence: '>= 0.8'}}", {"confidence": 0.7}, False),
    (
        "{trigger: event, event_type: thing_fell, where: {severity: '>= warning'}}",
        {"severity": Severity.critical},
        True,
    ),
    (
        "{trigger: event, event_type: thing_fell, where: {severity: '>= warning'}}",
        {"severity": Severity.info},
        False,
    ),
    ("{trigger: event, event_type: thing_fell, where: {floor: '12'}}", {"floor": 12}, True),
    ("{trigger: event, event_type: thing_fell, where: {floor: '12'}}", {"floor": "12"}, True),
    ("{trigger: event, event_type: thing_fell, where: {floor: '> 9'}}", {"floor": "12"}, True),
    (
        "{trigger: event, event_type: thing_fell, where: {weight_class: [heavy]}}",
        {"weight_class": "heavy"},
        True,
    ),
    ("{trigger: event, event_type: thing_fell, where: {cell: 'in [1-12-03, 1-12-04]'}}", {}, True),
    (
        "{trigger: event, event_type: thing_fell, where: {means: {angle: '> 5'}}}",
        {"means": {"angle": 6}},
        True,
    ),
    ("{trigger: event, event_type: thing_fell, where: {means.angle: '> 5'}}", {"means": {"angle": 4}}, False),
    ("{trigger: event, event_type: thing_fell, where: {means: {angle: '!= 5'}}}", {"means": {}}, False),
    ("{trigger: event, event_type: thing_fell, where: ['confidence >= 0.8', 'floor == 12']}", {}, True),
    ("{trigger: event, event_type: thing_fell, where: ['confidence >= 0.8', 'floor == 13']}", {}, False),
    ("{trigger: event, event_type: thing_fell, where: {area: b1, source: camera}}", {}, True),
    ("{trigger: event, event_type: thing_fell, where: {crane: x}}", {}, False),  # only a subclass has it
    ("{trigger: event, event_type: thing_fell, event_data: {cell: 1-12-03}}", {}, True),
    ("{trigger: event, event_type: thing_fell, event_data: {cell: x}}", {}, False),
    ("{trigger: event, event_type: thing_fell, event_data: {severity: warning}}", {}, True),
    (
        "{trigger: event, event_type: thing_fell, event_data: {floor: 12}}",
        {"floor": "12"},
        False,
    ),  # equality is strict
    (
        "{trigger: event, event_type: thing_fell, event_data: {means: {a: 1}}}",
        {"means": {"a": 1, "b": 2}},
        True,
    ),
    ("{trigger: event, event_type: thing_fell, event_data: {means: {a: 1}}}", {"means": {"a": 2}}, False),
]


@pytest.mark.parametrize(("trigger", "fields", "fires"), WHERE_CASES)
async def test_events_and_their_fields(yard, trigger, fields, fires):
    await yard.start(watching(trigger))
    yard.emit(yard.fell(**fields))
    await yard.settle()
    assert len(yard.calls) == fires


async def test_a_subclass_is_heard_once_and_by_its_own_fields(yard):
    await yard.start(watching("{trigger: event, event_type: [alarm, thing_fell], where: {area: b1}}"))
    yard.emit(BigThingFell(at=yard.hub.clock.now(), source="c", area="b1", crane="x"))
    await yard.settle()
    assert len(yard.calls) == 1


async def test_trigger_variables_are_known_when_the_rules_are_loaded(yard):
    await yard.start(
        """
        - alias: watch
          trigger_variables: {wanted: 1-12-03}
          triggers: {trigger: event, event_type: thing_fell, event_data: {cell: "{{ wanted }}"}}
          actions: {action: toy.note, data: {text: "{{ wanted }}"}}
        """
    )
    yard.emit(yard.fell())
    yard.emit(yard.fell(cell="x"))
    await yard.settle()
    assert yard.texts == ["1-12-03"]


async def test_events_of_the_sites_own_names(yard):
    await yard.start(
        """
        - events: [doorbell]
        - alias: bell
          triggers: {trigger: event, event_type: doorbell, event_data: {button: 2}, where: {seconds: "> 1"}}
          actions: {action: toy.note, data: {text: "{{ trigger.event.data.button }} {{ trigger.event.event_type }}"}}
        """
    )
    for button, seconds in ((1, 5), (2, 5), (2, 1)):
        data = {"button": button, "seconds": seconds}
        yard.emit(Named(at=yard.hub.clock.now(), source="test", name="doorbell", data=data))
    await yard.settle()
    assert yard.texts == ["2 doorbell"]


async def test_state_changed_as_in_home_assistant(yard):
    await yard.start(
        """
        - alias: all
          mode: parallel
          triggers: {trigger: event, event_type: state_changed, event_data: {entity_id: sensor.x}}
          actions:
            - action: toy.note
              data: {text: "{{ trigger.event.data.new_state.state }} {{ trigger.event.data.old_state is none }}"}
        """
    )
    yard.set("sensor.y", 1)
    yard.set("sensor.x", "a")
    yard.set("sensor.x", "b")
    await yard.settle()
    assert yard.texts == ["a True", "b False"]


async def test_the_variable_trigger(yard):
    await yard.start(
        """
        - alias: all
          mode: parallel
          triggers:
            - {trigger: state, entity_id: light.x, to: on, id: lit, alias: Lit, variables: {colour: red}}
            - {trigger: event, event_type: thing_fell}
          actions:
            - action: toy.note
              data:
                text: >-
                  {{ trigger.platform }}|{{ trigger.id }}|{{ trigger.idx }}|{{ trigger.alias }}|{{
                  colour | default('-') }}|{{ trigger.entity_id | default('-') }}|{{
                  trigger.from_state.state if trigger.from_state is defined else '-' }}|{{
                  trigger.event.cell if trigger.event is defined else '-' }}|{{ this.entity_id }}|{{ this.state }}
        """
    )
    yard.set("light.x", False)
    yard.set("light.x", True)
    yard.emit(yard.fell())
    await yard.settle()
    assert yard.texts == [
        "state|lit|0|Lit|red|light.x|off|-|automation.all|on",
        "event|1|1|None|-|-|-|1-12-03|automation.all|on",
    ]


async def test_fields_of_events_in_templates(yard):
    await yard.start(
        """
        - alias: all
          triggers: {trigger: event, event_type: thing_fell}
          actions:
            - action: toy.note
              data:
                text:
                  - "{{ trigger.event.severity }}"
                  - "{{ trigger.event.data.confidence }}"
                  - "{{ trigger.event.event_type }}"
                  - "{{ trigger.event.means }}"
                  - "{{ trigger.event.evidence }}"
                  - "{{ (trigger.event.at - now()).total_seconds() }}"
                  - "{{ trigger.event.time_fired == trigger.event.at }}"
        """
    )
    yard.emit(yard.fell(severity=Severity.critical, means={"a": [1]}))
    await yard.settle()
    assert yard.texts == [["critical", 0.9, "thing_fell", {"a": [1]}, [], 0.0, True]]


# --- time and the hub itself ------------------------------------------------------------------------------------


async def test_times_of_day_in_the_sites_zone(yard):
    text = "'{{ trigger.now.strftime(\"%H:%M:%S\") }}'"
    await yard.start(watching("{trigger: time, at: ['07:30', '22:00:05']}", text=text))
    now = yard.hub.clock.now().astimezone(yard.hub.hub_of.site.zone)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    await yard.hub.advance((midnight - now).total_seconds())
    yard.calls.clear()
    await yard.hub.advance(2 * 86_400)
    assert yard.texts == ["07:30:00", "22:00:05"] * 2


async def test_patterns(yard):
    await yard.start(watching("{trigger: time_pattern, minutes: /15}"))
    await yard.hub.advance(2 * 3600)
    assert len(yard.calls) == 8


async def test_a_pattern_of_seconds(yard):
    await yard.start(watching("{trigger: time_pattern, seconds: /20}"))
    await yard.hub.advance(60)
    assert len(yard.calls) == 3


async def test_start_and_shutdown(yard):
    await yard.start(
        watching("{trigger: homeassistant, event: start}", text='"{{ trigger.event }}"')
        + watching("{trigger: homeassistant, event: shutdown}", "end")
    )
    assert yard.texts == ["start"]
    await yard.hub.reload(yard.yaml(watching("{trigger: homeassistant, event: start}", text="again")))
    assert yard.texts == ["start"]
    await yard.hub.stop()
    assert yard.texts == ["start"]


async def test_shutdown(yard):
    await yard.start(watching("{trigger: homeassistant, event: shutdown}"))
    await yard.hub.stop()
    assert yard.texts == ["hit"]
