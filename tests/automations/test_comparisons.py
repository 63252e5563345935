"""comparisons of rules."""

from datetime import UTC, datetime
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.comparisons import ComparisonFault, parse_comparison
from hub.api import Severity

NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "value", "expected"),
    [
        (">= 0.8", 0.8, True),
        (">= 0.8", 0.79, False),
        (">=0.8", 1, True),
        ("< 5", 4, True),
        ("< 5", 5, False),
        ("<= -1", -1, True),
        ("> 1e3", 1001, True),
        ("== 5", 5.0, True),
        ("!= 5", 5, False),
        ("!= 5", 6, True),
        (5, 5, True),
        (5, "5", True),
        ("5", 5, True),
        ("12", "12", True),
        ("12", "012", False),
        ("> 9", "12", True),  # numbers as text compare as numbers
        ("> 9", "abc", False),
        ("> a", "b", True),
        ("== a b", "a b", True),
        ("!= a", "b", True),
        ('== "<b>"', "<b>", True),
        ("'x'", "'x'", True),  # without a sign, the text as it is
        ("in [a, b]", "a", True),
        ("in ['a', \"b\"]", "b", True),
        ("in [1, 2]", 2, True),
        ("in [a, b]", "c", False),
        ("not in [a, b]", "c", True),
        ("not in [a, b]", "a", False),
        ([1, "> 10"], 11, True),
        ([1, "> 10"], 5, False),
        (["heavy", "light"], "light", True),
        (True, True, True),
        (True, False, False),
        ("true", True, True),
        ("!= on", False, True),
        (True, 1, False),
        (1, True, False),
        ("> 0", True, False),
        (None, None, True),
        (None, 0, False),
        ("!= 3", None, True),
        ("> 3", None, False),
        (">= warning", Severity.critical, True),
        (">= warning", Severity.info, False),
        ("== critical", Severity.critical, True),
        ("critical", Severity.critical, True),
        ("!= critical", Severity.info, True),
        ("> 2024-05-06", NOON, True),
        ("< 2024-05-06T11:00:00", NOON, False),
        ("> 5", [1, 2], False),
        ("> nan", 5, False),
    ],
)
def test_comparisons(written, value, expected):
    assert parse_comparison(written)(value) is expected


@pytest.mark.parametrize(
    ("written", "declared", "problem", "remedy"),
    [
        (">= warnin", Severity, "no severity", "did you mean 'warning'?"),
        (">= lots", float, "number", ""),
        ("perhaps", bool, "true or false", "true or false"),
        ("hevy", Literal["light", "heavy"], "never 'hevy'", "did you mean 'heavy'?"),
        ("in [light, hevy]", Literal["light", "heavy"], "never 'hevy'", "did you mean 'heavy'?"),
        (">=", None, "compares with nothing", "write a value"),
        ("in []", None, "compares with nothing", "between the brackets"),
        ({"a": 1}, None, "can't be a mapping", ">= 0.8"),
        ("x" * 2000, None, "at most 1000", ""),
    ],
)
def test_what_can_never_be_meant(written, declared, problem, remedy):
    with pytest.raises(ComparisonFault) as caught:
        parse_comparison(written, declared)
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.integers())
    | st.sampled_from([*Severity, NOON])
)


@given(st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3), max_leaves=6), VALUES)
def test_any_comparison_is_judged_or_refused(written, value):
    try:
        test = parse_comparison(written)
    except ComparisonFault:
        return
    assert test(value) in (True, False)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_signs_mean_what_they_say(left, right):
    assert parse_comparison(f">= {right!r}")(left) is (left >= right)
    assert parse_comparison(f"< {right!r}")(left) is (left < right)
    assert parse_comparison(f"!= {right!r}")(left) is (left != right)


@given(st.text(max_size=50))
def test_any_text_compares_equal_to_itself_when_quoted(text):
    written = f'== "{text}"'
    if text.strip() and "\0" not in text:
        assert parse_comparison(written)(text) is True
