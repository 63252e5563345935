"""Templates: the short way gives what the engine gives, and hostile payloads give nothing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.mqtt import templates
from integrations.mqtt.templates import FAULTS, Template, compile_template

STEPS = st.lists(
    st.one_of(
        st.sampled_from(["a", "b", "temp_1"]).map(lambda name: f".{name}"),
        st.sampled_from(["a", "items", "Temp C"]).map(lambda name: f"['{name}']"),
        st.integers(0, 2).map(lambda place: f"[{place}]"),
    ),
    max_size=3,
).map("".join)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-99, 99)
    | st.floats(-9, 9, allow_nan=False)
    | st.text("ab1 ", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "temp_1", "items", "Temp C"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def outcome(template: Template, parsed: object) -> str | None:
    try:
        return template(json.dumps(parsed), parsed).strip()
    except FAULTS:
        return None


@given(path=STEPS, parsed=JSON)
def test_short_way_gives_what_the_engine_gives(path: str, parsed: object) -> None:
    source = f"{{{{ value_json{path} }}}}"
    fast, _parses = compile_template(source)
    assert outcome(fast, parsed) == outcome(templates._compile_jinja(source), parsed)


@pytest.mark.parametrize(
    ("source", "payload", "expected"),
    [
        ("{{ value }}", "23.5", "23.5"),
        ("{{value}}", "23.5", "23.5"),
        ("{{ value_json.temperature }}", '{"temperature": 23.5}', "23.5"),
        ("{{ value_json['t'][1] }}", '{"t": [1, 2]}', "2"),
        ("{{ value_json.on }}", '{"on": true}', "True"),
        ("{{ value_json['items'] }}", '{"items": 5}', "5"),
        ("{{ value_json.t | float / 10 }}", '{"t": "235"}', "23.5"),
        ("{{ (value_json.t | int(0)) + 1 }}", '{"t": "x"}', "1"),
        ("{{ value | round(1) }}", "2", None),
        ("{{ 'ON' if value_json.open else 'OFF' }}", '{"open": 1}', "ON"),
        ("{{ value_json.open | bool | iif('ON', 'OFF') }}", '{"open": "yes"}', "ON"),
        ("{{ value_json.missing }}", "{}", None),
        ("{{ value_json.missing | default('-') }}", "{}", "-"),
        ("{{ (value | from_json).a }}", '{"a": 1}', "1"),
        ("plain text", "x", "plain text"),
    ],
)
def test_templates_of_devices(source: str, payload: str, expected: str | None) -> None:
    template, _parses = compile_template(source)
    try:
        parsed = json.loads(payload)
    except ValueError:
        parsed = None
    try:
        rendered: str | None = template(payload, parsed)
    except FAULTS:
        rendered = None
    assert rendered == expected


@pytest.mark.parametrize(
    "source",
    [
        "{{ value_json.__class__.__mro__ }}",
        "{{ ''.__class__.__subclasses__() }}",
        "{{ value * 1000000 }}",
        "{{ 2 ** 100000 }}",
        "{% for i in range(99999) %}xxxxxxxxxx{% endfor %}",
        "{{ range(10000000) | list }}",
        "{{ value_json.append(1) }}",
    ],
)
def test_template_can_neither_look_around_nor_grow(source: str) -> None:
    template, _parses = compile_template(source)
    with pytest.raises(FAULTS):
        template("x" * 100, [1])


@pytest.mark.parametrize(
    "source",
    ["{{ value", "{% if %}", "{{ value | nofilter }}", "{{ value is odder }}", "{{ " + "(" * 5000 + " }}"],
)
def test_wrong_template_is_a_clear_error(source: str) -> None:
    with pytest.raises(ValueError, match="template"):
        compile_template(source)


@given(st.text(alphabet="{}%'[]. |value_json123", max_size=30))
def test_any_text_is_a_template_or_a_clear_error(source: str) -> None:
    try:
        template, _parses = compile_template(source)
    except ValueError:
        return
    rendered = outcome(template, {"a": [1]})
    assert rendered is None or len(rendered) <= templates.LONGEST_OUTPUT
