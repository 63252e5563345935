"""Reading from events gives what reading from nodes gives, or nothing at all."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hub.config.limits import Limits
from hub.config.parsed import Parsed, Tag
from hub.config.parsing import parse, parse_nodes
from hub.config.streaming import MOST_WORDS, stream
from tests.hub.config.test_limits import FRAGMENTS, REFUSED, SMALL_REFUSED
from tests.hub.config.test_loading import LOADED
from tests.hub.config.test_loading_faults import SEVERAL, SYNTAX
from tests.hub.config.test_positions import FILES
from tests.hub.config.test_scalars import PLAIN, VALUES

ROOT = Path(__file__).parents[3]
LIMITS = Limits()
TINY = Limits(depth=4, nodes=12, alias_nodes=8)


def facts(parsed: Parsed) -> tuple[Any, ...]:
    """All a text holds, with types and order."""
    written = repr(parsed.data), repr(parsed.tags)
    return *written, parsed.mistakes, parsed.broken, parsed.nodes, parsed.depth, parsed.rescued


def assert_the_same(text: str, limits: Limits) -> None:
    for secret in (False, True):
        assert facts(parse(text, limits, secret=secret)) == facts(parse_nodes(text, limits, secret=secret))


STREAMED: dict[str, tuple[str, Any]] = {
    "a word": ("word", "word"),
    "a document with a start and an end": ("%YAML 1.1\n---\na: 1\n...\n", {"a": 1}),
    "a list in a list": ("- [x, [1, 2.5, ~]]\n-\n", [["x", [1, 2.5, None]], None]),
    "words and texts": ("a: on\nb: 'on'\nc: true\nd: 'true'\n", {"a": "on", "b": "on", "c": True, "d": "true"}),
    "one spelling as key and value": ("x: 1\n1: x\n'1': 1\n", {"x": 1, 1: "x", "1": 1}),
    "a quoted <<": ("'<<': 1", {"<<": 1}),
    "blocks of text": ("a: |\n  x\n  y\nb: >\n  x\n  y\n", {"a": "x\ny\n", "b": "x y\n"}),
    "signs of anchors that are none": ("a: x & y * z\nb: '&a *a'\nc: R&D\n",
                                       {"a": "x & y * z", "b": "&a *a", "c": "R&D"}),
    "as deep as allowed": ("[" * 64 + "1" + "]" * 64, None),
}  # fmt: skip


@pytest.mark.parametrize("case", STREAMED)
def test_streams(case: str) -> None:
    text, data = STREAMED[case]
    streamed = stream(text, LIMITS)
    assert streamed is not None
    assert data is None or repr(streamed.data) == repr(data)
    assert facts(streamed) == facts(parse_nodes(text, LIMITS))


def test_streams_up_to_the_limits() -> None:
    for text in ("[1, {a: 2, b: [3, 4, 5, 6, 7]}]", "[[[[1]]]]", f"[{'[], ' * 11}]"):
        assert stream(text, TINY) is not None
        assert_the_same(text, TINY)
    for text in (
        "[1, {a: 2, b: [3, 4, 5, 6, 7, 8]}]",
        "[[[[[]]]]]",
        "[" + "1," * 20_000 + "]",
        "- [" * 20_000,
    ):
        assert stream(text, TINY) is None
        assert_the_same(text, TINY)


def test_streams_the_loader_s_tags() -> None:
    streamed = stream("a: !include b.yaml\nc:\n  - x\n  - {d: !secret e}\n", LIMITS)
    assert streamed is not None
    assert streamed.data == {"a": None, "c": ["x", {"d": None}]}
    assert streamed.tags == {
        ("a",): Tag("!include", "b.yaml", 1, 4),
        ("c", 1, "d"): Tag("!secret", "e", 4, 9),
    }


LEFT_TO_NODES = {
    "nothing": "",
    "an anchor": "a: &x 1",
    "an anchored list": "a: &x [1]",
    "an alias": "a: &x 1\nb: *x",
    "an alias of nothing": "a: *x",
    "a merge": "a: {<<: {b: 1}}",
    "a tag of YAML's own": "a: !!str 1",
    "a tag nobody knows": "a: !x 1",
    "a tag without a name": "a: !secret",
    "a tagged list": "a: !include [b]",
    "a tagged mapping": "a: !secret {b: c}",
    "the tag that says nothing": "a: ! 1",
    "a tag for a key": "!secret a: 1",
    "a key twice": "a: 1\na: 2",
    "one number twice": "1: a\n0x1: b",
    "nothing for a key": "~: 1",
    "a truth value for a key": "true: 1",
    "a fraction for a key": "1.5: 1",
    "a list for a key": "[a]: 1",
    "a template without quotes": "a: {{ b }}",
    "a name that reads as a number": "a: 1234567E8",
    "two documents": "a: 1\n---\nb: 2",
    "a broken line": "a: [1\nb: 2",
    "a broken end": "a: 1\n]",
    "a character that is none": "a: \x01",
    "too deep": "[" * 65 + "]" * 65,
    "far too deep": "[" * 100_000,
}


@pytest.mark.parametrize("case", LEFT_TO_NODES)
def test_leaves_to_nodes(case: str) -> None:
    text = LEFT_TO_NODES[case]
    assert stream(text, LIMITS) is None
    assert_the_same(text, LIMITS)


def texts_of(*tables: Any) -> Iterator[str]:
    for table in tables:
        for files, *_ in table:
            for content in files.values() if isinstance(files, dict) else [files]:
                yield content if isinstance(content, str) else content.decode("utf-8-sig", "replace")


def test_the_texts_of_all_other_tests_are_read_the_same() -> None:
    tables: tuple[Any, ...] = (
        LOADED.values(),
        REFUSED.values(),
        SMALL_REFUSED.values(),
        SEVERAL.values(),
        SYNTAX,
        [(FILES,)],
    )
    texts = [*texts_of(*tables), *(f"key: {written}\n" for written, _ in VALUES)]
    for text in dict.fromkeys(texts):
        assert_the_same(text, TINY)
        if len(text) < 10_000:
            assert_the_same(text, LIMITS)


SHIPPED = sorted(
    path for folder in ("config", "automations", "integrations") for path in (ROOT / folder).rglob("*.yaml")
)


@pytest.mark.parametrize("path", SHIPPED, ids=[str(path.relative_to(ROOT)) for path in SHIPPED])
def test_shipped_files_are_read_the_same(path: Path) -> None:
    assert_the_same(path.read_text("utf-8"), LIMITS)


@given(text=st.lists(FRAGMENTS, max_size=25).map(lambda parts: b"".join(parts).decode("utf-8", "replace")))
def test_rubble_is_read_the_same(text: str) -> None:
    assert_the_same(text, TINY)


@given(data=PLAIN, flow=st.booleans(), limits=st.sampled_from((LIMITS, TINY)))
def test_what_others_write_is_read_the_same(data: Any, flow: bool, limits: Limits) -> None:
    assert_the_same(yaml.safe_dump(data, default_flow_style=flow, allow_unicode=True), limits)


USUAL = ["a", "b", "c", "x y", "on", "1", "0x1", "-2", "'a'", '"1"', "中", "'<<'"]
ODD = [
    "", "~", "true", "1.5", "1e3", "1234567E8", "<<", "*n", "&n a", "&n", "!secret s", "!include f.yaml", "!secret",
    "!!str 1", "!x y", "{{ t }}", "&n !secret s",
]  # fmt: skip
VALUE = st.sampled_from(USUAL * 3 + ODD)
KEY = st.sampled_from(USUAL * 8 + ODD)
TREES = st.recursive(
    VALUE,
    lambda inner: st.lists(inner, max_size=4) | st.lists(st.tuples(KEY, inner), min_size=1, max_size=4).map(tuple),
    max_leaves=12,
)  # fmt: skip


def block(tree: Any, indent: str = "") -> str:
    """A tree of lists and tuples of pairs as indented lines."""
    if isinstance(tree, str) or not tree:
        return f" {tree or '[]'}\n"
    lines = (
        [(f"{key}:", value) for key, value in tree]
        if isinstance(tree, tuple)
        else [("-", each) for each in tree]
    )
    return "\n" + "".join(f"{indent}{begin}{block(value, indent + '  ')}" for begin, value in lines)


def flow(tree: Any) -> str:
    """A tree as one line of brackets."""
    if isinstance(tree, tuple):
        return "{" + ", ".join(f"{key}: {flow(value)}" for key, value in tree) + "}"
    return "[" + ", ".join(map(flow, tree)) + "]" if isinstance(tree, list) else tree


@given(tree=TREES, write=st.sampled_from((block, flow)), limits=st.sampled_from((LIMITS, TINY)))
def test_odd_things_in_order_are_read_the_same(tree: Any, write: Any, limits: Limits) -> None:
    assert_the_same(write(tree), limits)


RULE = """
- id: rule_{0}
  trigger:
    - platform: numeric_state
      entity_id: sensor.e{0}
      above: 1000
      for: "00:05:00"
  action:
    - service: notify.send
      data: {{rule: {0}}}
"""


def test_a_large_file_takes_little_more_than_its_data() -> None:
    text = "".join(map(RULE.format, range(400)))
    stream(text, LIMITS)
    tracemalloc.start()
    try:
        parsed = parse(text, LIMITS)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(parsed.data) == 400
    assert peak - kept < kept


def test_a_flood_is_not_taken_in_before_it_is_refused() -> None:
    text = "[" + "1," * 50_000 + "]"
    stream("[1]", TINY)
    tracemalloc.start()
    try:
        assert stream(text, TINY) is None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * len(text)


def test_what_is_repeated_is_kept_once() -> None:
    first, *_, last = parse("".join(map(RULE.format, range(MOST_WORDS))), LIMITS).data
    assert last["id"] == f"rule_{MOST_WORDS - 1}"
    for key in ("platform", "above", "for"):
        assert last["trigger"][0][key] is first["trigger"][0][key]
    assert list(map(id, last)) == list(map(id, first))
