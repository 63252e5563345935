"""The one permission function: each built-in role as its holder would try it, and laws that hold for any grants."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.accounts.grants import (
    BUILT_IN_GRANTS,
    KINDS,
    SCOPES,
    SENSITIVE,
    VERBS,
    Grant,
    GrantFault,
    parse_grant,
    parse_token_scope,
)
from hub.accounts.permissions import NOBODY, Forbidden, Permissions, Principal, Thing
from hub.accounts.rules import Rules
from hub.model.things import Area
from hub.people.places import Places

PLACES = Places(
    [
        Area(id="yard", name="院子", kind="place"),
        Area(id="b1", name="1号楼", kind="building"),
        Area(id="b1-101", name="101", kind="home", parent="b1"),
        Area(id="b2", name="2号楼", kind="building"),
        Area(id="b2-lift", name="电梯", kind="place", parent="b2"),
        Area(id="b2-201", name="201", kind="home", parent="b2"),
        Area(id="b2-201-bath", name="浴室", kind="place", parent="b2-201"),
    ]
)
RULES = Rules(sets={"gates": frozenset(["camera.gate", "switch.barrier"])})
PERMISSIONS = Permissions(PLACES.inside, RULES, PLACES.is_private)


def someone(role: str, **more: object) -> Principal:
    known: dict[str, object] = {
        "account": f"a-{role}",
        "person": f"p-{role}",
        "grants": frozenset(BUILT_IN_GRANTS[role]),
    }
    return Principal(roles=frozenset([role]), **{**known, **more})  # type: ignore[arg-type]


PEOPLE = {
    "owner": someone("owner"),
    "admin": someone("admin"),
    "grid_worker": someone("grid_worker", areas=frozenset(["b2"])),
    "officer": someone("officer", areas=frozenset(["b2"])),
    "guard": someone("guard", areas=frozenset(["b2"])),
    "doctor": someone("doctor", patients=frozenset(["p-old"])),
    "resident": someone("resident", homes=frozenset(["b2-201"])),
}
EVERYONE = frozenset(PEOPLE)
SITE = frozenset(["owner", "admin"])


def who_may(verb: str, kind: str, id: str = "x", area: str = "", person: str = "") -> frozenset[str]:  # noqa: A002
    thing = Thing(kind=kind, id=id, area=area, person=person)
    return frozenset(role for role, who in PEOPLE.items() if PERMISSIONS.may(who, verb, thing))


@pytest.mark.parametrize(
    ("asked", "roles"),
    [
        # A lift's sensor: who looks after the building, and no resident.
        (("see", "entity", "sensor.lift", "b2-lift"), {"grid_worker", "guard"}),
        (("operate", "entity", "switch.lift", "b2-lift"), {"guard"}),
        (("see", "camera", "camera.lift", "b2-lift"), {"grid_worker", "guard"}),
        # What stands in a flat: its residents, and nobody who looks after the building.
        (("see", "entity", "light.bath", "b2-201-bath"), {"resident"}),
        (("operate", "entity", "light.bath", "b2-201-bath"), {"resident"}),
        (("see", "camera", "camera.hall", "b2-201"), set()),
        (("see", "entity", "light.other", "b1-101"), set()),
        # Elsewhere, and nowhere.
        (("see", "entity", "sensor.yard", "yard"), set()),
        (("see", "entity", "sensor.lost", ""), set()),
        (("see", "entity", "sensor.lost", "gone"), set()),
        # Alarms: in a flat, too, they come to who helps.
        (("see", "alarm", "fire", "b2-201"), {"grid_worker", "guard", "resident"}),
        (("acknowledge", "alarm", "fire", "b2-201"), {"grid_worker", "guard", "resident"}),
        (("see", "alarm", "thrown", "b2"), {"grid_worker", "guard", "officer"}),
        (("see", "alarm", "thrown", "b1"), set()),
        (("see", "media", "a.jpg", "b2"), {"grid_worker", "guard", "officer"}),
        (("see", "media", "a.jpg", "b2-201"), {"grid_worker", "resident"}),
        (("edit", "case", "c1", "b2"), {"grid_worker", "officer"}),
        # Persons, who live in homes.
        (("see", "person", "p-old", "b2-201", "p-old"), {"grid_worker", "doctor"}),
        (("see", "person", "p-other", "b1-101", "p-other"), set()),
        (("edit", "person", "p-old", "b2-201", "p-old"), set()),
        # The site's own affairs.
        (("manage", "system"), set()),
        (("see", "log"), set()),
        (("see", "audit"), set()),
        (("edit", "config"), set()),
        (("manage", "account", "a1"), set()),
        (("see", "automation", "automation.x", "b2"), set()),
        (("see", "template"), set()),
        (("see", "area", "b1", "b1"), {"grid_worker", "officer", "guard", "doctor"}),
        (("see", "area", "b2-201", "b2-201"), {"grid_worker", "officer", "guard", "doctor", "resident"}),
    ],
)  # fmt: skip
def test_what_each_built_in_role_may(asked: tuple[str, ...], roles: set[str]) -> None:
    assert who_may(*asked) == SITE | roles


@pytest.mark.parametrize("verb", VERBS)
def test_other_people_s_health_is_for_their_doctor_alone(verb: str) -> None:
    allowed = {"doctor"} if verb in ("see", "edit", "acknowledge") else set()
    assert who_may(verb, "health", "m1", "b2-201", "p-old") == allowed
    assert who_may(verb, "health", "m1", "b2-201", "p-stranger") == frozenset()
    assert who_may(verb, "health", "m1", "b2-201") == frozenset()


@pytest.mark.parametrize("role", sorted(EVERYONE))
def test_everyone_sees_themselves_and_who_looked_at_their_data(role: str) -> None:
    own = PEOPLE[role].person
    for verb, kind in (
        ("see", "person"),
        ("edit", "person"),
        ("see", "delivery"),
        ("see", "audit"),
        ("see", "health"),
    ):
        assert role in who_may(verb, kind, "x", "", own)
        assert who_may(verb, kind, "x", "", own) - SITE - {role} == frozenset()


def test_nobody_may_nothing() -> None:
    assert not any(
        PERMISSIONS.may(NOBODY, verb, Thing(kind=kind, area="b2", person=""))
        for verb in VERBS
        for kind in KINDS
    )


def test_an_account_without_a_person_is_not_taken_for_things_about_nobody() -> None:
    who = someone("resident", person="", homes=frozenset([""]), patients=frozenset([""]))
    doctor = someone("doctor", person="", patients=frozenset([""]))
    for one in (who, doctor):
        assert not PERMISSIONS.may(one, "see", Thing(kind="health", person=""))
        assert not PERMISSIONS.may(one, "see", Thing(kind="entity", area=""))


def test_a_named_set_opens_what_it_names_and_nothing_else() -> None:
    who = Principal(
        account="a", grants=frozenset([parse_grant("see camera set:gates"), parse_grant("see entity set:no")])
    )
    assert PERMISSIONS.may(who, "see", Thing(kind="camera", id="camera.gate"))
    assert not PERMISSIONS.may(who, "see", Thing(kind="camera", id="camera.yard"))
    assert not PERMISSIONS.may(who, "operate", Thing(kind="camera", id="camera.gate"))
    assert not PERMISSIONS.may(who, "see", Thing(kind="entity", id="camera.gate"))
    assert not PERMISSIONS.may(who, "see", Thing(kind="camera", id=""))


def test_one_area_with_all_that_lies_in_it() -> None:
    who = Principal(account="a", grants=frozenset([parse_grant("see entity area:b2")]))
    inside = {area: PERMISSIONS.may(who, "see", Thing(kind="entity", area=area)) for area in PLACES.areas}
    assert {area for area, may in inside.items() if may} == {"b2", "b2-lift", "b2-201", "b2-201-bath"}


def test_who_is_refused_is_not_told_what_there_is() -> None:
    with pytest.raises(Forbidden, match=r"^you may not see this person$"):
        PERMISSIONS.require(PEOPLE["resident"], "see", Thing(kind="person", id="secret-id", person="p-old"))
    PERMISSIONS.require(PEOPLE["doctor"], "see", Thing(kind="person", id="p-old", person="p-old"))


def test_a_token_narrows_what_its_owner_may() -> None:
    scopes = (parse_token_scope("see"), parse_token_scope("operate:entity"))
    who = someone("owner", scopes=scopes)
    assert PERMISSIONS.may(who, "see", Thing(kind="log"))
    assert PERMISSIONS.may(who, "operate", Thing(kind="entity"))
    assert not PERMISSIONS.may(who, "operate", Thing(kind="automation"))
    assert not PERMISSIONS.may(who, "edit", Thing(kind="person"))
    assert not PERMISSIONS.may(who, "see", Thing(kind="health", person="p-owner")), "a token must name health"
    assert not who.is_admin


# --- laws -------------------------------------------------------------------------------------------------

AREAS = ["", "gone", *PLACES.areas]
PERSONS = ["", "p1", "p2"]
scopes = st.sampled_from([*SCOPES, "area:b2", "area:gone", "set:gates", "set:no"])
grants = st.builds(Grant, st.sampled_from([*VERBS, "*"]), st.sampled_from([*KINDS, "*"]), scopes)
things = st.builds(
    Thing,
    kind=st.sampled_from(KINDS),
    id=st.sampled_from(["", "camera.gate", "x"]),
    area=st.sampled_from(AREAS),
    person=st.sampled_from(PERSONS),
)
limits = st.none() | st.lists(
    st.builds(Grant, st.sampled_from([*VERBS, "*"]), st.sampled_from([*KINDS, "*"]))
).map(tuple)
some = st.frozensets(st.sampled_from(AREAS), max_size=3)


@st.composite
def principals(draw: st.DrawFn) -> Principal:
    return Principal(
        account="a",
        person=draw(st.sampled_from(PERSONS)),
        areas=draw(some),
        homes=draw(some),
        patients=draw(st.frozensets(st.sampled_from(PERSONS))),
        grants=draw(st.frozensets(grants, max_size=5)),
        scopes=draw(limits),
    )


def changed(who: Principal, **more: object) -> Principal:
    names = ("account", "person", "areas", "homes", "patients", "grants", "scopes")
    return Principal(**{name: getattr(who, name) for name in names} | more)


@given(who=principals(), more=grants, verb=st.sampled_from(VERBS), thing=things)
def test_another_grant_never_takes_away(who: Principal, more: Grant, verb: str, thing: Thing) -> None:
    if PERMISSIONS.may(who, verb, thing):
        assert PERMISSIONS.may(changed(who, grants=who.grants | {more}), verb, thing)


@given(who=principals(), verb=st.sampled_from(VERBS), thing=things)
def test_a_token_never_gives(who: Principal, verb: str, thing: Thing) -> None:
    if PERMISSIONS.may(who, verb, thing):
        assert PERMISSIONS.may(changed(who, scopes=None), verb, thing)


@given(who=principals(), verb=st.sampled_from(VERBS), thing=things)
def test_what_is_allowed_is_allowed_by_some_one_grant(who: Principal, verb: str, thing: Thing) -> None:
    alone = [PERMISSIONS.may(changed(who, grants=frozenset([grant])), verb, thing) for grant in who.grants]
    assert PERMISSIONS.may(who, verb, thing) == any(alone)


@given(who=principals(), verb=st.sampled_from(VERBS), thing=things)
def test_health_is_never_meant_by_everything(who: Principal, verb: str, thing: Thing) -> None:
    if thing.kind in SENSITIVE and PERMISSIONS.may(who, verb, thing):
        assert any(grant.kind == thing.kind for grant in who.grants)


@given(who=principals(), verb=st.sampled_from(VERBS), thing=things)
def test_a_thing_that_is_nowhere_about_nobody_is_for_the_site_or_a_set(
    who: Principal, verb: str, thing: Thing
) -> None:
    bare = Thing(kind=thing.kind, id=thing.id)
    if PERMISSIONS.may(who, verb, bare):
        reach = who.reach[verb, thing.kind]
        assert "site" in reach or "set:gates" in reach


@given(who=principals(), verb=st.sampled_from(VERBS), thing=things)
def test_the_door_lets_in_whoever_may_do_it_with_some_thing(who: Principal, verb: str, thing: Thing) -> None:
    if PERMISSIONS.may(who, verb, thing):
        assert PERMISSIONS.may_some(who, verb, thing.kind)


# --- grants as they are written ---------------------------------------------------------------------------


@given(grant=grants)
def test_a_grant_is_read_as_it_is_written(grant: Grant) -> None:
    assert parse_grant(str(grant)) == grant


@given(text=st.text(max_size=200))
def test_any_text_is_a_grant_or_a_fault(text: str) -> None:
    for parse in (parse_grant, parse_token_scope):
        with suppress(GrantFault):
            found = parse(text)
            assert (found.verb in (*VERBS, "*"), found.kind in (*KINDS, "*")) == (True, True)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is no grant; write 'VERB KIND SCOPE'"),
        ("see", "is no grant"),
        ("see entity areas now", "is no grant"),
        ("sea entity areas", "'sea' is no verb of a grant; did you mean 'see'?"),
        ("see entitty", "did you mean 'entity'?"),
        ("see entity area", "did you mean 'areas'?"),
        ("see entity area:", "names no area"),
        ("see entity set:", "names no set"),
    ],
)
def test_a_faulty_grant_is_told_what_is_right(text: str, fault: str) -> None:
    with pytest.raises(GrantFault, match=fault.replace("?", r"\?")):
        parse_grant(text)
