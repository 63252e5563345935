"""Requests to the outside: nothing that comes with data leads inside, however it is spelt."""

import ipaddress
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.resolver import ThreadedResolver
from hypothesis import given
from hypothesis import strategies as st

from hub.plugins.outgoing import NotPublic, guarded_session, is_public, named_hosts


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.1.2", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1",
        "::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::", "2002:a9fe:a9fe::", "2001:0:0:0:0:0:80ff:fffe", "100::1", "::7f00:1",
    ],
)  # fmt: skip
def test_addresses_inside_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "223.5.5.5", "2606:4700::1111", "2400:3200::1", "::ffff:1.1.1.1", "64:ff9b::101:101"],
)
def test_addresses_of_the_internet_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@given(number=st.integers(0, 2**32 - 1))
def test_ipv6_s_clothes_change_nothing(number: int) -> None:
    bare = ipaddress.IPv4Address(number)
    for dressed in (f"::ffff:{bare}", str(ipaddress.IPv6Address((0x64FF9B << 96) | number))):
        assert is_public(ipaddress.ip_address(dressed)) == is_public(bare)


def test_hosts_that_the_files_name() -> None:
    data: Any = {
        "notify": {
            "channels": {"mine": {"url": "http://LAN.example:8080/x"}, "v6": {"url": "https://[fd00::5]/y"}}
        },
        "mqtt": [{"host": "10.0.0.4"}],
        "rules": ["see https://wiki.example/x", "http://{{ host }}/y", "http://[", 5, None],
        "text": "10.9.9.9",
    }
    assert named_hosts(data) == {"lan.example", "fd00::5", "10.0.0.4"}


@given(
    data=st.recursive(
        st.none() | st.text() | st.integers(), lambda i: st.lists(i) | st.dictionaries(st.text(), i)
    )
)
def test_any_configuration_can_be_read_for_hosts(data: Any) -> None:
    assert all(isinstance(host, str) for host in named_hosts(data))


@pytest_asyncio.fixture
async def inside() -> AsyncIterator[str]:
    """The port of a server on this machine, which answers and redirects."""

    async def answer(request: web.Request) -> web.Response:
        if "to" in request.query:
            raise web.HTTPFound(request.query["to"])
        return web.Response(text="the crown jewels")

    app = web.Application()
    app.router.add_get("/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield str(runner.addresses[0][1])
    await runner.cleanup()


async def got(url: str, *named: str) -> str:
    """What a request brings, or why it did not."""
    async with guarded_session(lambda: named) as session:
        try:
            async with session.get(url) as response:
                return await response.text()
        except aiohttp.ClientConnectorError as error:
            return type(error.os_error).__name__ if "no public" not in str(error) else "refused"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "2130706433", "0x7f000001", "0x7f.1", "127.1", "0177.0.0.1", "[::ffff:127.0.0.1]",
        "127.0.0.1.", "0.0.0.0", "0",
    ],
)  # fmt: skip
async def test_this_machine_is_not_reached_however_it_is_spelt(inside: str, host: str) -> None:
    try:
        found = await got(f"http://{host}:{inside}/")
    except aiohttp.InvalidURL:
        return
    assert "jewels" not in found


async def test_a_name_that_leads_inside_is_refused(inside: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["93.184.216.34", "127.0.0.1"])

    async def resolve(_self: Any, host: str, port: int = 0, family: int = 0) -> list[dict[str, Any]]:
        address = "127.0.0.1" if host == "rebound.example" else next(answers)
        flags = socket.AI_NUMERICHOST
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": flags,
            }
        ]

    monkeypatch.setattr(ThreadedResolver, "resolve", resolve)
    assert await got(f"http://rebound.example:{inside}/") == "refused"
    assert await got(f"http://rebound.example:{inside}/", "other.example") == "refused"
    assert await got(f"http://rebound.example:{inside}/", "rebound.example") == "the crown jewels"


async def test_a_host_that_the_files_name_is_reached_and_no_redirect_leads_further_inside(
    inside: str,
) -> None:
    assert await got(f"http://127.0.0.1:{inside}/", "127.0.0.1") == "the crown jewels"
    assert await got(f"http://localhost:{inside}/", "localhost") == "the crown jewels"
    assert await got(f"http://127.0.0.1:{inside}/?to=http://127.0.0.2:{inside}/", "127.0.0.1") == "refused"
    assert await got(f"http://127.0.0.1:{inside}/?to=http://169.254.169.254/latest", "127.0.0.1") == "refused"


def test_the_refusal_is_a_fault_of_the_network_to_those_who_ask() -> None:
    assert issubclass(NotPublic, OSError)


async def test_a_hub_reaches_what_its_files_name_and_data_s_client_does_not(inside: str, hub: Any) -> None:
    url = f"http://127.0.0.1:{inside}/"
    secret = "whsec_" + "QUFB" * 8
    await hub.start(f"notify: {{channels: {{lan: {{type: webhook, url: '{url}', secret: '{secret}'}}}}}}\n")
    async with hub.hub_of.site.http().get(url) as response:
        assert await response.text() == "the crown jewels"
    with pytest.raises(aiohttp.ClientConnectorError, match="no public address"):
        await hub.hub_of.site.public_http().get(url)
    await hub.reload("notify:\n")
    with pytest.raises(aiohttp.ClientConnectorError, match="no public address"):
        await hub.hub_of.site.http().get(f"http://127.0.0.2:{inside}/")
