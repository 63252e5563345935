"""The core schema of YAML 1.2: what is a number, a truth value, nothing, or text."""

import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hub.config.limits import Limits
from hub.config.parsing import parse

VALUES = [
    ("on", "on"),
    ("off", "off"),
    ("yes", "yes"),
    ("No", "No"),
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("tRUE", "tRUE"),
    ("false", False),
    ("null", None),
    ("~", None),
    ("", None),
    ("NULL", None),
    ("none", "none"),
    ("0", 0),
    ("12", 12),
    ("-7", -7),
    ("+7", 7),
    ("+8613800138000", "+8613800138000"),
    ("012", "012"),
    ("0137", "0137"),
    ("0o14", 12),
    ("0x1F", 31),
    ("0b11", "0b11"),
    ("1_000", "1_000"),
    ("12:30", "12:30"),
    ("12:30:45", "12:30:45"),
    ("1.5", 1.5),
    ("-0.5", -0.5),
    (".5", 0.5),
    ("5.", 5.0),
    ("1e3", 1000.0),
    ("1.5E-3", 0.0015),
    ("1e999", "1e999"),
    ("01.5", "01.5"),
    (".inf", math.inf),
    ("-.INF", -math.inf),
    ("2020-01-01", "2020-01-01"),
    ("2020-01-01T12:00:00Z", "2020-01-01T12:00:00Z"),
    ("1.2.3", "1.2.3"),
    ("192.168.1.10", "192.168.1.10"),
    ("a4:c1:38:00:11:22", "a4:c1:38:00:11:22"),
    ("9" * 5000, "9" * 5000),
    ("=", "="),
    ("'true'", "true"),
    ('"12"', "12"),
    ("!!str 12", "12"),
    ("!!int 0x10", 16),
    ("中文", "中文"),
]


@pytest.mark.parametrize(("written", "value"), VALUES, ids=[written[:20] for written, _ in VALUES])
def test_a_word_means_what_the_core_schema_says(written: str, value: Any) -> None:
    found = parse(f"key: {written}\n", Limits())
    assert found.data == {"key": value}
    assert type(found.data["key"]) is type(value)
    assert not found.mistakes


def test_nan_is_a_number() -> None:
    assert math.isnan(parse(".nan", Limits()).data)


def test_a_name_that_reads_as_a_huge_number_is_warned_of() -> None:
    (mistake,) = parse("dev_eui: 1234567890123E45", Limits()).mistakes
    assert mistake.severity == "warning"
    assert (mistake.line, mistake.column) == (1, 10)
    assert "put it in quotes" in mistake.remedy


def quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


class QuotingDumper(yaml.SafeDumper):
    """Quotes every text, so that 1.1 and 1.2 agree on it."""


QuotingDumper.add_representer(str, quoted)

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS | st.integers(), inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
def test_what_safe_dump_writes_is_read_back(data: Any) -> None:
    found = parse(yaml.dump(data, Dumper=QuotingDumper, allow_unicode=True), Limits())
    assert not [mistake for mistake in found.mistakes if mistake.severity == "fault"]
    assert found.data == data


@given(PLAIN.filter(lambda data: not isinstance(data, str)))
def test_flow_style_and_escapes_are_read_back(data: Any) -> None:
    found = parse(yaml.dump(data, Dumper=QuotingDumper, default_flow_style=True), Limits())
    assert found.data == data
