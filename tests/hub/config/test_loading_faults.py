"""Every fault of every file: where it is, what is wrong, what would be right."""

import os
from pathlib import Path

import pytest

from hub.config import load
from tests.hub.config.conftest import Files, Load, faults_of, write

# One text -> its fault, after "config/configuration.yaml:".
SYNTAX = [
    ("a: {{ states('x') }}", "1:5: a: a template without quotes; put quotes around it: \"{{ ... }}\""),
    ("a: {{ x }} and more", "1:4: a template without quotes; put quotes around it: \"{{ ... }}\""),
    ("- b: {% if x %}", "1:6: a template without quotes; put quotes around it: \"{{ ... }}\""),
    ("a:\n\tb: 1", "2:1: a tab in the indentation; indent with spaces, not with tabs"),
    ("a:\n  b: 1\n \tc: 1", "3:2: a tab in the indentation; indent with spaces, not with tabs"),
    ("a:1\nb: 2", "1:2: no space after the colon; write 'key: value' with a space"),
    ("a: 1\nb:2\nc: 3", "2:2: no space after the colon; write 'key: value' with a space"),
    ("a: 1\nb：2\nc: 3", "2:2: a full-width colon; write ':' and a space after the key"),
    ("b：2\nc: 3", "1:2: a full-width colon; write ':' and a space after the key"),
    ("a: 1\nb\nc: 3", "2:1: neither 'key: value' nor '- item'; write a colon and a space after the key"),
    ("a: b: c", "1:5: a second colon in one value; put the value in quotes"),
    ("a: 1\n  b: 2", "2:3: the line is indented deeper than the one above it; "
     "let it begin at column 1, as that one does"),
    ("a:\n  b: 1\n c: 2", "3:2: the indentation does not fit the lines around it; "
     "let it begin at column 1, as the lines around it do"),
    ("a: 'it's'", "1:8: text goes on after the closing quote; "
     "use the other kind of quotes around it, or write the inner quote twice"),
    ("a: \"abc\nb: 1", "1:4: a quote is opened and never closed; close it"),
    ("a: 'abc\n---\nb: 1", "1:4: a quote is opened and never closed; close it"),
    ("a: [1, 2\nb: 3", "1:4: a list in [ ] without its end; put commas between the items and ] at the end"),
    ("a: {b: 1\n", "1:4: a mapping in { } without its end; put commas between the entries and } at the end"),
    ("a: @home", "1:4: a value starts with a sign that YAML keeps for itself; put the value in quotes"),
    ("a: `x`", "1:4: a value starts with a sign that YAML keeps for itself; put the value in quotes"),
    ("a: %x", "1:4: a value starts with a sign that YAML keeps for itself; put the value in quotes"),
    ("a: *bold", "1:4: a value starts with '*', but no '&' defines that name; put the value in quotes"),
    ("a: *", "1:5: a value starts with '*'; put the value in quotes"),
    ("a: & b", "1:5: a value starts with '&'; put the value in quotes"),
    ("a: &x 1\nb: &x 2", "2:4: the same '&' name is defined twice; give each its own name"),
    ("a: !e!x y", "1:4: a value starts with '!'; put the value in quotes"),
    ('a: "\\d"', "1:5: an unknown escape between double quotes; use single quotes, or write the backslash twice"),
    ('a: "\\xZZ"', "1:7: an unfinished escape between double quotes; "
     "use single quotes, or write the backslash twice"),
    ("- a\nb: 1", "2:1: a line in a list that does not start with '- '; "
     "start it with '- ', or indent it under the item above"),
    ("a: - b", "1:4: a list item '- ' where none can be; put it on a line of its own below the key"),
    ("a: 1\n---\nb: 2", "2:1: a second document begins here ('---'); keep one document in a file"),
    ("a: |x\n  b", "1:5: something follows the '|' or '>'; begin the text on the next line"),
    ("a: b\x07c", "1:5: the control character U+0007; remove it"),
    ("a: 1\na: 2", "2:1: a: 'a' is written twice, first on line 1, column 1; keep one of the two"),
    ("x:\n  - k: 1\n    l: 2\n    k: 3", "4:5: x[0].k: 'k' is written twice, first on line 2, column 5; "
     "keep one of the two"),
    ("a: {1: x, 1: y}", "1:11: a[1]: '1' is written twice, first on line 1, column 5; keep one of the two"),
    ("a: {true: x}", "1:5: a: true can't be a key; put the key in quotes"),
    ("a:\n  1.5: x", "2:3: a: 1.5 can't be a key; put the key in quotes"),
    ("a: {~: x}", "1:5: a: ~ can't be a key; put the key in quotes"),
    ("? [a]\n: b", "1:3: a key must be a word; put the key in quotes"),
    ("a: !secrt x", "1:4: a: unknown tag !secrt; did you mean '!secret'?"),
    ("a: !include_dir_liste x", "1:4: a: unknown tag !include_dir_liste; did you mean '!include_dir_list'?"),
    ("a: !input door", "1:4: a: unknown tag !input; put the value in quotes if it should be text"),
    ("a: !!python/object:os.system ls", "1:4: a: unknown tag !!python/object:os.system; "
     "put the value in quotes if it should be text"),
    ("a: !!binary aGk=", "1:4: a: unknown tag !!binary; put the value in quotes if it should be text"),
    ("a: !!int [1]", "1:4: a: unknown tag !!int; put the value in quotes if it should be text"),
    ("a: !include", "1:4: a: !include needs a name after it; write !include NAME"),
    ("a: !include {b: c}", "1:4: a: !include needs a name after it; write !include NAME"),
    ("a: {<<: 5}", "1:9: a: << needs the alias of a mapping; write <<: *name, with &name at a mapping"),
    ("a: !include nope.yaml", "1:4: a: !include nope.yaml: no such file; create it or mend the name"),
    ("a: !include configuration.yml", "1:4: a: !include configuration.yml: no such file; "
     "did you mean 'configuration.yaml'?"),
    ("a: !include configurations.yaml", "1:4: a: !include configurations.yaml: no such file; "
     "did you mean 'configuration.yaml'?"),
    ("a: !include ../x.yaml", "1:4: a: !include ../x.yaml: leads out of the config folder; "
     "move the file into the folder"),
    ("a: !include /etc/passwd", "1:4: a: !include /etc/passwd: leads out of the config folder; "
     "name it relative to this file"),
    ("a: !include ~/x.yaml", "1:4: a: !include ~/x.yaml: leads out of the config folder; "
     "name it relative to this file"),
    ("a: !include .", "1:4: a: !include .: is not a file; name a YAML file"),
    ('a: !include "b\\0c"', '1:4: a: !include b\0c: is not a usable path; name a file in the folder'),
    ("a: !include secrets.yaml", "1:4: a: !include secrets.yaml: secrets.yaml can't be included; "
     "name one value: !secret NAME"),
    ("a: !include_dir_list nope", "1:4: a: !include_dir_list nope: no such folder; create it or mend the name"),
    ("a: !include_dir_named ../..", "1:4: a: !include_dir_named ../..: leads out of the config folder; "
     "move the file into the folder"),
    ("a: !secret pw", "1:4: a: no secret is named 'pw'; write 'pw: ...' into secrets.yaml"),
    ("a: !env_var NOPE", "1:4: a: !env_var NOPE: the environment has no NOPE; "
     "set it, or write !env_var NOPE DEFAULT"),
    ("a: !include configuration.yaml", "1:4: a: !include configuration.yaml: the files include each other: "
     "config/configuration.yaml -> config/configuration.yaml; break the ring"),
    ("a: !include_dir_list .", "1:4: a: !include_dir_list .: config/configuration.yaml: "
     "the files include each other: config/configuration.yaml -> config/configuration.yaml; break the ring"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fault"), SYNTAX, ids=[text[:25] for text, _ in SYNTAX])
def test_one_mistake_is_one_fault_with_a_remedy(text: str, fault: str, read: Load) -> None:
    assert faults_of(read(text)) == [f"config/configuration.yaml:{fault}"]


SEVERAL: dict[str, tuple[Files, list[str]]] = {
    "a ring of three": (
        {"configuration.yaml": "a: !include b.yaml", "b.yaml": "[!include c.yaml]", "c.yaml": "x: !include b.yaml"},
        ["c.yaml:1:4: x: !include b.yaml: the files include each other: config/b.yaml -> config/c.yaml -> "
         "config/b.yaml; break the ring"],
    ),
    "broken files do not hide each other": (
        {"configuration.yaml": "a: !include_dir_merge_list d\nb: !include e.yaml\nc: 1\nc: 2",
         "d/1.yaml": "- x: 'y", "d/2.yaml": "- 1", "d/3.yaml": "a:1\nb: 1", "e.yaml": b"a: \xff"},
        ["configuration.yaml:4:1: c: 'c' is written twice, first on line 3, column 1; keep one of the two",
         "d/1.yaml:1:6: a quote is opened and never closed; close it",
         "d/3.yaml:1:2: no space after the colon; write 'key: value' with a space",
         "e.yaml:1:4: the byte 0xFF at offset 3 is not UTF-8; save it as UTF-8 (in the editor: Save as, "
         "Encoding, UTF-8)"],
    ),
    "a broken main file does not hide the others": (
        {"configuration.yaml": "a: !include b.yaml\n# c: !include nope.yaml\nd: [!include_dir_list d]\n e: 1\n",
         "b.yaml": "x: 1\nx: 2", "d/1.yaml": "- @"},
        ["b.yaml:2:1: x: 'x' is written twice, first on line 1, column 1; keep one of the two",
         "configuration.yaml:4:2: the indentation does not fit the lines around it; "
         "let it begin at column 1, as the lines around it do",
         "d/1.yaml:1:3: a value starts with a sign that YAML keeps for itself; put the value in quotes"],
    ),
    "files that do not fit": (
        {"configuration.yaml": "a: !include_dir_merge_list d\nb: !include_dir_merge_named d", "d/1.yaml": "- 1",
         "d/2.yaml": "# x\nk: 1", "d/3.yaml": "k: 2", "d/4.yaml": "text"},
        ["d/1.yaml:1:1: the file holds no mapping; write 'key: value' lines",
         "d/2.yaml:2:1: the file holds no list; start each item with '- '",
         "d/3.yaml:1:1: the file holds no list; start each item with '- '",
         "d/3.yaml:1:1: k: 'k' is in config/d/2.yaml too; keep one of the two",
         "d/4.yaml:1:1: the file holds no list; start each item with '- '",
         "d/4.yaml:1:1: the file holds no mapping; write 'key: value' lines"],
    ),
    "two files of one name": (
        {"configuration.yaml": "a: !include_dir_named d", "d/x.yaml": "1", "d/s/x.yaml": "2"},
        ["d/s/x.yaml:1:1: config/d/x.yaml has the same name, 'x'; rename one of the two"],
    ),
    "the wrong suffix": (
        {"configuration.yaml": "a: !include_dir_list d", "d/x.yml": "1"},
        ["d/x.yml: is not read: its name does not end in .yaml; rename it to x.yaml"],
    ),
    "a misspelt secret": (
        {"configuration.yaml": "a: !secret mqtt_pasword", "secrets.yaml": "mqtt_password: hunter22"},
        ["configuration.yaml:1:4: a: no secret is named 'mqtt_pasword'; did you mean 'mqtt_password'?"],
    ),
    "secrets that can't be read say nothing of their values": (
        {"configuration.yaml": "a: !secret a\nb: !secret b\nc: !secret c",
         "secrets.yaml": "a: !hunter22 x\nb: !secret hunter22\nc: 1\nc: hunter22\n1.5: x"},
        ["configuration.yaml:1:4: a: the secret 'a' can't be read; mend it in config/secrets.yaml",
         "configuration.yaml:2:4: b: the secret 'b' can't be read; mend it in config/secrets.yaml",
         "secrets.yaml:1:4: a: a value starts with '!'; put the value in quotes",
         "secrets.yaml:2:4: b: no tags in the file of secrets; write the value itself, in quotes",
         "secrets.yaml:4:1: c: 'c' is written twice, first on line 3, column 1; keep one of the two",
         "secrets.yaml:5:1: this can't be a key; put the key in quotes"],
    ),
    "broken secrets": (
        {"configuration.yaml": "a: !secret a", "secrets.yaml": "a: 'hunter22"},
        ["configuration.yaml:1:4: a: no secret is named 'a'; write 'a: ...' into secrets.yaml",
         "secrets.yaml:1:4: a quote is opened and never closed; close it"],
    ),
    "GBK": (
        {"configuration.yaml": "a: 1\nb: \u90bb\u91cc\u793e\u533a # \u5c0f\u533a\n".encode("gbk")},
        ["configuration.yaml:2:4: the byte 0xC1 at offset 8 is not UTF-8; it looks saved as GBK (ANSI); "
         "save it as UTF-8 (in the editor: Save as, Encoding, UTF-8)"],
    ),
    "UTF-16": (
        {"configuration.yaml": "a: 1".encode("utf-16")},
        ["configuration.yaml:1:1: the file is saved as UTF-16; save it as UTF-8 (in the editor: Save as, "
         "Encoding, UTF-8)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SEVERAL)
def test_all_faults_of_all_files(case: str, read: Load) -> None:
    files, faults = SEVERAL[case]
    assert faults_of(read(files)) == [f"config/{fault}" for fault in faults]


def test_what_could_not_be_read_is_known_to_be_broken(read: Load) -> None:
    document = read(
        {
            "configuration.yaml": "a: {b: !secret x, c: 1}\nd: !include d.yaml\ne: [!nope 1]\nf: 1\ng: {{ t }}",
            "d.yaml": "[",
        }
    )
    broken = [("a", "b"), ("a", "b", "deeper"), ("d",), ("d", 0), ("e", 0), ("g",)]
    assert [document.is_broken(path) for path in broken] == [True] * len(broken)
    whole = [(), ("a",), ("a", "c"), ("e",), ("f",), ("nothing",)]
    assert [document.is_broken(path) for path in whole] == [False] * len(whole)


def test_nothing_below_a_broken_main_file_is_whole(read: Load) -> None:
    document = read("a: 'b")
    assert document.data == {}
    assert document.is_broken(())
    assert document.is_broken(("a",))


@pytest.mark.parametrize(
    "tag",
    ["!include out.yaml", "!include outside/x.yaml", "!include_dir_list outside", "!include_dir_list inside"],
)
def test_links_do_not_lead_out(tag: str, folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", {"x.yaml": "hunter22"})
    write(folder, {"configuration.yaml": f"a: {tag}", "inside/y.yaml": "1"})
    (folder / "out.yaml").symlink_to(tmp_path / "elsewhere" / "x.yaml")
    (folder / "outside").symlink_to(tmp_path / "elsewhere")
    (folder / "inside" / "x.yaml").symlink_to(tmp_path / "elsewhere" / "x.yaml")
    document = load(folder, environ={})
    assert "hunter22" not in str(document.data)
    assert [fault.problem.rpartition(": ")[2] for fault in document.faults] == [
        "leads out of the config folder"
    ]


def test_links_inside_the_folder_are_followed(folder: Path) -> None:
    write(folder, {"configuration.yaml": "a: !include link.yaml", "real.yaml": "1"})
    (folder / "link.yaml").symlink_to("real.yaml")
    assert load(folder, environ={}).data == {"a": 1}


def test_linked_secrets_do_not_lead_out(folder: Path, tmp_path: Path) -> None:
    write(tmp_path, {"elsewhere.yaml": "pw: hunter22"})
    write(folder, {"configuration.yaml": "a: !secret pw"})
    (folder / "secrets.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    document = load(folder, environ={})
    assert document.data == {"a": None}
    assert [fault.problem for fault in document.faults] == ["leads out of the config folder"]


def test_a_pipe_does_not_hold_the_loader(folder: Path) -> None:
    write(folder, {"configuration.yaml": "a: !include pipe.yaml"})
    os.mkfifo(folder / "pipe.yaml")
    (fault,) = load(folder, environ={}).faults
    assert fault.problem == "!include pipe.yaml: is not a file"


def test_a_ring_of_links_is_a_fault(folder: Path) -> None:
    write(folder, {"configuration.yaml": "a: !include ring.yaml"})
    (folder / "ring.yaml").symlink_to("ring.yaml")
    (fault,) = load(folder, environ={}).faults
    assert (fault.line, fault.column) == (1, 4)


def test_the_folder_is_named_as_it_was_typed(folder: Path) -> None:
    write(folder, {"configuration.yaml": "a: !x 1"})
    for typed in (Path("config"), Path("./config"), folder.resolve()):
        (fault,) = load(typed, environ={}).faults
        assert fault.file == str(typed / "configuration.yaml")
