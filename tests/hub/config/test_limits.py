"""Hostile sizes: bombs, depths and floods end in one clear fault, soon."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.config import ConfigUnreadable, Limits, load, validate
from tests.hub.config.conftest import Files, Load, faults_of, write

LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
SMALL = Limits(
    depth=8, nodes=200, alias_nodes=50, file_bytes=2000, total_bytes=5000, files=6, nested_includes=4
)

BOMB = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12)
)
MERGED_BOMB = "a0: &a0 {k: 1}\n" + "".join(
    f"a{level}: &a{level} {{<<: [{', '.join([f'*a{level - 1}'] * 9)}], k{level}: 1}}\n"
    for level in range(1, 12)
)

REFUSED: dict[str, tuple[Files, str]] = {
    "a hundred thousand brackets": ({"configuration.yaml": "a: " + "[" * 100_000}, "nested deeper than 64 levels"),
    "a hundred thousand dashes": ({"configuration.yaml": "- " * 100_000 + "a"}, "nested deeper than 64 levels"),
    "a billion laughs": ({"configuration.yaml": BOMB}, "aliases (*name) repeat more than 10,000 values"),
    "laughs merged": ({"configuration.yaml": MERGED_BOMB}, "aliases (*name) repeat more than 10,000 values"),
    "a list that holds itself": ({"configuration.yaml": "a: &a [*a]"}, "nested deeper than 64 levels"),
    "a list that holds itself twice": ({"configuration.yaml": "a: &a [*a, *a]"}, "nested deeper than 64 levels"),
    "a mapping that merges itself": (
        {"configuration.yaml": "a: &a {<<: [*a, *a], b: 1}"},
        "aliases (*name) repeat more than 10,000 values",
    ),
    "a flood of values": (
        {"configuration.yaml": "a: [" + "1," * 500_001 + "]"}, "the file holds more than 500,000 values",
    ),
    "a flood in many files": (
        {"configuration.yaml": "a: !include_dir_list d",
         **{f"d/{n}.yaml": "[" + "1," * 60_000 + "]" for n in range(9)}},
        "the configuration holds more than 500,000 values",
    ),
    "one file again and again": (
        {"configuration.yaml": "a: [" + "!include b.yaml," * 100 + "]", "b.yaml": "[" + "!include c.yaml," * 100 + "]",
         "c.yaml": "1"},
        "the configuration holds more than 5,000 includes",
    ),
    "a large file": (
        {"configuration.yaml": "a: !include b.yaml", "b.yaml": b"#" * (8 * 1024 * 1024 + 1)},
        "!include b.yaml: is larger than 8,388,608 bytes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refuses(case: str, read: Load) -> None:
    files, problem = REFUSED[case]
    document = read(files)
    assert [fault.problem for fault in document.faults] == [problem]
    (fault,) = document.faults
    assert fault.line > 0
    assert fault.remedy


SMALL_REFUSED: dict[str, tuple[Files, str]] = {
    "too many bytes in all": (
        {"configuration.yaml": "a: !include_dir_list d", **{f"d/{n}.yaml": "#" * 1500 for n in range(4)}},
        "the configuration holds more than 5,000 bytes in all",
    ),
    "too many files": (
        {"configuration.yaml": "a: !include_dir_list d", **{f"d/{n}.yaml": "" for n in range(6)}},
        "the configuration holds more than 6 files",
    ),
    "too many files in a folder": (
        {"configuration.yaml": "a: !include_dir_list d", **{f"d/{n}.yaml": "" for n in range(7)}},
        "!include_dir_list d: holds more than 6 files",
    ),
    "deep across files": (
        {"configuration.yaml": "a: {b: {c: {d: !include b.yaml}}}", "b.yaml": "[[[[[1]]]]]"},
        "!include b.yaml: nested deeper than 8 levels",
    ),
    "file within file": (
        {
            "configuration.yaml": "a: !include 1.yaml",
            **{f"{n}.yaml": f"!include {n + 1}.yaml" for n in range(1, 5)},
        },
        "!include 4.yaml: included too deep, file within file",
    ),
}


@pytest.mark.parametrize("case", SMALL_REFUSED)
def test_refuses_beyond_given_limits(case: str, read: Load) -> None:
    files, problem = SMALL_REFUSED[case]
    assert [fault.problem for fault in read(files, limits=SMALL).faults] == [problem]


def test_a_large_main_file_is_unreadable_by_its_size(read: Load) -> None:
    with pytest.raises(ConfigUnreadable, match="larger than 2,000 bytes"):
        read("#" * 2001, limits=SMALL)


def test_just_within_the_limits(read: Load) -> None:
    text = "a: " + "[" * 63 + "1" + "]" * 63
    assert faults_of(read(text)) == []
    aliases = "a: &a [" + "1," * 98 + "]\nb: [" + "*a," * 100 + "]"
    document = read(aliases)
    assert faults_of(document) == []
    assert len(document.data["b"]) == 100


FRAGMENTS = st.sampled_from(
    [
        b"a: ", b"- ", b"\n", b"  ", b"[", b"]", b"{", b"}", b"&x ", b"*x", b"<<: ", b"'", b'"', b"|\n", b"!include ",
        b"!include_dir_list d", b"!include_dir_merge_named d", b"!secret s", b"!env_var E", b"b.yaml", b"d/c.yaml",
        b"..", b"hub:", b" packages: ", b"automation x: ", b"? ", b": ", b"#", b"\t", b"\xff", b"\x00",
        b"---\n", b"%",
        b"{{ x }}", b"1", b"!!str ", b"!", b"\xe4\xbd\xa0", b"\xef\xbb\xbf", b"\r\n",
        b"configuration.yaml", b"\xc2\x85",
    ]
)  # fmt: skip
CONTENT = st.binary(max_size=60) | st.lists(FRAGMENTS, max_size=25).map(b"".join)
NAMES = ["configuration.yaml", "b.yaml", "d/c.yaml", "d/e.yaml", "secrets.yaml"]


@settings(max_examples=150)
@given(contents=st.lists(CONTENT, min_size=5, max_size=5))
def test_whatever_the_files_hold_there_is_a_document(
    contents: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "hostile"
    write(folder, dict(zip(NAMES, contents, strict=True)))
    document = load(folder, environ={"E": "value"}, limits=SMALL)
    for fault in document.faults:
        text = Path(fault.file).read_bytes().decode("utf-8", "replace")
        assert 0 <= fault.line <= len(LINE_BREAK.split(text))
        assert fault.problem
    for key in document.data:
        assert document.position((key,)).file.startswith(str(folder))


def test_a_flood_of_mistakes_is_cut_short(read: Load) -> None:
    keys = "".join(f"k{number}: 1\n" for number in range(20_000))
    document = read(keys * 2)
    assert len(document.faults) == 200
    assert document.faults.sorted()[-1].problem == "more mistakes follow"


def test_a_flood_of_wrong_keys_is_cut_short(read: Load) -> None:
    document = read("a:\n" + "".join(f"  k{number}: 1\n" for number in range(20_000)))
    _, faults = validate({}, document.data["a"], ["a"], document)
    assert [fault.line for fault in faults[:1000]] == list(range(2, 1002))
    assert (
        str(faults[1000])
        == "config/configuration.yaml:1:1: a: 19,000 more faults follow; mend the others first"
    )
    assert len(faults) == 1001


def test_a_flood_of_conflicts_comes_to_an_end(read: Load) -> None:
    sections = {
        label: "".join(f"  k{number}: {label}\n" for number in range(5_000)) for label in ("one", "two")
    }
    document = read(f"a:\n{sections['one']}a b:\n{sections['two']}")
    assert len(document.faults) == 5_000


CHAIN = "a0: &a0 {k: 1}\n" + "".join(
    f"a{level}: &a{level} {{<<: *a{level - 1}}}\n" for level in range(1, 2000)
)


@pytest.mark.parametrize(
    "text", [MERGED_BOMB, CHAIN, "a: &a {<<: &b {<<: *a}}", "a11: &a {<<: [*a, *a], b: 1}"]
)
def test_positions_in_a_bomb_are_found_soon(text: str, read: Load) -> None:
    document = read(text)
    assert document.position(("a11", "k11", "x")).file == "config/configuration.yaml"
    assert document.position(("a", "nothing")).line == 1
