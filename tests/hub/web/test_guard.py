"""What stands before the routes: callers behind proxies, pages of other sites, floods, bodies, names, TLS."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import voluptuous as vol
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from hub.api import Integration, Link
from hub.kernel.clock import SystemClock
from hub.plugins.http_settings import HTTP, check_http
from hub.testing.kit import HubKit
from hub.web.bodies import DEEPEST, LARGEST_JSON, parse_json, read_json
from hub.web.limits import ANY, GUEST, MOST_AT_ONCE, Buckets, Connections, Limits, Rate, source_of
from hub.web.proxies import address_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def serving(*routes: tuple[str, str, Handler]) -> Integration:
    async def run(link: Link, _config: Any) -> None:
        for method, path, handler in routes:
            link.route(method, path, handler, access="public")
        link.ready()
        await asyncio.Event().wait()

    return Integration(name="bell", run=run, schema=vol.Schema(object))


async def who(request: web.Request) -> web.Response:
    return web.json_response({"remote": request.remote, "secure": request.secure, "host": request.host})


async def page(_request: web.Request) -> web.Response:
    return web.Response(text="<p>hello</p>", content_type="text/html")


async def take(request: web.Request) -> web.Response:
    return web.json_response({"took": await read_json(request)})


async def start(hub: HubKit, http: str = "{}") -> None:
    hub.add(
        serving(("GET", "/who", who), ("POST", "/who", who), ("GET", "/page", page), ("POST", "/take", take))
    )
    await hub.start(f"bell:\nhttp: {http}\n")


# --- proxies ----------------------------------------------------------------------------------------------

TRUSTED = "{trusted_proxies: [127.0.0.1, 10.0.0.0/8], host_names: [hub.example.org]}"


@pytest.mark.parametrize(
    ("http", "headers", "remote", "secure"),
    [
        ("{}", {"X-Forwarded-For": "203.0.113.9"}, "127.0.0.1", False),
        (TRUSTED, {"X-Forwarded-For": "203.0.113.9"}, "203.0.113.9", False),
        (TRUSTED, {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}, "203.0.113.9", True),
        # What a caller writes before the proxy adds its own is not believed.
        (TRUSTED, {"X-Forwarded-For": "198.51.100.1, 203.0.113.9, 10.1.2.3"}, "203.0.113.9", False),
        (TRUSTED, {"X-Forwarded-For": "nonsense, 203.0.113.9"}, "203.0.113.9", False),
        (TRUSTED, {"X-Forwarded-For": "::ffff:203.0.113.9"}, "203.0.113.9", False),
        (TRUSTED, {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https, http"}, "203.0.113.9", False),
        (TRUSTED, {"X-Forwarded-Proto": "https"}, "127.0.0.1", False),
        ("{trusted_proxies: [127.0.0.1], use_x_forwarded_for: false}", {"X-Forwarded-For": "203.0.113.9"},
         "127.0.0.1", False),
    ],
)  # fmt: skip
async def test_who_asks_is_told_by_trusted_proxies_alone(
    hub: HubKit, http: str, headers: dict[str, str], remote: str, secure: bool
) -> None:
    await start(hub, http)
    told = (await hub.request("GET", "/who", headers=headers)).json()
    assert (told["remote"], told["secure"]) == (remote, secure)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "nonsense"},
        {"X-Forwarded-For": ""},
        {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "gopher"},
        {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "a b"},
        {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example/x"},
    ],
)
async def test_a_trusted_proxy_that_can_t_be_understood_is_refused(
    hub: HubKit, headers: dict[str, str]
) -> None:
    await start(hub, TRUSTED)
    assert (await hub.request("GET", "/who", headers=headers)).status == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "hub.example.org"}, 200),
        ({"Host": "HUB.example.org:443"}, 200),
        ({"Host": "evil.example"}, 421),
        ({"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "hub.example.org"}, 200),
        ({"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example"}, 421),
    ],
)
async def test_the_hub_answers_to_its_own_names_alone(
    hub: HubKit, headers: dict[str, str], status: int
) -> None:
    await start(hub, TRUSTED)
    assert (await hub.request("GET", "/who", headers=headers)).status == status


async def test_an_answer_through_a_proxy_has_its_headers_too(hub: HubKit) -> None:
    await start(hub, TRUSTED)
    found = await hub.request(
        "GET", "/page", headers={"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https"}
    )
    assert "Strict-Transport-Security" in found.headers
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in (await hub.request("GET", "/page")).headers


@given(text=st.text(max_size=60))
def test_any_text_is_an_address_or_none(text: str) -> None:
    found = address_of(text)
    assert found is None or str(found)


# --- pages of other sites ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "origin", "status"),
    [
        ("POST", "/who", None, 200),
        ("POST", "/who", "{own}", 200),
        ("POST", "/who", "https://board.example.org", 200),
        ("POST", "/who", "https://evil.example", 403),
        ("POST", "/who", "null", 403),
        ("POST", "/who", "http://127.0.0.1.evil.example", 403),
        ("POST", "/who", "https://board.example.org.evil.example", 403),
        ("POST", "/who", "//[", 403),
        ("GET", "/who", "https://evil.example", 200),
        ("DELETE", "/who", "https://evil.example", 403),
    ],
)
async def test_pages_of_other_sites_change_nothing(
    hub: HubKit, method: str, path: str, origin: str | None, status: int
) -> None:
    await start(hub, "{cors_allowed_origins: ['https://board.example.org']}")
    headers = {} if origin is None else {"Origin": origin.replace("{own}", hub.hub_of.url)}
    found = await hub.request(method, path, headers=headers)
    assert found.status == status
    assert found.headers.get("Access-Control-Allow-Origin") == (
        origin if (origin or "")[8:] == "board.example.org" else None
    )
    assert "Access-Control-Allow-Credentials" not in found.headers


@pytest.mark.parametrize(("origin", "status"), [("https://evil.example", 403), (None, 404)])
async def test_a_websocket_of_another_site_is_refused_at_the_handshake(
    hub: HubKit, origin: str | None, status: int
) -> None:
    await start(hub)
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    headers |= {} if origin is None else {"Origin": origin}
    assert (await hub.request("GET", "/nothing", headers=headers)).status == status


async def test_a_preflight_tells_what_a_page_may_send(hub: HubKit) -> None:
    await start(hub, "{cors_allowed_origins: ['https://board.example.org/']}")
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    allowed = await hub.request("OPTIONS", "/who", headers={"Origin": "https://board.example.org", **asked})
    assert (allowed.status, allowed.headers["Access-Control-Allow-Origin"]) == (
        204,
        "https://board.example.org",
    )
    assert "Authorization" in allowed.headers["Access-Control-Allow-Headers"]
    refused = await hub.request("OPTIONS", "/who", headers={"Origin": "https://evil.example", **asked})
    assert not any(name.startswith("Access-Control") for name in refused.headers)


async def test_a_page_runs_nothing_that_stands_in_it(hub: HubKit) -> None:
    await start(hub)
    policy = (await hub.request("GET", "/page")).headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy


# --- too much ---------------------------------------------------------------------------------------------


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    now = 0.0
    buckets = Buckets(Rate(burst=3, per_second=2), lambda: now)
    assert [buckets.wait("a") for _ in range(5)] == [0, 0, 0, 0.5, 0.5]
    assert buckets.wait("b") == 0, "another is not held up"
    now = 0.5
    assert (buckets.wait("a"), buckets.wait("a") > 0) == (0, True)
    now = 1000.0
    assert [buckets.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_requests_at_once_are_bounded_and_freed() -> None:
    limits = Limits(lambda: 0.0)
    with pytest.raises(web.HTTPTooManyRequests):
        _nested(limits, MOST_AT_ONCE + 1)
    _nested(limits, MOST_AT_ONCE)


def _nested(limits: Limits, depth: int) -> None:
    with limits.request("203.0.113.9"):
        if depth > 1:
            _nested(limits, depth - 1)


async def test_a_flood_of_one_guest_s_route_is_refused_and_others_are_served(hub: HubKit) -> None:
    await start(hub)
    statuses = [(await hub.request("GET", "/who")).status for _ in range(int(GUEST.burst) + 30)]
    assert statuses[: int(GUEST.burst)] == [200] * int(GUEST.burst)
    refused = await hub.request("GET", "/who")
    assert 429 in statuses
    assert (await hub.request("GET", "/live")).status == 200
    if refused.status == 429:
        assert int(refused.headers["Retry-After"]) >= 1
    assert ANY.burst > GUEST.burst


@pytest.mark.parametrize(
    ("remote", "source"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::1", "::1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        (None, ""),
    ],
)
def test_whom_an_address_stands_for(remote: str | None, source: str) -> None:
    assert source_of(remote) == source


class Wire(asyncio.Transport):
    """A connection from somewhere."""

    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 1)})


def test_no_address_holds_all_connections() -> None:
    connections = Connections(lambda address: address == "127.0.0.1")
    wires = [Wire("203.0.113.9") for _ in range(300)]
    stay = [connections.opened(wire) for wire in wires]
    assert (stay.count(True), stay[:256]) == (256, [True] * 256)
    assert connections.opened(Wire("198.51.100.4"))
    for wire in wires:
        connections.closed(wire)
    assert connections.opened(Wire("203.0.113.9"))
    many = [connections.opened(Wire("127.0.0.1")) for _ in range(1000)]
    assert all(many), "behind a proxy and on this machine are many"


async def test_connections_that_say_nothing_are_counted_and_others_are_served(hub: HubKit) -> None:
    await start(hub)
    port = int(hub.hub_of.url.rpartition(":")[2])
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
    for _, writer in held:
        writer.write(b"GET /live HTTP/1.1\r\nX-Slow: ")
    assert (await hub.request("GET", "/live")).status == 200
    for _, writer in held:
        writer.close()


# --- bodies -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"a": [1, "\xe9\x82\xbb"]}', 200),
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"NaN", 400),
        (b"[1e400]", 200),
        (b'"\\ud800"', 400),
        (b'"\\ud83d\\ude00"', 200),
        (b"[" * DEEPEST + b"]" * DEEPEST, 200),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 50_000, 400),
        (b"9" * 10_000, 400),
        (b'"' + b"x" * LARGEST_JSON + b'"', 413),
    ],
)
async def test_a_body_is_json_within_bounds_or_a_problem(hub: HubKit, body: bytes, status: int) -> None:
    await start(hub)
    found = await hub.request("POST", "/take", data=body, headers={"Content-Type": "application/json"})
    assert found.status == status
    if status != 200:
        assert found.headers["Content-Type"].startswith("application/problem+json")


async def test_a_form_is_no_json(hub: HubKit) -> None:
    await start(hub)
    assert (await hub.request("POST", "/take", data={"a": "b"})).status == 415


@given(body=st.binary(max_size=200))
def test_any_bytes_are_json_or_a_bad_request(body: bytes) -> None:
    from contextlib import suppress

    with suppress(web.HTTPBadRequest):
        parse_json(body)


# --- TLS --------------------------------------------------------------------------------------------------


def issue(folder: Path, name: str, days: int = 90) -> None:
    """A certificate and its key, made by openssl's own hand."""
    openssl = shutil.which("openssl")
    assert openssl, "the tests need the program openssl"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-batch",
         "-subj", f"/CN={name}", "-days", str(days), "-keyout", f"{name}.key", "-out", f"{name}.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip


def findings(folder: Path, later: timedelta = timedelta(0), **http: Any) -> list[tuple[str, str, str]]:
    found = check_http(HTTP(http), folder, SystemClock().now() + later)
    return [(item.key, item.severity, item.problem) for item in found]


def test_a_certificate_that_does_not_fit_is_a_fault_and_one_past_its_time_a_warning(tmp_path: Path) -> None:
    issue(tmp_path, "a")
    issue(tmp_path, "b")
    good: dict[str, Any] = {"ssl_certificate": "a.pem", "ssl_key": "a.key"}
    assert findings(tmp_path, **good) == []
    [(key, severity, text)] = findings(tmp_path, ssl_certificate="a.pem", ssl_key="b.key")
    assert (key, severity, "is not the key of" in text) == ("ssl_certificate", "fault", True)
    for later, word in ((80, "expires on"), (100, "expired on"), (-10, "holds only from")):
        [(key, severity, text)] = findings(tmp_path, timedelta(days=later), **good)
        assert (key, severity, word in text) == ("ssl_certificate", "warning", True)


@pytest.mark.parametrize(
    ("http", "severity", "text"),
    [
        ({"ssl_certificate": "a.pem"}, "fault", "without 'ssl_key' there is no TLS"),
        ({"ssl_key": "a.pem"}, "fault", "without 'ssl_certificate' there is no TLS"),
        ({"ssl_certificate": "no.pem", "ssl_key": "no.key"}, "fault", "no.pem can't be read"),
        ({"ssl_certificate": "bad.pem", "ssl_key": "bad.pem"}, "fault", "can't be used"),
        ({"server_host": "0.0.0.0"}, "warning", "the network can read along"),
        ({"server_host": "::"}, "warning", "the network can read along"),
        ({"server_host": "hub.lan"}, "warning", "the network can read along"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_section_is_said(
    tmp_path: Path, http: dict[str, Any], severity: str, text: str
) -> None:
    (tmp_path / "bad.pem").write_text("no certificate")
    found = findings(tmp_path, **http)
    assert [(item[1], text in item[2]) for item in found] == [(severity, True)]


@pytest.mark.parametrize(
    "http", [{"server_host": "0.0.0.0", "trusted_proxies": ["10.0.0.2"]}, {"server_host": "::1"}]
)
def test_behind_a_proxy_or_for_this_machine_nothing_is_wrong(tmp_path: Path, http: dict[str, Any]) -> None:
    assert findings(tmp_path, **http) == []


@pytest.mark.parametrize(
    "http",
    [
        {"trusted_proxies": ["0.0.0.0/0"]},
        {"trusted_proxies": ["::/0"]},
        {"trusted_proxies": ["proxy"]},
        {"cors_allowed_origins": ["*"]},
        {"cors_allowed_origins": ["https://*.example.org"]},
        {"cors_allowed_origins": ["https://a.example/path"]},
        {"cors_allowed_origins": ["https://user@a.example"]},
        {"cors_allowed_origins": ["null"]},
        {"host_names": ["a b"]},
        {"host_names": ["hub.example.org:8130"]},
        {"external_url": "https://hub.example.org/path"},
        {"external_url": "hub.example.org"},
        {"external_url": "javascript:alert(1)"},
    ],
)
def test_what_would_open_the_hub_to_everyone_is_refused(http: dict[str, Any]) -> None:
    with pytest.raises(vol.Invalid):
        HTTP(http)


async def shown(url: str) -> str:
    """The certificate that a connection is shown; the answer must bear what makes browsers stay with TLS."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]), ssl=context)
    writer.write(b"GET /live HTTP/1.0\r\n\r\n")
    assert b"Strict-Transport-Security: max-age=" in await reader.read()
    found = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return str(found)


async def test_tls_follows_its_files_and_the_old_pair_goes_on_while_they_do_not_fit(hub: HubKit) -> None:
    config = hub.write("notify:\nhttp: {ssl_certificate: a.pem, ssl_key: a.key}\n")
    issue(config, "a")
    issue(config, "b")
    await hub.start()
    url = hub.hub_of.url
    assert url.startswith("https://")
    first = await shown(url)
    (config / "a.pem").write_bytes((config / "b.pem").read_bytes())
    tls = hub.hub_of.front.tls
    assert tls is not None
    tls.look()
    assert await shown(url) == first
    (config / "a.key").write_bytes((config / "b.key").read_bytes())
    tls.look()
    assert await shown(url) != first


# --- what was tried from outside --------------------------------------------------------------------------


async def test_a_compressed_body_is_not_unpacked(hub: HubKit) -> None:
    import gzip

    await start(hub)
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    bomb = gzip.compress(b"[" * 5_000_000)
    assert (await hub.request("POST", "/take", data=bomb, headers=headers)).status == 415


@pytest.mark.parametrize(
    ("http", "headers", "heard"),
    [
        ("{}", {}, True),
        ("{}", {"X-Forwarded-For": "93.184.216.34"}, False),
        (TRUSTED, {"X-Forwarded-For": "93.184.216.34"}, False),
        (TRUSTED, {"X-Forwarded-For": "192.168.1.7"}, True),
    ],
)
async def test_a_local_webhook_is_not_opened_by_a_proxy(
    hub: HubKit, http: str, headers: dict[str, str], heard: bool
) -> None:
    await hub.start(
        f"notify:\nhttp: {http}\n"
        "automation:\n"
        "  - alias: hook\n"
        "    trigger: [{platform: webhook, webhook_id: the-door-bell-9f, local_only: true}]\n"
        "    action: [{event: bell_rang}]\n"
    )
    before = len(hub.events)
    await hub.request("POST", "/api/webhook/the-door-bell-9f", headers=headers)
    assert any("bell_rang" in str(event) for event in hub.events[before:]) == heard


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /live HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET /live HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 500 + b"\r\n",
        b"POST /take HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /take HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
        b"GET /live HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x00\xff\r\n\r\n",
    ],
)
async def test_what_is_no_sound_http_is_refused_and_the_hub_goes_on(hub: HubKit, raw: bytes) -> None:
    await start(hub)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(hub.hub_of.url.rpartition(":")[2]))
    writer.write(raw)
    assert b" 400 " in await reader.readline()
    writer.close()
    assert (await hub.request("GET", "/live")).status == 200
