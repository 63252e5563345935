"""Every route at every role's hands, and things of other places: they must look like things that are not there."""

import json
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from hub.accounts.grants import BUILT_IN_GRANTS, parse_token_scope
from hub.accounts.permissions import Principal
from hub.api import Alarm, Device, Entity, Evidence
from hub.plugins.routes import Routes
from hub.testing.clock import START
from hub.testing.kit import HubKit
from tests.hub.web.permission_matrix import TABLE, table


async def test_every_route_lets_in_who_the_reviewed_table_says(hub: HubKit) -> None:
    assert await table(hub) == TABLE.read_text(encoding="utf-8"), (
        "who may call what has changed: run python -m tests.hub.web.permission_matrix and review the difference"
    )


@pytest.mark.parametrize("access", ["", "anyone", "see", "see everything", "look entity", "* *"])
def test_a_route_without_a_declared_permission_can_t_be_added(access: str) -> None:
    async def handler(_request: web.Request) -> web.Response:
        raise AssertionError

    with pytest.raises(ValueError, match="access"):
        Routes().add("GET", "/x", handler, access=access, owner="hub")


# --- the very thing ---------------------------------------------------------------------------------------

SITE = """\
areas:
  - {id: b1, areas: [{id: b1-101, kind: home}]}
  - {id: b2, areas: [{id: b2-201, kind: home}]}
people:
  persons:
    - {id: me, name: 我, household: b1-101, roles: [resident], channels: [{collect: a}]}
    - {id: other, name: 别人, household: b2-201, roles: [resident], channels: [{collect: b}]}
notify: {channels: {collect: {type: collect}}}
"""
PICTURE = f"camera/x/{START:%Y-%m-%d}/101500-000-frame.jpg"


class DoorForced(Alarm, frozen=True, kw_only=True):
    """A door was forced."""


def principal(role: str) -> Principal:
    places: dict[str, Any] = (
        {"homes": frozenset(["b1-101"])} if role == "resident" else {"areas": frozenset(["b1"])}
    )
    grants = frozenset(BUILT_IN_GRANTS[role])
    return Principal(
        account=f"a-{role}", person="me", roles=frozenset([role]), session="s", grants=grants, **places
    )


async def start(hub: HubKit, monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    """A hub whose every request is one role's in building 1, with the same things in building 1 and 2."""
    await hub.start(SITE)
    site = hub.hub_of.site
    for place in ("b1-101", "b2-201"):
        site.declare_device(Device(id=f"lock-{place}", name="Lock", area=place))
        name = place.replace("-", "_")
        site.states.declare(Entity(id=f"lock.{name}", name="Lock", device=f"lock-{place}"))
        site.states.set(f"lock.{name}", True)
        picture = PICTURE.replace("/x/", f"/{place}/")
        file = site.media_dir / picture
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"picture")
        evidence = (Evidence(kind="picture", path=picture),)
        source = f"lock.{name}"
        await site.bus.emit(
            DoorForced(id=f"forced-{place}", at=START, source=source, area=place, evidence=evidence)
        )
    await hub.settle()
    monkeypatch.setattr(hub.hub_of.gate._credentials, "principal_of", lambda _request: principal(role))


THINGS = [
    ("GET", "/api/v1/alarms/forced-{place}"),
    ("POST", "/api/v1/alarms/forced-{place}/acknowledge"),
    ("POST", "/api/v1/alarms/forced-{place}/close"),
    ("GET", f"/api/v1/media/{PICTURE.replace('/x/', '/{place}/')}"),
    ("GET", "/api/v1/entities/lock.{name}"),
    ("GET", "/api/v1/entities/lock.{name}/history"),
    ("GET", "/api/states/lock.{name}"),
]


def url(pattern: str, place: str) -> str:
    return pattern.replace("{place}", place).replace("{name}", place.replace("-", "_"))


@pytest.mark.parametrize(("method", "pattern"), THINGS)
async def test_a_thing_of_another_home_answers_as_one_that_is_not_there(
    hub: HubKit, monkeypatch: pytest.MonkeyPatch, method: str, pattern: str
) -> None:
    await start(hub, monkeypatch, "resident")
    options: dict[str, Any] = {"json": {}} if method == "POST" else {}
    other, nowhere, own = [
        await hub.request(method, url(pattern, place), **options) for place in ("b2-201", "b9-901", "b1-101")
    ]
    assert (other.status, nowhere.status) == (404, 404)
    assert other.body == nowhere.body
    assert dict(other.headers).keys() == dict(nowhere.headers).keys()
    assert own.status < 300, own.text


LISTS = [
    *(f"/api/v1/{name}" for name in ("alarms", "events", "entities", "devices", "areas", "deliveries")),
    *(f"/api/{name}" for name in ("states", "history/period", "logbook")),
]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("role", ["resident", "grid_worker", "guard", "officer", "doctor"])
async def test_no_list_tells_of_another_building(
    hub: HubKit, monkeypatch: pytest.MonkeyPatch, path: str, role: str
) -> None:
    await start(hub, monkeypatch, role)
    told = (await hub.request("GET", path)).text
    if path != "/api/v1/areas" or role == "resident":  # who works here knows the buildings' names
        assert "b2" not in told
    assert "别人" not in told


@pytest.mark.parametrize("path", ["/api/v1/entities", "/api/states"])
@pytest.mark.parametrize("role", ["grid_worker", "guard", "officer"])
async def test_who_looks_after_a_building_does_not_look_into_its_flats(
    hub: HubKit, monkeypatch: pytest.MonkeyPatch, path: str, role: str
) -> None:
    await start(hub, monkeypatch, role)
    assert "lock." not in (await hub.request("GET", path)).text


async def test_a_refusal_is_noted_with_who_and_what(hub: HubKit, monkeypatch: pytest.MonkeyPatch) -> None:
    await start(hub, monkeypatch, "resident")
    assert (await hub.request("GET", "/api/v1/system")).status == 403
    rows = await hub.hub_of.store.read(
        lambda connection: connection.execute(
            "SELECT who, verb, kind, outcome, details FROM audit"
        ).fetchall()
    )
    *row, details = rows[-1]
    assert row == ["a-resident", "see", "system", "refused"]
    assert json.loads(details) == {"asked": "GET /api/v1/system"}


async def test_what_people_change_is_noted_with_how_it_ended(
    hub: HubKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start(hub, monkeypatch, "resident")
    for alarm in ("forced-b1-101", "forced-b2-201"):
        await hub.request("POST", f"/api/v1/alarms/{alarm}/acknowledge", json={})
    await hub.request("POST", "/control/reload", admin=True)
    rows = await hub.hub_of.store.read(
        lambda connection: connection.execute("SELECT who, verb, kind, id, outcome FROM audit").fetchall()
    )
    assert [tuple(row) for row in rows] == [
        ("a-resident", "acknowledge", "alarm", "forced-b1-101", "done"),
        ("a-resident", "acknowledge", "alarm", "forced-b2-201", "refused"),
        ("", "reload", "config", "", "done"),
        ("local", "manage", "system", "", "done"),
    ]


async def test_a_token_that_only_reads_changes_no_settings_of_its_own(
    hub: HubKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start(hub, monkeypatch, "resident")
    body = {"quiet_hours": ["08:00-20:00"]}
    assert (await hub.request("PATCH", "/api/v1/me/settings", json=body)).status == 200
    narrowed = replace(principal("resident"), scopes=(parse_token_scope("see"),))
    monkeypatch.setattr(hub.hub_of.gate._credentials, "principal_of", lambda _request: narrowed)
    assert (await hub.request("PATCH", "/api/v1/me/settings", json=body)).status == 403
    assert (await hub.request("GET", "/api/v1/me/settings")).status == 200


async def test_a_look_at_a_person_is_noted_for_them_and_they_see_it(
    hub: HubKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start(hub, monkeypatch, "grid_worker")
    monkeypatch.setattr(
        hub.hub_of.gate._credentials, "principal_of", lambda _request: replace(principal("admin"), person="")
    )
    for _ in range(3):
        assert (await hub.request("GET", "/api/v1/people")).status == 200
        assert (await hub.request("GET", "/api/v1/people/me")).status == 200
    monkeypatch.setattr(hub.hub_of.gate._credentials, "principal_of", lambda _request: principal("resident"))
    looks = (await hub.request("GET", "/api/v1/me/looks")).json()["items"]
    assert [(look["verb"], look["kind"]) for look in looks] == [("see", "person")]
