"""A section against its schema: every error is a fault at its place, in English, without secrets."""

from typing import Any

import pytest
import voluptuous as vol
from hypothesis import given
from hypothesis import strategies as st

from hub.config import CompleteSchema, Fault, validate
from hub.config import validators as cv
from tests.hub.config.conftest import Load


def refuse(value: Any) -> Any:
    raise vol.Invalid(f"{value} is no good; try another than {value}")


def strip(value: Any) -> Any:
    return value.strip()


INNER = vol.Schema({vol.Required("q"): str})
ENTRY = {
    vol.Required("name"): cv.name,
    vol.Optional("port", default=1883): cv.port,
    "mode": vol.In(["single", "restart", "queued"]),
    "for": cv.time_period,
    "either": vol.Any(int, [str]),
    "open": vol.Any(0, cv.port, cv.one_of("any")),
    "named": vol.Any("all", cv.slug),
    "literal": vol.Any("x", "y", None),
    "url": cv.url,
    "custom": refuse,
    "count": int,
    "ratio": vol.Coerce(float),
    "flag": bool,
    "text": str,
    "items": [cv.port],
    "mapping": dict,
    "matched": vol.Match("^a+$"),
    "range": vol.All(int, vol.Range(min=1, max=3)),
    "size": vol.All(str, vol.Length(max=3)),
    "code": strip,
    "sub": [INNER],
    "numbers": {int: str},
    vol.Exclusive("host", "where"): str,
    vol.Exclusive("socket", "where"): str,
    vol.Inclusive("user", "login"): str,
    vol.Inclusive("password", "login"): str,
}
SCHEMA = vol.Schema([ENTRY])

# One entry beside `name: n` -> its fault, after "config/configuration.yaml:3:".
WRONG = [
    ("prot: 1", "5: devices[0].prot: unknown key 'prot'; did you mean 'port'?"),
    ("zzzzzz: 1", "5: devices[0].zzzzzz: unknown key 'zzzzzz'; known here: code, count, custom, either, flag, "
     "for, host, items, literal, mapping, matched, mode, ..."),
    ("port: abc", "11: devices[0].port: 'abc' is not a whole number; write digits only"),
    ("port: 0", "11: devices[0].port: 0 is out of range; write a number from 1 to 65535"),
    ("mode: singel", "11: devices[0].mode: 'singel' is not one of the choices; did you mean 'single'?"),
    ("mode: 5", "11: devices[0].mode: 5 is not one of the choices; write 'single', 'restart' or 'queued'"),
    ("mode: []", "11: devices[0].mode: a list is not one of the choices; write 'single', 'restart' or 'queued'"),
    ("for: {hour: 1}", "17: devices[0].for.hour: unknown unit 'hour'; did you mean 'hours'?"),
    ("either: x", "13: devices[0].either: 'x' does not fit; write a whole number or a list"),
    ("either: [a, 1]", "17: devices[0].either[1]: 1 is not text; put it in quotes"),
    ("open: x", "11: devices[0].open: 'x' does not fit; write 0, a whole number from 1 to 65535 or 'any'"),
    ("named: A b", "12: devices[0].named: 'A b' is not a slug; write 'a_b'"),
    ("literal: z", "14: devices[0].literal: 'z' is not one of the choices; write 'x', 'y' or nothing"),
    ("url: x", "10: devices[0].url: 'x' is not a web address; write one like https://example.org/path"),
    ("custom: x", "13: devices[0].custom: x is no good; try another than x"),
    ("count: x", "12: devices[0].count: 'x' is not a whole number; write digits only"),
    ("count: {a: 1}", "12: devices[0].count: a mapping is not a whole number; write digits only"),
    ("ratio: x", "12: devices[0].ratio: 'x' is not a number; write digits, and a point if need be"),
    ("flag: on", "11: devices[0].flag: 'on' is neither true nor false; write true or false"),
    ("text: 12", "11: devices[0].text: 12 is not text; put it in quotes"),
    ("text:", "10: devices[0].text: nothing is not text; put it in quotes"),
    ("items: 5", "12: devices[0].items: 5 is not a list; start each item with '- '"),
    ("mapping: x", "14: devices[0].mapping: 'x' is not a mapping; write 'key: value' lines"),
    ("matched: b", "14: devices[0].matched: 'b' is not of the right form; it must match ^a+$"),
    ("range: 4", "12: devices[0].range: 4 is out of range; it must be at most 3"),
    ("size: abcd", "11: devices[0].size: 'abcd' has the wrong length; it must be at most 3"),
    ("code: 5", "11: devices[0].code: 5 can't be used here (AttributeError); see the documentation of this key"),
    ("numbers: {x: y}", "15: devices[0].numbers.x: the key 'x' is not of the right form; expected int"),
    ("numbers: {1: 2}", "18: devices[0].numbers[1]: 2 is not text; put it in quotes"),
    ("sub: [{}]", "11: devices[0].sub[0].q: the key 'q' is missing; add 'q: ...'"),
    ("{host: a, socket: b}", "5: devices[0]: host, socket exclude each other; keep one of them"),
    ("user: a", "5: devices[0]: user, password go together; write all of them or none"),
]  # fmt: skip


def faults_in(read: Load, text: str, **files: str) -> list[Fault]:
    document = read(
        {"configuration.yaml": text, **{f"{name}.yaml": content for name, content in files.items()}}
    )
    cleaned, faults = validate(SCHEMA, document.data["devices"], ["devices"], document)
    assert cleaned is None
    return faults


@pytest.mark.parametrize(("entry", "fault"), WRONG, ids=[entry for entry, _ in WRONG])
def test_says_what_is_wrong_and_what_would_be_right(entry: str, fault: str, read: Load) -> None:
    if entry.startswith("{"):
        entry = "\n    ".join(entry.strip("{}").split(", "))
    faults = faults_in(read, f"devices:\n  - \n    {entry}\n    name: n\n")
    assert [str(fault) for fault in faults] == [f"config/configuration.yaml:3:{fault}"]


def test_every_error_of_every_item_is_a_fault(read: Load) -> None:
    text = (
        "devices:\n"
        "  - nam: a\n"
        "    port: abc\n"
        "  - 5\n"
        "  - port: 1\n"
        "    host: x\n"
        "    socket: y\n"
        "    items: [0, 1, x]\n"
        "    sub:\n"
        "      - {k: 1}\n"
        "      - {q: 1}\n"
        "      - {q: x}\n"
    )
    assert [(fault.line, fault.column, fault.path) for fault in faults_in(read, text)] == [
        (2, 5, "devices[0].nam"),
        (3, 11, "devices[0].port"),
        (4, 5, "devices[1]"),
        (5, 5, "devices[2]"),
        (8, 13, "devices[2].items[0]"),
        (8, 19, "devices[2].items[2]"),
        (10, 10, "devices[2].sub[0].k"),
        (10, 9, "devices[2].sub[0].q"),
        (11, 13, "devices[2].sub[1].q"),
        (5, 5, "devices[2].name"),
    ]


def test_a_misspelt_required_key_is_one_fault(read: Load) -> None:
    (fault,) = faults_in(read, "devices:\n  - nmae: a\n")
    assert (fault.problem, fault.remedy) == ("unknown key 'nmae'", "did you mean 'name'?")


def test_good_data_is_cleaned(read: Load) -> None:
    document = read("devices:\n  - name: 5\n  - {name: b, port: '80', for: '00:01'}\n")
    cleaned, faults = validate(SCHEMA, document.data["devices"], ["devices"], document)
    assert faults == []
    assert cleaned is not None
    assert [(entry["name"], entry["port"]) for entry in cleaned] == [("5", 1883), ("b", 80)]
    assert document.data["devices"][0] == {"name": 5}


def test_faults_point_into_included_files(read: Load) -> None:
    faults = faults_in(read, "devices: !include d.yaml", d="- name: a\n\n- name: b\n  port: x\n")
    assert [str(fault) for fault in faults] == [
        "config/d.yaml:4:9: devices[1].port: 'x' is not a whole number; write digits only"
    ]


def test_values_of_secrets_are_never_shown(read: Load) -> None:
    text = (
        "devices:\n  - name: n\n    url: !secret long\n    custom: !secret short\n    port: !secret long\n"
        "    mode: !secret short\n    range: !secret number\n    for: !secret mapping\n    text: !env_var NUMBER x\n"
        "    size: !secret long\n    code: !secret number\n    matched: !secret long\n    literal: !secret long\n"
    )
    secrets = "long: hunter22-'quoted'\nshort: zq\nnumber: 987\nmapping: {hours: hunter33}\n"
    faults = faults_in(read, text, secrets=secrets)
    assert len(faults) == 10
    shown = " ".join(str(fault) for fault in faults)
    for value in ("hunter22", "quoted", "zq", "987", "hunter33"):
        assert value not in shown
    assert "the value of !secret long is not a whole number; write digits only" in shown
    assert "custom: the value of !secret short is not valid here" in shown


def test_a_secret_told_by_another_value_s_error_is_hidden(read: Load) -> None:
    document = read({"configuration.yaml": "a: {pw: !secret pw, user: x}", "secrets.yaml": "pw: hunter22"})

    def refuse_pair(pair: Any) -> Any:
        raise vol.Invalid(f"{pair['user']} and {pair['pw']} do not match")

    _, (fault,) = validate(refuse_pair, document.data["a"], ["a"], document)
    assert fault.problem == "x and (hidden) do not match"


def test_what_could_not_be_read_is_no_second_fault(read: Load) -> None:
    document = read(
        {"configuration.yaml": "devices:\n  - {name: !secret x, port: y}\n  - !include nope.yaml\n"}
    )
    assert len(document.faults) == 2
    _, faults = validate(SCHEMA, document.data["devices"], ["devices"], document)
    assert [fault.path for fault in faults] == ["devices[0].port"]


def test_a_bare_section_is_an_empty_mapping(read: Load) -> None:
    document = read("demo:\nmqtt:\n")
    assert validate({"a": int}, document.data["demo"], ["demo"], document) == ({}, [])
    _, faults = validate({vol.Required("host"): str}, document.data["mqtt"], ["mqtt"], document)
    assert [str(fault) for fault in faults] == [
        "config/configuration.yaml:2:6: mqtt.host: the key 'host' is missing; add 'host: ...'"
    ]
    _, (fault,) = validate([int], document.data["mqtt"], ["mqtt"], document)
    assert fault.problem == "nothing is not a list"


def test_schemas_of_any_make(read: Load) -> None:
    document = read("a: [1]")
    for schema in ([int], vol.Schema([int]), CompleteSchema([int]), lambda value: value):
        assert validate(schema, document.data["a"], ["a"], document) == ([1], [])


def test_extra_keys_may_be_allowed_or_dropped(read: Load) -> None:
    document = read("a: {x: {y: 1, z: 2}}")
    for extra, kept in ((vol.ALLOW_EXTRA, {"y": 1, "z": 2}), (vol.REMOVE_EXTRA, {"y": 1})):
        inner = vol.Schema({"y": int}, extra=extra)
        assert validate({"x": inner}, document.data["a"], ["a"], document) == ({"x": kept}, [])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*map(str, ENTRY), "nam", "q"]), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(data=ANYTHING)
def test_agrees_with_voluptuous(data: Any) -> None:
    schema = vol.Schema([{**ENTRY, "code": str}])
    try:
        expected = schema(data)
    except vol.Invalid:
        with pytest.raises(vol.MultipleInvalid):
            CompleteSchema(schema)(data)
    else:
        assert CompleteSchema(schema)(data) == expected
