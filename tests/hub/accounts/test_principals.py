"""Who asks: roles of the account and the person, places, grants; as the files are now."""

from dataclasses import replace

import pytest

from hub.accounts.grants import parse_grant
from hub.accounts.permissions import Thing
from hub.accounts.rules import Rules
from hub.model.people import Person
from tests.hub.accounts.bench import Bench, community


async def test_an_account_has_its_own_roles_and_those_of_its_person(bench: Bench) -> None:
    who = bench.who(await bench.token(await bench.add("wang", "guard", person="li")))
    assert who is not None
    assert who.roles == {"guard", "grid_worker"}
    assert (who.areas, who.homes, who.person) == ({"b3"}, frozenset(), "li")
    assert bench.permissions.may(who, "operate", Thing(kind="entity", area="b3-u2"))


async def test_a_resident_lives_in_their_areas_and_answers_for_none(bench: Bench) -> None:
    who = bench.who(await bench.token(await bench.add("wang", person="wang")))
    assert who is not None
    assert (who.areas, who.homes, who.language) == (frozenset(), {"b3-u2-1203"}, "en")
    assert bench.permissions.may(who, "see", Thing(kind="entity", area="b3-u2-1203"))
    assert not bench.permissions.may(who, "see", Thing(kind="entity", area="b3-u2"))


async def test_who_works_and_lives_here_does_not_make_a_building_their_home(bench: Bench) -> None:
    both = Person(id="both", name="b", roles=("resident", "grid_worker"), areas=("b3", "b3-u2-1203"))
    bench.directory = community(both)
    who = bench.who(await bench.token(await bench.add("wang", person="both")))
    assert who is not None
    assert (who.areas, who.homes) == ({"b3"}, {"b3-u2-1203"})


async def test_a_household_is_the_home(bench: Bench) -> None:
    both = Person(id="both", name="b", roles=("resident", "guard"), areas=("b3",), household="b3-u2-1203")
    bench.directory = community(both)
    who = bench.who(await bench.token(await bench.add("wang", person="both")))
    assert who is not None
    assert (who.areas, who.homes) == ({"b3"}, {"b3-u2-1203"})


@pytest.mark.parametrize(
    "person", [None, Person(id="li", name="李", roles=("grid_worker",), areas=("b3",), active=False)]
)
async def test_a_person_who_left_takes_their_roles_along_at_once(bench: Bench, person: Person | None) -> None:
    token = await bench.token(await bench.add("wang", person="li"))
    before = bench.who(token)
    assert before is not None
    assert before.areas == {"b3"}
    bench.directory = community(*([person] if person else []))
    if person is None:
        del bench.directory.persons["li"]  # type: ignore[attr-defined]
    after = bench.accounts.current(before)
    assert after is not None
    assert (after.areas, after.roles) == (frozenset(), frozenset())
    assert not after.reach


async def test_roles_and_rules_count_at_once_for_open_sessions(bench: Bench) -> None:
    account = await bench.add("wang", "guard")
    who = bench.who(await bench.token(account))
    assert who is not None
    assert bench.accounts.current(who) is who, "asking again costs nothing"
    await bench.accounts.registry.change(account, add=["admin"])
    promoted = bench.accounts.current(who)
    assert promoted is not None
    assert promoted.is_admin
    bench.permissions.rules = Rules({"admin": (parse_grant("see log site"),)})
    limited = bench.accounts.current(promoted)
    assert limited is not None
    assert ("see", "log") in limited.reach
    assert not limited.is_admin


async def test_a_token_with_scopes_reaches_less_and_no_health(bench: Bench) -> None:
    account = await bench.add("wang", "admin", "doctor", person="wang")
    bench.accounts.principals.patients = lambda person: ["li"] if person == "wang" else []
    whole, seeing, narrow = [
        bench.who(await bench.token(account, *scopes)) for scopes in ((), ("see",), ("operate:entity",))
    ]
    assert whole is not None
    assert seeing is not None
    assert narrow is not None
    patient = Thing(kind="health", person="li")
    may = bench.permissions.may
    assert whole.patients == {"li"}
    assert may(whole, "see", patient)
    assert not may(seeing, "see", patient)
    assert may(seeing, "see", Thing(kind="log"))
    assert not may(seeing, "operate", Thing(kind="entity"))
    assert set(narrow.reach) == {("operate", "entity")}


async def test_who_is_whose_patient_is_asked_anew_when_told(bench: Bench) -> None:
    patients: list[str] = []
    bench.accounts.principals.patients = lambda _person: patients
    who = bench.who(await bench.token(await bench.add("wang", "doctor", person="li")))
    assert who is not None
    patients.append("wang")
    bench.accounts.principals.renew()
    now = bench.accounts.current(who)
    assert now is not None
    assert now.patients == {"wang"}


async def test_the_machines_own_admin_has_no_session_to_lose(bench: Bench) -> None:
    from hub.web.gate import LOCAL_ADMIN

    assert bench.accounts.current(LOCAL_ADMIN) is LOCAL_ADMIN


async def test_a_session_is_known_by_its_id_as_long_as_it_is_open(bench: Bench) -> None:
    who = bench.who(await bench.token(await bench.add("wang")))
    assert who is not None
    assert bench.accounts.principal_of_session(who.session) == who
    await bench.accounts.sessions.end([bench.accounts.book.sessions[who.session]])
    assert bench.accounts.principal_of_session(who.session) is None
    assert bench.accounts.current(who) is None
    assert bench.accounts.principal_of_session("") is None


async def test_a_session_that_is_left_over_of_a_disabled_account_is_nobody(bench: Bench) -> None:
    account = await bench.add("wang")
    token = await bench.token(account)
    bench.accounts.book.put(replace(account, disabled=True))
    assert bench.who(token) is None
