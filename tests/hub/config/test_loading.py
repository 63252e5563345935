"""Folders of files to one document: includes, secrets, environment, cache."""

import os
from pathlib import Path
from typing import Any

import pytest

from hub.config import Cache, ConfigUnreadable, load
from tests.hub.config.conftest import Files, Load, faults_of, write

LOADED: dict[str, tuple[Files, Any]] = {
    "an empty file": ({"configuration.yaml": ""}, {}),
    "comments only": ({"configuration.yaml": "# nothing yet\n"}, {}),
    "a byte order mark": ({"configuration.yaml": b"\xef\xbb\xbfa: 1\n"}, {"a": 1}),
    "Windows line ends": ({"configuration.yaml": b"a:\r\n  b: 1\r\nc: |\r\n  x\r\n"}, {"a": {"b": 1}, "c": "x\n"}),
    "an include": ({"configuration.yaml": "a: !include b.yaml", "b.yaml": "[1, 2]"}, {"a": [1, 2]}),
    "an include of an include": (
        {"configuration.yaml": "a: !include d/b.yaml", "d/b.yaml": "x: !include c.yaml", "d/c.yaml": "1"},
        {"a": {"x": 1}},
    ),
    "an include in a list": (
        {"configuration.yaml": "a:\n  - !include b.yaml\n  - 2\n", "b.yaml": "one"},
        {"a": ["one", 2]},
    ),
    "an include of the folder above": (
        {"configuration.yaml": "a: !include d/b.yaml", "d/b.yaml": "!include ../c.yaml", "c.yaml": "7"},
        {"a": 7},
    ),
    "an empty include": ({"configuration.yaml": "a: !include b.yaml", "b.yaml": "#\n"}, {"a": {}}),
    "the main file is an include": ({"configuration.yaml": "!include b.yaml", "b.yaml": "a: 1"}, {"a": 1}),
    "a list of files": (
        {
            "configuration.yaml": "a: !include_dir_list d",
            "d/b.yaml": "2",
            "d/a.yaml": "{n: 1}",
            "d/empty.yaml": "",
            "d/.hidden.yaml": "3",
            "d/secrets.yaml": "x: 1",
            "d/sub/c.yaml": "4",
            "d/.git/c.yaml": "5",
            "d/readme.md": "6",
        },
        {"a": [{"n": 1}, 2, 4]},
    ),
    "merged lists": (
        {"configuration.yaml": "a: !include_dir_merge_list d",
         "d/1.yaml": "[1, 2]", "d/2.yaml": "", "d/s/3.yaml": "[3]"},
        {"a": [1, 2, 3]},
    ),
    "named files": (
        {"configuration.yaml": "a: !include_dir_named d",
         "d/one.yaml": "1", "d/two.yaml": "", "d/s/x.yaml": "[3]"},
        {"a": {"one": 1, "two": {}, "x": [3]}},
    ),
    "merged mappings": (
        {"configuration.yaml": "a: !include_dir_merge_named d", "d/one.yaml": "k: 1", "d/two.yaml": "l: 2\nm: 3"},
        {"a": {"k": 1, "l": 2, "m": 3}},
    ),
    "an empty folder": ({"configuration.yaml": "a: !include_dir_list d", "d/.keep": ""}, {"a": []}),
    "a secret": (
        {"configuration.yaml": "a: !secret pw\nb: [!secret pin]", "secrets.yaml": "pw: hunter22\npin: 12"},
        {"a": "hunter22", "b": [12]},
    ),
    "a secret beside the file before one above": (
        {
            "configuration.yaml": "a: !include d/x.yaml",
            "d/x.yaml": "[!secret near, !secret far]",
            "d/secrets.yaml": "near: 1",
            "secrets.yaml": "near: 2\nfar: 3",
        },
        {"a": [1, 3]},
    ),
    "the environment": (
        {"configuration.yaml": "a: !env_var HOST\nb: !env_var PORT 18 83\nc: !env_var HOST other"},
        {"a": "example", "b": "18 83", "c": "example"},
    ),
    "anchors and merge keys": (
        {"configuration.yaml": "a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  l: 3\nc: [*x]\nd: {<<: [*x, {m: 4}]}"},
        {
            "a": {"k": 1, "l": 2},
            "b": {"k": 1, "l": 3},
            "c": [{"k": 1, "l": 2}],
            "d": {"k": 1, "l": 2, "m": 4},
        },
    ),
    "a secret seen through an alias": (
        {"configuration.yaml": "a: &x {k: !secret s}\nb: *x\nc:\n  <<: *x\nd:\n  <<: *x\n  k: own",
         "secrets.yaml": "s: v"},
        {"a": {"k": "v"}, "b": {"k": "v"}, "c": {"k": "v"}, "d": {"k": "own"}},
    ),
    "numbers as keys": ({"configuration.yaml": "a: {1: x, '1': y}"}, {"a": {1: "x", "1": "y"}}),
    "on as a key": ({"configuration.yaml": "a: {on: x}"}, {"a": {"on": "x"}}),
}  # fmt: skip


@pytest.mark.parametrize("case", LOADED)
def test_loads(case: str, read: Load) -> None:
    files, data = LOADED[case]
    document = read(files, environ={"HOST": "example"})
    assert faults_of(document) == []
    assert document.data == data


UNREADABLE = [
    "no folder",
    "a file for a folder",
    "no main file",
    "a folder for a main file",
    "a pipe for a main file",
]


@pytest.mark.parametrize("case", UNREADABLE)
def test_nothing_to_read_is_said_at_once(case: str, tmp_path: Path) -> None:
    folder = tmp_path / "config"
    if case == "a file for a folder":
        folder.write_text("a: 1")
    elif case != "no folder":
        folder.mkdir()
    if case == "a folder for a main file":
        (folder / "configuration.yaml").mkdir()
    if case == "a pipe for a main file":
        os.mkfifo(folder / "configuration.yaml")
    with pytest.raises(ConfigUnreadable) as caught:
        load(folder, environ={})
    assert str(folder) in str(caught.value)
    assert caught.value.problem
    assert caught.value.remedy


def test_another_main_file(folder: Path) -> None:
    write(folder, {"test.yaml": "a: 1"})
    assert load(folder, "test.yaml", environ={}).data == {"a": 1}


def test_files_are_listed_with_their_hashes(read: Load) -> None:
    document = read(
        {"configuration.yaml": "a: !include b.yaml\nc: !secret s", "b.yaml": "", "secrets.yaml": "s: 1"}
    )
    assert {file.file for file in document.files} == {
        "config/configuration.yaml",
        "config/b.yaml",
        "config/secrets.yaml",
    }
    empty = next(file for file in document.files if file.file == "config/b.yaml")
    assert (empty.sha256[:8], empty.bytes) == ("e3b0c442", 0)


def test_an_unchanged_file_is_not_parsed_again(read: Load) -> None:
    cache = Cache()
    files = {
        "configuration.yaml": "a: !include b.yaml\nb: !include c.yaml",
        "b.yaml": "[{x: 1}]",
        "c.yaml": "[2]",
    }
    first = read(files, cache=cache)
    second = read({**files, "c.yaml": "[3]"}, cache=cache)
    assert first.data == {"a": [{"x": 1}], "b": [2]}
    assert second.data == {"a": [{"x": 1}], "b": [3]}
    assert second.data["a"] is first.data["a"]
    assert len(cache.parsed) == 3


def test_a_cached_file_is_not_changed_by_merging(read: Load) -> None:
    cache = Cache()
    files = {
        "configuration.yaml": "hub: {packages: !include_dir_named p}\nautomation: [1]\nmqtt: {a: {b: 1}}",
        "p/x.yaml": "automation: [2]\nmqtt: {a: {c: 2}}",
    }
    for _ in range(3):
        document = read(files, cache=cache)
        assert document.data == {"hub": {}, "automation": [1, 2], "mqtt": {"a": {"b": 1, "c": 2}}}
        assert faults_of(document) == []


def test_a_cached_file_keeps_its_faults(read: Load) -> None:
    cache = Cache()
    assert faults_of(read("a: 1\na: 2", cache=cache)) == faults_of(read("a: 1\na: 2", cache=cache)) != []


def test_two_files_with_one_content_have_their_own_places(read: Load) -> None:
    document = read(
        {"configuration.yaml": "a: !include b.yaml\nc: !include d.yaml", "b.yaml": "x: 1", "d.yaml": "x: 1"}
    )
    assert document.position(("a", "x")).file == "config/b.yaml"
    assert document.position(("c", "x")).file == "config/d.yaml"


def test_secrets_are_known_and_hidden(read: Load) -> None:
    document = read(
        {
            "configuration.yaml": "m: {pw: !secret pw, user: admin, host: !env_var HOST, port: !env_var PORT 99999}",
            "secrets.yaml": "pw: hunter22\nunused: whatever",
        },
        environ={"HOST": "example"},
    )
    assert document.is_secret(("m", "pw"))
    assert document.is_secret(("m", "host"))
    assert not document.is_secret(("m", "user"))
    assert document.secret_name(("m", "pw")) == "!secret pw"
    assert document.secret_name(("m", "host")) == "!env_var HOST"
    assert document.secret_values == {"hunter22", "example"}
    assert document.redact("password hunter22 refused") == "password (hidden) refused"


def test_a_linked_main_file_may_lie_elsewhere(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("a: 1")
    (folder / "configuration.yaml").symlink_to(tmp_path / "real.yaml")
    assert load(folder, environ={}).data == {"a": 1}
