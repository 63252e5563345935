"""Sessions and tokens: found by their secrets, ended for good, the same after a restart."""

from datetime import timedelta

import pytest

from hub.accounts.permissions import NOBODY
from hub.accounts.records import Session
from hub.accounts.rotation import SEEN_EVERY, TURN
from hub.accounts.secret import PREFIXES, new_secret
from hub.accounts.sessions import ACCESS, ACCESS_KEPT, MOST_OF_ACCOUNT
from hub.model.errors import ActionRefused
from hub.web.gate import LOCAL_ADMIN
from tests.hub.accounts.bench import ELSEWHERE, HOME, Bench


async def console(bench: Bench, account: str) -> tuple[Session, str]:
    return await bench.accounts.sessions.open(account, "console", label="Firefox", address=HOME)


async def client(bench: Bench, account: str) -> tuple[Session, str, str]:
    session, refresh = await bench.accounts.sessions.open(
        account, "client", label="app", client="http://a.test/", address=HOME
    )
    return session, refresh, await bench.accounts.sessions.grant_access(session)


async def test_a_token_says_who_it_is_also_after_a_restart(bench: Bench) -> None:
    token = await bench.token(await bench.add("wang", "admin"))
    assert token.startswith("llh_")
    for _ in range(2):
        who = bench.who(token)
        assert who is not None
        assert (who.name, who.is_admin, who.scopes) == ("wang", True, None)
        await bench.reopen()


async def test_no_secret_is_on_the_disk(bench: Bench) -> None:
    wang = await bench.add("wang", "owner")
    secrets = [
        await bench.token(wang),
        (await console(bench, wang.id))[1],
        *(await client(bench, wang.id))[1:],
    ]
    secrets.append(await bench.accounts.sign_in.know_device(wang.id, ""))
    secrets.append((await bench.accounts.invitations.invite(made_by="x"))[1])
    await bench.close()
    found = b"".join(path.read_bytes() for path in bench.folder.rglob("*") if path.is_file())
    assert wang.id.encode() in found
    assert not [secret for secret in secrets if secret.encode() in found or secret[4:].encode() in found]
    await bench.open()


@pytest.mark.parametrize(
    "bad", ["", "llh_", "llh_x", "x" * 5000, "llh_" + "x" * 43, "llh_\ud800", "llh_'--", new_secret("token")]
)
async def test_nonsense_is_no_token(bench: Bench, bad: str) -> None:
    await bench.token(await bench.add("wang"))
    assert bench.who(bad) is None


async def test_a_secret_of_one_kind_is_none_of_another(bench: Bench) -> None:
    wang = await bench.add("wang")
    (_, cookie), (_, refresh, access), token = (
        await console(bench, wang.id),
        await client(bench, wang.id),
        await bench.token(wang),
    )
    assert [bench.who(secret) is not None for secret in (cookie, refresh, access, token)] == [
        False,
        False,
        True,
        True,
    ]
    opened = [
        bench.accounts.console_session(secret, HOME) is not None
        for secret in (cookie, refresh, access, token)
    ]
    assert opened == [True, False, False, False]


async def test_an_access_token_serves_half_an_hour_also_over_a_restart(bench: Bench) -> None:
    _, _, access = await client(bench, (await bench.add("wang")).id)
    await bench.reopen()
    bench.clock.jump(ACCESS.total_seconds() - 1)
    assert bench.who(access) is not None
    bench.clock.jump(1)
    assert bench.who(access) is None


async def test_access_tokens_end_with_their_session(bench: Bench) -> None:
    session, _, access = await client(bench, (await bench.add("wang")).id)
    await bench.accounts.sessions.end([bench.accounts.book.sessions[session.id]])
    assert bench.who(access) is None
    assert bench.revoked == [session.id]
    await bench.reopen()
    assert bench.who(access) is None


async def test_a_client_that_asks_for_ever_more_keeps_the_last_ones(bench: Bench) -> None:
    session, _, first = await client(bench, (await bench.add("wang")).id)
    for _ in range(ACCESS_KEPT):
        last = await bench.accounts.sessions.grant_access(bench.accounts.book.sessions[session.id])
    assert bench.who(first) is None
    assert bench.who(last) is not None
    assert len(bench.accounts.book.sessions[session.id].access) == ACCESS_KEPT


async def test_a_cookie_changes_and_its_former_value_ends_the_session(bench: Bench) -> None:
    session, cookie = await console(bench, (await bench.add("wang")).id)
    bench.clock.jump(TURN.total_seconds())
    found = bench.accounts.console_session(cookie, HOME)
    assert found is not None
    assert found.renewed.startswith(PREFIXES["console"])
    await bench.reopen()
    again = bench.accounts.console_session(found.renewed, HOME)
    assert again is not None
    assert again.session.id == session.id
    bench.clock.jump(61)
    assert bench.accounts.console_session(cookie, ELSEWHERE) is None
    assert bench.accounts.console_session(found.renewed, HOME) is None
    assert bench.revoked == [session.id]


async def test_what_is_past_its_time_is_told_and_forgotten(bench: Bench) -> None:
    wang = await bench.add("wang")
    session, _ = await console(bench, wang.id)
    token, secret = await bench.accounts.registry.make_token(wang, label="x", lasts=timedelta(days=1))
    await bench.clock.advance(86_400)
    assert bench.who(secret) is None
    await bench.clock.advance(7 * 86_400)
    assert bench.revoked == [token.id, session.id]
    assert bench.accounts.book.sessions == {}


async def test_last_use_and_address_are_known_within_minutes(bench: Bench) -> None:
    token = await bench.token(await bench.add("wang"))
    bench.clock.jump(SEEN_EVERY.total_seconds())
    bench.accounts.principal_of_token(token, ELSEWHERE)
    await bench.reopen()
    (session,) = bench.accounts.book.sessions.values()
    assert (session.used, session.address) == (bench.clock.now(), ELSEWHERE)


async def test_sessions_of_an_account_are_bounded_the_least_used_makes_room(bench: Bench) -> None:
    wang, li = await bench.add("wang"), await bench.add("li")
    kept, _ = await console(bench, li.id)
    first, _ = await console(bench, wang.id)
    for _ in range(MOST_OF_ACCOUNT["console"]):
        bench.clock.jump(1)
        await console(bench, wang.id)
    assert first.id not in bench.accounts.book.sessions
    assert len(bench.accounts.book.sessions_of(wang.id)) == MOST_OF_ACCOUNT["console"]
    assert kept.id in bench.accounts.book.sessions


async def test_tokens_are_bounded_and_none_is_dropped_for_another(bench: Bench) -> None:
    wang = await bench.add("wang")
    tokens = [await bench.token(wang) for _ in range(MOST_OF_ACCOUNT["token"])]
    with pytest.raises(ActionRefused, match="revoke some first"):
        await bench.token(wang)
    assert all(bench.who(token) for token in tokens)


async def test_a_label_is_one_printable_line(bench: Bench) -> None:
    wang = await bench.add("wang")
    session, _ = await bench.accounts.registry.make_token(wang, label="\x1b[31mred\nline\u202e" + "x" * 500)
    assert session.label.isprintable()
    assert len(session.label) <= 100


async def test_a_listener_that_is_undone_hears_no_more(bench: Bench) -> None:
    heard: list[str] = []
    undo = bench.accounts.on_revoked(heard.append)
    session, _ = await console(bench, (await bench.add("wang")).id)
    undo()
    await bench.accounts.sessions.end([session])
    assert heard == []
    assert bench.revoked == [session.id]


async def test_a_caller_makes_a_token_of_their_own_but_not_by_a_limited_one(bench: Bench) -> None:
    wang = await bench.add("wang")
    whole, limited = [bench.who(await bench.token(wang, *scopes)) for scopes in ((), ("see",))]
    assert whole is not None
    assert limited is not None
    made = bench.who(await bench.accounts.make_token(whole, "GPS", timedelta(days=1)))
    assert made is not None
    assert (made.account, made.scopes) == (wang.id, None)
    for who in (limited, NOBODY, LOCAL_ADMIN):
        with pytest.raises(ActionRefused):
            await bench.accounts.make_token(who, "GPS")


async def test_a_copied_cookie_is_told_of_in_the_audit_log(bench: Bench) -> None:
    wang = await bench.add("wang")
    session, cookie = await console(bench, wang.id)
    bench.clock.jump(TURN.total_seconds())
    found = bench.accounts.console_session(cookie, HOME)
    assert found is not None
    bench.accounts.console_session(found.renewed, HOME)
    bench.clock.jump(61)
    bench.accounts.console_session(cookie, ELSEWHERE)
    await bench.store.writer.file.run(lambda _connection: None)
    wanted = "SELECT verb, id, address, outcome FROM audit"
    rows = await bench.store.read(lambda connection: connection.execute(wanted).fetchall())
    assert tuple(rows[-1]) == ("reuse", wang.id, ELSEWHERE, "refused")
    assert bench.revoked == [session.id]
