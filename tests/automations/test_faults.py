"""Every fault of a rule is found when it is read, with its path and what would be right."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automations.rules import check
from tests.automations.conftest import known_names

KNOWN = known_names(frozenset(("binary_sensor.door", "sensor.mass", "light.hall")))
GOOD: dict[str, Any] = {
    "id": "good",
    "alias": "Good",
    "triggers": [{"trigger": "state", "entity_id": "binary_sensor.door", "to": "on"}],
    "actions": [{"action": "toy.note", "data": {"text": "hello"}}],
}


def rule(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(GOOD), **changes}


def on_event(where: Any = None, **more: Any) -> dict[str, Any]:
    trigger = {"trigger": "event", "event_type": "thing_fell", **more}
    return trigger if where is None else {**trigger, "where": where}


def action(**fields: Any) -> dict[str, Any]:
    return rule(actions=[fields])


def condition(**fields: Any) -> dict[str, Any]:
    return rule(conditions=[fields])


def found(*rules: Any) -> list[tuple[Any, ...]]:
    return [
        (finding.path, finding.problem, finding.remedy)
        for finding in check(list(rules), KNOWN)
        if finding.fatal
    ]


def test_a_good_rule_has_no_faults():
    assert check([GOOD], KNOWN) == []


def test_old_and_new_spellings_mean_the_same():
    old = {
        "alias": "old",
        "trigger": {"platform": "state", "entity_id": "binary_sensor.door", "to": "on"},
        "condition": {"condition": "numeric_state", "entity_id": "sensor.mass", "above": 5},
        "action": {"service": "toy.light", "data": {"level": 5}, "target": {"entity_id": "light.hall"}},
    }
    beside = {**old, "alias": "beside", "action": {"service": "toy.light", "entity_id": "light.hall"}}
    assert found(old, beside) == []


FAULTY = [
    # the rule itself
    (5, (0,), "a rule must be a mapping, not a number", "- alias"),
    (rule(trigers=[]), (0, "trigers"), "'trigers' is no key of an automation", "did you mean 'triggers'?"),
    ({"alias": "x", "actions": []}, (0,), "'triggers' is missing", "add 'triggers:'"),
    ({"alias": "x", "triggers": []}, (0,), "'actions' is missing", "add 'actions:'"),
    (rule(trigger=[]), (0, "trigger"), "'triggers' and 'trigger' mean the same", "keep 'triggers'"),
    (rule(mode="paralel"), (0, "mode"), "'mode' can't be 'paralel'", "did you mean 'parallel'?"),
    (rule(max=0), (0, "max"), "a whole number from 1", ""),
    (rule(max_exceeded="loud"), (0, "max_exceeded"), "can't be 'loud'", "silent"),
    (rule(variables=[1]), (0, "variables"), "'variables' must be a mapping, not a list", ""),
    (
        rule(variables={"x": "{{ 5 | flot }}"}),
        (0, "variables", "x"),
        "No filter named 'flot'",
        "did you mean 'float'?",
    ),
    # triggers
    (rule(triggers=["x"]), (0, "triggers", 0), "a trigger must be a mapping, not text", ""),
    (rule(triggers=[{"entity_id": "a.b"}]), (0, "triggers", 0), "names no platform", "trigger: state"),
    (
        rule(triggers=[{"trigger": "stat"}]),
        (0, "triggers", 0, "trigger"),
        "no trigger platform 'stat'",
        "did you mean 'state'?",
    ),
    (rule(triggers={"platform": "sun"}), (0, "triggers", "platform"), "'sun' are not supported yet", ""),
    (rule(triggers=[{"trigger": "state"}]), (0, "triggers", 0), "'entity_id' is missing", "add 'entity_id:'"),
    (
        rule(triggers=[{"trigger": "state", "entity_id": "binary_sensor.dor"}]),
        (0, "triggers", 0, "entity_id"),
        "there is no entity 'binary_sensor.dor'",
        "did you mean 'binary_sensor.door'?",
    ),
    (
        rule(triggers=[{"trigger": "state", "entity_id": ["sensor.mass", "door"]}]),
        (0, "triggers", 0, "entity_id", 1),
        "'door' is no entity id",
        "light.hall",
    ),
    (
        rule(triggers=[{"trigger": "state", "entity_id": "sensor.mass", "to": True}]),
        (0, "triggers", 0, "to"),
        "'to' must be text, not true or false",
        "'on' or 'off'",
    ),
    (
        rule(triggers=[{"trigger": "state", "entity_id": "sensor.mass", "frm": "on"}]),
        (0, "triggers", 0, "frm"),
        "'frm' is no key of a state trigger",
        "did you mean 'from'?",
    ),
    (
        rule(triggers=[{"trigger": "state", "entity_id": "sensor.mass", "to": "a", "not_to": "b"}]),
        (0, "triggers", 0, "not_to"),
        "exclude each other",
        "keep one",
    ),
    (
        rule(triggers=[{"trigger": "state", "entity_id": "sensor.mass", "for": "soon"}]),
        (0, "triggers", 0, "for"),
        "a span of time can't be 'soon'",
        "HH:MM:SS",
    ),
    (
        rule(triggers=[{"trigger": "state", "entity_id": "sensor.mass", "for": {"minuts": 5}}]),
        (0, "triggers", 0, "for"),
        "minuts",
        "HH:MM:SS",
    ),
    (
        rule(triggers=[{"trigger": "numeric_state", "entity_id": "sensor.mass"}]),
        (0, "triggers", 0),
        "'above' and 'below' are missing",
        "",
    ),
    (
        rule(triggers=[{"trigger": "numeric_state", "entity_id": "sensor.mass", "above": "lots"}]),
        (0, "triggers", 0, "above"),
        "must be a number or an entity id",
        "",
    ),
    (
        rule(triggers=[{"trigger": "numeric_state", "entity_id": "sensor.mass", "above": 5, "below": 4}]),
        (0, "triggers", 0, "above"),
        "no number is above 5 and below 4",
        "swap",
    ),
    (
        rule(triggers=[{"trigger": "time", "at": "25:00"}]),
        (0, "triggers", 0, "at"),
        "a time of day can't be '25:00'",
        "HH:MM:SS",
    ),
    (
        rule(triggers=[{"trigger": "time", "at": ["07:00", "x"]}]),
        (0, "triggers", 0, "at", 1),
        "a time of day can't be 'x'",
        "",
    ),
    (
        rule(triggers=[{"trigger": "time", "at": "07:00", "weekday": "tues"}]),
        (0, "triggers", 0, "weekday"),
        "'tues' is no weekday",
        "did you mean 'tue'?",
    ),
    (
        rule(triggers=[{"trigger": "time_pattern", "minutes": "/99"}]),
        (0, "triggers", 0, "minutes"),
        "lies outside 0 to 59",
        '"/5"',
    ),
    (rule(triggers=[{"trigger": "time_pattern"}]), (0, "triggers", 0), "needs hours, minutes or seconds", ""),
    (
        rule(triggers=[{"trigger": "homeassistant", "event": "begin"}]),
        (0, "triggers", 0, "event"),
        "'event' can't be 'begin'",
        "start",
    ),
    (rule(triggers=[{"trigger": "mqtt"}]), (0, "triggers", 0), "'topic' is missing", ""),
    (
        rule(triggers=[{"trigger": "mqtt", "topic": "a/#/b"}]),
        (0, "triggers", 0, "topic"),
        "'#' must stand alone",
        "",
    ),
    (
        rule(triggers=[{"trigger": "webhook", "webhook_id": "a/b"}]),
        (0, "triggers", 0, "webhook_id"),
        "letters, digits",
        "",
    ),
    (
        rule(triggers=[{"trigger": "webhook", "webhook_id": "a", "allowed_methods": "DELETE"}]),
        (0, "triggers", 0, "allowed_methods"),
        "'DELETE' is no method",
        "",
    ),
    # events
    (
        rule(triggers=[{"trigger": "event", "event_type": "thing_fel"}]),
        (0, "triggers", 0, "event_type"),
        "there is no event 'thing_fel'",
        "did you mean 'thing_fell'?",
    ),
    (
        rule(triggers=[{"trigger": "event", "event_type": "doorbell"}]),
        (0, "triggers", 0, "event_type"),
        "there is no event 'doorbell'",
        "- events: [doorbell]",
    ),
    (
        rule(triggers=[on_event({"confidance": 1})]),
        (0, "triggers", 0, "where", "confidance"),
        "thing_fell has no field 'confidance'",
        "did you mean 'confidence'?",
    ),
    (
        rule(triggers=[on_event({"confidence": ">= lots"})]),
        (0, "triggers", 0, "where", "confidence"),
        "the field is a number",
        "",
    ),
    (
        rule(triggers=[on_event({"severity": ">= warnin"})]),
        (0, "triggers", 0, "where", "severity"),
        "no severity",
        "did you mean 'warning'?",
    ),
    (
        rule(triggers=[on_event({"weight_class": "hevy"})]),
        (0, "triggers", 0, "where", "weight_class"),
        "never 'hevy'",
        "did you mean 'heavy'?",
    ),
    (
        rule(triggers=[on_event(["confidence >= lots"])]),
        (0, "triggers", 0, "where", 0),
        "the field is a number",
        "",
    ),
    (
        rule(triggers=[on_event(["lots of it"])]),
        (0, "triggers", 0, "where", 0),
        "no comparison",
        "confidence >= 0.8",
    ),
    (
        rule(triggers=[on_event(5)]),
        (0, "triggers", 0, "where"),
        "'where' must be a mapping, not a number",
        "",
    ),
    (
        rule(triggers=[on_event(event_data={"confidance": 1})]),
        (0, "triggers", 0, "event_data", "confidance"),
        "has no field 'confidance'",
        "did you mean 'confidence'?",
    ),
    (
        rule(triggers=[on_event(event_data={"cell": "{{ trigger.id }}"})]),
        (0, "triggers", 0, "event_data"),
        "trigger",
        "only `trigger_variables`",
    ),
    (
        rule(triggers=[on_event(context={"user_id": "x"})]),
        (0, "triggers", 0, "context"),
        "not supported yet",
        "",
    ),
    # templates
    (
        {
            **rule(triggers=[on_event()]),
            "actions": [{"action": "toy.note", "data": {"text": "{{ trigger.event.confidance }}"}}],
        },
        (0, "actions", 0, "data", "text"),
        "thing_fell has no field 'confidance'",
        "did you mean 'confidence'?",
    ),
    (
        {**rule(triggers=[on_event()]), "conditions": "{{ trigger.event.data.cel == 1 }}"},
        (0, "conditions"),
        "thing_fell has no field 'cel'",
        "did you mean 'cell'?",
    ),
    # conditions
    (
        condition(condition="stat"),
        (0, "conditions", 0, "condition"),
        "no condition 'stat'",
        "did you mean 'state'?",
    ),
    (
        condition(condition="sun"),
        (0, "conditions", 0, "condition"),
        "'sun' are not supported yet",
        "template",
    ),
    (condition(entity_id="a.b"), (0, "conditions", 0), "does not say what it is", ""),
    (rule(conditions=["sensor.mass"]), (0, "conditions", 0), "as text must be a template", ""),
    (rule(conditions=[5]), (0, "conditions", 0), "a condition must be a mapping, not a number", ""),
    (
        condition(condition="state", entity_id="sensor.mass"),
        (0, "conditions", 0, "state"),
        "'state' is missing",
        "",
    ),
    (
        condition(condition="state", entity_id="sensor.mas", state="x"),
        (0, "conditions", 0, "entity_id"),
        "no entity 'sensor.mas'",
        "did you mean 'sensor.mass'?",
    ),
    (condition(condition="time"), (0, "conditions", 0), "needs after, before or weekday", ""),
    (condition(condition="time", after="x"), (0, "conditions", 0, "after"), "a time of day can't be 'x'", ""),
    (condition(condition="trigger"), (0, "conditions", 0, "id"), "'id' is missing", ""),
    (condition(condition="template"), (0, "conditions", 0), "'value_template' is missing", ""),
    (
        rule(conditions=[{"or": [{"condition": "stat"}]}]),
        (0, "conditions", 0, "or", 0, "condition"),
        "no condition 'stat'",
        "",
    ),
    (
        rule(conditions=[{"condition": "and", "conditions": [{"not": ["x"]}]}]),
        (0, "conditions", 0, "conditions", 0, "not", 0),
        "must be a template",
        "",
    ),
    # actions
    (
        action(action="toy.nott"),
        (0, "actions", 0, "action"),
        "there is no action 'toy.nott'",
        "did you mean 'toy.note'?",
    ),
    (
        action(service="toy.nott"),
        (0, "actions", 0, "service"),
        "there is no action 'toy.nott'",
        "did you mean 'toy.note'?",
    ),
    (action(action="{{ x }}"), (0, "actions", 0, "action"), "can't be a template", "choose"),
    (
        action(action="toy.note", data={"txt": "x"}),
        (0, "actions", 0, "data", "txt"),
        "toy.note has no field 'txt'",
        "did you mean 'text'?",
    ),
    (action(action="toy.keep"), (0, "actions", 0, "data"), "toy.keep needs 'text'", "add 'text:'"),
    (
        action(action="toy.keep", data={"text": 5}),
        (0, "actions", 0, "data", "text"),
        "toy.keep: expected str",
        "",
    ),
    (
        action(action="toy.keep", data={"text": "{{ 5 }}", "levl": 1}),
        (0, "actions", 0, "data", "levl"),
        "has no field 'levl'",
        "did you mean 'level'?",
    ),
    (
        action(action="toy.keep", data={"level": "{{ 5 }}"}),
        (0, "actions", 0, "data"),
        "toy.keep needs 'text'",
        "",
    ),
    (
        action(action="toy.keep", data={"text": "x"}, response_variable="y"),
        (0, "actions", 0, "response_variable"),
        "gives no response",
        "",
    ),
    (action(action="toy.note", data=[1]), (0, "actions", 0, "data"), "'data' must be a mapping", ""),
    (
        action(action="toy.note", target={"entity_id": "light.hall"}),
        (0, "actions", 0, "target"),
        "'toy.note' takes no target",
        "",
    ),
    (
        action(action="toy.light", target={"entity_id": "light.hal"}),
        (0, "actions", 0, "target", "entity_id"),
        "no entity 'light.hal'",
        "did you mean 'light.hall'?",
    ),
    (
        action(action="toy.light", target={"area_id": "b3"}),
        (0, "actions", 0, "target", "area_id"),
        "there is no area 'b3'",
        "",
    ),
    (
        action(action="toy.light", target={"entity": "light.hall"}),
        (0, "actions", 0, "target", "entity"),
        "no key of a target",
        "did you mean 'entity_id'?",
    ),
    (
        action(action="toy.light", target={"entity_id": "light.hall"}, data={"level": 500}),
        (0, "actions", 0, "data", "level"),
        "a whole number below 100",
        "",
    ),
    (
        action(acton="toy.note"),
        (0, "actions", 0, "acton"),
        "there is no action 'acton'",
        "did you mean 'action'?",
    ),
    (action(repeat={"count": 3}), (0, "actions", 0, "repeat"), "'repeat' actions are not supported yet", ""),
    (action(wait_template="{{ x }}"), (0, "actions", 0, "wait_template"), "not supported yet", ""),
    (action(alias="x"), (0, "actions", 0), "does not say what it does", ""),
    (rule(actions=[5]), (0, "actions", 0), "an action must be a mapping, not a number", ""),
    (action(delay="soon"), (0, "actions", 0, "delay"), "a span of time can't be 'soon'", "HH:MM:SS"),
    (
        action(delay={"minutes": "{{ 5 | flot }}"}),
        (0, "actions", 0, "delay", "minutes"),
        "No filter named 'flot'",
        "did you mean 'float'?",
    ),
    (
        action(choose=[{"conditions": [{"condition": "stat"}], "sequence": []}]),
        (0, "actions", 0, "choose", 0, "conditions", 0, "condition"),
        "no condition 'stat'",
        "",
    ),
    (action(choose=[{"sequence": []}]), (0, "actions", 0, "choose", 0), "'conditions' is missing", "default"),
    (action(choose=[{"conditions": []}]), (0, "actions", 0, "choose", 0), "'sequence' is missing", ""),
    (
        action(choose=[], default=[{"action": "toy.x"}]),
        (0, "actions", 0, "default", 0, "action"),
        "no action 'toy.x'",
        "",
    ),
    (
        {**rule(), "actions": [{"if": "{{ true }}", "then": [{"action": "toy.x"}], "else": {"delay": "x"}}]},
        (0, "actions", 0, "then", 0, "action"),
        "no action 'toy.x'",
        "",
    ),
    (
        {**rule(), "actions": [{"if": "{{ true }}", "then": [], "else": {"delay": "x"}}]},
        (0, "actions", 0, "else", "delay"),
        "a span of time can't be 'x'",
        "",
    ),
    ({**rule(), "actions": [{"if": "{{ true }}"}]}, (0, "actions", 0), "'then' is missing", ""),
    (action(variables=5), (0, "actions", 0, "variables"), "'variables' must be a mapping", ""),
    (
        action(event="thing_fell"),
        (0, "actions", 0, "event"),
        "declared by an integration",
        "name of your own",
    ),
    (action(event="mine", event_data=5), (0, "actions", 0, "event_data"), "must be a mapping", ""),
    (
        action(event="mine", event_dta={}),
        (0, "actions", 0, "event_dta"),
        "no key of a 'event' action",
        "did you mean 'event_data'?",
    ),
    (action(enabled=False, action="toy.x"), (0, "actions", 0, "action"), "no action 'toy.x'", ""),
    # the library, and names of one's own
    (
        {"use": "falling_objekt"},
        (0, "use"),
        "the library has no 'falling_objekt'",
        "did you mean 'falling_object'?",
    ),
    ({"use": "../secrets"}, (0, "use"), "the library has no", ""),
    (
        {"use": "falling_object", "with": {"audiense": "x"}},
        (0, "with", "audiense"),
        "has no option 'audiense'",
        "did you mean 'audience'?",
    ),
    ({"use": "falling_object", "wit": {}}, (0, "wit"), "no key beside 'use'", "did you mean 'with'?"),
    (
        {"use": "falling_object"},
        (0, "use"),
        "in the library's rule 'falling_object': there is no event 'falling_object'",
        "",
    ),
    ({"events": [5]}, (0, "events"), "must be a list of names", ""),
]


@pytest.mark.parametrize(("written", "path", "problem", "remedy"), FAULTY)
def test_faults_have_their_path_and_remedy(written, path, problem, remedy):
    findings = found(written)
    fitting = [item for item in findings if item[0] == path and problem in item[1] and remedy in item[2]]
    assert fitting, findings


def test_every_fault_of_every_rule_is_found():
    bad = rule(
        id="bad",
        mode="singel",
        triggers=[{"trigger": "stat"}, {"trigger": "event", "event_type": "x"}],
        conditions=[{"condition": "state", "entity_id": "a.b", "state": "on"}],
        actions=[{"action": "toy.x"}, {"delay": "x"}],
    )
    paths = {item[0] for item in found(GOOD, bad, {"alias": "empty"})}
    assert paths == {
        (1, "mode"),
        (1, "triggers", 0, "trigger"),
        (1, "triggers", 1, "event_type"),
        (1, "conditions", 0, "entity_id"),
        (1, "actions", 0, "action"),
        (1, "actions", 1, "delay"),
        (2,),
    }


def test_a_single_rule_may_stand_without_a_list():
    findings = check({**GOOD, "mode": "x"}, KNOWN)
    assert [finding.path for finding in findings] == [("mode",)]
    assert check(None, KNOWN) == []


def test_one_id_for_two_rules_is_a_fault():
    assert found(GOOD, GOOD) == [((1, "id"), "there is another rule 'good'", "give one of them another 'id'")]


def test_events_that_the_rules_fire_or_declare_are_known():
    firing = rule(
        id="firing", actions=[{"choose": [{"conditions": "{{ true }}", "sequence": {"event": "mine"}}]}]
    )
    hearing = rule(
        id="hearing",
        triggers=[{"trigger": "event", "event_type": ["mine", "doorbell"], "where": {"anything": 5}}],
    )
    assert found(firing, hearing, {"events": ["doorbell"]}) == []


def test_entities_are_taken_on_trust_when_they_cant_be_told():
    unknown = rule(triggers=[{"trigger": "state", "entity_id": "sensor.discovered"}])
    assert check([unknown], known_names(None)) == []


@pytest.mark.parametrize(
    ("template", "problems"),
    [
        ("{{ states('light.hal') }}", ["template: there is no entity 'light.hal'"]),
        ("{{ is_state('light.hal', 'on') or state_attr('x.y', 'z') }}",
         ["template: there is no entity 'light.hal'", "template: there is no entity 'x.y'"]),
        ("{{ states('light.hall') ~ states('light.' ~ 'hal') }}", []),
    ],
)  # fmt: skip
def test_an_unknown_entity_in_a_template_is_a_warning(template, problems):
    findings = check([action(action="toy.note", data={"text": template})], KNOWN)
    assert [(finding.problem, finding.fatal) for finding in findings] == [(text, False) for text in problems]


def test_an_unknown_variable_is_a_warning():
    findings = check(
        [action(action="toy.note", data={"text": "{{ triger.id }} {{ x }} {{ y | default(1) }}"})], KNOWN
    )
    assert [(finding.problem, finding.fatal) for finding in findings] == [
        ("template: 'triger' is not defined here", False),
        ("template: 'x' is not defined here", False),
    ]
    assert findings[0].remedy == "did you mean 'trigger'?"


def test_a_subclass_may_have_the_field():
    assert found(rule(triggers=[on_event({"crane": "x"})])) == []


def test_templates_of_other_triggers_events_are_not_doubted():
    mixed = rule(
        triggers=[on_event(), {"trigger": "event", "event_type": "thing_seen"}],
        actions=[
            {"action": "toy.note", "data": {"text": "{{ trigger.event.count }} {{ trigger.event.cell }}"}}
        ],
    )
    assert found(mixed) == []


WORDS = st.sampled_from(
    [
        "alias",
        "id",
        "trigger",
        "triggers",
        "platform",
        "condition",
        "conditions",
        "action",
        "actions",
        "service",
        "data",
        "target",
        "entity_id",
        "state",
        "to",
        "from",
        "for",
        "above",
        "below",
        "event",
        "event_type",
        "where",
        "event_data",
        "delay",
        "choose",
        "if",
        "then",
        "else",
        "variables",
        "stop",
        "mode",
        "max",
        "time",
        "at",
        "mqtt",
        "topic",
        "webhook",
        "webhook_id",
        "not",
        "and",
        "or",
        "use",
        "with",
        "events",
        "default",
        "sequence",
        "value_template",
        "enabled",
        "toy.note",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 70)
    | st.floats()
    | WORDS
    | st.sampled_from(["{{ x }}", "{{", "sensor.mass", "00:05", ">= 5", "thing_fell", "single", "queued", ""])
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(TREES)
def test_anything_is_read_or_refused(tree):
    for finding in check(tree, KNOWN):
        assert finding.problem


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.dictionaries(WORDS, TREES, max_size=5), max_size=2),
    st.sampled_from(["triggers", "conditions", "actions"]),
)
def test_any_part_of_a_rule_is_read_or_refused(part, key):
    for finding in check([rule(**{key: part})], KNOWN):
        assert finding.path[0] == 0
