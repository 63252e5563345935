"""Audiences that mean who is on duty, who lives somewhere, and everyone but one."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.people import Person
from hub.model.things import Area
from hub.people import AudienceFault, Directory, Roster, Shift, parse_audience

ZONE = ZoneInfo("Asia/Shanghai")
AREAS = (
    Area(id="linli", name="邻里花园"),
    Area(id="b1", name="1", parent="linli"),
    Area(id="b3", name="3", parent="linli"),
    Area(id="b3-u2", name="2", parent="b3"),
    Area(id="b3-u2-1203", name="1203", parent="b3-u2"),
    Area(id="b3-u2-1204", name="1204", parent="b3-u2"),
)
PERSONS = (
    Person(id="wang", name="王", roles=("grid_worker",), areas=("b1",)),
    Person(id="li", name="李", roles=("grid_worker", "resident"), areas=("b3",), household="b3-u2-1204"),
    Person(id="zhou", name="周", roles=("grid_worker", "guard"), areas=("b3",)),
    Person(id="gone", name="走", roles=("grid_worker",), areas=("b3",), active=False),
    Person(id="sun", name="孙", roles=("resident",), household="b3-u2-1203"),
    Person(id="old", name="老", roles=("resident",), areas=("b3-u2-1203",)),
    Person(id="root", name="管", roles=("admin",)),
)
SHIFTS = {"day": Shift("day", time(8), time(20)), "night": Shift("night", time(20), time(8))}
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)  # 12:00 on the site
NIGHT = datetime(2026, 11, 24, 16, tzinfo=UTC)
MORNING = datetime(2026, 11, 24, 0, tzinfo=UTC)


def directory(
    *, areas: tuple[str, ...] = (), role: str = "grid_worker", **plan: tuple[str, ...]
) -> Directory:
    week = dict.fromkeys(range(7), plan)
    roster = Roster(id="r", name="r", zone=ZONE, role=role, areas=areas, shifts=SHIFTS, week=week)
    return Directory(PERSONS, AREAS, rosters=[roster])


def ids(persons):
    return [person.id for person in persons]


def test_on_duty_leaves_of_a_role_those_who_are_on_duty_now():
    staff = directory(day=("wang",), night=("li",))
    assert ids(staff.resolve("role:grid_worker on_duty", NOON)) == ["wang"]
    assert ids(staff.resolve("role:grid_worker on_duty", NIGHT)) == ["li"]
    assert ids(staff.resolve("on_duty", NOON)) == ["wang"]


def test_the_area_chooses_among_those_on_duty_and_widens_to_all_of_them():
    staff = directory(day=("wang", "zhou"))
    assert ids(staff.resolve("role:grid_worker on_duty area:b3", NOON)) == ["zhou"]
    assert ids(directory(day=("wang",)).resolve("role:grid_worker on_duty area:b3", NOON)) == ["wang"]


def test_a_duty_may_bring_areas_to_answer_for():
    assert ids(directory(day=("wang", "zhou"), areas=("b3-u2",)).resolve("on_duty area:b3-u2", NOON)) == [
        "wang",
        "zhou",
    ]
    found = directory(day=("wang",), areas=("b3",)).resolve("on_duty area:b3", NOON)
    assert (ids(found), found[0].areas) == (["wang"], ("b1",))  # as they stand in the directory


def test_when_nobody_is_on_duty_it_widens_to_all_of_the_role_and_says_so():
    meant = directory(day=("wang",)).meant("role:grid_worker on_duty area:b3", NIGHT)
    assert ids(meant.persons) == ["wang", "li", "zhou"]
    assert meant.unattended == ("role:grid_worker on_duty area:b3",)
    assert directory(day=("wang",)).meant("role:grid_worker on_duty", NOON).unattended == ()


def test_duty_in_another_role_does_not_count():
    guards = directory(role="guard", day=("zhou",))
    assert guards.meant("role:grid_worker on_duty", NOON).unattended
    assert ids(guards.resolve("role:guard on_duty", NOON)) == ["zhou"]
    assert ids(directory(role="", day=("zhou",)).resolve("role:grid_worker on_duty", NOON)) == ["zhou"]


def test_without_a_role_it_widens_to_whom_rosters_name_or_to_all_who_work_here():
    assert ids(directory(day=("wang",)).resolve("on_duty", NIGHT)) == ["wang"]
    assert ids(Directory(PERSONS, AREAS).resolve("on_duty", NIGHT)) == ["wang", "li", "zhou", "root"]


def test_a_calendar_may_name_anybody_so_all_who_work_here_are_meant():
    from hub.people.calendars import CalendarFile

    file = Roster(id="c", name="c", zone=ZONE, calendar=CalendarFile(()))
    both = Directory(PERSONS, AREAS, rosters=[*directory(day=("wang",)).rosters.values(), file])
    assert ids(both.resolve("on_duty", NIGHT)) == ["wang", "li", "zhou", "root"]


def test_without_a_moment_nobody_is_left_out():
    assert ids(directory(day=("wang",)).resolve("role:grid_worker on_duty")) == ["wang", "li", "zhou"]


def test_widening_never_reaches_a_neighbour():
    assert ids(directory().resolve("role:resident on_duty area:b3-u2-1203", NOON)) == ["sun", "old"]


def test_who_left_or_is_not_there_is_not_on_duty():
    assert directory(day=("gone", "ghost")).meant("role:grid_worker on_duty", NOON).unattended


def test_residents_are_those_who_live_there_and_no_others():
    staff = directory()
    assert ids(staff.resolve("residents of b3")) == ["li", "sun", "old"]
    assert ids(staff.resolve("household:b3-u2-1203")) == ["sun", "old"]
    assert ids(staff.resolve("role:resident area:b3-u2-1204")) == ["li"]
    assert staff.resolve("residents of b1") == []
    assert staff.resolve("residents of") == []
    assert staff.resolve("household:") == []


def test_where_someone_lives_is_not_what_they_answer_for():
    other = Person(id="x", name="x", roles=("guard", "resident"), areas=("b1",), household="b3-u2-1203")
    found = Directory([*PERSONS, other], AREAS)
    assert ids(found.resolve("role:guard area:b3-u2-1203")) == ["zhou"]
    assert ids(found.resolve("role:resident area:b1")) == []
    assert "x" in ids(found.resolve("everyone area:b1"))
    assert "x" in ids(found.resolve("everyone area:b3-u2-1203"))


def test_everyone_but_one():
    assert ids(directory().resolve("role:grid_worker not person:li")) == ["wang", "zhou"]
    assert "root" not in ids(directory().resolve("everyone not person:root"))


def test_an_inactive_person_is_meant_by_nothing():
    assert directory().resolve("person:gone") == []
    assert "gone" not in ids(directory().resolve("everyone"))


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("residents", "write 'residents of b3'"),
        ("residents in b3", "write 'residents of b3'"),
        ("residents of role:guard", "write 'residents of b3'"),
        ("not role:guard", "said of a person only"),
        ("everyone not", "said of a person only"),
        ("not person:li", "only says who is not meant"),
        ("residents of b3 on_duty", "residents have no duty"),
        ("household:b3-u2-1203 on_duty", "residents have no duty"),
        ("role:guard on_dty", "did you mean 'on_duty'"),
    ],
)
def test_what_can_not_be_meant_says_what_would_be_right(written, says):
    with pytest.raises(AudienceFault, match=says):
        parse_audience(written)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("residents of b4", "no area 'b4'"),
        ("household:b3-u2-1230", "no household 'b3-u2-1230'; did you mean 'b3-u2-120"),
        ("everyone not person:wan", "no person 'wan'; did you mean 'wang'"),
        ("residents of", "'residents of' names no area"),
        ("household:", "'household:' names no area"),
    ],
)
def test_unknown_names_are_told(written, says):
    with pytest.raises(AudienceFault, match=says):
        directory().parse(written)


@pytest.mark.parametrize(
    "written",
    ["role:grid_worker on_duty area:b3", "residents of b3", "everyone not person:li", "household:b3-u2-1203"],
)
def test_it_reads_back_from_what_it_prints(written):
    assert parse_audience(str(parse_audience(written))) == parse_audience(written)


def test_a_changed_person_is_meant_as_before_and_the_old_directory_stays():
    before = directory(day=("wang",))
    after = before.altered(
        lambda person: Person(id=person.id, name="新", roles=person.roles, areas=person.areas)
    )
    assert ids(after.resolve("role:grid_worker on_duty", NOON)) == ["wang"]
    assert (before.persons["wang"].name, after.persons["wang"].name) == ("王", "新")


names = st.sampled_from(["wang", "li", "zhou", "gone"])
crews = st.lists(names, max_size=3, unique=True).map(tuple)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
wanted = st.sampled_from(["role:grid_worker on_duty", "on_duty", "role:guard on_duty", "role:admin on_duty"])


@given(
    crews, crews, wanted, st.sampled_from(["", " area:b1", " area:b3", " area:b3-u2-1203", " area:"]), moments
)
def test_an_alarm_for_whoever_is_on_duty_always_reaches_somebody(day, night, who, where, at):
    staff = directory(role="", day=day, night=night)
    meant = staff.meant(who + where, at)
    assert meant.persons
    on = {duty.person for duty in staff.on_duty(at)}
    assert meant.unattended or {person.id for person in meant.persons} <= on
