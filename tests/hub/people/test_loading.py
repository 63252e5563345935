"""From the admin's files to a directory, with every fault at its place."""

import textwrap

import pytest

from hub.config import load
from hub.model.people import Address, Person
from hub.model.things import Area
from hub.people import Directory, load_directory


@pytest.fixture
def read(tmp_path):
    def read(text: str) -> tuple[Directory, list[str]]:
        (tmp_path / "configuration.yaml").write_text(textwrap.dedent(text), encoding="utf-8")
        document = load(tmp_path, environ={})
        assert not list(document.faults)
        directory, faults = load_directory(document.data.get("areas"), document.data.get("people"), document)
        return directory, [str(fault) for fault in faults]

    return read


def test_nothing_written_is_an_empty_directory(read):
    directory, faults = read("hub:\n")
    assert (list(directory.areas), list(directory.persons), faults) == ([], [], [])


def test_areas_are_written_inside_each_other_or_with_their_parent(read):
    directory, faults = read(
        """
        areas:
          - id: linli
            name: 邻里花园
            kind: community
            areas:
              - {id: b1, name: 1 号楼, kind: building, aliases: [一号楼]}
          - {id: b1-u1, parent: b1}
        """
    )
    assert faults == []
    assert directory.areas["b1"] == Area(
        id="b1", name="1 号楼", parent="linli", kind="building", aliases=("一号楼",)
    )
    assert directory.places.way_up("b1-u1") == ("b1-u1", "b1", "linli")


def test_a_person_has_roles_areas_and_ways_to_reach_them(read):
    directory, faults = read(
        """
        areas: [{id: b1}]
        people:
          persons:
            - id: wang_fang
              name: 王芳
              roles: grid_worker
              areas: [b1]
              language: en
              channels:
                - log
                - ntfy: wang-7f3a
                - {channel: email, address: wang@example.org}
        """
    )
    assert faults == []
    assert directory.persons["wang_fang"] == Person(
        id="wang_fang",
        name="王芳",
        roles=("grid_worker",),
        areas=("b1",),
        language="en",
        addresses=(
            Address(channel="log"),
            Address(channel="ntfy", options={"to": "wang-7f3a"}),
            Address(channel="email", options={"address": "wang@example.org"}),
        ),
    )


def test_channels_are_named_with_the_place_where_they_stand(read):
    directory, _faults = read(
        """
        people:
          persons:
            - {id: a, name: A, channels: [log, ntfy: t]}
            - {id: b, name: B, channels: log}
        """
    )
    assert list(directory.channel_references()) == [
        (("people", "persons", 0, "channels", 0), "log"),
        (("people", "persons", 0, "channels", 1), "ntfy"),
        (("people", "persons", 1, "channels"), "log"),
    ]


def test_an_address_says_when_it_is_used_instead_of_those_before_it(read):
    directory, faults = read(
        """
        people:
          persons:
            - id: a
              name: A
              channels:
                - log
                - {channel: sms, to: "1", after: 1m}
                - {call: {to: "2", after: 300, until: acknowledged}}
            - {id: b, name: B, channels: [{channel: log, after: 2d}]}
            - {id: c, name: C, channels: [{channel: log, after: 60, until: seen}]}
        """
    )
    assert directory.persons["a"].addresses == (
        Address(channel="log"),
        Address(channel="sms", options={"to": "1"}, after=60),
        Address(channel="call", options={"to": "2"}, after=300, until="acknowledged"),
    )
    text = "\n".join(faults)
    assert len(faults) == 2
    assert "people.persons[1].channels" in text
    assert "people.persons[2].channels" in text


def test_a_site_names_roles_of_its_own_and_may_rename_ours(read):
    directory, faults = read(
        """
        people:
          roles:
            tenant: {name: 租户, lives: true}
            guard: 门卫
            plumber:
        """
    )
    assert faults == []
    assert directory.roles["tenant"].lives
    assert directory.roles["guard"].name == "门卫"
    assert directory.roles["plumber"].name == "plumber"
    assert directory.roles["resident"].lives


def test_every_fault_is_told_at_its_place(read):
    directory, faults = read(
        """
        areas:
          - {id: b1, kind: bilding}
          - {id: b2, parent: b7}
          - {id: b2}
          - {id: c, parent: c}
        people:
          persons:
            - {id: a, name: A, roles: [grid_wroker], areas: [b11]}
            - {id: a, name: Again}
            - {id: b, name: "", channels: [{one: 1, two: 2}]}
            - {name: Nameless}
        """
    )
    text = "\n".join(faults)
    for told in (
        "configuration.yaml:3:20",
        "did you mean 'building'?",
        "there is no area 'b7'",
        "there are two areas 'b2'",
        "area 'c' lies in itself",
        "configuration.yaml:9:32: people.persons[0].roles[0]: there is no role 'grid_wroker'",
        "did you mean 'grid_worker'?",
        "there is no area 'b11'; did you mean 'b1'?",
        "there are two persons 'a'",
        "people.persons[2].name",
        "people.persons[2].channels",
        "people.persons[3]",
    ):
        assert told in text
    assert list(directory.persons) == ["a", "b"]  # a faulty person is still known by name


@pytest.mark.parametrize(
    "text",
    [
        "areas: b1",
        "areas: [b1]",
        "areas: [{id: B 1}]",
        "areas: [{id: b1, areas: {id: b2}}]",
        "people: [x]",
        "people: {persons: {id: x}}",
        "people: {persons: [x]}",
        "people: {roles: [x]}",
        "people: {roles: {A B: x}}",
        "people: {roles: {x: {lives: maybe}}}",
        "people: {person: []}",
        "people: {persons: [{id: x, name: x, language: '../etc'}]}",
        "people: {persons: [{id: x, name: x, channels: [[log]]}]}",
        "people: {persons: [{id: x, name: x, channels: [{ntfy: {topic: {deep: 1}}}]}]}",
        'people: {persons: [{id: x, name: "two\\nlines"}]}',
    ],
)
def test_what_is_no_directory_is_a_fault_and_no_crash(read, text):
    _directory, faults = read(text)
    assert faults


def test_areas_too_deep_inside_each_other_are_a_fault(read):
    text = "[" + "".join(f"{{id: a{n}, areas: [" for n in range(20)) + "]}" * 20 + "]"
    _directory, faults = read(f"areas: {text}")
    assert "deep" in "\n".join(faults)


def test_a_person_has_a_household_a_phone_quiet_hours_and_consents(read):
    directory, faults = read(
        """
        areas: [{id: b3, name: 3 号楼}]
        people:
          purposes: {choir: 合唱团}
          roles: {nurse: {name: 护士, grants: ["view health", "door.open area:b3"]}}
          persons:
            - id: sun
              name: 孙
              roles: [resident]
              household: b3-u2-1203
              phone: 138 0013-8000
              quiet_hours: ["22:00-07:00", "12:30-14:00"]
              consents: {choir: 2026-03-01, marketing: {granted: 2026-03-01, withdrawn: 2026-03-05 12:00}}
              active: no
        """
    )
    assert faults == []
    sun = directory.persons["sun"]
    assert (sun.household, sun.phone, sun.active) == ("b3-u2-1203", "13800138000", False)
    assert [(hours.start.hour, hours.end.hour) for hours in sun.quiet] == [(22, 7), (12, 14)]
    choir, marketing = sun.consents
    assert choir.granted.isoformat() == "2026-02-28T16:00:00+00:00"  # midnight of the site
    assert marketing.withdrawn.isoformat() == "2026-03-05T04:00:00+00:00"
    assert directory.roles["nurse"].grants == ("view health", "door.open area:b3")


def test_a_home_need_not_be_written_when_its_building_is(read):
    directory, faults = read(
        """
        areas: [{id: b3, name: 3 号楼}]
        people: {persons: [{id: a, name: A, household: b3-u2-1203}, {id: b, name: B, household: b3-u2-1203}]}
        """
    )
    assert faults == []
    assert directory.places.way_up("b3-u2-1203") == ("b3-u2-1203", "b3-u2", "b3")
    assert (directory.areas["b3-u2-1203"].kind, directory.areas["b3-u2"].kind) == ("home", "unit")


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("household: b9-u2-1203", "no area that household 'b9-u2-1203' lies in"),
        ("phone: 1.38E+10", "no telephone number"),
        ("phone: '12'", "no telephone number"),
        ("quiet_hours: 22:00-21:00", "longer than 16 hours"),
        ("quiet_hours: 22:00-22:00", "longer than 16 hours"),
        ("quiet_hours: night", "20:00-08:00"),
        ("consents: {marketng: 2026-03-01}", "did you mean 'marketing'?"),
        ("consents: {marketing: soon}", "write the day it was given"),
        ("consents: {marketing: yes}", "write the day it was given"),
        ("consents: {marketing: {withdrawn: 2026-03-01}}", "a consent is the day it was given"),
        ("consents: [marketing]", "written as {purpose: 2026-03-01}"),
        ("active: maybe", "active"),
    ],
)
def test_what_a_person_can_not_have_is_told(read, entry, told):
    _directory, faults = read(
        f"""
        areas: [{{id: b3}}]
        people: {{persons: [{{id: a, name: A, {entry}}}]}}
        """
    )
    assert told in "\n".join(faults)


def test_after_many_wrong_names_the_nearest_is_looked_for_no_more(read):
    persons = ", ".join(f"{{id: p{n}, name: x, areas: [b33]}}" for n in range(60))
    _directory, faults = read(f"areas: [{{id: b3}}]\npeople: {{persons: [{persons}]}}\n")
    assert "did you mean 'b3'?" in faults[0]
    assert "there are b3" in faults[-1]
