"""Conditions: when a rule goes on."""

from datetime import UTC, datetime, time

import pytest

from automations.conditions import in_hours


def guarded(condition: str) -> str:
    return (
        "- alias: guarded\n  triggers: {trigger: state, entity_id: input_button.go}\n"
        f"  conditions: {condition}\n  actions: {{action: toy.note, data: {{text: went}}}}\n"
    )


CASES = [
    ("{condition: state, entity_id: sensor.word, state: abc}", True),
    ("{condition: state, entity_id: sensor.word, state: [x, abc]}", True),
    ("{condition: state, entity_id: sensor.word, state: x}", False),
    ("{condition: state, entity_id: [sensor.word, sensor.mass], state: abc}", False),
    ("{condition: state, entity_id: [sensor.word, sensor.mass], state: abc, match: any}", True),
    ("{condition: state, entity_id: sensor.none, state: abc}", False),
    ("{condition: state, entity_id: light.hall, attribute: level, state: 5}", True),
    ("{condition: state, entity_id: light.hall, attribute: level, state: 6}", False),
    ("{condition: state, entity_id: sensor.word, state: input_text.wanted}", True),
    ("{condition: state, entity_id: sensor.word, state: abc, for: 60}", True),
    ("{condition: state, entity_id: sensor.word, state: abc, for: 6000}", False),
    ("{condition: state, entity_id: sensor.word, state: abc, enabled: false}", True),
    ("{condition: state, entity_id: sensor.word, state: x, enabled: false}", True),
    ("{condition: state, entity_id: sensor.lost, state: unavailable}", True),
    ("{condition: numeric_state, entity_id: sensor.mass, above: 5}", True),
    ("{condition: numeric_state, entity_id: sensor.mass, above: 12.5}", False),
    ("{condition: numeric_state, entity_id: sensor.mass, below: 13, above: 12}", True),
    ("{condition: numeric_state, entity_id: sensor.mass, above: input_number.limit}", True),
    ("{condition: numeric_state, entity_id: [sensor.mass, light.hall], above: 1}", False),
    ("{condition: numeric_state, entity_id: light.hall, attribute: level, above: 4}", True),
    (
        "{condition: numeric_state, entity_id: sensor.mass, value_template: '{{ state.state|float * 2 }}', above: 20}",
        True,
    ),
    ("{condition: numeric_state, entity_id: sensor.word, above: 1}", False),
    ("{condition: numeric_state, entity_id: sensor.lost, above: 1}", False),
    ("{condition: numeric_state, entity_id: sensor.none, above: 1}", False),
    ("{condition: template, value_template: \"{{ is_state('sensor.word', 'abc') }}\"}", True),
    ("\"{{ states('sensor.mass') | float > 12 }}\"", True),
    ("\"{{ states('sensor.mass') | float > 13 }}\"", False),
    ("\"{{ states('sensor.word') | float > 1 }}\"", False),  # an error is no yes
    ("\"{{ trigger.entity_id == 'input_button.go' }}\"", True),
    ("{condition: trigger, id: '0'}", True),
    ("{condition: trigger, id: [other, 0]}", True),
    ("{condition: trigger, id: other}", False),
    ("{or: ['{{ false }}', '{{ true }}']}", True),
    ("{or: ['{{ false }}', '{{ false }}']}", False),
    ("{and: ['{{ true }}', '{{ false }}']}", False),
    ("{not: ['{{ false }}', '{{ false }}']}", True),
    ("{not: ['{{ false }}', '{{ true }}']}", False),
    ("{condition: not, conditions: {condition: state, entity_id: sensor.word, state: x}}", True),
    (
        "{condition: or, conditions: [{condition: state, entity_id: sensor.none, state: x}, '{{ true }}']}",
        True,
    ),
    ("{not: [{condition: state, entity_id: sensor.none, state: x}]}", False),  # unclear is not "not"
    ("{and: [{or: ['{{ false }}', {not: ['{{ false }}']}]}, '{{ true }}']}", True),
    ("['{{ true }}', '{{ true }}']", True),
    ("['{{ true }}', '{{ false }}']", False),
    ("[]", True),
    ("{condition: time, weekday: [mon, tue, wed, thu, fri, sat, sun]}", True),
    ("{condition: '{{ true }}'}", True),
]


@pytest.mark.parametrize(("condition", "goes"), CASES)
async def test_conditions(yard, condition, goes):
    await yard.start(guarded(condition))
    yard.set("sensor.word", "abc")
    yard.set("sensor.mass", 12.5)
    yard.set("sensor.lost", 5)
    yard.lose("sensor.lost")
    yard.set("light.hall", True, level=5)
    yard.set("input_text.wanted", "abc")
    yard.set("input_number.limit", 10)
    await yard.hub.advance(100)
    yard.set("input_button.go", "1")
    await yard.settle()
    assert len(yard.calls) == goes


@pytest.mark.parametrize(
    ("now", "after", "before", "inside"),
    [
        ("12:00", "08:00", "20:00", True),
        ("08:00", "08:00", "20:00", True),
        ("20:00", "08:00", "20:00", False),
        ("07:59", "08:00", "20:00", False),
        ("23:00", "22:00", "06:00", True),
        ("05:59", "22:00", "06:00", True),
        ("06:00", "22:00", "06:00", False),
        ("12:00", "22:00", "06:00", False),
        ("12:00", "08:00", None, True),
        ("07:00", "08:00", None, False),
        ("12:00", None, "12:00", False),
        ("11:59", None, "12:00", True),
        ("12:00", None, None, True),
    ],
)
def test_hours_of_the_day(now, after, before, inside):
    def clock(text):
        return None if text is None else time.fromisoformat(text)

    moment = datetime.combine(datetime(2024, 5, 6, tzinfo=UTC), clock(now), UTC)
    assert in_hours(moment, clock(after), clock(before)) is inside


async def test_a_blocked_rule_is_counted_and_traced(yard):
    await yard.start(guarded("['{{ true }}', '{{ false }}']"))
    yard.set("input_button.go", "1")
    await yard.settle()
    assert yard.attribute("automation.guarded", "last_triggered") is None
