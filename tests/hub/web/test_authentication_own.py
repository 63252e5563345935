"""One's own account on the console: sessions, password, second factor, tokens; and what admins do with others'."""

import pyotp
import pytest

from hub.testing.kit import HubKit
from tests.hub.web.signing_in import PASSWORD, Browser, start

NEW = "another horse battery"


async def signed_in(hub: HubKit, name: str = "wang") -> Browser:
    browser = Browser(hub)
    assert (await browser.sign_in(name)).status == 200
    return browser


async def test_sessions_are_listed_and_ended_one_by_one_or_all_others(hub: HubKit) -> None:
    account = await start(hub)
    first, second, third = [await signed_in(hub) for _ in range(3)]
    _, token = await hub.hub_of.accounts.registry.make_token(account, label="Node-RED")
    listed = (await first.ask("GET", "/auth/sessions")).json()
    assert [item["current"] for item in listed].count(True) == 1
    assert {item["kind"] for item in listed} == {"console", "token"}
    assert all(secret not in str(listed) for secret in (token, *first.jar.values()))
    (own,) = [item["id"] for item in (await second.ask("GET", "/auth/sessions")).json() if item["current"]]
    assert (await first.ask("DELETE", f"/auth/sessions/{own}")).status == 200
    assert (await second.ask("GET", "/auth/me")).status == 401
    assert (await first.ask("DELETE", "/auth/sessions")).status == 200
    assert (await third.ask("GET", "/auth/me")).status == 401
    assert (await first.ask("GET", "/auth/me")).status == 200
    assert (await hub.request("GET", "/auth/me", token=token)).status == 200


async def test_nobody_ends_anothers_session_nor_learns_of_it(hub: HubKit) -> None:
    await start(hub)
    await hub.hub_of.accounts.registry.add("li", password=PASSWORD)
    wang, li = await signed_in(hub), await signed_in(hub, "li")
    (theirs,) = [item["id"] for item in (await wang.ask("GET", "/auth/sessions")).json()]
    refused = await li.ask("DELETE", f"/auth/sessions/{theirs}")
    unknown = await li.ask("DELETE", "/auth/sessions/none")
    assert refused.status == 403
    assert refused.text == unknown.text
    assert (await wang.ask("GET", "/auth/me")).status == 200


async def test_another_password_wants_the_old_one_and_ends_other_sessions(hub: HubKit) -> None:
    await start(hub)
    mine, other = await signed_in(hub), await signed_in(hub)
    wrong = await mine.ask("POST", "/auth/password", {"password": "wrong", "new": NEW})
    assert (wrong.status, wrong.json()["word"]) == (401, "wrong_password")
    weak = await mine.ask("POST", "/auth/password", {"password": PASSWORD, "new": "wangwangwang"})
    assert (weak.status, weak.json()["word"]) == (422, "password_name")
    assert (await mine.ask("POST", "/auth/password", {"password": PASSWORD, "new": NEW})).status == 200
    assert (await mine.ask("GET", "/auth/me")).status == 200
    assert (await other.ask("GET", "/auth/me")).status == 401
    assert (await Browser(hub).sign_in()).status == 401
    assert (await Browser(hub).sign_in(password=NEW)).status == 200


async def test_whoever_found_an_open_console_guesses_the_password_ten_times(hub: HubKit) -> None:
    await start(hub)
    browser = await signed_in(hub)
    tries = [
        await browser.ask("POST", "/auth/password", {"password": "wrong", "new": NEW}) for _ in range(11)
    ]
    assert [answer.status for answer in tries] == [401] * 10 + [429]
    assert (await browser.ask("POST", "/auth/password", {"password": PASSWORD, "new": NEW})).status == 429


async def test_a_second_factor_is_added_used_and_removed(hub: HubKit) -> None:
    await start(hub)
    browser = await signed_in(hub)
    begun = (await browser.ask("POST", "/auth/totp", {})).json()
    assert begun["svg"].startswith("<svg")
    assert pyotp.parse_uri(begun["uri"]).secret == begun["secret"]
    totp = pyotp.TOTP(begun["secret"])
    body = {"password": PASSWORD, "secret": begun["secret"], "code": totp.at(hub.clock.now())}
    assert (await browser.ask("POST", "/auth/totp/confirm", body | {"password": "wrong"})).status == 401
    assert (await browser.ask("POST", "/auth/totp/confirm", body | {"code": "000000"})).status == 401
    assert (await Browser(hub).sign_in()).status == 200
    codes = (await browser.ask("POST", "/auth/totp/confirm", body)).json()["recovery_codes"]
    wanted = await Browser(hub).sign_in()
    assert (wanted.status, wanted.json()["word"]) == (401, "code_wanted")
    assert (await Browser(hub).sign_in(code="123456")).json()["word"] == "wrong_code"
    assert (await Browser(hub).sign_in(code=codes[0])).status == 200
    await hub.advance(30)
    code = totp.at(hub.clock.now())
    assert (await Browser(hub).sign_in(code=code)).status == 200
    assert (await Browser(hub).sign_in(code=code)).json()["word"] == "wrong_code"
    assert (await browser.ask("POST", "/auth/totp/remove", {"password": "wrong"})).status == 401
    assert (await browser.ask("POST", "/auth/totp/remove", {"password": PASSWORD})).status == 200
    assert (await Browser(hub).sign_in()).status == 200


@pytest.mark.parametrize("secret", ["", "x", "!" * 20, "A" * 900, "é"])
async def test_a_shared_secret_that_is_none_is_refused(hub: HubKit, secret: str) -> None:
    await start(hub)
    browser = await signed_in(hub)
    body = {"password": PASSWORD, "secret": secret, "code": "000000"}
    assert (await browser.ask("POST", "/auth/totp/confirm", body)).status in (401, 422)
    assert (await Browser(hub).sign_in()).status == 200


async def test_a_token_is_made_on_the_console_and_shown_once(hub: HubKit) -> None:
    await start(hub)
    browser = await signed_in(hub)
    body = {"password": PASSWORD, "label": "Node-RED", "scopes": ["see"], "days": 30}
    made = await browser.ask("POST", "/auth/tokens", body)
    token = made.json()["token"]
    assert (made.status, token[:4]) == (201, "llh_")
    assert (await hub.request("GET", "/auth/me", token=token)).json()["name"] == "wang"
    for wrong, status in (
        ({"scopes": ["sea"]}, 422),
        ({"days": -1}, 400),
        ({"label": " "}, 422),
        ({"password": "x"}, 401),
    ):
        assert (await browser.ask("POST", "/auth/tokens", body | wrong)).status == status
    await hub.advance(30 * 86_400)
    assert (await hub.request("GET", "/auth/me", token=token)).status == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/auth/sessions", None),
        ("DELETE", "/auth/sessions", None),
        ("DELETE", "/auth/sessions/x", None),
        ("POST", "/auth/password", {"password": PASSWORD, "new": NEW}),
        ("POST", "/auth/totp", {}),
        ("POST", "/auth/totp/confirm", {"password": PASSWORD, "secret": "A" * 32, "code": "1"}),
        ("POST", "/auth/totp/remove", {"password": PASSWORD}),
        ("POST", "/auth/tokens", {"password": PASSWORD, "label": "x"}),
    ],
)
async def test_a_stolen_token_does_not_make_itself_at_home(
    hub: HubKit, method: str, path: str, body: dict[str, str] | None
) -> None:
    account = await start(hub)
    _, token = await hub.hub_of.accounts.registry.make_token(account, label="x")
    options = {} if body is None else {"json": body}
    answer = await hub.request(method, path, token=token, **options)
    assert (answer.status, answer.json()["word"]) == (403, "session_only")
    assert (await hub.request(method, path, **options)).status == 401
    assert (await hub.request("GET", "/auth/me", token=token)).status == 200


async def test_an_admin_administers_but_makes_no_owner(hub: HubKit) -> None:
    await start(hub)
    await hub.hub_of.accounts.registry.add("aide", roles=["admin"], password=PASSWORD)
    await hub.hub_of.accounts.registry.add("li", password=PASSWORD)
    aide, li = await signed_in(hub, "aide"), await signed_in(hub, "li")
    assert (await li.ask("POST", "/auth/accounts", {"do": "list"})).status == 403
    listed = (await aide.ask("POST", "/auth/accounts", {"do": "list"})).json()
    assert [item["name"] for item in listed] == ["aide", "li", "wang"]
    assert "argon2" not in str(listed)
    refused = await aide.ask("POST", "/auth/accounts", {"do": "role", "name": "aide", "add": ["owner"]})
    assert refused.status == 422
    assert (await aide.ask("POST", "/auth/accounts", {"do": "disable", "name": "li"})).status == 200
    assert (await li.ask("GET", "/auth/me")).status == 401


async def test_a_role_for_some_places_administers_no_accounts(hub: HubKit) -> None:
    yaml = 'people: {roles: {desk: {name: desk, grants: ["manage account areas"]}}}\n'
    await hub.start(yaml)
    await hub.hub_of.accounts.registry.add("wang", roles=["desk"], password=PASSWORD)
    browser = await signed_in(hub)
    assert (await browser.ask("POST", "/auth/accounts", {"do": "list"})).status == 403
