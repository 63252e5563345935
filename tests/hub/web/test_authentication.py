"""Signing in over HTTP: cookies, proofs, refusals, and who one is afterwards."""

import pytest

from hub.accounts.rotation import LASTS, TURN
from hub.testing.kit import HubKit
from tests.hub.web.signing_in import PASSWORD, PROOF, Browser, set_cookies, start

SITE = """
areas:
  - {id: b3, name: 3}
people:
  persons:
    - {id: li, name: 李, roles: [grid_worker], areas: [b3]}
"""


async def test_a_browser_signs_in_and_is_known(hub: HubKit) -> None:
    wang = await start(hub)
    browser = Browser(hub)
    answer = await browser.sign_in()
    assert (answer.status, answer.json()["name"], answer.json()["is_owner"]) == (200, "wang", True)
    me = (await browser.ask("GET", "/auth/me")).json()
    assert (me["account"], me["second_factor"], me["roles"]) == (wang.id, False, ["owner"])
    await hub.restart()
    assert (await browser.ask("GET", "/auth/me")).status == 200
    (line,) = [line for line in set_cookies(answer) if line.startswith("linli=")]
    for part in ("HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={LASTS['console'].total_seconds():.0f}"):
        assert part in line
    assert "Domain" not in line


async def test_behind_tls_cookies_are_for_this_host_alone(hub: HubKit) -> None:
    await start(hub, yaml="http: {trusted_proxies: [127.0.0.1]}\n")
    browser = Browser(hub)
    forwarded = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    body = {"name": "wang", "password": PASSWORD}
    answer = await browser.ask("POST", "/auth/sign-in", body, headers=forwarded)
    assert set(browser.jar) == {"__Host-linli", "__Host-linli_device"}
    assert all("; Secure" in line for line in set_cookies(answer))
    assert (await browser.ask("GET", "/auth/me", headers=forwarded)).status == 200
    assert (await browser.ask("GET", "/auth/me")).status == 401, (
        "without TLS such a cookie was set by somebody else"
    )
    (session,) = hub.hub_of.accounts.book.sessions.values()
    assert session.address == "203.0.113.7"


@pytest.mark.parametrize(
    ("name", "password"), [("wang", "wrong password"), ("nobody", PASSWORD), ("", ""), ("wang\x00", PASSWORD)]
)
async def test_who_is_refused_learns_nothing(hub: HubKit, name: str, password: str) -> None:
    await start(hub)
    browser = Browser(hub)
    answer = await browser.sign_in(name, password)
    assert (answer.status, answer.json()["word"], browser.jar) == (401, "wrong", {})
    assert "wang" not in answer.text


async def test_a_disabled_account_is_refused_as_if_it_were_not_there(hub: HubKit) -> None:
    await start(hub)
    registry = hub.hub_of.accounts.registry
    await registry.disable(await registry.add("li", password=PASSWORD))
    refusals = [(await Browser(hub).sign_in(name)).text for name in ("li", "nobody")]
    assert refusals[0] == refusals[1]


WRONG = ("用户名或密码不正确", "name or password is wrong")


@pytest.mark.parametrize(
    ("accepted", "said"), [("", WRONG[0]), ("zh-TW,en;q=0.5", WRONG[0]), ("en-GB, zh;q=0.1", WRONG[1])]
)
async def test_refusals_speak_the_callers_language(hub: HubKit, accepted: str, said: str) -> None:
    await start(hub)
    body = {"name": "wang", "password": "wrong"}
    answer = await hub.request("POST", "/auth/sign-in", json=body, headers={"Accept-Language": accepted})
    assert answer.json()["detail"] == said


async def test_ten_wrong_passwords_cost_a_minute_and_the_known_browser_goes_on(hub: HubKit) -> None:
    await start(hub)
    await hub.hub_of.accounts.registry.add("li", password=PASSWORD)
    known = Browser(hub)
    await known.sign_in()
    for _ in range(10):
        assert (await Browser(hub).sign_in(password="wrong")).status == 401
    answer = await Browser(hub).sign_in()
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) >= 60
    assert (await known.ask("GET", "/auth/me")).status == 200
    assert (await known.sign_in()).status == 200
    assert (await Browser(hub).sign_in("li")).status == 200
    await hub.restart()
    assert (await Browser(hub).sign_in()).status == 429
    await hub.advance(60)
    assert (await Browser(hub).sign_in()).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json", "Origin": "http://evil.test"},
        {"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"},
        {"Content-Type": "application/json", "Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_page_from_elsewhere_signs_nobody_in(hub: HubKit, headers: dict[str, str]) -> None:
    await start(hub)
    body = b'{"name": "wang", "password": "correct horse battery"}'
    answer = await hub.request("POST", "/auth/sign-in", data=body, headers=headers)
    assert answer.status == 403
    assert set_cookies(answer) == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Linli-Request": ""},
        {**PROOF, "Origin": "http://evil.test"},
        {**PROOF, "Origin": "null"},
        {**PROOF, "Sec-Fetch-Site": "cross-site"},
        {**PROOF, "Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_cookie_alone_changes_nothing(hub: HubKit, headers: dict[str, str]) -> None:
    await start(hub)
    browser = Browser(hub)
    await browser.sign_in()
    answer = await browser.ask("DELETE", "/auth/sessions", headers=headers, proof=False)
    assert answer.status == 403
    assert (await browser.ask("GET", "/auth/me")).status == 200


async def test_the_page_itself_may(hub: HubKit) -> None:
    await start(hub)
    browser = Browser(hub)
    await browser.sign_in()
    own = {"Origin": hub.hub_of.url, "Sec-Fetch-Site": "same-origin"}
    assert (await browser.ask("DELETE", "/auth/sessions", headers=own)).status == 200


async def test_a_websocket_opened_by_a_page_from_elsewhere_has_no_cookie(hub: HubKit) -> None:
    from aiohttp import web

    from hub.web.gate import PRINCIPAL

    async def who(request: web.Request) -> web.Response:
        return web.json_response({"who": request[PRINCIPAL].name})

    await start(hub)
    hub.hub_of.site.routes.add("GET", "/who", who, access="public", owner="test")
    browser = Browser(hub)
    await browser.sign_in()
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    assert (await browser.ask("GET", "/who", headers=upgrade)).json() == {"who": "wang"}
    for sign in ({"Origin": "http://evil.test"}, {"Sec-Fetch-Site": "same-site"}):
        answer = await browser.ask("GET", "/who", headers=upgrade | sign)
        assert answer.status == 403 or answer.json() == {"who": ""}


async def test_the_cookie_changes_on_the_way_and_a_copied_former_one_ends_the_session(hub: HubKit) -> None:
    await start(hub)
    browser = Browser(hub)
    await browser.sign_in()
    thief = Browser(hub, dict(browser.jar))
    await hub.advance(TURN.total_seconds())
    await browser.ask("GET", "/auth/me")
    assert browser.jar["linli"] != thief.jar["linli"]
    assert (await browser.ask("GET", "/auth/me")).status == 200
    await hub.advance(61)
    assert (await thief.ask("GET", "/auth/me")).status == 401
    assert (await browser.ask("GET", "/auth/me")).status == 401
    assert "linli" not in browser.jar
    assert (await browser.sign_in()).status == 200


async def test_signing_out_ends_the_session(hub: HubKit) -> None:
    await start(hub)
    browser = Browser(hub)
    await browser.sign_in()
    copied = Browser(hub, dict(browser.jar))
    assert (await browser.ask("POST", "/auth/sign-out", {})).status == 200
    assert "linli" not in browser.jar
    assert (await copied.ask("GET", "/auth/me")).status == 401
    assert (await Browser(hub).ask("POST", "/auth/sign-out", {})).status == 200


async def test_signing_in_anew_ends_the_session_before(hub: HubKit) -> None:
    await start(hub)
    browser = Browser(hub)
    await browser.sign_in()
    former = Browser(hub, dict(browser.jar))
    await browser.sign_in()
    assert (await former.ask("GET", "/auth/me")).status == 401
    assert (await browser.ask("GET", "/auth/me")).status == 200


@pytest.mark.parametrize(
    "cookie", ["linli=", "linli=x", "linli=lls_" + "x" * 43, "linli=" + "x" * 4000, "linli=\u00ff"]
)
async def test_nonsense_for_a_cookie_is_nobody(hub: HubKit, cookie: str) -> None:
    await start(hub)
    answer = await hub.request("GET", "/auth/me", headers={"Cookie": cookie})
    assert answer.status == 401
    assert (await hub.request("GET", "/live", headers={"Cookie": cookie})).status == 200


@pytest.mark.parametrize(
    "authorization", ["Bearer", "Bearer x", "Basic d2FuZzp4", "Bearer  ", "bearer llh_\u00e9"]
)
async def test_nonsense_for_a_token_is_nobody_whatever_the_cookie(hub: HubKit, authorization: str) -> None:
    await start(hub)
    browser = Browser(hub)
    await browser.sign_in()
    answer = await browser.ask("GET", "/auth/me", headers={"Authorization": authorization})
    assert answer.status == 401


async def test_a_token_opens_what_its_account_may_and_its_scope_allows(hub: HubKit) -> None:
    await hub.start(SITE)
    registry = hub.hub_of.accounts.registry
    account = await registry.add("wang", person="li")
    _, token = await registry.make_token(account, label="x")
    me = (await hub.request("GET", "/auth/me", token=token)).json()
    assert (me["person"], me["roles"], me["is_admin"]) == ("li", ["grid_worker"], False)
    assert (await hub.request("POST", "/auth/accounts", token=token, json={"do": "list"})).status == 403
    assert (await hub.request("POST", "/control/users", token=token, json={"do": "list"})).status == 401
    await hub.reload(SITE.replace("grid_worker", "admin"))
    assert (await hub.request("POST", "/auth/accounts", token=token, json={"do": "list"})).status == 200
    _, narrow = await registry.make_token(account, label="x", scopes=["see"])
    assert (await hub.request("POST", "/auth/accounts", token=narrow, json={"do": "list"})).status == 403
    await hub.reload("{}\n")
    assert (await hub.request("GET", "/auth/me", token=token)).json()["roles"] == []


async def test_the_machines_own_token_goes_on_working_as_owner(hub: HubKit) -> None:
    await start(hub)
    me = (await hub.request("GET", "/auth/me", admin=True)).json()
    assert (me["account"], me["is_owner"]) == ("local", True)


async def test_the_welcome_makes_the_owner_once(hub: HubKit) -> None:
    await hub.start("{}\n")
    made = await hub.hub_of.accounts.invitations.welcome()
    assert made is not None
    code = made[1]
    browser = Browser(hub)
    assert (await browser.ask("POST", "/auth/invitation", {"code": code})).json()["roles"] == ["owner"]
    short = await browser.ask(
        "POST", "/auth/invitation/accept", {"code": code, "name": "wang", "password": "x"}
    )
    assert (short.status, short.json()["word"]) == (422, "password_length")
    body = {"code": code, "name": "wang", "password": PASSWORD}
    assert (await browser.ask("POST", "/auth/invitation/accept", body)).json()["is_owner"] is True
    assert (await browser.ask("GET", "/auth/me")).json()["name"] == "wang"
    again = await Browser(hub).ask("POST", "/auth/invitation/accept", body | {"name": "thief"})
    assert (again.status, again.json()["word"]) == (404, "link_gone")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"name": 1, "password": "x"}',
        b'{"name": "wang"}',
        b'{"name": "wang", "password": "' + b"x" * 2000 + b'"}',
        b"[" * 50_000,
        b'\xff\xfe{"',
    ],
)
async def test_a_malformed_body_is_a_problem_and_no_fault_of_ours(hub: HubKit, body: bytes) -> None:
    await start(hub)
    for path in ("/auth/sign-in", "/auth/invitation", "/auth/invitation/accept"):
        answer = await hub.request("POST", path, data=body, headers={"Content-Type": "application/json"})
        assert (answer.status, answer.json()["word"]) == (400, "malformed")
