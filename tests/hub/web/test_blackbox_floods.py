"""What an assessor tried from outside to take the hub's time and places from everybody else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest
from aiohttp import WSServerHandshakeError

from hub.testing.kit import HubKit
from hub.web import streams
from hub.web.forms import LARGEST
from tests.hub.web.signing_in import PASSWORD, start
from tests.hub.web.test_blackbox_access import token

STREAMS = ["/api/v1/events/stream", "/api/stream"]
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}
PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
RULE = """\
automation:
  - id: hook
    triggers: [{trigger: webhook, webhook_id: door, local_only: false}]
    actions: []
"""


@pytest.mark.parametrize("path", ["/auth/token", "/auth/revoke"])
async def test_a_form_of_many_parts_is_refused_before_it_is_read(hub: HubKit, path: str) -> None:
    await start(hub)
    body = PART * (LARGEST // len(PART) + 1) + b"--x--\r\n"
    assert (await hub.request("POST", path, data=body, headers=MULTIPART)).status == 413


async def test_a_form_without_a_length_is_refused(hub: HubKit) -> None:
    await start(hub)

    async def parts() -> AsyncIterator[bytes]:
        yield PART
        yield b"--x--\r\n"

    assert (await hub.request("POST", "/auth/token", data=parts(), headers=MULTIPART)).status == 413


async def test_a_form_of_many_headers_is_a_bad_request(hub: HubKit) -> None:
    await start(hub)
    body = b"--x\r\n" + b"".join(b"h%d: a\r\n" % number for number in range(2000)) + b"\r\n\r\n--x--\r\n"
    assert (await hub.request("POST", "/auth/token", data=body, headers=MULTIPART)).status == 400


@pytest.mark.parametrize(
    "path", ["/auth/sign-in", "/auth/invitation", "/auth/login_flow", "/auth/passkey/begin"]
)
async def test_who_has_not_signed_in_sends_no_large_body(hub: HubKit, path: str) -> None:
    await start(hub)
    body = b"[" + b"{}," * (LARGEST // 3) + b"{}]"
    answer = await hub.request("POST", path, data=body, headers={"Content-Type": "application/json"})
    assert answer.status == 413


@pytest.mark.parametrize("path", ["/auth/sign-in", "/auth/login_flow"])
async def test_what_is_nested_deep_is_refused(hub: HubKit, path: str) -> None:
    await start(hub)
    body = '{"name":' * 100 + "1" + "}" * 100
    answer = await hub.request("POST", path, data=body, headers={"Content-Type": "application/json"})
    assert answer.status == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (PART * 2000 + b"--x--\r\n", 413),
        (b"--x\r\n" + b"h: a\r\n" * 2000 + b"\r\n\r\n--x--\r\n", 400),
        (PART + b"--x--\r\n", 200),
    ],
)
async def test_a_webhook_reads_no_form_of_thousands_of_parts(hub: HubKit, body: bytes, status: int) -> None:
    await hub.start(RULE)
    assert (await hub.request("POST", "/api/webhook/door", data=body, headers=MULTIPART)).status == status


async def test_one_address_does_not_take_every_place_of_those_who_sign_in(hub: HubKit) -> None:
    running = await hub.start("{}\n")
    house, limit = running.homeassistant.house, 3
    assert house.limits.strangers_of_address < house.limits.strangers
    house.limits = replace(house.limits, strangers_of_address=limit)
    url = running.url + "/api/websocket"
    open_ones = [await hub.http.ws_connect(url) for _ in range(limit)]
    with pytest.raises(WSServerHandshakeError) as refused:
        await hub.http.ws_connect(url)
    assert refused.value.status == 503
    for socket in open_ones:
        await socket.close()


@pytest.mark.parametrize("path", STREAMS)
async def test_one_account_leaves_room_for_others_streams(hub: HubKit, path: str) -> None:
    await start(hub, "admin")
    await hub.hub_of.accounts.registry.add("li", roles=["admin"], password=PASSWORD)
    headers = await token(hub, "wang")
    url = hub.hub_of.url + path
    open_ones = [await hub.http.get(url, headers=headers) for _ in range(streams.MOST_OF_ACCOUNT)]
    assert {one.status for one in open_ones} == {200}
    assert (await hub.request("GET", path, headers=headers)).status == 429
    async with hub.http.get(url, headers=await token(hub, "li")) as another:
        assert another.status == 200
    for one in open_ones:
        one.close()


async def ended(hub: HubKit, path: str, end: Callable[[], Awaitable[None]]) -> bytes:
    """What is still told on a stream, after its caller's session or rights came to an end, until it ends."""
    headers = await token(hub, "wang")
    async with hub.http.get(hub.hub_of.url + path, headers=headers) as stream:
        assert stream.status == 200
        await stream.content.readany()
        await end()
        async with asyncio.timeout(20):
            return await stream.content.read()


@pytest.mark.parametrize("path", STREAMS)
async def test_a_stream_ends_with_its_session(
    hub: HubKit, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(streams, "LOOK", 0.02)
    await start(hub, "admin")
    accounts = hub.hub_of.accounts

    async def revoke() -> None:
        await accounts.sessions.end(list(accounts.book.sessions.values()))

    await ended(hub, path, revoke)
    assert not hub.hub_of.gate._streams._open


@pytest.mark.parametrize("path", STREAMS)
async def test_a_stream_ends_with_the_rights_it_began_with(
    hub: HubKit, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(streams, "LOOK", 0.02)
    account = await start(hub, "admin")

    async def demote() -> None:
        await hub.hub_of.accounts.registry.change(account, add=["resident"], remove=["admin"])

    await ended(hub, path, demote)
    assert not hub.hub_of.gate._streams._open


@pytest.mark.parametrize("path", STREAMS)
async def test_a_reader_that_goes_leaves_its_place(
    hub: HubKit, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(streams, "LOOK", 0.02)
    await start(hub, "admin")
    gate = hub.hub_of.gate
    stream = await hub.http.get(hub.hub_of.url + path, headers=await token(hub, "wang"))
    assert gate._streams._open
    stream.close()
    async with asyncio.timeout(20):
        while gate._streams._open:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


async def test_a_template_of_any_caller_holds_nobody_up(hub: HubKit) -> None:
    await hub.start("automation: []\n")
    await hub.hub_of.accounts.registry.add("mallory", roles=["resident"], password=PASSWORD)
    headers = await token(hub, "mallory")
    async with hub.http.ws_connect(hub.hub_of.url + "/api/websocket") as socket:
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": headers["Authorization"].split()[1]})
        await socket.receive_json()
        source = "{{ ('a' * 9000) | regex_replace('(?:a?){50}a{50}b', '') }}"
        await socket.send_json({"id": 1, "type": "render_template", "template": source})
        answer = await socket.receive_json()
    assert answer["success"] is False
    assert "too long" in answer["error"]["message"]
