"""Grants and sets in people.yaml: taken as written, with faults at their place."""

import pytest

from hub.accounts.grants import BUILT_IN_GRANTS, parse_grant
from hub.accounts.permissions import Permissions
from hub.accounts.rules import Rules
from hub.testing.kit import HubKit

AREAS = "areas: [{id: b1}]\n"


def rules(hub: HubKit, people: str) -> Rules:
    found = hub.read(f"{AREAS}people: {people}\n")
    assert [str(fault) for fault in found.faults if fault.severity == "fault"] == []
    return found.rules


def test_what_the_files_give_a_role_replaces_what_is_built_in(hub: HubKit) -> None:
    found = rules(hub, "{roles: {guard: {grants: ['see camera set:gates']}}, sets: {gates: [camera.gate]}}")
    assert found.grants == {"guard": (parse_grant("see camera set:gates"),)}
    assert found.sets == {"gates": frozenset(["camera.gate"])}
    permissions = Permissions(lambda _area, _outer: False, found)
    assert permissions.grants_of(["guard"]) == {parse_grant("see camera set:gates")}
    assert permissions.grants_of(["doctor"]) == set(BUILT_IN_GRANTS["doctor"])
    assert permissions.grants_of(["unheard_of"]) == set()


def test_a_role_without_grants_keeps_the_built_in_ones_and_an_empty_list_takes_them_all(hub: HubKit) -> None:
    found = rules(hub, "{roles: {guard: {name: 门卫}, officer: {grants: []}}}")
    assert found.grants == {"officer": ()}


@pytest.mark.parametrize(
    ("people", "path", "text"),
    [
        ("{roles: {guard: {grants: ['sea entity areas']}}}", "people.roles.guard.grants[0]", "did you mean 'see'?"),
        ("{roles: {guard: {grants: ['see entity', 'see alarm area:b9']}}}", "people.roles.guard.grants[1]",
         "there is no area 'b9'"),
        ("{roles: {guard: {grants: 'see entity set:no'}}}", "people.roles.guard.grants", "there is no set 'no'"),
        ("{roles: {owner: {grants: ['see entity']}}}", "people.roles.owner.grants", "can't be changed"),
        ("{sets: [camera.gate]}", "people.sets", "sets are a mapping"),
        ("{sets: {gates: camera.gate}}", "people.sets.gates", "a set is a list"),
        ("{sets: {gates: [{}]}}", "people.sets.gates[0]", "an id is text"),
    ],
)  # fmt: skip
def test_faults_are_at_their_place(hub: HubKit, people: str, path: str, text: str) -> None:
    faults = hub.read(f"{AREAS}people: {people}\n").faults
    assert [(fault.path, text in str(fault)) for fault in faults] == [(path, True)]


def test_opening_everybody_s_health_to_a_role_is_warned_of(hub: HubKit) -> None:
    faults = hub.read("people: {roles: {guard: {grants: ['see health site']}}}\n").faults
    assert [fault.severity for fault in faults] == ["warning"]
    assert "opens other people's health" in str(faults[0])


async def test_a_reload_takes_new_rules(hub: HubKit) -> None:
    await hub.start("notify:\n")
    assert hub.hub_of.permissions.rules == Rules()
    await hub.reload("notify:\npeople: {roles: {guard: {grants: ['see log']}}}\n")
    assert hub.hub_of.permissions.grants_of(["guard"]) == {parse_grant("see log")}
