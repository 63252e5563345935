"""Residents from a spreadsheet, as spreadsheets are."""

import csv
import io
import textwrap
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.config import load
from hub.model.things import Area
from hub.people import Directory, load_directory
from hub.people.columns import read_phone
from hub.people.importing import merge, present_entries, read_persons, write_file
from hub.people.table import TableFault, clean, read_table

AREAS = (
    Area(id="b1", name="1 号楼", kind="building"),
    Area(id="b3", name="海棠苑", kind="building", aliases=("三栋",)),
    Area(id="b1-u1-0301", name="301", parent="b1", kind="home"),
)
DIRECTORY = Directory((), AREAS)
HEAD = "姓名,电话,楼栋,单元,房号,角色\n"


def read(text, **more):
    return read_persons(read_table(text.encode()), "r.csv", DIRECTORY, **more)


def faults(text, **more):
    return [str(fault) for fault in read(text, **more).faults]


def test_a_row_is_a_person():
    found = read(HEAD + "孙悦,138 0013 8000,3号楼,2单元,1203室,居民\n")
    assert found.faults == []
    (person,) = found.persons
    assert person.pop("id").startswith("p-")
    assert person == {
        "name": "孙悦",
        "roles": ["resident"],
        "household": "b3-u2-1203",
        "phone": "13800138000",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "，"])
def test_any_encoding_and_delimiter_that_spreadsheets_write(encoding, delimiter):
    text = (HEAD + "孙悦,13800138000,3,2,1203,居民\n").replace(",", delimiter)
    found = read_persons(read_table(text.encode(encoding)), "r.csv", DIRECTORY)
    assert [person["household"] for person in found.persons] == ["b3-u2-1203"]


def test_english_titles_and_any_order_will_do():
    found = read(
        "Room,Building,Full Name,Mobile,Language,Person ID,Notes\n1203,Building 3,Anna,+44 7700 900123,English,anna,x\n"
    )
    assert found.faults == []
    assert found.ignored == ["Notes"]
    (anna,) = found.persons
    assert (anna["id"], anna["household"], anna["phone"], anna["language"]) == (
        "anna",
        "b3-1203",
        "+447700900123",
        "en",
    )


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("13800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("'13800138000", "13800138000"),
        ('="13800138000"', "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
        ("1.3800138001E+10", "13800138001"),
        ("13800138000.0", "13800138000"),
        ("010-62345678", "01062345678"),
        ("(0571) 87654321", "057187654321"),
        ("0044 7700 900123", "+447700900123"),
    ],
)
def test_a_number_is_read_as_it_is_dialled(cell, number):
    assert read_phone(clean(cell)) == number


@pytest.mark.parametrize(
    "cell", ["1.38E+10", "1.38001E+10", "138001380", "=1+1", "2862345678", "电话", "1" * 40, "-5"]
)
def test_a_number_that_lost_digits_is_no_number(cell):
    with pytest.raises(ValueError, match="; "):
        read_phone(cell)


def test_a_room_that_lost_its_zero_is_the_home_that_is_known():
    assert read(HEAD + "孙,,1,1,301,\n").persons[0]["household"] == "b1-u1-0301"
    assert read(HEAD + "孙,,1,1,0302,\n").persons[0]["household"] == "b1-u1-0302"


def test_buildings_go_by_id_number_name_and_alias():
    rows = "".join(
        f"孙{n},,{name},1,101,\n"
        for n, name in enumerate(["b3", "3", "３号楼", "3栋", "海棠苑", "三栋", "Block 3", "03"])
    )
    found = read(HEAD + rows)
    assert {person["household"] for person in found.persons} == {"b3-u1-101"}
    assert len(found.persons) == 8


def test_staff_have_roles_and_areas_and_mail():
    text = "姓名,手机,角色,负责区域,邮箱\n王芳,13800138000,网格员、居民,海棠苑,w@example.org\n"
    (person,) = read(text, email="email").persons
    assert (person["roles"], person["areas"]) == (["grid_worker", "resident"], ["b3"])
    assert person["channels"] == [{"channel": "email", "address": "w@example.org"}]
    assert "channels" not in read(text).persons[0]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("孙,1.38E+10,3,2,1203,", "r.csv:2:2: 电话: Excel has cut the number; format the column as text"),
        ("孙,,9号楼,2,1203,", "r.csv:2:3: 楼栋: there is no area '9号楼'"),
        ("孙,,3,2,,", "r.csv:2:3: 楼栋: a home needs building and room"),
        ("孙,,3,第2,1203,", "'第2' is no unit"),
        ("孙,,3,2,顶层,", "'顶层' is no room"),
        (",13800138000,3,2,1203,", "r.csv:2:1: 姓名: a name has 1 to 100 characters"),
        ("=cmd|calc,,3,2,1203,", "r.csv:2:1: 姓名: it looks like a formula"),
        ("@SUM(1),,3,2,1203,", "looks like a formula"),
        ("12345,,3,2,1203,", "a number is no name"),
        ("孙,,3,2,1203,居名", "r.csv:2:6: 角色: there is no role '居名'"),
        ("孙,,3,2,1203,\n孙,,3,2,1203,", "r.csv:3:1: 姓名: the same person as in line 2"),
    ],
)
def test_faults_say_line_column_and_remedy(row, told):
    assert told in "\n".join(faults(HEAD + row + "\n"))


def test_every_fault_of_every_row_is_told():
    assert len(faults(HEAD + "孙,1,9,x,y,z\n" * 3)) == 9


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("电话,楼栋\n1,2\n", "r.csv:1:1: no column is called 姓名 or name (there are: 电话, 楼栋)"),
        ("姓名,name\na,b\n", "r.csv:1:2: name: it says the same as '姓名'"),
    ],
)
def test_a_header_that_can_not_be_meant(text, told):
    assert told in faults(text)[0]


def test_who_stands_in_another_file_is_not_taken_over():
    text = "编号,姓名\nwang_fang,王芳\n"
    told = faults(text, elsewhere={"wang_fang"}, place=lambda _: "people.yaml:12:5")
    assert told == [
        "r.csv:2:1: 编号: 'wang_fang' stands in people.yaml:12:5 already; take the person out of one of the two"
    ]


@pytest.mark.parametrize(
    "raw", [b"", b"\n\n", b"PK\x03\x04xl/", b"\xff\xfe\x00", b"\x81", ("x," * 200 + "\n").encode()]
)
def test_what_is_no_table_is_a_fault(raw):
    with pytest.raises(TableFault, match="; "):
        read_persons(read_table(raw), "r.csv", DIRECTORY)


def test_a_second_import_changes_nothing_and_what_admins_added_stays(tmp_path):
    path = tmp_path / "people.d" / "residents.yaml"
    persons = read(HEAD + "孙悦,13800138000,3,2,1203,居民\n周\"'：{},,3,2,1204,\n").persons
    assert write_file(path, merge(present_entries(path), persons).text)
    assert not write_file(path, merge(present_entries(path), persons).text)
    by_hand = [{**entry, "quiet_hours": "22:00-07:00"} for entry in present_entries(path)]
    write_file(path, merge(by_hand, []).text)
    newer = read(HEAD + "孙悦,13900139000,3,2,1203,居民\n").persons
    again = merge(present_entries(path), newer)
    assert (again.added, again.changed, again.unchanged, len(again.missing)) == (0, 1, 0, 1)
    write_file(path, again.text)
    sun, zhou = present_entries(path)
    assert (sun["phone"], sun["quiet_hours"]) == ("13900139000", "22:00-07:00")
    assert zhou["name"] == "周\"':{}"
    assert len(present_entries(path)) == 2
    assert merge(present_entries(path), newer, remove=True).text.count("\n- ") == 1
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_was_imported_is_a_sound_part_of_the_configuration(tmp_path):
    persons = read(HEAD + "孙悦,13800138000,3,2,1203,居民\nNo,,1,1,0301,\n").persons
    write_file(tmp_path / "people.d" / "residents.yaml", merge([], persons).text)
    (tmp_path / "configuration.yaml").write_text(
        textwrap.dedent(
            """
            areas: [{id: b1}, {id: b3}]
            people: {persons: [{id: root, name: 管}]}
            people imported: {persons: !include_dir_merge_list people.d}
            """
        )
    )
    document = load(tmp_path, environ={})
    directory, told = load_directory(document.data["areas"], document.data["people"], document)
    assert (list(document.faults), told) == ([], [])
    assert [person.name for person in directory.persons.values()] == ["管", "孙悦", "No"]
    assert [person.name for person in directory.resolve("residents of b3")] == ["孙悦"]


@pytest.mark.parametrize("text", ["{a: 1}", "- 7", "- {a: !secret x}", "- {a: [", "\x00"])
def test_a_file_that_is_not_an_imports_is_not_overwritten(tmp_path, text):
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(ValueError, match="--into"):
        present_entries(tmp_path / "x.yaml")


cells = st.text(max_size=12) | st.sampled_from(["3", "1203", "居民", "=1+1", "1.38E+10", "13800138000"])


@given(st.lists(st.tuples(*[cells] * 6), max_size=5))
@settings(max_examples=60)
def test_any_row_is_a_sound_person_or_a_fault(tmp_path_factory, rows):
    written = io.StringIO()
    csv.writer(written).writerows([HEAD.strip().split(","), *rows])
    with suppress(TableFault):
        found = read_persons(read_table(written.getvalue().encode("utf-8", "replace")), "r.csv", DIRECTORY)
        folder = tmp_path_factory.mktemp("import")
        write_file(folder / "people.d" / "x.yaml", merge([], found.persons).text)
        (folder / "configuration.yaml").write_text(
            "areas: [{id: b1}, {id: b3}, {id: b1-u1-0301, parent: b1}]\n"
            "people: {persons: !include people.d/x.yaml}\n"
        )
        document = load(folder, environ={})
        directory, told = load_directory(document.data["areas"], document.data["people"], document)
        assert (list(document.faults), told) == ([], [])
        assert len(directory.persons) == len(found.persons)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_a_fault(raw):
    with suppress(TableFault):
        assert read_persons(read_table(raw), "r.csv", DIRECTORY).persons is not None
