"""One-time links: good once, for a while, for what they name."""

import asyncio
from datetime import timedelta

import pytest

from hub.accounts.invitations import NoSuchInvitation
from hub.accounts.names import NameFault
from hub.accounts.passwords import PasswordFault
from hub.accounts.secret import new_secret
from hub.accounts.signin import SignInRefused
from hub.model.errors import ActionRefused
from tests.hub.accounts.bench import PASSWORD, Bench


async def test_an_invitation_makes_one_account_with_its_roles_and_person(bench: Bench) -> None:
    invitations = bench.accounts.invitations
    _, code = await invitations.invite(made_by="local", person="li", roles=["guard"])
    await bench.reopen()
    account = await bench.accounts.invitations.accept(code, "xiao.li", PASSWORD)
    assert (account.name, account.person, account.roles) == ("xiao.li", "li", ("guard",))
    assert await bench.sign_in("xiao.li")
    with pytest.raises(NoSuchInvitation):
        await bench.accounts.invitations.accept(code, "other", PASSWORD)
    await bench.reopen()
    with pytest.raises(NoSuchInvitation):
        bench.accounts.invitations.find(code)


async def test_two_who_accept_at_once_make_one_account(bench: Bench) -> None:
    _, code = await bench.accounts.invitations.invite(made_by="local", roles=["owner"])
    done = await asyncio.gather(
        *(bench.accounts.invitations.accept(code, name, PASSWORD) for name in ("one", "two")),
        return_exceptions=True,
    )
    assert sum(isinstance(result, NoSuchInvitation) for result in done) == 1
    assert len(bench.accounts.book.accounts) == 1


async def test_a_password_that_is_refused_costs_no_invitation(bench: Bench) -> None:
    _, code = await bench.accounts.invitations.invite(made_by="local", name="li")
    await bench.add("wang")
    with pytest.raises(PasswordFault):
        await bench.accounts.invitations.accept(code, "", "short")
    with pytest.raises(NameFault):
        await bench.accounts.invitations.accept(code, "WANG", PASSWORD)
    assert (await bench.accounts.invitations.accept(code, "", PASSWORD)).name == "li"


@pytest.mark.parametrize("days", [None, 2])
async def test_an_invitation_has_its_time(bench: Bench, days: int | None) -> None:
    lasts = None if days is None else timedelta(days=days)
    made, code = await bench.accounts.invitations.invite(made_by="local", lasts=lasts)
    assert made.expires - made.created == timedelta(days=days or 7)
    bench.clock.jump((days or 7) * 86_400 - 1)
    bench.accounts.invitations.find(code)
    bench.clock.jump(1)
    with pytest.raises(NoSuchInvitation):
        await bench.accounts.invitations.accept(code, "li", PASSWORD)
    await bench.reopen()
    assert bench.accounts.book.invitations == {}


@pytest.mark.parametrize("code", ["", "lli_", "x", new_secret("invitation"), "\ud800", "l" * 10_000])
async def test_nonsense_is_no_invitation(bench: Bench, code: str) -> None:
    await bench.accounts.invitations.invite(made_by="local")
    with pytest.raises(NoSuchInvitation):
        bench.accounts.invitations.find(code)


async def test_a_withdrawn_one_is_void(bench: Bench) -> None:
    made, code = await bench.accounts.invitations.invite(made_by="local")
    await bench.accounts.invitations.withdraw(made.id)
    with pytest.raises(NoSuchInvitation):
        bench.accounts.invitations.find(code)
    with pytest.raises(ActionRefused):
        await bench.accounts.invitations.withdraw(made.id)


async def test_the_welcome_is_for_a_hub_without_accounts_alone(bench: Bench) -> None:
    first = await bench.accounts.invitations.welcome()
    second = await bench.accounts.invitations.welcome()
    assert first is not None
    assert second is not None
    with pytest.raises(NoSuchInvitation):
        bench.accounts.invitations.find(first[1])
    assert second[0].roles == ("owner",)
    await bench.add("wang")
    with pytest.raises(NoSuchInvitation):
        await bench.accounts.invitations.accept(second[1], "thief", PASSWORD)
    assert await bench.accounts.invitations.welcome() is None


async def test_the_welcome_lasts_an_hour(bench: Bench) -> None:
    made = await bench.accounts.invitations.welcome()
    assert made is not None
    bench.clock.jump(3600)
    with pytest.raises(NoSuchInvitation):
        await bench.accounts.invitations.accept(made[1], "late", PASSWORD)


async def test_a_reset_gives_another_password_and_a_newer_link_voids_it(bench: Bench) -> None:
    wang = await bench.add("wang")
    session, _ = await bench.accounts.sessions.open(wang.id, "console", label="x")
    _, older = await bench.accounts.invitations.reset(wang, made_by="local")
    _, code = await bench.accounts.invitations.reset(wang, made_by="local")
    with pytest.raises(NoSuchInvitation):
        await bench.accounts.invitations.accept(older, "", "another horse battery")
    with pytest.raises(PasswordFault):
        await bench.accounts.invitations.accept(code, "", "short")
    assert await bench.sign_in("wang")  # it still holds
    account = await bench.accounts.invitations.accept(code, "ignored", "another horse battery")
    assert (account.id, account.name) == (wang.id, "wang")
    assert bench.revoked == [session.id]
    with pytest.raises(SignInRefused):
        await bench.sign_in("wang")
    assert await bench.sign_in("wang", "another horse battery")
    with pytest.raises(NoSuchInvitation):
        await bench.accounts.invitations.accept(code, "", "a third horse battery")


async def test_a_reset_opens_no_disabled_account(bench: Bench) -> None:
    wang = await bench.add("wang")
    _, code = await bench.accounts.invitations.reset(wang, made_by="local")
    await bench.accounts.registry.disable(wang)
    with pytest.raises(NoSuchInvitation):
        await bench.accounts.invitations.accept(code, "", "another horse battery")
