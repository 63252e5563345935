"""Who is meant by an audience."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.people import Person
from hub.model.things import Area
from hub.people import AudienceFault, Directory, Role

AREAS = (
    Area(id="linli", name="邻里花园", kind="community"),
    Area(id="b1", name="1 号楼", parent="linli", kind="building"),
    Area(id="b1-u1", name="1 单元", parent="b1", kind="unit"),
    Area(id="b1-u2", name="2 单元", parent="b1", kind="unit"),
    Area(id="b1-u1-0301", name="301", parent="b1-u1", kind="home"),
    Area(id="b1-u1-0302", name="302", parent="b1-u1", kind="home"),
    Area(id="b2", name="2 号楼", parent="linli", kind="building"),
    Area(id="b3", name="3 号楼", parent="linli", kind="building"),
)
PERSONS = (
    Person(id="li", name="李", roles=("grid_worker",), areas=("b1",)),
    Person(id="zhou", name="周", roles=("grid_worker",), areas=("b2",)),
    Person(id="chief", name="陈", roles=("officer",), areas=("linli",)),
    Person(id="guard", name="保安", roles=("guard",), areas=("b1-u2",)),
    Person(id="wang", name="王", roles=("resident",), areas=("b1-u1-0301",)),
    Person(id="sun", name="孙", roles=("resident",), areas=("b1-u1-0302",)),
    Person(id="root", name="管", roles=("admin",)),
)


@pytest.fixture
def directory():
    return Directory(PERSONS, AREAS)


def ids(persons):
    return [person.id for person in persons]


def test_a_person_is_meant_by_id(directory):
    assert ids(directory.resolve("person:wang")) == ["wang"]


def test_a_role_means_all_who_have_it_in_the_directorys_order(directory):
    assert ids(directory.resolve("role:grid_worker")) == ["li", "zhou"]


def test_everyone_means_everyone(directory):
    assert ids(directory.resolve("everyone")) == ids(PERSONS)


def test_a_list_is_a_union_in_stable_order(directory):
    assert ids(directory.resolve(["person:wang", "role:grid_worker", "person:wang"])) == [
        "li",
        "zhou",
        "wang",
    ]


def test_who_answers_for_a_building_answers_for_everything_inside(directory):
    assert ids(directory.resolve("role:grid_worker area:b1-u1-0301")) == ["li"]


def test_an_area_alone_means_all_who_answer_for_it_and_no_resident(directory):
    assert ids(directory.resolve("area:b1-u1-0301")) == ["li", "chief"]
    assert ids(directory.responsible("b2")) == ["zhou", "chief"]


def test_when_nobody_answers_for_a_unit_the_building_is_asked_then_the_community(directory):
    assert ids(directory.resolve("role:guard area:b1")) == ["guard"]  # answers for a part of it
    assert ids(directory.resolve("role:guard area:b1-u1")) == ["guard"]  # for a part of what it lies in
    assert ids(directory.resolve("role:grid_worker area:b3")) == ["li", "zhou"]


def test_when_no_area_fits_all_of_the_role_are_meant(directory):
    assert ids(directory.resolve("role:admin area:b1")) == ["root"]
    assert ids(directory.resolve("role:grid_worker area:unheard-of")) == ["li", "zhou"]
    assert ids(directory.resolve("role:grid_worker area:")) == ["li", "zhou"]


def test_residents_of_an_area_are_those_who_live_in_it(directory):
    assert ids(directory.resolve("role:resident area:b1")) == ["wang", "sun"]
    assert ids(directory.resolve("role:resident area:b1-u1-0301")) == ["wang"]


def test_a_notice_for_one_home_never_widens_to_the_neighbours(directory):
    assert directory.resolve("role:resident area:b1-u2") == []
    assert directory.resolve("role:resident area:") == []


def test_everyone_of_an_area_is_who_answers_for_it_and_who_lives_in_it(directory):
    assert ids(directory.resolve("everyone area:b1-u1")) == ["li", "chief", "wang", "sun"]
    assert ids(directory.resolve("everyone area:b3")) == ["chief"]


def test_resolving_again_finds_the_same_and_what_a_caller_does_to_it_changes_nothing(directory):
    first = directory.resolve("role:grid_worker")
    first.clear()
    assert ids(directory.resolve("role:grid_worker")) == ["li", "zhou"]


def test_a_named_person_is_meant_wherever_they_are(directory):
    assert ids(directory.resolve("person:zhou area:b1")) == ["zhou"]


def test_two_roles_mean_those_who_have_both(directory):
    both = Person(id="both", name="双", roles=("guard", "officer"))
    assert ids(Directory((*PERSONS, both), AREAS).resolve("role:guard role:officer")) == ["both"]


def test_unknown_names_mean_nobody(directory):
    assert directory.resolve("person:ghost") == []
    assert directory.resolve("role:pilot") == []


def test_parsing_refuses_unknown_names_with_a_suggestion(directory):
    with pytest.raises(AudienceFault, match="no role 'grid_wroker'; did you mean 'grid_worker'"):
        directory.parse("role:grid_wroker")
    with pytest.raises(AudienceFault, match="no person 'wan'; did you mean 'wang'"):
        directory.parse("person:wan")
    with pytest.raises(AudienceFault, match="names no area"):
        directory.parse("role:guard area:")


def test_what_parses_resolves(directory):
    assert ids(directory.resolve(directory.parse("role:guard"))) == ["guard"]


def test_a_site_may_add_roles(directory):
    tenant = Role(id="tenant", name="租户", lives=True)
    own = Directory([Person(id="x", name="x", roles=("tenant",), areas=("b2",))], AREAS, [tenant])
    assert ids(own.resolve("role:tenant area:linli")) == ["x"]
    assert ids(own.resolve("area:b2")) == []


def test_areas_that_lie_in_each_other_do_no_harm():
    looped = Directory(PERSONS, [Area(id="a", name="a", parent="b"), Area(id="b", name="b", parent="a")])
    assert looped.places.way_up("a") == ("a", "b")
    assert looped.places.inside("a", "b")


def test_an_empty_directory_means_nobody():
    assert Directory().resolve("everyone") == []


areas = st.lists(st.sampled_from(sorted(area.id for area in AREAS)), max_size=2)
roles = st.lists(st.sampled_from(["grid_worker", "guard", "resident", "admin"]), max_size=2)
somebody = st.builds(
    lambda number, held, where: Person(id=f"p{number}", name="x", roles=tuple(held), areas=tuple(where)),
    st.integers(0, 9),
    roles,
    areas,
)


@given(
    st.lists(somebody, max_size=6), st.sampled_from(AREAS), st.sampled_from(["grid_worker", "guard", "admin"])
)
def test_a_role_that_anyone_has_is_never_nobody_wherever_it_happened(persons, area, role):
    directory = Directory(persons, AREAS)
    found = directory.resolve(f"role:{role} area:{area.id}")
    assert bool(found) == bool(directory.resolve(f"role:{role}"))
    assert all(role in person.roles for person in found)


@given(st.lists(somebody, max_size=6), st.sampled_from(AREAS))
def test_a_notice_to_residents_reaches_only_who_lives_there(persons, area):
    directory = Directory(persons, AREAS)
    for person in directory.resolve(f"role:resident area:{area.id}"):
        assert any(directory.places.inside(home, area.id) for home in person.areas)
