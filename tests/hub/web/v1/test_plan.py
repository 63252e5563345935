"""The plan: drawn by who may edit, seen by each as far as they may, kept over a restart, its picture written anew."""

import io
from typing import Any

import pytest
from PIL import Image

from hub.api import Device
from hub.testing.kit import HubKit
from hub.web.v1.plan import size_of

SITE = """
areas:
  - {id: linli, name: 邻里, areas: [{id: b1, name: 一号楼}, {id: b2, name: 二号楼}]}
people:
  persons:
    - {id: wang, name: 王芳, roles: [grid_worker], areas: [b1]}
notify:
"""
DRAWN: dict[str, Any] = {
    "areas": [{"area": "b1", "points": [[10, 10], [200, 10], [200, 90], [10, 90]]}],
    "devices": [{"device": "cam1", "at": [30, 40]}, {"device": "cam2", "at": [300.5, 40]}],
}


def picture(size: tuple[int, int] = (640, 400), kind: str = "JPEG", mode: str = "RGB") -> bytes:
    made = io.BytesIO()
    Image.new(mode, size, "red").save(made, kind)
    return made.getvalue()


async def token(hub: HubKit, name: str) -> dict[str, str]:
    registry = hub.hub_of.accounts.registry
    account = await registry.add(name, person=name)
    return {"Authorization": f"Bearer {(await registry.make_token(account, label='test'))[1]}"}


async def start(hub: HubKit) -> None:
    await hub.start(SITE)
    hub.hub_of.site.declare_device(Device(id="cam1", name="南面", area="b1"))
    hub.hub_of.site.declare_device(Device(id="cam2", name="北面", area="b2"))


async def test_what_is_drawn_stays_and_each_sees_what_they_may(hub: HubKit) -> None:
    await start(hub)
    empty = (await hub.request("GET", "/api/v1/plan", admin=True)).json()
    assert (empty["areas"], empty["picture"], empty["changed_at"]) == ([], "", None)
    put = await hub.request("PUT", "/api/v1/plan", admin=True, json=DRAWN)
    assert put.status == 200
    await hub.restart()
    hub.hub_of.site.declare_device(Device(id="cam1", name="南面", area="b1"))
    found = (await hub.request("GET", "/api/v1/plan", admin=True)).json()
    assert found["areas"] == DRAWN["areas"]
    assert [one["device"] for one in found["devices"]] == ["cam1", "cam2"]
    wang = await token(hub, "wang")
    seen = (await hub.request("GET", "/api/v1/plan", headers=wang)).json()
    assert [one["device"] for one in seen["devices"]] == ["cam1"]
    assert (await hub.request("PUT", "/api/v1/plan", headers=wang, json=DRAWN)).status == 403
    assert (await hub.request("PUT", "/api/v1/plan/picture", headers=wang, data=picture())).status == 403


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"areas": [{"area": "b9", "points": [[0, 0], [1, 0], [1, 1]]}]}, "there is no area 'b9'"),
        ({"areas": [{"area": "b1", "points": [[0, 0], [1, 0]]}]}, "length >= 3"),
        ({"devices": [{"device": "x", "at": [1e9, 0]}]}, "<="),
        ({"devices": [{"device": "x", "at": [0, 0], "html": "<b>"}]}, "unknown field"),
        ({"devices": [{"device": "x", "at": [0, 0]}] * 2001}, "length <="),
    ],
)
async def test_a_plan_that_is_none_is_refused_and_changes_nothing(
    hub: HubKit, change: dict[str, Any], told: str
) -> None:
    await start(hub)
    await hub.request("PUT", "/api/v1/plan", admin=True, json=DRAWN)
    answer = await hub.request("PUT", "/api/v1/plan", admin=True, json={"areas": [], "devices": []} | change)
    assert answer.status in (400, 409)
    assert told in answer.json()["detail"]
    assert (await hub.request("GET", "/api/v1/plan", admin=True)).json()["areas"] == DRAWN["areas"]


async def test_a_picture_is_written_anew_and_lies_under_the_plan(hub: HubKit) -> None:
    await start(hub)
    put = await hub.request("PUT", "/api/v1/plan/picture", admin=True, data=picture((2000, 1000)))
    assert (put.json()["width"], put.json()["height"]) == (1600, 800)
    await hub.restart()
    plan = (await hub.request("GET", "/api/v1/plan", admin=True)).json()
    shown = await hub.request("GET", plan["picture"], admin=True)
    assert shown.headers["Content-Type"] == "image/jpeg"
    gone = await hub.request("DELETE", "/api/v1/plan/picture", admin=True)
    assert gone.json()["picture"] == ""
    assert (await hub.request("GET", "/api/v1/plan/picture", admin=True)).status == 404


async def test_what_is_no_picture_is_refused(hub: HubKit) -> None:
    await start(hub)
    for data, status in ((b"<svg onload='alert(1)'/>", 400), (b"", 400), (b"\xff" * (1 << 20 | 1), 413)):
        answer = await hub.request("PUT", "/api/v1/plan/picture", admin=True, data=io.BytesIO(data))
        assert answer.status == status


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("PNG", "RGBA")])
def test_the_size_is_read_off_the_picture(kind: str, mode: str) -> None:
    assert size_of(picture((123, 77), kind, mode)) == (123, 77)
