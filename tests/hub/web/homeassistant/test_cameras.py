"""Live pictures: who may see them, by whose token or signed path, and how a stream of them ends."""

import asyncio

import aiohttp
import pytest_asyncio
import voluptuous as vol

from hub.api import CameraPictures, Device, Entity, Integration, Link, NotReady
from hub.testing.kit import HubKit
from tests.clients.conftest import token_of
from tests.hub.web.homeassistant.client import Client

SITE = """
areas:
  - {id: b1, areas: [{id: b1-101, kind: home}]}
  - {id: b3}
people:
  persons:
    - {id: gao, name: 高卫, roles: [guard], areas: [b3]}
    - {id: guan, name: 管城, roles: [officer], areas: [b3]}
    - {id: li, name: 李奶奶, roles: [resident], household: b1-101}
eyes:
"""
JPEG = b"\xff\xd8 a picture "


class Eyes:
    """A guest with two cameras that show numbered pictures, or nothing."""

    def __init__(self) -> None:
        self.taken = 0
        self.silent = ""

    async def picture(self, camera: str) -> bytes:
        if self.silent:
            raise NotReady(self.silent)
        self.taken += 1
        return JPEG + f"{camera} {self.taken}".encode()

    async def run(self, link: Link, _config: object) -> None:
        for camera, area in (("yard", "b3"), ("hall", "b1-101")):
            link.device(Device(id=camera, name=camera, area=area))
            link.entity(Entity(id=f"camera.{camera}", name=camera, device=camera)).set("streaming")
        link.offer(CameraPictures, self)
        link.ready()
        await asyncio.Event().wait()


@pytest_asyncio.fixture
async def eyes(hub: HubKit) -> Eyes:
    eyes = Eyes()
    hub.add(Integration(name="eyes", summary="Eyes", run=eyes.run, schema=vol.Schema(object), entities=None))
    await hub.start(SITE)
    return eyes


async def get(hub: HubKit, path: str, token: str = "") -> tuple[int, bytes]:
    answer = await hub.request("GET", path, token=token)
    return answer.status, answer.body


async def test_a_picture_is_for_who_may_see_the_very_camera(hub: HubKit, eyes: Eyes) -> None:
    guard = await token_of(hub, "gao", person="gao")
    for path in ("/api/camera_proxy/camera.{}", "/api/v1/cameras/{}/picture"):
        status, body = await get(hub, path.format("yard"), guard)
        assert (status, body[:9]) == (200, JPEG[:9])
        assert (await get(hub, path.format("hall"), guard))[0] == 404
        assert (await get(hub, path.format("none"), guard))[0] == 404
        assert (await get(hub, path.format("yard")))[0] == 401
    assert (await get(hub, "/api/camera_proxy/sensor.yard", guard))[0] == 404


async def test_officers_have_no_live_view(hub: HubKit, eyes: Eyes) -> None:
    officer = await token_of(hub, "guan", person="guan")
    for path in (
        "/api/camera_proxy/camera.yard",
        "/api/camera_proxy_stream/camera.yard",
        "/api/v1/cameras/yard/picture",
    ):
        assert (await get(hub, path, officer))[0] == 403
    assert eyes.taken == 0


async def test_without_a_picture_the_reason_is_told(hub: HubKit, eyes: Eyes) -> None:
    eyes.silent = "camera 'yard': it does not answer"
    for path in (
        "/api/camera_proxy/camera.yard",
        "/api/camera_proxy_stream/camera.yard",
        "/api/v1/cameras/yard/picture",
    ):
        answer = await hub.request("GET", path, admin=True)
        assert (answer.status, "it does not answer" in answer.text) == (503, True)


async def test_a_look_into_a_home_is_noted(hub: HubKit, eyes: Eyes) -> None:
    owner = await token_of(hub, "boss", "owner")
    for camera in ("yard", "hall"):
        assert (await get(hub, f"/api/camera_proxy/camera.{camera}", owner))[0] == 200
    rows = (await hub.request("GET", "/api/v1/audit?person=li", admin=True)).json()["items"]
    assert [(row["verb"], row["kind"], row["id"]) for row in rows] == [("see", "camera", "camera.hall")]


async def test_a_state_tells_a_token_that_opens_its_camera_for_a_while(hub: HubKit, eyes: Eyes) -> None:
    state = (await hub.request("GET", "/api/states/camera.yard", admin=True)).json()
    path = state["attributes"]["entity_picture"]
    token = state["attributes"]["access_token"]
    assert path == f"/api/camera_proxy/camera.yard?token={token}"
    assert (await get(hub, path))[0] == 200
    for other in (f"/api/camera_proxy/camera.hall?token={token}", f"/api/states?token={token}", path + "0"):
        assert (await get(hub, other))[0] == 401
    await hub.advance(5 * 60)
    assert (await get(hub, path))[0] == 200
    again = (await hub.request("GET", "/api/states/camera.yard", admin=True)).json()
    assert again["attributes"]["entity_picture"] != path
    await hub.advance(5 * 60)
    assert (await get(hub, path))[0] == 401


async def test_a_new_token_is_told_to_who_follows_the_camera(hub: HubKit, eyes: Eyes) -> None:
    client = await Client.connect(hub)
    every = await client.send("subscribe_entities", entity_ids=["camera.yard"])
    first = (await client.event(every))["a"]["camera.yard"]["a"]["entity_picture"]
    await hub.advance(5 * 60)
    await hub.hub_of.homeassistant.sockets.check()
    told = (await client.event(every))["c"]["camera.yard"]["+"]["a"]["entity_picture"]
    assert told != first
    assert (await get(hub, told))[0] == 200
    await client.close()


async def test_a_signed_path_shows_the_picture(hub: HubKit, eyes: Eyes) -> None:
    client = await Client.connect(hub, await token_of(hub, "gao", person="gao"))
    paths = [
        (await client.ask("auth/sign_path", path=f"/api/camera_proxy/camera.{name}"))["path"]
        for name in ("yard", "hall")
    ]
    await client.close()
    assert [(await get(hub, path))[0] for path in paths] == [200, 404]


async def test_a_stream_shows_new_pictures_until_its_session_ends(hub: HubKit, eyes: Eyes) -> None:
    token = await token_of(hub, "gao", person="gao")
    url = hub.hub_of.url + "/api/camera_proxy_stream/camera.yard"
    async with asyncio.timeout(20), aiohttp.ClientSession() as session:
        answer = await session.get(url, headers={"Authorization": f"Bearer {token}"})
        assert answer.content_type == "multipart/x-mixed-replace"
        reader = aiohttp.MultipartReader.from_response(answer)
        seen = []
        for _ in range(2):
            part = await reader.next()
            assert isinstance(part, aiohttp.BodyPartReader)
            assert part.headers["Content-Type"] == "image/jpeg"
            seen.append(await part.read())
        assert seen == [JPEG + b"yard 1", JPEG + b"yard 2"]
        accounts = hub.hub_of.accounts
        await accounts.sessions.end(list(accounts.book.sessions.values()))
        await answer.content.read()
    assert eyes.taken <= 4


async def test_a_stream_ends_when_the_camera_shows_nothing_any_more(hub: HubKit, eyes: Eyes) -> None:
    state = (await hub.request("GET", "/api/states/camera.yard", admin=True)).json()
    token = state["attributes"]["access_token"]
    async with asyncio.timeout(20), aiohttp.ClientSession() as session:
        answer = await session.get(f"{hub.hub_of.url}/api/camera_proxy_stream/camera.yard?token={token}")
        assert answer.status == 200
        eyes.silent = "its network is gone"
        body = await answer.content.read()
    assert body.count(JPEG) >= 1
