"""Signing in as Home Assistant's clients do: a flow of forms, a code, tokens; bounded, and for one client each."""

from typing import Any

import aiohttp
import pyotp
import pytest

from hub.accounts.records import Account
from hub.testing.answers import Answer
from hub.testing.kit import HubKit
from hub.web import login_flow
from hub.web.client_ids import is_client_id, may_return
from tests.hub.web.signing_in import PASSWORD, start

CLIENT = "http://panel.test:8080/"
BEGIN = {"client_id": CLIENT, "handler": ["homeassistant", None], "redirect_uri": f"{CLIENT}?auth_callback=1"}
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


async def begin(hub: HubKit, **changes: Any) -> Answer:
    return await hub.request("POST", "/auth/login_flow", json=BEGIN | changes)


async def go_on(hub: HubKit, flow: str, **fields: Any) -> Answer:
    return await hub.request("POST", f"/auth/login_flow/{flow}", json={"client_id": CLIENT} | fields)


async def code_of(hub: HubKit) -> str:
    flow = (await begin(hub)).json()["flow_id"]
    entry = (await go_on(hub, flow, username="wang", password=PASSWORD)).json()
    assert entry["type"] == "create_entry"
    code: str = entry["result"]
    return code


async def token(hub: HubKit, **form: str) -> Answer:
    return await hub.request("POST", "/auth/token", data=form)


async def tokens_of(hub: HubKit) -> dict[str, Any]:
    form = {"grant_type": "authorization_code", "code": await code_of(hub), "client_id": CLIENT}
    granted: dict[str, Any] = (await token(hub, **form)).json()
    return granted


async def add_totp(hub: HubKit, account: Account) -> pyotp.TOTP:
    totp = pyotp.TOTP(SECRET)
    await hub.hub_of.accounts.registry.confirm_totp(account, SECRET, totp.at(hub.clock.now()))
    await hub.advance(30)
    return totp


async def test_the_way_from_the_form_to_the_api(hub: HubKit) -> None:
    await start(hub)
    assert (await hub.request("GET", "/auth/providers")).json()["providers"] == [
        {"name": "Linli Hub", "id": None, "type": "homeassistant"}
    ]
    form = (await begin(hub)).json()
    assert (form["type"], form["step_id"], form["errors"]) == ("form", "init", {})
    assert [field["name"] for field in form["data_schema"]] == ["username", "password"]
    wrong = await go_on(hub, form["flow_id"], username="wang", password="wrong")
    assert (wrong.status, wrong.json()["errors"]) == (200, {"base": "invalid_auth"})
    unknown = await go_on(hub, form["flow_id"], username="nobody", password="wrong")
    assert unknown.json() == wrong.json()
    entry = (await go_on(hub, form["flow_id"], username="wang", password=PASSWORD)).json()
    assert (entry["type"], entry["handler"]) == ("create_entry", ["homeassistant", None])
    granted = await token(hub, grant_type="authorization_code", code=entry["result"], client_id=CLIENT)
    body = granted.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 1800)
    assert (await hub.request("GET", "/auth/me", token=body["access_token"])).json()["name"] == "wang"
    assert (await hub.request("GET", "/auth/me", token=body["refresh_token"])).status == 401


async def test_access_is_renewed_also_after_a_restart(hub: HubKit) -> None:
    await start(hub)
    granted = await tokens_of(hub)
    await hub.advance(1800)
    assert (await hub.request("GET", "/auth/me", token=granted["access_token"])).status == 401
    await hub.restart()
    form = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"], "client_id": CLIENT}
    renewed = (await token(hub, **form)).json()
    assert "refresh_token" not in renewed
    await hub.restart()
    assert (await hub.request("GET", "/auth/me", token=renewed["access_token"])).status == 200
    other = await token(hub, **form | {"client_id": "http://other.test/"})
    assert (other.status, other.json()["error"]) == (400, "invalid_request")


async def test_forms_may_come_as_multipart(hub: HubKit) -> None:
    await start(hub)
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in (
        ("grant_type", "authorization_code"),
        ("code", await code_of(hub)),
        ("client_id", CLIENT),
    ):
        form.add_field(name, value)
    assert (await hub.request("POST", "/auth/token", data=form)).json()["token_type"] == "Bearer"


@pytest.mark.parametrize("path", ["/auth/revoke", "/auth/token"])
async def test_revoking_ends_access_at_once_and_is_always_well(hub: HubKit, path: str) -> None:
    await start(hub)
    granted, others = await tokens_of(hub), await tokens_of(hub)
    for value in ("", "nonsense", granted["refresh_token"], granted["refresh_token"]):
        form = {"token": value, "action": "revoke"}
        assert (await hub.request("POST", path, data=form)).status == 200
    assert (await hub.request("GET", "/auth/me", token=granted["access_token"])).status == 401
    form = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"], "client_id": CLIENT}
    again = await token(hub, **form)
    assert (again.status, again.json()["error"]) == (400, "invalid_grant")
    assert (await hub.request("GET", "/auth/me", token=others["access_token"])).status == 200


async def test_a_code_is_good_once_for_its_client_and_for_ten_minutes(hub: HubKit) -> None:
    await start(hub)
    form = {"grant_type": "authorization_code", "client_id": CLIENT, "code": await code_of(hub)}
    thief = await token(hub, **form | {"client_id": "http://evil.test/"})
    assert (thief.status, thief.json()["error"]) == (400, "invalid_request")
    assert (await token(hub, **form)).status == 200
    assert (await token(hub, **form)).status == 400
    late = form | {"code": await code_of(hub)}
    await hub.advance(600)
    assert (await token(hub, **late)).status == 400


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"grant_type": "password", "username": "wang", "password": PASSWORD},
        {"grant_type": "authorization_code"},
        {"grant_type": "authorization_code", "client_id": "javascript:alert(1)", "code": "x"},
        {"grant_type": "authorization_code", "client_id": CLIENT, "code": "llc_x"},
        {"grant_type": "refresh_token"},
        {"grant_type": "refresh_token", "refresh_token": "llr_x", "client_id": CLIENT},
    ],
)
async def test_other_forms_are_refused_as_oauth_says(hub: HubKit, form: dict[str, str]) -> None:
    await start(hub)
    answer = await token(hub, **form)
    assert answer.status == 400
    assert answer.json()["error"] in ("unsupported_grant_type", "invalid_request", "invalid_grant")


async def test_a_disabled_account_gets_no_tokens_and_its_own_end(hub: HubKit) -> None:
    account = await start(hub)
    await hub.hub_of.accounts.registry.add("li", roles=["owner"], password=PASSWORD)
    code, granted = await code_of(hub), await tokens_of(hub)
    await hub.hub_of.accounts.registry.disable(hub.hub_of.accounts.book.accounts[account.id])
    denied = await token(hub, grant_type="authorization_code", code=code, client_id=CLIENT)
    assert (denied.status, denied.json()["error"]) == (403, "access_denied")
    form = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"], "client_id": CLIENT}
    assert (await token(hub, **form)).status == 400


async def test_a_second_factor_is_one_more_form(hub: HubKit) -> None:
    totp = await add_totp(hub, await start(hub))
    flow = (await begin(hub)).json()["flow_id"]
    form = (await go_on(hub, flow, username="wang", password=PASSWORD)).json()
    assert (form["step_id"], [field["name"] for field in form["data_schema"]]) == ("mfa", ["code"])
    assert (await go_on(hub, flow, code="000000")).json()["errors"] == {"base": "invalid_code"}
    entry = (await go_on(hub, flow, code=totp.at(hub.clock.now()))).json()
    assert entry["type"] == "create_entry"
    assert (await go_on(hub, flow, code=totp.at(hub.clock.now()))).status == 404


async def test_codes_are_not_guessed(hub: HubKit) -> None:
    await add_totp(hub, await start(hub))
    flow = (await begin(hub)).json()["flow_id"]
    await go_on(hub, flow, username="wang", password=PASSWORD)
    answers = [(await go_on(hub, flow, code="000000")).json() for _ in range(3)]
    assert (answers[-1]["type"], answers[-1]["reason"]) == ("abort", "too_many_retry")
    statuses = []
    for _ in range(4):
        flow = (await begin(hub)).json()["flow_id"]
        statuses.append((await go_on(hub, flow, username="wang", password=PASSWORD)).status)
        statuses += [(await go_on(hub, flow, code="000000")).status for _ in range(2)]
    assert 429 in statuses
    assert statuses[-1] in (429, 400)


async def test_flows_are_throttled_as_the_console_is(hub: HubKit) -> None:
    await start(hub)
    flow = (await begin(hub)).json()["flow_id"]
    for _ in range(10):
        assert (await go_on(hub, flow, username="wang", password="wrong")).status == 200
    answer = await go_on(hub, flow, username="wang", password=PASSWORD)
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) >= 60


async def test_a_flow_is_for_its_client_and_its_time_and_can_be_given_up(hub: HubKit) -> None:
    await start(hub)
    flow = (await begin(hub)).json()["flow_id"]
    other = await go_on(hub, flow, username="wang", password=PASSWORD, client_id="http://evil.test/")
    assert other.status == 400
    assert (await go_on(hub, flow, username=1, password=PASSWORD)).status == 400
    assert (await hub.request("DELETE", f"/auth/login_flow/{flow}")).status == 200
    assert (await go_on(hub, flow, username="wang", password=PASSWORD)).status == 404
    flow = (await begin(hub)).json()["flow_id"]
    await hub.advance(600)
    assert (await go_on(hub, flow, username="wang", password=PASSWORD)).status == 404


async def test_open_flows_are_bounded(hub: HubKit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_flow, "MOST_FLOWS_OF_ADDRESS", 3)
    await start(hub)
    flows = [(await begin(hub)).json()["flow_id"] for _ in range(4)]
    statuses = [(await go_on(hub, flow, username="nobody", password="x")).status for flow in flows]
    assert statuses == [404, 200, 200, 200]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"handler": ["legacy_api_password", None]}, 404),
        ({"redirect_uri": "http://evil.test/"}, 400),
        ({"redirect_uri": 7}, 400),
        ({"client_id": "javascript:alert(1)", "redirect_uri": "javascript:alert(1)"}, 400),
    ],
)
async def test_a_flow_begins_for_a_page_that_leads_back_to_its_client(
    hub: HubKit, changes: dict[str, Any], status: int
) -> None:
    await start(hub)
    assert (await begin(hub, **changes)).status == status


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 50_000, b'"x"'])
async def test_what_is_no_mapping_is_refused(hub: HubKit, body: bytes) -> None:
    await start(hub)
    assert (await hub.request("POST", "/auth/login_flow", data=body)).status == 400
    assert (await hub.request("POST", "/auth/login_flow/x", data=body)).status == 400


@pytest.mark.parametrize(
    ("client", "target", "allowed"),
    [
        ("http://a.test/", "http://a.test/back?x=1", True),
        ("http://A.test", "http://a.test/back", True),
        ("http://127.0.0.1:8123/", "http://127.0.0.1:8123/", True),
        ("http://192.168.1.5:8130/", "http://192.168.1.5:8130/x", True),
        ("http://[::1]:8123/", "http://[::1]:8123/", True),
        ("https://home-assistant.io/iOS", "homeassistant://auth-callback", True),
        ("http://a.test/", "homeassistant://auth-callback", False),
        ("http://a.test/", "https://a.test/", False),
        ("http://a.test/", "http://a.test:81/", False),
        ("http://a.test/", "http://a.test.evil.test/", False),
        ("http://a.test/", "http://a.test@evil.test/", False),
        ("http://a.test/", "http://evil.test\\@a.test/", False),
        ("http://a.test/", "http://a.test/#x", False),
        ("http://a.test/", "//a.test/", False),
        ("http://a.test/", "http://a.test/\r\nSet-Cookie: x", False),
        ("http://8.8.8.8/", "http://8.8.8.8/", False),
        ("http://a.test/../x", "http://a.test/", False),
        ("http://u:p@a.test/", "http://u:p@a.test/", False),
        ("http://a.test:x/", "http://a.test:x/", False),
        ("ftp://a.test/", "ftp://a.test/", False),
        ("http:///x", "http:///x", False),
        ("http://[::1", "http://[::1", False),
        ("x" * 600, "x" * 600, False),
    ],
)
def test_where_a_code_may_be_sent(client: str, target: str, allowed: bool) -> None:
    assert may_return(client, target) is allowed


@pytest.mark.parametrize("client", [None, 7, "", [], "http://"])
def test_what_is_no_client(client: object) -> None:
    assert not is_client_id(client)
    assert not may_return(client, "http://a.test/")
