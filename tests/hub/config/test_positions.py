"""Where a value was written, through includes, packages, aliases and lists."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hub.config import Document, load
from tests.hub.config.conftest import Load, write
from tests.hub.config.test_scalars import QuotingDumper

FILES = {
    "configuration.yaml": (
        "homeassistant:\n"  # 1
        "  name: x\n"
        "  packages: !include_dir_named packages\n"
        "automation: !include_dir_merge_list rules\n"
        "automation manual:\n"  # 5
        "  - id: m\n"
        "mqtt:\n"
        "  password: !secret pw\n"
        "  will: &will {qos: 1}\n"
        "  birth:\n"  # 10
        "    <<: *will\n"
        "    retain: true\n"
        "lights: !include_dir_merge_named lights\n"
        "each: !include_dir_list rules\n"
        "named: !include_dir_named rules\n"  # 15
        "one: !include rules/a.yaml\n"
        "empty:\n"
    ),
    "secrets.yaml": "pw: hunter22",
    "rules/a.yaml": "- id: a\n  on:\n    at: 12:30\n- id: b\n",
    "rules/b.yaml": "# the other\n- id: c\n",
    "packages/p.yaml": "automation:\n  - id: p\nhub:\n  zone: 3\nmqtt:\n  broker: 1\n",
    "lights/a.yaml": "k: 1\n",
    "lights/b.yaml": "l:\n  m: 2\n",
}

PLACES: list[tuple[tuple[Any, ...], str, str]] = [
    # path, where its value is, where its key is
    ((), "configuration.yaml:1:1", "configuration.yaml:1:1"),
    (("hub",), "configuration.yaml:2:3", "configuration.yaml:1:1"),
    (("hub", "name"), "configuration.yaml:2:9", "configuration.yaml:2:3"),
    (("hub", "zone"), "packages/p.yaml:4:9", "packages/p.yaml:4:3"),
    (("automation",), "configuration.yaml:4:13", "configuration.yaml:4:1"),
    (("automation", 0), "rules/a.yaml:1:3", "rules/a.yaml:1:3"),
    (("automation", 0, "on", "at"), "rules/a.yaml:3:9", "rules/a.yaml:3:5"),
    (("automation", 1, "id"), "rules/a.yaml:4:7", "rules/a.yaml:4:3"),
    (("automation", 2, "id"), "rules/b.yaml:2:7", "rules/b.yaml:2:3"),
    (("automation", 3), "configuration.yaml:6:5", "configuration.yaml:6:5"),
    (("automation", 4, "id"), "packages/p.yaml:2:9", "packages/p.yaml:2:5"),
    (("mqtt", "password"), "configuration.yaml:8:13", "configuration.yaml:8:3"),
    (("mqtt", "broker"), "packages/p.yaml:6:11", "packages/p.yaml:6:3"),
    (("mqtt", "birth", "retain"), "configuration.yaml:12:13", "configuration.yaml:12:5"),
    (("mqtt", "birth", "qos"), "configuration.yaml:9:21", "configuration.yaml:9:16"),
    (("lights", "k"), "lights/a.yaml:1:4", "lights/a.yaml:1:1"),
    (("lights", "l", "m"), "lights/b.yaml:2:6", "lights/b.yaml:2:3"),
    (("each", 1, 0, "id"), "rules/b.yaml:2:7", "rules/b.yaml:2:3"),
    (("named", "b"), "rules/b.yaml:2:1", "rules/b.yaml:2:1"),
    (("one",), "rules/a.yaml:1:1", "configuration.yaml:16:1"),
    (("one", 1), "rules/a.yaml:4:3", "rules/a.yaml:4:3"),
    (("empty",), "configuration.yaml:17:7", "configuration.yaml:17:1"),
    # what is not there is said to be at its nearest ancestor
    (("nothing",), "configuration.yaml:1:1", "configuration.yaml:1:1"),
    (("mqtt", "birth", "topic"), "configuration.yaml:11:5", "configuration.yaml:11:5"),
    (("automation", 2, "where", "x"), "rules/b.yaml:2:3", "rules/b.yaml:2:3"),
    (("automation", 99), "configuration.yaml:4:13", "configuration.yaml:4:13"),
]


@pytest.mark.parametrize(("path", "value", "key"), PLACES, ids=[str(path) for path, _, _ in PLACES])
def test_points_at_the_place(path: tuple[Any, ...], value: str, key: str, read: Load) -> None:
    document = read(FILES)
    assert list(document.faults) == []
    assert "{}:{}:{}".format(*document.position(path)) == f"config/{value}"
    assert "{}:{}:{}".format(*document.position(path, key=True)) == f"config/{key}"


def test_more_files_than_are_kept_open(read: Load) -> None:
    document = read(
        {"configuration.yaml": "a: !include_dir_list d", **{f"d/{n}.yaml": f"x: {n}" for n in range(9)}}
    )
    for _ in range(2):
        assert [document.position(("a", n, "x")).file for n in range(9)] == [
            f"config/d/{n}.yaml" for n in range(9)
        ]
    document.forget_positions()
    assert document.position(("a", 0, "x")) == ("config/d/0.yaml", 1, 4)


def test_a_file_that_changed_since_has_no_lines(read: Load, folder: Path) -> None:
    document = read("a: 1\nb: 2")
    (folder / "configuration.yaml").write_text("\n\nb: 2")
    assert document.position(("b",)) == ("config/configuration.yaml", 0, 0)
    assert str(document.fault(("b",), "wrong")) == "config/configuration.yaml: b: wrong"


def test_columns_count_letters_not_bytes(read: Load) -> None:
    document = read("人民: {公园: 1}")
    assert document.position(("人民", "公园")) == ("config/configuration.yaml", 1, 10)


WORDS = st.text("abcXYZ ä中_-.:#'\"\n{}", max_size=8)
TREES = st.recursive(
    WORDS | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)


def paths(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(deeper for step, value in steps for deeper in paths(value, (*path, step)))]


def written_at(document: Document, path: tuple[Any, ...], text: str) -> str:
    _, line, column = document.position(path)
    return text.split("\n")[line - 1][column - 1 :]


@given(tree=TREES, flow=st.booleans())
def test_every_value_is_where_its_position_says(
    tree: Any, flow: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("config")
    text = yaml.dump(
        {"top": tree}, Dumper=QuotingDumper, default_flow_style=flow, allow_unicode=True, width=10**6
    )
    write(folder, {"configuration.yaml": text})
    document = load(folder, environ={})
    for path in paths(tree, ("top",)):
        value = document.data
        for step in path:
            value = value[step]
        rest = written_at(document, path, text)
        if isinstance(value, str):
            assert rest.startswith('"')
        elif isinstance(value, int):
            assert rest.startswith(str(value))
        else:
            assert rest
