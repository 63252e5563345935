"""Packages, labelled sections and the two names of the hub's own section, merged with their positions."""

from typing import Any

import pytest

from tests.hub.config.conftest import Files, Load, faults_of

MAIN = "hub:\n  packages: !include_dir_named p\n"
MERGED: dict[str, tuple[Files, Any]] = {
    "sections of packages": (
        {"configuration.yaml": MAIN, "p/a.yaml": "mqtt: {host: x}", "p/b.yaml": "cases: {}"},
        {"hub": {}, "mqtt": {"host": "x"}, "cases": {}},
    ),
    "lists are appended": (
        {"configuration.yaml": MAIN + "a: [1]\n", "p/a.yaml": "a: [2]", "p/b.yaml": "a: [3]"},
        {"hub": {}, "a": [1, 2, 3]},
    ),
    "a single value joins a list": (
        {"configuration.yaml": MAIN + "a: [{x: 1}]\n", "p/a.yaml": "a: {y: 2}", "p/b.yaml": "a: [3]"},
        {"hub": {}, "a": [{"x": 1}, {"y": 2}, 3]},
    ),
    "a list joins a single value": (
        {"configuration.yaml": MAIN + "a: {x: 1}\n", "p/a.yaml": "a: [2]"},
        {"hub": {}, "a": [{"x": 1}, 2]},
    ),
    "mappings are united, deeply": (
        {"configuration.yaml": MAIN + "m: {a: {x: 1, l: [1]}}\n", "p/a.yaml": "m: {a: {y: 2, l: [2]}, b: 3}"},
        {"hub": {}, "m": {"a": {"x": 1, "y": 2, "l": [1, 2]}, "b": 3}},
    ),
    "the same value twice is no conflict": (
        {"configuration.yaml": MAIN + "m: {broker: embedded}\n", "p/a.yaml": "m: {broker: embedded}"},
        {"hub": {}, "m": {"broker": "embedded"}},
    ),
    "an empty section gives way": (
        {"configuration.yaml": MAIN + "m:\nn: {x: 1}\n", "p/a.yaml": "m: {a: 1}\nn:\no:\n"},
        {"hub": {}, "m": {"a": 1}, "n": {"x": 1}, "o": None},
    ),
    "packages written in place": (
        {"configuration.yaml": "hub:\n  name: x\n  packages:\n    a: {m: {k: 1}}\n    b:\n"},
        {"hub": {"name": "x"}, "m": {"k": 1}},
    ),
    "no packages at all": ({"configuration.yaml": "hub: {packages: }"}, {"hub": {}}),
    "a package says something of the hub": (
        {"configuration.yaml": MAIN, "p/a.yaml": "homeassistant: {customize: {x: 1}}"},
        {"hub": {"customize": {"x": 1}}},
    ),
    "the other name of the hub": (
        {"configuration.yaml": "homeassistant: {name: x, packages: {a: {m: [1]}}}"},
        {"hub": {"name": "x"}, "m": [1]},
    ),
    "both names of the hub": (
        {"configuration.yaml": "homeassistant: {name: x}\nhub: {country: CN}"},
        {"hub": {"name": "x", "country": "CN"}},
    ),
    "labelled sections": (
        {"configuration.yaml": "automation: !include a.yaml\nautomation 2: [3]\nautomation two three: {id: 4}",
         "a.yaml": "[1, 2]"},
        {"automation": [1, 2, 3, {"id": 4}]},
    ),
    "a labelled section alone": ({"configuration.yaml": "automation kitchen: [1]"}, {"automation": [1]}),
    "a labelled section in a package": (
        {"configuration.yaml": MAIN + "automation: [1]", "p/a.yaml": "automation x: [2]\nautomation y: [3]"},
        {"hub": {}, "automation": [1, 2, 3]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MERGED)
def test_merges(case: str, read: Load) -> None:
    files, data = MERGED[case]
    document = read(files)
    assert faults_of(document) == []
    assert document.data == data


CONFLICTS: dict[str, tuple[Files, list[str]]] = {
    "two values": (
        {"configuration.yaml": MAIN + "m:\n  host: x\n", "p/a.yaml": "# of a\nm:\n  host: y\n"},
        ["config/p/a.yaml:3:3: m.host: 'm.host' is set already at config/configuration.yaml:4:3; keep one of the two"],
    ),
    "two packages": (
        {"configuration.yaml": MAIN, "p/a.yaml": "m: {host: 1}", "p/b.yaml": "m: {host: true}"},
        ["config/p/b.yaml:1:5: m.host: 'm.host' is set already at config/p/a.yaml:1:5; keep one of the two"],
    ),
    "a mapping and a value": (
        {"configuration.yaml": MAIN + "m: 5\n", "p/a.yaml": "m: {host: 1}"},
        ["config/p/a.yaml:1:1: m: 'm' is set already at config/configuration.yaml:3:1; keep one of the two"],
    ),
    "labelled sections": (
        {"configuration.yaml": "m: {a: 1}\nm b: {a: 2}"},
        ["config/configuration.yaml:2:7: m b.a: 'm.a' is set already at config/configuration.yaml:1:5; "
         "keep one of the two"],
    ),
    "a package without sections": (
        {"configuration.yaml": MAIN, "p/a.yaml": "[1]"},
        ["config/p/a.yaml:1:1: the package 'a' holds no sections; write 'section:' lines"],
    ),
    "packages in a package": (
        {"configuration.yaml": MAIN, "p/a.yaml": "hub: {packages: {b: {c: 1}}}"},
        ["config/p/a.yaml:1:7: hub.packages: a package can't bring packages; list it in the main file"],
    ),
    "packages that are a list": (
        {"configuration.yaml": "hub: {packages: [1]}"},
        ["config/configuration.yaml:1:7: hub.packages: expected a mapping of packages; "
         "write packages: !include_dir_named packages"],
    ),
    "a main file that is a list": (
        {"configuration.yaml": "- a\n- b\n"},
        ["config/configuration.yaml:1:1: expected sections at the top of the file; write 'name:' lines"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CONFLICTS)
def test_says_both_places(case: str, read: Load) -> None:
    files, faults = CONFLICTS[case]
    assert faults_of(read(files)) == faults


def test_a_broken_package_leaves_the_others(read: Load) -> None:
    document = read({"configuration.yaml": MAIN, "p/a.yaml": "m: [1", "p/b.yaml": "n: 1"})
    assert document.data == {"hub": {}, "n": 1}
    assert [fault.file for fault in document.faults] == ["config/p/a.yaml"]


def test_a_thousand_packages_are_merged(read: Load) -> None:
    packages = {f"p/{number:04}.yaml": f"automation: [{number}]" for number in range(1000)}
    document = read({"configuration.yaml": MAIN, **packages})
    assert document.data["automation"] == list(range(1000))
    assert document.position(("automation", 999)) == ("config/p/0999.yaml", 1, 14)
