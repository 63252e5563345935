"""The API's own rules: bad input is told with its place, a keyed request is carried out once, pages lead on."""

import asyncio
import json
from typing import Any

import pytest

from hub.api import Alarm, Call, Evidence, Severity
from hub.testing.answers import Answer
from hub.testing.kit import HubKit

SITE = """
areas:
  - {id: linli, name: 邻里, areas: [{id: b1, name: 一号楼}, {id: b2, name: 二号楼}]}
people:
  persons:
    - {id: wang, name: 王芳, roles: [grid_worker], areas: [b1], channels: [collect]}
notify: {channels: {collect: {type: collect}}}
"""


class PotFell(Alarm, frozen=True, kw_only=True):
    """A pot fell."""

    name: str = ""


async def fall(hub: HubKit, identity: str, area: str = "b1", severity: Severity = Severity.critical) -> None:
    picture = Evidence(kind="picture", path=f"2026/{identity} a.jpg", media_type="image/jpeg", sha256="ab")
    await hub.hub_of.bus.emit(
        PotFell(
            id=identity,
            at=hub.clock.now(),
            source="camera.south",
            area=area,
            severity=severity,
            evidence=(picture,),
            name="南面低层",
        )
    )


async def ask(hub: HubKit, method: str, path: str, **options: Any) -> Answer:
    return await hub.request(method, f"/api/v1{path}", admin=True, **options)


async def items(hub: HubKit, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await ask(hub, "GET", path)).json()["items"]
    return found


async def test_an_alarm_tells_where_what_and_who(hub: HubKit) -> None:
    await hub.start(SITE)
    await fall(hub, "a1")
    (alarm,) = await items(hub, "/alarms")
    assert (alarm["id"], alarm["kind"], alarm["severity"], alarm["state"]) == (
        "a1",
        "pot_fell",
        "critical",
        "open",
    )
    assert (alarm["area_name"], alarm["source_name"]) == ("一号楼", "南面低层")
    assert alarm["evidence"][0]["url"] == "/api/v1/media/2026/a1%20a.jpg"
    assert alarm == (await ask(hub, "GET", "/alarms/a1")).json()


async def test_an_alarm_is_taken_on_once_and_settled_once(hub: HubKit) -> None:
    await hub.start(SITE)
    await fall(hub, "a1")
    taken = await ask(hub, "POST", "/alarms/a1/acknowledge", json={"note": "I go"})
    assert taken.status == 200
    assert (taken.json()["state"], taken.json()["note"]) == ("acknowledged", "I go")
    again = await ask(hub, "POST", "/alarms/a1/acknowledge", json={})
    assert (again.status, "has this alarm already" in again.json()["detail"]) == (409, True)
    closed = (await ask(hub, "POST", "/alarms/a1/close", json={"note": "swept"})).json()
    assert (closed["state"], closed["note"]) == ("closed", "swept")
    assert (await ask(hub, "POST", "/alarms/a1/close", json={})).status == 409
    assert await items(hub, "/alarms?state=open") == []
    assert len(await items(hub, "/alarms")) == 1


async def test_pages_lead_on_to_the_end_and_miss_nothing(hub: HubKit) -> None:
    await hub.start(SITE)
    for number in range(7):
        await fall(hub, f"a{number}", area="b1" if number % 2 else "b2")
    found, after = [], ""
    for _ in range(10):
        page = (await ask(hub, "GET", f"/alarms?limit=3&after={after}")).json()
        found += [alarm["id"] for alarm in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert found == [f"a{number}" for number in reversed(range(7))]
    assert [alarm["id"] for alarm in await items(hub, "/alarms?area=b1")] == ["a5", "a3", "a1"]
    assert len(await items(hub, "/alarms?area=linli")) == 7
    assert await items(hub, "/alarms?severity=critical&kind=nothing") == []


async def test_unattended_alarms_are_those_that_nobody_has(hub: HubKit) -> None:
    await hub.start(SITE)
    await fall(hub, "a1")
    await fall(hub, "a2")
    await ask(hub, "POST", "/alarms/a1/acknowledge", json={})
    assert [alarm["id"] for alarm in await items(hub, "/alarms?state=unattended")] == ["a2"]
    assert [alarm["id"] for alarm in await items(hub, "/alarms?state=open")] == ["a2", "a1"]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/alarms?limit=0", "limit"),
        ("/alarms?limit=x", "limit"),
        ("/alarms?state=lost", "state"),
        ("/alarms?sate=open", "sate"),
        ("/alarms?since=yesterday", "since"),
        ("/alarms?since=2026-01-01T00:00:00", "since"),
        ("/alarms?after=-1", "after"),
        ("/alarms?after=abc", "after"),
        ("/alarms?limit=1&limit=2", "limit"),
        ("/deliveries?after=x", "after"),
    ],
)
async def test_a_bad_parameter_is_named(hub: HubKit, path: str, told: str) -> None:
    await hub.start("notify:\n")
    answer = await ask(hub, "GET", path)
    assert answer.status == 400
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert told in answer.text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"note": 5}', "application/json", 400),
        (b'{"nota": ""}', "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"note": "\xff"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"note=1", "application/x-www-form-urlencoded", 415),
        (b'{"note": "' + b"x" * 300_000 + b'"}', "application/json", 413),
    ],
)
async def test_a_bad_body_is_refused_and_changes_nothing(
    hub: HubKit, body: bytes, kind: str, status: int
) -> None:
    await hub.start(SITE)
    await fall(hub, "a1")
    answer = await ask(hub, "POST", "/alarms/a1/close", data=body, headers={"Content-Type": kind})
    assert answer.status == status
    assert (await ask(hub, "GET", "/alarms/a1")).json()["state"] == "open"


async def test_a_keyed_request_is_carried_out_once(hub: HubKit) -> None:
    await hub.start(SITE)
    await fall(hub, "a1")
    await fall(hub, "a2")
    key = {"Idempotency-Key": "k-1"}
    first = await ask(hub, "POST", "/alarms/a1/acknowledge", json={"note": "I go"}, headers=key)
    again = await ask(hub, "POST", "/alarms/a1/acknowledge", json={"note": "I go"}, headers=key)
    assert (again.status, again.json()) == (200, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    await hub.restart()
    after = await ask(hub, "POST", "/alarms/a1/acknowledge", json={"note": "I go"}, headers=key)
    assert (after.status, after.json()) == (200, first.json())
    other = await ask(hub, "POST", "/alarms/a2/acknowledge", json={"note": "I go"}, headers=key)
    assert other.status == 409
    await hub.advance(25 * 3600)
    late = await ask(hub, "POST", "/alarms/a2/acknowledge", json={}, headers=key)
    assert late.status == 200


@pytest.mark.parametrize("key", ["x" * 201, "a b", ""])
async def test_a_key_that_is_none_is_refused(hub: HubKit, key: str) -> None:
    await hub.start(SITE)
    await fall(hub, "a1")
    answer = await ask(hub, "POST", "/alarms/a1/close", json={}, headers={"Idempotency-Key": key})
    assert answer.status == 400


async def test_the_journal_goes_on_from_a_cursor(hub: HubKit) -> None:
    await hub.start(SITE)
    for number in range(5):
        await fall(hub, f"a{number}")
    page = (await ask(hub, "GET", "/events?limit=2")).json()
    assert [event["id"] for event in page["items"]] == ["a0", "a1"]
    rest = (await ask(hub, "GET", f"/events?after={page['next']}")).json()
    assert [event["id"] for event in rest["items"]] == ["a2", "a3", "a4"]
    end = (await ask(hub, "GET", f"/events?after={rest['next']}")).json()
    assert (end["items"], end["next"]) == ([], rest["next"])


async def test_the_stream_tells_what_comes_and_what_was_missed(hub: HubKit) -> None:
    await hub.start(SITE)
    await fall(hub, "a0")
    token = {"Authorization": f"Bearer {hub.hub_of.token}"}
    url = hub.hub_of.url + "/api/v1/events/stream"

    async def read(response: Any, count: int) -> list[str]:
        found: list[str] = []
        while len(found) < count:
            line = (await response.content.readline()).decode()
            if line.startswith("data: "):
                found.append(json.loads(line[6:])["id"])
        return found

    async with asyncio.timeout(10), hub.http.get(url, headers=token) as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        await response.content.readline()
        await fall(hub, "a1")
        assert await read(response, 1) == ["a1"]
    await fall(hub, "a2")
    headers = token | {"Last-Event-ID": "1"}
    async with asyncio.timeout(10), hub.http.get(url, headers=headers) as response:
        assert await read(response, 2) == ["a1", "a2"]


async def test_a_delivery_tells_what_became_of_it_and_is_tried_again(hub: HubKit) -> None:
    await hub.start(SITE)
    await fall(hub, "a1")
    data = {"audience": "person:wang", "message": "it fell", "title": "花盆", "severity": "critical"}
    with hub.hub_of.store.units.open() as unit:
        clean = hub.hub_of.actions.declared["notify.send"].schema(data)
        unit.call(Call(name="notify.send", data=clean, key="k1", alarm="a1"))
    await unit.receipt
    await hub.until(lambda: hub.deliveries)
    (sent,) = await items(hub, "/deliveries?alarm=a1")
    assert (sent["state"], sent["person_name"], sent["channel"], sent["alarm"]) == (
        "sent",
        "王芳",
        "collect",
        "a1",
    )
    assert await items(hub, "/deliveries") == [sent]
    assert await items(hub, "/deliveries?state=failed") == []
    assert await items(hub, "/deliveries?person=li") == []
    done = await ask(hub, "POST", f"/deliveries/retry?key={sent['key']}")
    assert done.status == 409
    assert (await ask(hub, "POST", "/deliveries/drop?key=k1")).status == 404


async def test_the_hub_tells_how_it_is_and_takes_files_anew(hub: HubKit) -> None:
    await hub.start(SITE)
    system = (await ask(hub, "GET", "/system")).json()
    assert system["ready"]
    assert {guest["name"]: guest["state"] for guest in system["integrations"]} == {
        "notify": "running",
        "testing": "running",
    }
    me = (await ask(hub, "GET", "/me")).json()
    assert (me["is_owner"], "manage config" in me["may"], "see health" in me["may"]) == (True, True, False)
    assert (await ask(hub, "POST", "/system/check")).json() == {"valid": True, "faults": []}
    hub.write(SITE + "mqt:\n")
    checked = (await ask(hub, "POST", "/system/check")).json()
    assert not checked["valid"]
    refused = await ask(hub, "POST", "/system/reload")
    assert (refused.status, "mqtt" in refused.text) == (409, True)
    hub.hub_of.site.problems.raise_("lamp.dark", "the lamp is dark", "change the bulb")
    (problem,) = await items(hub, "/problems")
    assert (problem["text"], problem["remedy"]) == ("the lamp is dark", "change the bulb")


async def test_areas_are_listed_as_they_lie(hub: HubKit) -> None:
    await hub.start(SITE)
    assert [(area["id"], area["parent"]) for area in await items(hub, "/areas")] == [
        ("linli", ""),
        ("b1", "linli"),
        ("b2", "linli"),
    ]


async def test_without_a_token_nothing_is_told(hub: HubKit) -> None:
    await hub.start(SITE)
    await fall(hub, "a1")
    public = {"/api/v1/openapi.json"}
    for operation in hub.hub_of.api.operations:
        path = "/api/v1" + operation.path.replace("{alarm_id}", "a1").replace("{entity_id}", "light.a")
        path = path.replace("{person_id}", "wang").replace("{automation_id}", "r1")
        answer = await hub.request(operation.method, path)
        assert (answer.status == 401) == (path not in public), path


async def test_the_description_tells_every_operation(hub: HubKit) -> None:
    await hub.start("notify:\n")
    told = (await ask(hub, "GET", "/openapi.json")).json()
    names = {one["operationId"] for path in told["paths"].values() for one in path.values()}
    assert names == {operation.name for operation in hub.hub_of.api.operations}
    assert len(names) == len(hub.hub_of.api.operations)
