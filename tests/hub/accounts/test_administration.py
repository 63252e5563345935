"""Commands of the shell and of admins on the console: what they do, and what an admin who is no owner may not."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.accounts.permissions import Principal
from hub.accounts.signin import SignInRefused, Throttled
from hub.model.errors import ActionRefused, HubError
from hub.model.people import Person
from tests.hub.accounts.bench import ELSEWHERE, PASSWORD, Bench, community

ADMIN = Principal(account="a-admin", roles=frozenset(["admin"]))


async def do(bench: Bench, command: str, **given: Any) -> Any:
    return await bench.administration.carry_out({"do": command, **given})


async def test_the_life_of_an_account(bench: Bench) -> None:
    added = await do(bench, "add", name="wang", roles=["owner"], password=PASSWORD)
    await do(bench, "add", name="li", person="li", password=None)
    assert (added["roles"], added["password"], added["second_factor"]) == (["owner"], True, False)
    assert [item["name"] for item in await do(bench, "list")] == ["li", "wang"]
    assert (await do(bench, "role", name="li", add=["guard"], remove=[]))["roles"] == ["guard"]
    assert (await do(bench, "link", name="li", person="wang"))["person"] == "wang"
    assert (await do(bench, "disable", name="li"))["disabled"] is True
    assert (await do(bench, "enable", name="LI"))["disabled"] is False
    assert await do(bench, "remove", name="li") == {"removed": "li"}
    with pytest.raises(ActionRefused, match="there is no account 'wnag'; did you mean 'wang'"):
        await do(bench, "disable", name="wnag")


async def test_tokens_are_shown_once_and_revoked_by_their_id(bench: Bench) -> None:
    await bench.add("wang", "owner")
    made = await do(bench, "token", name="wang", label="Node-RED", scopes=["see"], days=30)
    assert bench.who(made["token"]) is not None
    (listed,) = await do(bench, "sessions", kinds=["token"])
    assert made["token"] not in str(listed)
    assert (listed["label"], listed["scopes"], listed["account"]) == ("Node-RED", ["see"], "wang")
    assert await do(bench, "sessions", name="wang", kinds=["console"]) == []
    assert await do(bench, "revoke", id=made["id"]) == {"revoked": [made["id"]]}
    assert bench.who(made["token"]) is None
    with pytest.raises(ActionRefused, match="there is no session"):
        await do(bench, "revoke", id=made["id"])


async def test_all_of_an_account_is_revoked_at_once(bench: Bench) -> None:
    wang, li = await bench.add("wang"), await bench.add("li")
    tokens = [await bench.token(wang), await bench.token(wang)]
    kept = await bench.token(li)
    assert len((await do(bench, "revoke", name="wang"))["revoked"]) == 2
    assert [bench.who(token) for token in tokens] == [None, None]
    assert bench.who(kept) is not None


async def test_invitations_are_listed_without_their_code_and_withdrawn(bench: Bench) -> None:
    made = await do(bench, "invite", roles=["resident"], person="wang")
    (listed,) = await do(bench, "invitations")
    assert made["code"].startswith("lli_")
    assert made["code"] not in str(listed)
    await do(bench, "revoke", id=made["id"])
    assert await do(bench, "invitations") == []


async def test_a_password_is_set_or_a_link_is_made(bench: Bench) -> None:
    await bench.add("wang")
    link = await do(bench, "password", name="wang", password=None)
    assert link["purpose"] == "reset"
    await do(bench, "password", name="wang", password="another horse battery")
    assert await bench.sign_in("wang", "another horse battery")


async def test_bans_are_listed_and_lifted(bench: Bench) -> None:
    await bench.add("wang")
    for name in ("wang", "nobody"):
        for _ in range(10):
            with pytest.raises(SignInRefused):
                await bench.sign_in(name, "wrong", address=ELSEWHERE)
    listed = await do(bench, "bans")
    assert sorted(item["what"] for item in listed) == ["a name that no account has", "account wang"]
    with pytest.raises(ActionRefused, match="is no account and no address"):
        await do(bench, "unban", what="nobody")
    assert (await do(bench, "unban", what="WANG"))["lifted"] == ["account wang"]
    assert await bench.sign_in("wang")
    with pytest.raises(Throttled):
        await bench.sign_in("nobody", "x")
    assert (await do(bench, "unban", what=ELSEWHERE))["lifted"] == [f"address {ELSEWHERE}"]
    await do(bench, "unban")
    assert bench.accounts.book.failures == {}


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ({"do": "token", "name": "boss", "label": "x"}, "tokens are made by who they stand for"),
        ({"do": "token", "name": "aide", "label": "x"}, "tokens are made by who they stand for"),
        ({"do": "add", "name": "new", "roles": ["owner"]}, "only an owner makes another"),
        ({"do": "add", "name": "new", "person": "chief"}, "only an owner makes another"),
        ({"do": "invite", "roles": ["owner"]}, "only an owner makes another"),
        ({"do": "invite", "person": "chief"}, "only an owner makes another"),
        ({"do": "role", "name": "aide", "add": ["owner"]}, "only an owner makes another"),
        ({"do": "link", "name": "aide", "person": "chief"}, "only an owner makes another"),
        ({"do": "role", "name": "boss", "remove": ["owner"]}, "with an owner's account"),
        ({"do": "disable", "name": "boss"}, "with an owner's account"),
        ({"do": "remove", "name": "BOSS"}, "with an owner's account"),
        ({"do": "password", "name": "boss"}, "with an owner's account"),
        ({"do": "code-off", "name": "boss"}, "with an owner's account"),
        ({"do": "revoke", "name": "boss"}, "with an owner's account"),
    ],
)
async def test_an_admin_who_is_no_owner_does_not_become_one(
    bench: Bench, command: dict[str, Any], why: str
) -> None:
    bench.directory = community(Person(id="chief", name="c", roles=("owner",)))
    for name, roles in (("boss", ["owner"]), ("second", ["owner"]), ("aide", ["admin"])):
        await bench.accounts.registry.add(name, roles=roles)
    before = dict(bench.accounts.book.accounts)
    with pytest.raises(ActionRefused, match=why):
        await bench.administration.carry_out(command, ADMIN)
    assert bench.accounts.book.accounts == before
    assert bench.accounts.book.sessions == bench.accounts.book.invitations == {}
    await bench.administration.carry_out(command | {"password": PASSWORD})  # as the machine's admin may


async def test_an_admin_ends_no_owners_session_but_others(bench: Bench) -> None:
    boss, aide = await bench.add("boss", "owner"), await bench.add("aide")
    ids = []
    for account in (boss, aide):
        await bench.token(account)
        ids.append(bench.accounts.book.sessions_of(account.id)[0].id)
    with pytest.raises(ActionRefused):
        await bench.administration.carry_out({"do": "revoke", "id": ids[0]}, ADMIN)
    assert await bench.administration.carry_out({"do": "revoke", "id": ids[1]}, ADMIN) == {
        "revoked": [ids[1]]
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
DOES = [
    "list",
    "role",
    "link",
    "disable",
    "invite",
    "token",
    "sessions",
    "revoke",
    "bans",
    "unban",
    "code-off",
    "x",
]
FIELDS = ["name", "roles", "add", "remove", "person", "label", "scopes", "days", "id", "kinds", "what"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_=st.dictionaries(st.sampled_from(FIELDS), JSON), what=st.sampled_from(DOES))
async def test_any_command_is_carried_out_or_refused(bench: Bench, what: str, given_: dict[str, Any]) -> None:
    with suppress(HubError):
        await bench.administration.carry_out({"do": what, **given_})
