"""What an assessor tried from outside to get at what is others': links, tokens and proxies."""

import pytest

from hub.testing.kit import HubKit
from tests.hub.web.signing_in import PASSWORD, Browser, start

ANOTHER = "another battery staple"


async def token(hub: HubKit, name: str, *scopes: str) -> dict[str, str]:
    """A long-lived token's header."""
    registry = hub.hub_of.accounts.registry
    _, secret = await registry.make_token(registry.account(name), label="attack", scopes=scopes or None)
    return {"Authorization": f"Bearer {secret}"}


async def signed_path(hub: HubKit, headers: dict[str, str], path: str) -> str:
    """What `auth/sign_path` of the WebSocket gives for a path."""
    async with hub.http.ws_connect(hub.hub_of.url + "/api/websocket") as socket:
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": headers["Authorization"].split()[1]})
        await socket.receive_json()
        await socket.send_json({"id": 1, "type": "auth/sign_path", "path": path})
        answer = await socket.receive_json()
        return str(answer["result"]["path"])


async def test_nobody_signs_a_link_to_a_medium_in_the_hub_s_place(hub: HubKit) -> None:
    running = await hub.start("areas: [{id: b1-101, kind: home}]\n")
    await running.accounts.registry.add("mallory", roles=["resident"], password=PASSWORD)
    picture = running.site.media_dir / "2026-03-01" / "home.jpg"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"of somebody's home")
    forged = await signed_path(hub, await token(hub, "mallory"), "/media/signed/2026-03-01/home.jpg")
    answer = await hub.request("GET", forged)
    assert answer.status == 404
    assert b"somebody" not in answer.body


async def test_a_token_for_accounts_makes_no_wider_one(hub: HubKit) -> None:
    await start(hub, "owner")
    narrow = await token(hub, "wang", "manage:account")
    wish = {"do": "token", "name": "wang", "label": "all", "scopes": []}
    answer = await hub.request("POST", "/auth/accounts", json=wish, headers=narrow)
    assert answer.status == 422
    listed = await hub.request("POST", "/auth/accounts", json={"do": "list"}, headers=narrow)
    assert listed.status == 200  # to look is what it was made for


@pytest.mark.parametrize(
    "wish",
    [
        {"do": "password", "name": "wang", "password": ANOTHER},
        {"do": "password", "name": "li"},
        {"do": "code-off", "name": "li"},
        {"do": "token", "name": "li", "label": "x"},
    ],
)
@pytest.mark.parametrize("role", ["owner", "admin"])
async def test_no_token_opens_another_way_in(hub: HubKit, wish: dict[str, str], role: str) -> None:
    await start(hub, role)
    await hub.hub_of.accounts.registry.add("li", roles=["resident"], password=PASSWORD)
    answer = await hub.request("POST", "/auth/accounts", json=wish, headers=await token(hub, "wang"))
    assert answer.status == 422


@pytest.mark.parametrize(
    "wish", [{"do": "password", "name": "wang", "password": ANOTHER}, {"do": "code-off", "name": "WANG"}]
)
async def test_administration_spares_nobody_their_own_password(hub: HubKit, wish: dict[str, str]) -> None:
    await start(hub, "owner")
    browser = Browser(hub)
    await browser.sign_in()
    assert (await browser.ask("POST", "/auth/accounts", wish)).status == 422
    assert (await Browser(hub).sign_in()).status == 200


async def test_an_admin_resets_another_s_password_on_the_console(hub: HubKit) -> None:
    await start(hub, "admin")
    await hub.hub_of.accounts.registry.add("li", roles=["resident"], password=PASSWORD)
    browser = Browser(hub)
    await browser.sign_in()
    wish = {"do": "password", "name": "li", "password": ANOTHER}
    assert (await browser.ask("POST", "/auth/accounts", wish)).status == 200
    assert (await Browser(hub).sign_in("li", ANOTHER)).status == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host"])
async def test_figures_are_not_told_through_a_proxy_that_nobody_named(hub: HubKit, header: str) -> None:
    await start(hub)
    assert (await hub.request("GET", "/metrics")).status == 200
    value = {"Forwarded": "for=203.0.113.7", "Via": "1.1 nginx"}.get(header, "203.0.113.7")
    assert (await hub.request("GET", "/metrics", headers={header: value})).status == 401
