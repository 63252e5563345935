"""natives of rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.natives import native


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("+5", 5),
        ("0", 0),
        ("23.5", 23.5),
        ("5.", 5.0),
        (".5", 0.5),
        ("012", "012"),  # a home's number, as in Home Assistant
        ("0.5", 0.5),
        ("1e5", "1e5"),
        ("1_000", "1_000"),
        ("5 ", 5),
        ("-", "-"),
        (".", "."),
        ("1-12-03", "1-12-03"),
        ("True", True),
        ("False", False),
        ("true", "true"),
        ("on", "on"),
        ("None", None),
        ("none", "none"),
        ("", ""),
        ("[1, 2]", [1, 2]),
        ("['a']", ["a"]),
        ("{'a': 1}", {"a": 1}),
        ("(1, 2)", (1, 2)),
        ("{1, 2}", {1, 2}),
        ("(5)", "(5)"),
        ("[1", "[1"),
        ("'quoted'", "'quoted'"),
        ("__import__('os')", "__import__('os')"),
        ("[__import__('os')]", "[__import__('os')]"),
        ("[" * 5000 + "]" * 5000, "[" * 5000 + "]" * 5000),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_texts_become_values_as_in_home_assistant(text, value):
    found = native(text)
    assert found == value
    assert type(found) is type(value)


@given(st.text() | st.from_regex(r"[\[\]{}(),:0-9'+.-]{0,40}", fullmatch=True))
def test_no_text_is_too_strange(text):
    value = native(text)
    assert value == text.strip() or not isinstance(value, str)
