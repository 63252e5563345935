"""The web floor: closed unless declared open, problems as RFC 9457 says, nothing bigger than a MiB, no traceback."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

import pytest
import voluptuous as vol
from aiohttp import ClientSession, web
from prometheus_client.parser import text_string_to_metric_families

from hub.api import Integration, Link
from hub.testing.answers import Answer
from hub.testing.kit import HubKit
from hub.web.guard import MAX_BODY
from hub.web.headers import HEADERS

Handler = Callable[[web.Request], Awaitable[Any]]


def serving(*routes: tuple[str, str, Handler, str]) -> Integration:
    """A guest that serves these routes."""

    async def run(link: Link, _config: Any) -> None:
        for method, path, handler, access in routes:
            link.route(method, path, handler, access=access)
        link.ready()
        await asyncio.Event().wait()

    return Integration(name="bell", run=run, schema=vol.Schema(object))


async def start(hub: HubKit, *routes: tuple[str, str, Handler, str]) -> None:
    hub.add(serving(*routes))
    await hub.start("bell:\n")


async def answer(_request: web.Request) -> web.Response:
    return web.json_response({"rings": True})


async def echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


def is_problem(found: Answer, status: int) -> dict[str, Any]:
    assert found.status == status
    assert found.headers["Content-Type"].startswith("application/problem+json")
    body: dict[str, Any] = found.json()
    assert (body["status"], body["type"]) == (status, "about:blank")
    assert body["title"]
    assert "Traceback" not in found.text
    return body


async def test_health_is_public_and_says_no_more_than_it_must(hub: HubKit) -> None:
    await hub.start("notify:\n")
    assert (await hub.request("GET", "/live")).json() == {"live": True}
    assert (await hub.request("GET", "/ready")).json() == {"ready": True}
    told = (await hub.request("GET", "/ready", admin=True)).json()
    assert told["integrations"] == {"notify": "running", "testing": "running"}


async def test_a_hub_that_starts_is_alive_and_not_yet_ready(hub: HubKit) -> None:
    release = asyncio.Event()
    seen: list[int] = []

    async def slow(link: Link, _config: Any) -> None:
        await release.wait()
        link.ready()
        await asyncio.Event().wait()

    hub.add(Integration(name="slow", run=slow, schema=vol.Schema(object)))
    starting = asyncio.ensure_future(hub.start("slow:\n"))
    await hub.until(lambda: hub.hub is not None and hasattr(hub.hub, "front") and hub.hub.url)
    async with ClientSession() as session:
        for path in ("/live", "/ready"):
            async with session.get(hub.hub_of.url + path) as response:
                seen.append(response.status)
    release.set()
    await starting
    assert seen == [200, 503]
    assert (await hub.request("GET", "/ready")).status == 200


async def test_metrics_are_what_prometheus_reads(hub: HubKit) -> None:
    await start(hub)
    found = await hub.request("GET", "/metrics")
    assert found.headers["Content-Type"].startswith("text/plain")
    families = {family.name: family for family in text_string_to_metric_families(found.text)}
    assert families["hub_events"].type == "counter"
    assert families["hub_events"].samples[0].value >= 1
    assert families["hub_resident_bytes"].samples[0].value > 10 * 2**20
    running = {
        sample.labels["integration"]: sample.value for sample in families["hub_integration_running"].samples
    }
    assert running == {"bell": 1.0, "testing": 1.0}
    assert all(family.documentation for family in families.values())


async def test_metrics_count_restarts_and_problems(hub: HubKit) -> None:
    await start(hub)
    hub.hub_of.supervisor.restart("bell", "for the test")
    await hub.advance(2)
    hub.hub_of.site.problems.raise_("bell.cracked", "it is cracked")
    families = {
        family.name: family
        for family in text_string_to_metric_families((await hub.request("GET", "/metrics")).text)
    }
    restarts = {
        s.labels["integration"]: s.value
        for s in families["hub_integration_restarts"].samples
        if s.name.endswith("_total")
    }
    assert restarts["bell"] == 1.0
    assert families["hub_problems"].samples[0].value == 1.0


async def test_a_route_lives_as_long_as_its_guest(hub: HubKit) -> None:
    await start(hub, ("GET", "/bell", answer, "public"))
    assert (await hub.request("GET", "/bell")).json() == {"rings": True}
    await hub.reload("{}\n")
    is_problem(await hub.request("GET", "/bell"), 404)
    await hub.reload("bell:\n")
    assert (await hub.request("GET", "/bell")).status == 200


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x"]
)
async def test_a_local_route_refuses_whoever_lacks_the_token(hub: HubKit, authorization: str) -> None:
    called: list[int] = []

    async def handler(_request: web.Request) -> web.Response:
        called.append(1)
        return web.Response()

    await start(hub, ("POST", "/bell", handler, "local"))
    headers = {"Authorization": authorization.format(token=hub.hub_of.token)}
    found = await hub.request("POST", "/bell", headers=headers)
    is_problem(found, 401)
    assert found.headers["WWW-Authenticate"] == "Bearer"
    assert called == []


async def test_a_local_route_takes_the_token_and_another_hub_has_another(hub: HubKit) -> None:
    await start(hub, ("POST", "/bell", answer, "local"))
    assert (await hub.request("POST", "/bell", admin=True)).status == 200
    before = hub.hub_of.token
    await hub.restart()
    assert hub.hub_of.token != before
    is_problem(await hub.request("POST", "/bell", headers={"Authorization": f"Bearer {before}"}), 401)


@pytest.mark.parametrize(
    "path", ["/nothing", "/bell/", "/bell/../bell/x", "/%2e%2e/etc/passwd", "/live/x", "//live", "/邻里"]
)
async def test_what_nobody_serves_is_a_404(hub: HubKit, path: str) -> None:
    await start(hub, ("GET", "/bell", answer, "public"))
    is_problem(await hub.request("GET", path), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/live", "GET,HEAD,OPTIONS"),
        ("DELETE", "/bell", "GET,HEAD,OPTIONS"),
        ("GET", "/ring", "OPTIONS,POST"),
        ("HEAD", "/ring", "OPTIONS,POST"),
    ],
)
async def test_the_wrong_method_is_told_the_right_ones(
    hub: HubKit, method: str, path: str, allowed: str
) -> None:
    await start(hub, ("GET", "/bell", answer, "public"), ("POST", "/ring", answer, "public"))
    found = await hub.request(method, path)
    assert found.status == 405
    assert found.headers["Allow"].replace(" ", "") == allowed


async def test_head_is_a_get_without_a_body_and_options_tells_the_methods(hub: HubKit) -> None:
    await start(hub, ("GET", "/bell", answer, "public"))
    got, head = await hub.request("GET", "/bell"), await hub.request("HEAD", "/bell")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(got.body))
    options = await hub.request("OPTIONS", "/bell")
    assert (options.status, options.body, options.headers["Allow"]) == (204, b"", "GET, HEAD, OPTIONS")


async def fail(_request: web.Request) -> web.Response:
    raise RuntimeError("the bell's own secret")


async def nothing(_request: web.Request) -> None:
    return None


async def refuse(_request: web.Request) -> web.Response:
    raise web.HTTPServiceUnavailable(text="come back later", headers={"Retry-After": "7"})


async def move(_request: web.Request) -> web.Response:
    raise web.HTTPFound("/live")


@pytest.mark.parametrize("handler", [fail, nothing])
async def test_a_route_that_fails_is_a_500_and_a_line_in_the_log(
    hub: HubKit, handler: Handler, caplog: pytest.LogCaptureFixture
) -> None:
    await start(hub, ("GET", "/bell", handler, "public"))
    found = await hub.request("GET", "/bell")
    assert "the hub's log says more" in is_problem(found, 500)["detail"]
    assert "secret" not in found.text
    assert "GET /bell failed" in caplog.text
    assert (await hub.request("GET", "/live")).status == 200


async def test_a_status_that_a_route_raises_goes_out_with_what_belongs_to_it(hub: HubKit) -> None:
    await start(hub, ("GET", "/busy", refuse, "public"), ("GET", "/moved", move, "public"))
    busy = await hub.request("GET", "/busy")
    assert is_problem(busy, 503)["detail"] == "come back later"
    assert busy.headers["Retry-After"] == "7"
    moved = await hub.request("GET", "/moved")
    assert (moved.status, moved.headers["Location"]) == (302, "/live")


@pytest.mark.parametrize("path", ["/live", "/ready", "/metrics", "/bell", "/fails", "/moved", "/nothing"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_security_headers_are_on_everything(hub: HubKit, path: str, method: str) -> None:
    await start(
        hub,
        ("GET", "/bell", answer, "public"),
        ("GET", "/fails", fail, "public"),
        ("GET", "/moved", move, "public"),
    )
    found = await hub.request(method, path)
    assert {name: found.headers.get(name) for name in HEADERS} == HEADERS


async def test_a_body_up_to_a_mebibyte_is_taken_and_a_bigger_one_is_not(hub: HubKit) -> None:
    await start(hub, ("POST", "/echo", echo, "public"))
    assert len((await hub.request("POST", "/echo", data=BytesIO(b"x" * MAX_BODY))).body) == MAX_BODY
    is_problem(await hub.request("POST", "/echo", data=BytesIO(b"x" * (MAX_BODY + 1))), 413)


async def test_a_body_that_does_not_say_its_size_is_cut_off_too(hub: HubKit) -> None:
    async def chunks() -> Any:
        for _ in range(40):
            yield b"x" * 32768

    await start(hub, ("POST", "/echo", echo, "public"))
    is_problem(await hub.request("POST", "/echo", data=chunks()), 413)


async def test_a_host_name_or_an_ipv6_address_makes_a_good_url(hub: HubKit) -> None:
    await hub.start("http: {server_host: '::1'}\n")
    assert hub.hub_of.url.startswith("http://[::1]:")
    assert (await hub.request("GET", "/live")).status == 200


async def test_the_file_for_the_command_line_is_the_owner_s_alone_and_gone_after_the_stop(
    hub: HubKit,
) -> None:
    running = await hub.start("notify:\n")
    file = running.data_dir / "control.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text())["url"] == running.url
    await hub.stop()
    assert not file.exists()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8130", 200),
        ("localhost", 200),
        ("LocalHost.:1", 200),
        ("[::1]:8130", 200),
        ("hub.localhost:8130", 200),
        ("evil.example:8130", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example:80", 421),
    ],
)
async def test_a_page_that_makes_its_name_lead_here_is_refused(hub: HubKit, host: str, status: int) -> None:
    await hub.start("notify:\n")
    assert (await hub.request("GET", "/metrics", headers={"Host": host})).status == status


async def test_a_token_of_strange_bytes_is_a_wrong_token(
    hub: HubKit, caplog: pytest.LogCaptureFixture
) -> None:
    await hub.start("notify:\n")
    port = int(hub.hub_of.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /control/status HTTP/1.0\r\nAuthorization: Bearer \xff\xfe\r\n\r\n")
    said = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert b" 401 " in said.splitlines()[0]
    assert "Traceback" not in caplog.text
