"""Rosters from the admin's file, with every fault at its place."""

import textwrap

import pytest

from hub.config import load
from hub.people import load_directory
from hub.people.moments import read_moment

HEAD = """\
areas: [{id: b1}, {id: b3}]
people:
  persons:
    - {id: wang_fang, name: 王芳, roles: [grid_worker], areas: [b1]}
    - {id: li_qiang, name: 李强, roles: [grid_worker], areas: [b3]}
    - {id: chen, name: 陈光, roles: [guard]}
  rosters:
    grid:
      role: grid_worker
      shifts: {day: 08:00-20:00, night: {from: 20:00, to: 08:00}, early: 06:00-14:00}
"""


@pytest.fixture
def read(tmp_path):
    def read(body: str, head: str = HEAD):
        text = head + textwrap.indent(textwrap.dedent(body), "      ")
        (tmp_path / "configuration.yaml").write_text(text, encoding="utf-8")
        document = load(tmp_path, environ={})
        assert not list(document.faults)
        directory, faults = load_directory(
            document.data.get("areas"), document.data.get("people"), document, folder=tmp_path
        )
        return directory, [str(fault).partition("configuration.yaml:")[2] for fault in faults]

    return read


def on(directory, text):
    at = read_moment(text, directory.rosters["grid"].zone)
    return [duty.person for duty in directory.on_duty(at)]


def test_a_week_with_everything(read):
    directory, faults = read(
        """
        week:
          mon-fri: {day: wang_fang, night: [li_qiang]}
          周六、周日: {day: li_qiang, night: wang_fang}
        dates:
          2026-12-25: {day: chen}
        leave:
          - {person: wang_fang, from: 2026-11-25, to: 2026-11-26}
        extra:
          - {person: chen, from: 2026-11-25 08:00, to: 2026-11-25 20:00}
        swaps:
          - {date: 2026-11-24, shift: night, person: li_qiang, with: wang_fang}
        """
    )
    assert faults == []
    assert on(directory, "2026-11-23 12:00") == ["wang_fang"]
    assert on(directory, "2026-11-24 23:00") == ["wang_fang"]
    assert on(directory, "2026-11-25 12:00") == ["chen"]
    assert on(directory, "2026-11-26 12:00") == []  # the last day of leave is meant whole
    assert on(directory, "2026-11-27 12:00") == ["wang_fang"]
    assert on(directory, "2026-11-28 12:00") == ["li_qiang"]
    assert on(directory, "2026-12-25 12:00") == ["chen"]


def test_a_rotation(read):
    directory, faults = read(
        """
        rotation:
          begins: 2026-11-23
          days:
            - {day: wang_fang, night: li_qiang}
            - {day: chen}
            -
        """
    )
    assert faults == []
    assert [on(directory, f"2026-11-{day} 12:00") for day in (23, 24, 25, 26)] == [
        ["wang_fang"],
        ["chen"],
        [],
        ["wang_fang"],
    ]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "week: {mon: {day: wang_fan}}",
            "11:25: people.rosters.grid.week.mon.day: there is no person 'wang_fan'; did you mean 'wang_fang'?",
        ),
        ("week: {mon: {dya: chen}}", "there is no shift 'dya'; did you mean 'day'?"),
        ("week: {mun: {day: chen}}", "11:14: people.rosters.grid.week.mun: 'mun' is no day of the week"),
        ("week: {mon-fri: {day: chen}, fri: {day: chen}}", "names a day that 'mon-fri' names"),
        ("week: {mon: {day: chen, early: chen}}", "'chen' has 'early' and 'day' at the same time"),
        ("week: {mon: {night: chen}, tue: {early: chen}}", "'chen' has 'night' and 'early' at the same time"),
        ("week: {sun: {night: chen}, mon: {early: chen}}", "at the same time"),
        ("rotation: {begins: 2026-11-23, days: [{night: chen, early: chen}]}", "at the same time"),
        (
            "week: {fri: {night: chen}}\ndates: {2026-11-28: {early: chen}}",
            "12:35: people.rosters.grid.dates.2026-11-28.early: 'chen' has",
        ),
        ("week: {mon: {day: [chen, chen]}}", "'chen' is named twice"),
        ("rotation: {begins: 2026-02-30, days: [{}]}", "is no day; write one as in 2026-11-24"),
        ("rotation: {begins: 2026-11-23, days: []}", "rotation.days"),
        ("rotation: {begins: 2026-11-23, days: [{}]}\nweek: {mon: {day: chen}}", "people.rosters.grid"),
        ("weak: {}", "did you mean 'week'?"),
        ("dates: {2026-13-01: {day: chen}}", "'2026-13-01' is no day"),
        ("leave: [{person: chen, from: 2026-11-25, to: 2026-11-24}]", "it ends before it begins"),
        (
            "leave: [{person: chen, from: 2026-11-25 25:00, to: 2026-11-26}]",
            "is no day and no time; write 2026-11-24",
        ),
        (
            "leave: [{person: cheng, from: 2026-11-25, to: 2026-11-26}]",
            "there is no person 'cheng'; did you mean 'chen'?",
        ),
        (
            "extra:\n  - {person: chen, from: 2026-11-25, to: 2026-11-27}\n"
            "  - {person: chen, from: 2026-11-27, to: 2026-11-28}",
            "it overlaps another entry of 'chen'",
        ),
        (
            "week: {mon: {day: chen}}\nswaps: [{date: 2026-11-24, shift: day, person: chen, with: li_qiang}]",
            "'chen' does not have 'day' on 2026-11-24; nobody has it",
        ),
        ("swaps: [{date: 2026-11-24, shift: dy, person: chen, with: li_qiang}]", "there is no shift 'dy'"),
        ("areas: [b9]", "there is no area 'b9'"),
        ("calendar: nowhere.ics", "11:17: people.rosters.grid.calendar: 'nowhere.ics' can't be read"),
        ("calendar: ../../etc/passwd", "leads out of the config folder"),
    ],
)
def test_faults_are_told_at_their_place(read, body, told):
    _directory, faults = read(body)
    assert told in "\n".join(faults)


@pytest.mark.parametrize(
    "rosters",
    [
        "[x]",
        "{x: [1]}",
        "{A B: {}}",
        "{x: {shifts: {day: soon}}}",
        "{x: {shifts: {day: 25:00-26:00}}}",
        "{x: {week: 7}}",
        "{x: {week: {mon: [a]}}}",
        "{x: {leave: {}}}",
        "{x: {role: pilot}}",
        "{x: {calendar: [1]}}",
    ],
)
def test_what_is_no_roster_is_a_fault_and_no_crash(read, rosters):
    _directory, faults = read("", f"people:\n  rosters: {rosters}\n")
    assert faults


def test_a_calendar_in_the_config_folder_is_a_roster(read, tmp_path):
    (tmp_path / "guards.ics").write_bytes(
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261123T220000\r\n"
        b"DTEND:20261124T060000\r\nRRULE:FREQ=WEEKLY\r\nSUMMARY:chen\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    directory, faults = read("calendar: guards.ics")
    assert faults == []
    assert on(directory, "2026-12-01 05:59") == ["chen"]
    assert on(directory, "2026-12-02 05:59") == []
