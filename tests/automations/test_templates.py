"""Templates: Home Assistant's functions, values as results, and bounds that nothing gets past."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automations.patterns import PatternFault, compiled
from automations.sandbox import LONGEST_TEXT
from automations.templates import TemplateFailed, TemplateFault, Templates, is_template
from automations.views import StateView
from tests.automations.house import FakeHouse

TEMPLATES = Templates()


@pytest.fixture
def house():
    house = FakeHouse(sensor__mass=12.5, binary_sensor__door=True, sensor__word="abc", sensor__empty=None)
    house.put("sensor.lost", 5, available=False)
    house.put("light.hall", True, brightness=120, friendly_name="门厅灯")
    return house


def value(house, source, **variables):
    return TEMPLATES.compile(source).value(house.scope(**variables))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ states('sensor.mass') }}", 12.5),
        ("{{ states('sensor.mass') | float + 1 }}", 13.5),
        ("{{ states('sensor.none') }}", "unknown"),
        ("{{ states('sensor.empty') }}", "unknown"),
        ("{{ states('sensor.lost') }}", "unavailable"),
        ("{{ states.sensor.mass.state }}", 12.5),
        ("{{ states.light.hall.attributes.brightness }}", 120),
        ("{{ states.light.hall.name }}", "门厅灯"),
        ("{{ states.sensor.nothing }}", None),
        ("{{ states.sensor | list | length }}", 4),
        (
            "{{ states | selectattr('state', 'eq', 'on') | map(attribute='entity_id') | list }}",
            ["binary_sensor.door", "light.hall"],
        ),
        ("{{ 'sensor.word' | states }}", "abc"),
        ("{{ is_state('binary_sensor.door', 'on') }}", True),
        ("{{ is_state('binary_sensor.door', ['off', 'on']) }}", True),
        ("{{ is_state('sensor.none', 'unknown') }}", False),
        ("{{ state_attr('light.hall', 'brightness') }}", 120),
        ("{{ state_attr('light.none', 'brightness') }}", None),
        ("{{ is_state_attr('light.hall', 'brightness', 120) }}", True),
        ("{{ has_value('sensor.lost') }}", False),
        ("{{ has_value('sensor.mass') }}", True),
        ("{{ 'sensor.mass' is has_value }}", True),
        ("{{ now().hour }}", 12),
        ("{{ now().strftime('%Y-%m-%d %H:%M') }}", "2024-05-06 12:00"),
        ("{{ utcnow().hour }}", 4),
        ("{{ (now() - utcnow()).total_seconds() }}", 0.0),
        ("{{ now() > today_at('07:00') }}", True),
        ("{{ (now() - timedelta(hours=1)).hour }}", 11),
        ("{{ as_timestamp(now()) | int }}", 1714968000),
        ("{{ 1714968000 | timestamp_custom('%H:%M') }}", "12:00"),
        ("{{ 1714968000 | timestamp_custom('%H:%M', false) }}", "04:00"),
        ("{{ 'x' | timestamp_custom('%H', true, 'none') }}", "none"),
        ("{{ as_datetime('2024-05-06T04:00:00+00:00') == utcnow() }}", True),
        ("{{ as_datetime('no time') is none }}", True),
        ("{{ as_local(utcnow()).hour }}", 12),
        ("{{ as_timedelta('00:05:00').total_seconds() }}", 300.0),
        ("{{ iif(true, 'a', 'b') }}", "a"),
        ("{{ none | iif('a', 'b', 'c') }}", "c"),
        ("{{ 'x' | float(0) }}", 0),
        ("{{ float('x', 7) }}", 7),
        ("{{ '23.7' | int }}", 23),
        ("{{ 'ff' | int(0, 16) }}", 255),
        ("{{ 'on' | bool }}", True),
        ("{{ 3.14159 | round(2) }}", 3.14),
        ("{{ 3.6 | round }}", 4),
        ("{{ 3.2 | round(0, 'ceil') }}", 4),
        ("{{ 3.7 | round(0, 'floor') }}", 3),
        ("{{ 3.3 | round(1, 'half') }}", 3.5),
        ("{{ 'x' | round(1, default=9) }}", 9),
        ("{{ min(3, 1, 2) }} ", 1),
        ("{{ [3, 1, 2] | max }}", 3),
        ("{{ [1, 2, 3] | sum }}", 6),
        ("{{ average(1, 2, 3) }}", 2.0),
        ("{{ [1, 2, 6] | average }}", 3.0),
        ("{{ 'abc' | regex_match('a.c') }}", True),
        ("{{ 'xabc' is search('a.c') }}", True),
        ("{{ ('a' * 3000) | regex_match('.*a.*') }}", True),
        ("{{ ('a' * 3000) | regex_search('^.*a.*$') }}", True),
        ("{{ 'a1b2' | regex_replace('[0-9]', '#') }}", "a#b#"),
        ("{{ 'a1b22' | regex_findall('[0-9]+') }}", ["1", "22"]),
        ("{{ 'a1b22' | regex_findall_index('[0-9]+', 1) }}", 22),
        ("{{ '{\"a\": [1]}' | from_json }}", {"a": [1]}),
        ("{{ ('{\"a\": 1}' | from_json).a }}", 1),
        ("{{ {'a': 1} | to_json }}", {"a": 1}),
        ("{{ 'no json' | from_json(default='d') }}", "d"),
        ("{{ [1, 2] | join('-') }}", "1-2"),
        ("{{ ['a', 'b'] | join(', ') | upper }}", "A, B"),
        ("{{ 'a-b' | replace('-', '+') }}", "a+b"),
        ("{{ 'Hall light' | slugify }}", "hall_light"),
        ("{{ is_number('5.5') and not is_number('x') }}", True),
        ("{{ area_name('light.hall') }}", "一号楼"),
        ("{{ area_id('South tower') }}", "b1"),
        ("{{ area_name('b1') }}", "一号楼"),
        ("{{ 'b' in ['a', 'b'] }}", True),
        ("{{ ['a', 'b'] is contains('b') }}", True),
        ("{% set x = 5 %}{{ x * 2 }}", 10),
        ("{% for i in range(3) %}{{ i }}{% endfor %}", "012"),
        ("{% for i in range(9) %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}", "01"),
        (
            "{% set ns = namespace(n=0) %}{% for i in [1, 2] %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}",
            3,
        ),
        ("{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}{{ twice('ab') }}", "abab"),
        ("{{ 'a' ~ 1 ~ 'b' }}", "a1b"),
        ("{{ '%05.1f' | string % 3.14159 }}", "003.1"),
        ("{{ '{:.1f} m'.format(3.14159) }}", "3.1 m"),
        ("{{ missing }}", ""),
        ("{{ missing | default('x') }}", "x"),
        ("{{ 'Temperature: ' }}{{ 5 }}", "Temperature: 5"),
        ("  {{ 5 }}  ", 5),
    ],
)
def test_home_assistants_functions(house, source, expected):
    found = value(house, source)
    assert found == expected
    assert isinstance(found, bool) is isinstance(expected, bool)


@pytest.mark.parametrize(
    ("source", "variables", "expected"),
    [
        ("{{ a.b.c }}", {"a": {"b": {"c": 5}}}, 5),
        ("{{ a.b }}", {"a": {"b": "012"}}, "012"),
        ("{{ a.b }}", {"a": {"b": "12"}}, 12),
        ("{{ a['b'] }}", {"a": {"b": True}}, True),
        ("{{ a.items }}", {"a": {"items": 3}}, 3),  # a field wins over the mapping's method
        ("{{ a.b }}", {"a": {"b": [1, {"c": 2}]}}, [1, {"c": 2}]),
        ("{{ a.b }}", {"a": {}}, ""),
        ("{{ a }}", {"a": None}, None),
        ("{{ a.b }}!", {"a": {"b": 1}}, "1!"),
    ],
)
def test_plain_names_give_their_values(house, source, variables, expected):
    found = value(house, source, **variables)
    assert found == expected
    assert type(found) is type(expected)


def test_text_and_truth_of_a_template(house):
    assert TEMPLATES.compile(" {{ 5 }} ").text(house.scope()) == "5"
    assert TEMPLATES.compile("{{ 1 == 1 }}").true(house.scope())
    assert TEMPLATES.compile("TRUE").true(house.scope())
    assert not TEMPLATES.compile("{{ 1 }}").true(house.scope())


def test_a_state_in_a_variable(house):
    state = StateView(house.state("light.hall"))
    assert (
        value(house, "{{ s.state }} {{ s.attributes.brightness }} {{ s.entity_id }} {{ s.domain }}", s=state)
        == "on 120 light.hall light"
    )
    assert value(house, "{{ s.state }}", s=state) == "on"
    assert value(house, "{{ s.last_changed.hour }}", s=state) == 4


HOSTILE = [
    "{{ 'a' * 10**9 }}",
    "{{ 10**9 * 'a' }}",
    "{{ [1] * 10**9 }}",
    "{{ 2 ** (10 ** 9) }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%*d' % (10**9, 1) }}",
    "{{ '{:>1000000000}'.format('x') }}",
    "{{ '{:{}}'.format('x', 10**9) }}",
    "{{ 'a'.center(10**9) }}",
    "{{ 'a'.ljust(10**8) }}",
    "{{ 'a'.zfill(10**8) }}",
    "{{ 'a' | center(10**9) }}",
    "{{ 'a' | indent(10**9) }}",
    "{{ [1] | batch(10**9, 'x') | list }}",
    "{{ [1] | slice(10**9) | list }}",
    "{{ ('a' * 10000) | replace('a', 'b' * 10000) }}",
    "{{ ('a' * 10000).replace('a', 'b' * 10000) }}",
    "{{ ('a' * 10000).join(['b'] * 10000) }}",
    "{{ (['a'] * 10000) | join('b' * 10000) }}",
    "{{ ('a' * 10000)['replace']('a', 'b' * 10000) }}",
    "{% for f in ['a' * 10000] | map(attribute='replace') %}{{ f('a', 'b' * 10000) }}{% endfor %}",
    "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
    "{% for i in range(10000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}",
    "{% for i in range(10000) %}a lot of text in a loop{% endfor %}",
    "{% for i in range(10**9) %}{% endfor %}",
    "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
    "{% for i in range(3) recursive %}{{ loop(range(3)) }}{% endfor %}",
    "{{ (1).to_bytes(10**9) }}",
    "{{ 'a'.encode() }}",
    "{{ ().__class__.__bases__ }}",
    "{{ ''['__class__'].__name__ }}",
    "{{ states['_house'] }}{{ 1 / 0 }}",
    "{{ now()['__class__'] }}{{ 1 / 0 }}",
    "{{ 'a' * 16384 ~ 'b' }}",
    "{{ ('a' * 30) | regex_match('(a+)+$') }}",
    "{{ ('a' * 30) | regex_match('(a|a)*$') }}",
    "{{ ('a' * 3000) | regex_match('a*a*a*a*b') }}",
    "{{ ('a' * 4000) | regex_search('a*a*b') }}",
    "{{ ('a' * 16000) | regex_findall('a*b') }}",
    "{{ 1 / 0 }}",
    "{{ 'x' | float }}",
    "{{ none + 1 }}",
    "{{ a.b.c }}",
    "{{ [][5].x }}",
    "{{ missing | is_defined }}",
    "{{ range(10**400) }}",
]


@pytest.mark.parametrize("source", HOSTILE)
def test_nothing_runs_long_grows_large_or_reaches_out(house, source):
    with pytest.raises((TemplateFailed, TemplateFault)):
        value(house, source)


@pytest.mark.parametrize(
    ("source", "problem", "remedy"),
    [
        ("{{ 5 | flot }}", "No filter named 'flot'", ""),
        ("{{ 5 is evn }}", "No test named 'evn'", ""),
        ("{{ 5", "end of", ""),
        ("{% if %}", "xpected", ""),
        ("{% include 'x' %}", "'include' is not available", "write it out"),
        ("{% import 'x' as y %}", "'import' is not available", ""),
        ("{% extends 'x' %}", "'extends' is not available", ""),
        ("{% block x %}{% endblock %}", "'block' is not available", ""),
        ("{{ _house }}", "leading _", ""),
        ("{{ states.__class__ }}", "leading _", ""),
        ("{% set _step = 5 %}", "leading _", ""),
        ("{{ 5 | attr('x') }}", "No filter named 'attr'", ""),
        ("{{ 'x' | safe }}", "No filter named 'safe'", ""),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "too complicated", "simplify"),
        ("a" * (LONGEST_TEXT + 1), "at most", "split"),
    ],
)
def test_faults_are_found_when_compiling(source, problem, remedy):
    with pytest.raises(TemplateFault) as caught:
        Templates().compile(source)
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''['__class__'] }}",
        "{{ '{0.__class__}'.format(states) }}",
        "{{ now()['__class__'] }}",
        "{{ states['_house'] }}",
    ],
)
def test_what_is_hidden_is_undefined(house, source):
    assert value(house, source) == ""


def test_a_failing_template_leaves_the_next_one_its_whole_budget(house):
    with pytest.raises(TemplateFailed):
        value(house, "{% for i in range(10000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}")
    assert value(house, "{% for i in range(900) %}{{ i % 10 }}{% endfor %}") == "0123456789" * 90


def test_an_honest_long_loop_is_within_the_budget(house):
    for number in range(3000):
        house.put(f"sensor.s{number}", number)
    source = (
        "{{ states.sensor | map(attribute='state') | map('float', 0) | select('>', 2990) | list | count }}"
    )
    assert value(house, source) == 9


PIECES = st.sampled_from(
    [
        "{{",
        "}}",
        "{%",
        "%}",
        " for x in ",
        "range(99)",
        " endfor ",
        "'a'",
        "*",
        "+",
        "~",
        "9",
        "|",
        "join",
        "replace",
        "('a','b')",
        "(",
        ")",
        "[",
        "]",
        ".",
        "format",
        "center",
        "set x =",
        "x",
        " if ",
        " else ",
        "endif",
        "states",
        "macro f()",
        "endmacro",
        "f()",
        "\n",
        "trigger",
        "_x",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_any_text_renders_fails_or_is_refused(source):
    house = FakeHouse(sensor__mass=1)
    with contextlib.suppress(TemplateFault, TemplateFailed):
        TEMPLATES.compile(source).value(house.scope(trigger={"id": "x"}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("{{ x }}", True), ("{% x %}", True), ("{# x #}", True), ("plain", False), ("{a}", False), ("", False)],
)
def test_what_counts_as_a_template(text, expected):
    assert is_template(text) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a*)*b",
        "(a|b|ab)+",
        "([a-z]+\\d*)+",
        "(.*)*",
        r"(a)\1",
        "a" * 300,
        "(",
        "[",
        "(?P<x>",
        "[1||",
        "a{1,999}" * 2 + "(b{0,99}c)*",
    ],
)
def test_expressions_that_could_take_long_are_refused(pattern):
    with pytest.raises(PatternFault):
        compiled(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:a?){50}a{50}b",
        "a?" * 50 + "a{50}",
        "(?:a{1,9})*b",
        "(?:a{0,9}){0,9}b",
        "(?:ab?)+c",
        "(?:a|ab)" * 20,
        "(?:a*){30}c",
        "(?:a|bc){40}d",
        "(?:(?:a?){60000}){60000}",
        "(?=(?:a?){50}b)",
        "(?>(?:a?){50}b)",
    ],
)
def test_small_choices_that_multiply_are_refused(pattern):
    with pytest.raises(PatternFault):
        compiled(pattern)


@pytest.mark.parametrize(
    "pattern", ["^\\d{1,3}(?:\\.\\d{1,3}){3}$", "https?://\\S+", "a?b?c?d?", "(?:on|off|open)-(?:a|b)"]
)
def test_small_choices_are_taken(pattern):
    assert compiled(pattern)[1] > 1000


@pytest.mark.parametrize(
    "pattern",
    ["^[A-Z]{2}-\\d+$", "a.*b", "(on|off)", "\\w+@\\w+", "(?i)x", "[ab]+", "(ab)+", "x{2,5}", "(?=a)b*"],
)
def test_plain_expressions_are_taken(pattern):
    expression, longest = compiled(pattern)
    assert expression.pattern == pattern
    assert longest > 50


@given(st.text(alphabet="ab*+?()[]{}|\\.^$1,", max_size=12), st.text(alphabet="ab1", max_size=60))
def test_no_expression_hangs(pattern, text):
    try:
        expression, longest = compiled(pattern)
    except PatternFault:
        return
    expression.search(text[:longest])
