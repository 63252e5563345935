"""What is done with accounts, and what can't be."""

from datetime import timedelta

import pyotp
import pytest

from hub.accounts.grants import GrantFault
from hub.accounts.names import NameFault
from hub.accounts.passwords import PasswordFault
from hub.accounts.signin import CodeWanted, SignInRefused
from hub.model.errors import ActionRefused
from tests.hub.accounts.bench import HOME, PASSWORD, Bench

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


async def test_whom_one_adds_can_sign_in_however_the_name_is_typed(bench: Bench) -> None:
    await bench.add("Wang", "guard", person="li")
    await bench.reopen()
    for name in ("Wang", "wang", "ＷＡＮＧ"):
        assert (await bench.sign_in(name)).roles == ("guard",)


WRONG = [
    ("wang", "wrong password"),
    ("nobody", PASSWORD),
    ("", ""),
    ("\ud800", "\ud800"),
    ("wang", "x" * 900),
]


@pytest.mark.parametrize(("name", "password"), WRONG)
async def test_what_does_not_fit_is_refused(bench: Bench, name: str, password: str) -> None:
    await bench.add("wang")
    with pytest.raises(SignInRefused):
        await bench.sign_in(name, password)


@pytest.mark.parametrize("name", ["OCEAN", "ｏｃｅａｎ", "осеаn", "0cean"])  # Cyrillic letters, a nought
async def test_a_name_that_is_taken_or_looks_so_is_refused(bench: Bench, name: str) -> None:
    await bench.add("ocean")
    with pytest.raises(NameFault):
        await bench.add(name)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"roles": ["admim"]}, "there is no role 'admim'; did you mean 'admin'"),
        ({"person": "lii"}, "there is no person 'lii'; did you mean 'li'"),
    ],
)
async def test_a_fault_says_what_would_be_right(bench: Bench, given: dict[str, list[str]], text: str) -> None:
    with pytest.raises(ActionRefused, match=text):
        await bench.accounts.registry.add("wang", **given)  # type: ignore[arg-type]
    with pytest.raises(PasswordFault):
        await bench.add("wang", password="short")
    assert bench.accounts.book.accounts == {}


async def test_the_last_owner_stays(bench: Bench) -> None:
    registry = bench.accounts.registry
    wang = await bench.add("wang", "owner", "admin")
    for refused in (registry.disable(wang), registry.remove(wang), registry.change(wang, remove=["owner"])):
        with pytest.raises(ActionRefused, match="is the last owner; make another one first"):
            await refused
    li = await bench.add("li", "owner")
    await registry.disable(li)
    with pytest.raises(ActionRefused, match="last owner"):
        await registry.disable(wang)
    await registry.enable(bench.accounts.book.accounts[li.id])
    assert (await registry.change(wang, remove=["owner"])).roles == ("admin",)


async def test_disabling_ends_everything_at_once_and_for_good(bench: Bench) -> None:
    wang = await bench.add("wang")
    token = await bench.token(wang)
    who = bench.who(token)
    _, cookie = await bench.accounts.sessions.open(wang.id, "console", label="x")
    device = await bench.accounts.sign_in.know_device(wang.id, "")
    await bench.accounts.registry.disable(bench.accounts.book.accounts[wang.id])
    assert len(bench.revoked) == 2
    assert bench.who(token) is None
    assert who is not None
    assert bench.accounts.current(who) is None
    assert bench.accounts.console_session(cookie, HOME) is None
    with pytest.raises(SignInRefused):
        await bench.sign_in("wang", device=device)
    with pytest.raises(ActionRefused, match="is disabled"):
        await bench.token(bench.accounts.book.accounts[wang.id])
    await bench.reopen()
    await bench.accounts.registry.enable(bench.accounts.book.accounts[wang.id])
    assert bench.who(token) is None
    assert await bench.sign_in("wang")


async def test_who_is_disabled_while_the_password_is_checked_stays_out(bench: Bench) -> None:
    import asyncio

    wang = await bench.add("wang")
    trying = asyncio.ensure_future(bench.sign_in("wang"))
    await asyncio.sleep(0)
    await bench.accounts.registry.disable(wang)
    with pytest.raises(SignInRefused):
        await trying


async def test_a_password_that_is_replaced_while_it_is_checked_is_refused(bench: Bench) -> None:
    import asyncio
    from dataclasses import replace

    wang = await bench.add("wang")
    trying = asyncio.ensure_future(bench.sign_in("wang"))
    await asyncio.sleep(0)
    bench.accounts.book.put(replace(wang, password="$another"))
    with pytest.raises(SignInRefused):
        await trying


async def test_removing_forgets_account_sessions_and_name(bench: Bench) -> None:
    wang = await bench.add("wang")
    token = await bench.token(wang)
    await bench.accounts.registry.remove(wang)
    await bench.reopen()
    assert bench.who(token) is None
    assert bench.accounts.book.sessions == {}
    await bench.add("wang")


async def test_another_password_ends_other_sessions_and_known_devices_but_no_tokens(bench: Bench) -> None:
    wang = await bench.add("wang")
    token = await bench.token(wang)
    mine, _ = await bench.accounts.sessions.open(wang.id, "console", label="mine")
    other, _ = await bench.accounts.sessions.open(wang.id, "console", label="other")
    app, _ = await bench.accounts.sessions.open(wang.id, "client", label="app")
    await bench.accounts.sign_in.know_device(wang.id, "")
    await bench.accounts.registry.set_password(wang, "another horse battery", keep=mine.id)
    assert sorted(bench.revoked) == sorted([other.id, app.id])
    assert bench.who(token) is not None
    assert bench.accounts.book.accounts[wang.id].devices == ()
    with pytest.raises(SignInRefused):
        await bench.sign_in("wang")
    assert await bench.sign_in("wang", "another horse battery")


async def test_a_second_factor_is_wanted_once_confirmed_and_each_code_counts_once(bench: Bench) -> None:
    wang = await bench.add("wang")
    totp = pyotp.TOTP(SECRET)
    with pytest.raises(SignInRefused):
        await bench.accounts.registry.confirm_totp(wang, SECRET, "000000")
    assert await bench.sign_in("wang")
    recovery = await bench.accounts.registry.confirm_totp(wang, SECRET, totp.at(bench.clock.now()))
    with pytest.raises(CodeWanted):
        await bench.sign_in("wang")
    with pytest.raises(SignInRefused):
        await bench.sign_in("wang", code=totp.at(bench.clock.now()))  # used to confirm
    bench.clock.jump(30)
    code = totp.at(bench.clock.now())
    assert await bench.sign_in("wang", code=code)
    await bench.reopen()
    with pytest.raises(SignInRefused):
        await bench.sign_in("wang", code=code)
    assert await bench.sign_in("wang", code=recovery[0])
    with pytest.raises(SignInRefused):
        await bench.sign_in("wang", code=recovery[0])
    with pytest.raises(SignInRefused):
        await bench.sign_in("wang", "wrong password", code=recovery[1])
    assert len(bench.accounts.book.accounts[wang.id].recovery) == 9
    await bench.accounts.registry.remove_totp(bench.accounts.book.accounts[wang.id])
    assert await bench.sign_in("wang")


async def test_tokens_need_a_label_known_scopes_and_an_end(bench: Bench) -> None:
    wang = await bench.add("wang")
    make = bench.accounts.registry.make_token
    with pytest.raises(ActionRefused, match="label"):
        await make(wang, label=" ")
    with pytest.raises(GrantFault, match="did you mean 'see'"):
        await make(wang, label="x", scopes=["sea"])
    for days in (0, -1, 100_000):
        with pytest.raises(ActionRefused, match="lasts 1 to"):
            await make(wang, label="x", lasts=timedelta(days=days))
    session, _ = await make(wang, label="x")
    assert session.expires - session.created == timedelta(days=3650)
    assert bench.accounts.book.sessions_of(wang.id) == [session]


async def test_signing_in_and_failing_is_in_the_audit_log_without_what_was_typed(bench: Bench) -> None:
    wang = await bench.add("wang")
    await bench.sign_in("wang")
    for name in ("wang", "my secret password"):
        with pytest.raises(SignInRefused):
            await bench.sign_in(name, "some wrong one")
    await bench.store.writer.file.run(lambda _connection: None)
    rows = await bench.store.read(
        lambda connection: [
            tuple(row) for row in connection.execute("SELECT verb, id, who, address, outcome FROM audit")
        ]
    )
    assert rows == [
        ("sign_in", wang.id, wang.id, HOME, "done"),
        ("sign_in", wang.id, "", HOME, "failed"),
        ("sign_in", "", "", HOME, "failed"),
    ]


async def test_a_change_that_waited_undoes_no_other(bench: Bench) -> None:
    import asyncio

    registry = bench.accounts.registry
    wang = await bench.add("wang")
    waiting = asyncio.ensure_future(registry.set_password(wang, "another horse battery"))
    await asyncio.sleep(0)
    await registry.disable(wang)
    await waiting
    await registry.confirm_totp(wang, SECRET, pyotp.TOTP(SECRET).at(bench.clock.now()))
    await registry.remove_totp(wang)
    await registry.change(wang, add=["guard"])
    now = bench.accounts.book.accounts[wang.id]
    assert (now.disabled, now.roles) == (True, ("guard",))
    with pytest.raises(ActionRefused, match="is disabled"):
        await registry.make_token(wang, label="x")
    with pytest.raises(ActionRefused, match="disabled or gone"):
        await bench.accounts.sessions.open(wang.id, "console", label="x")
    await registry.remove(wang)
    for late in (
        registry.enable(wang),
        registry.disable(wang),
        registry.set_password(wang, "another horse battery"),
    ):
        with pytest.raises(ActionRefused, match="is gone"):
            await late
    assert bench.accounts.book.accounts == bench.accounts.book.sessions == {}
