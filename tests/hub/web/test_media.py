"""Media: for those who may see what happened there, in whole or in part, and nothing beside the folder."""

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.accounts.grants import BUILT_IN_GRANTS
from hub.accounts.permissions import NOBODY, Principal
from hub.api import Alarm, Evidence
from hub.testing.clock import START
from hub.testing.kit import HubKit
from hub.web.media import LINK, find_file, safe

DAY = f"{START:%Y-%m-%d}"
SITE = """\
areas: [{id: b1, areas: [{id: b1-101, kind: home}]}, {id: b2}]
people:
  persons:
    - {id: old, name: 老王, household: b1-101, roles: [resident]}
    - {id: grid, name: 李四, areas: [b1], roles: [grid_worker]}
notify:
"""


class BagThrown(Alarm, frozen=True, kw_only=True):
    """Something fell."""


async def start(hub: HubKit, *files: tuple[str, str]) -> None:
    """A hub with an alarm for each file, in an area."""
    await hub.start(SITE)
    for path, area in files:
        place = hub.hub_of.site.media_dir / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(bytes(range(256)))
        evidence = (Evidence(kind="picture", path=path),)
        await hub.hub_of.bus.emit(BagThrown(at=START, source="camera.x", area=area, evidence=evidence))
    await hub.settle()


def ask_as(hub: HubKit, monkeypatch: pytest.MonkeyPatch, who: Principal | None) -> None:
    """Let every request be this principal's."""
    credentials = hub.hub_of.gate._credentials
    monkeypatch.setattr(credentials, "principal_of", lambda _request: who)


def someone(role: str, areas: Sequence[str] = (), homes: Sequence[str] = ()) -> Principal:
    return Principal(
        account=f"a-{role}", person="grid", areas=frozenset(areas), homes=frozenset(homes),
        grants=frozenset(BUILT_IN_GRANTS[role]), session="s1",
    )  # fmt: skip


PICTURE = f"camera/b1/{DAY}/101500-000-frame.jpg"
URL = f"/api/v1/media/{PICTURE}"


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (someone("admin"), 200),
        (someone("grid_worker", ["b1"]), 200),
        (someone("officer", ["b1"]), 200),
        (someone("grid_worker", ["b2"]), 404),
        (someone("resident", homes=["b1-101"]), 404),
        (someone("doctor"), 403),
        (NOBODY, 401),
        (None, 401),
    ],
)
async def test_a_picture_is_for_those_who_may_see_what_happened_there(
    hub: HubKit, monkeypatch: pytest.MonkeyPatch, who: Principal | None, status: int
) -> None:
    await start(hub, (PICTURE, "b1"))
    ask_as(hub, monkeypatch, who)
    found = await hub.request("GET", URL)
    missing = await hub.request("GET", URL.replace("frame", "other"))
    assert found.status == status
    if status == 200:
        assert (found.body, found.headers["Content-Type"]) == (bytes(range(256)), "image/jpeg")
        assert "sandbox" in found.headers["Content-Security-Policy"]
        assert found.headers["X-Content-Type-Options"] == "nosniff"
        assert missing.status == 404
    else:
        assert (missing.status, missing.body) == (found.status, found.body), (
            "it can't be told from one that is missing"
        )


async def test_part_of_a_clip_is_served_as_a_player_asks(hub: HubKit) -> None:
    clip = f"camera/b1/{DAY}/a.mp4"
    await start(hub, (clip, "b1"))
    part = await hub.request("GET", f"/api/v1/media/{clip}", admin=True, headers={"Range": "bytes=10-19"})
    assert (part.status, part.body, part.headers["Content-Range"]) == (
        206,
        bytes(range(10, 20)),
        "bytes 10-19/256",
    )
    assert part.headers["Content-Type"] == "video/mp4"
    beyond = await hub.request("GET", f"/api/v1/media/{clip}", admin=True, headers={"Range": "bytes=900-"})
    assert beyond.status == 416
    head = await hub.request("HEAD", f"/api/v1/media/{clip}", admin=True)
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "256")


async def test_what_is_no_alarm_s_evidence_is_not_served(hub: HubKit) -> None:
    await start(hub, (PICTURE, "b1"))
    stray = hub.hub_of.site.media_dir / f"camera/b1/{DAY}/stray.jpg"
    stray.write_bytes(b"x")
    (hub.hub_of.site.media_dir / "plain.jpg").write_bytes(b"x")
    for path in (
        f"camera/b1/{DAY}/stray.jpg",
        "plain.jpg",
        DAY,
        f"{DAY}/%25",
        "camera",
        f"camera/b1/{DAY}/101500-000",
    ):
        assert (await hub.request("GET", f"/api/v1/media/{path}", admin=True)).status == 404


async def test_an_unknown_kind_of_file_is_a_download(hub: HubKit) -> None:
    path = f"camera/b1/{DAY}/page.html"
    await start(hub, (path, "b1"))
    found = await hub.request("GET", f"/api/v1/media/{path}", admin=True)
    assert found.headers["Content-Type"] == "application/octet-stream"
    assert found.headers["Content-Disposition"] == "attachment"


async def test_looking_into_a_home_is_noted_for_those_who_live_there(
    hub: HubKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start(hub, (PICTURE, "b1-101"))
    ask_as(hub, monkeypatch, someone("grid_worker", ["b1"]))
    assert (await hub.request("GET", URL)).status == 200
    ask_as(hub, monkeypatch, someone("officer", ["b1"]))
    assert (await hub.request("GET", URL)).status == 404
    rows = await hub.hub_of.store.read(
        lambda connection: connection.execute("SELECT who, verb, kind, person, outcome FROM audit").fetchall()
    )
    assert [tuple(row) for row in rows] == [
        ("a-grid_worker", "see", "media", "old", "done"),
        ("a-officer", "see", "media", "", "refused"),
    ]


async def test_a_signed_link_reads_one_file_until_it_expires(hub: HubKit) -> None:
    await start(hub, (PICTURE, "b1"))
    link = hub.hub_of.gate.signer.sign_path(f"/media/signed/{PICTURE}", timedelta(minutes=5), LINK)
    assert (await hub.request("GET", link)).body == bytes(range(256))
    assert (await hub.request("GET", link.replace("frame", "other"))).status == 404
    assert (await hub.request("GET", f"/media/signed/{PICTURE}")).status == 404
    await hub.advance(301)
    assert (await hub.request("GET", link)).status == 404


async def test_a_signed_path_of_the_api_reads_as_who_signed_it_until_their_session_ends(
    hub: HubKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start(hub, (PICTURE, "b1"))
    gate = hub.hub_of.gate
    sessions: dict[str, Principal] = {"s1": someone("grid_worker", ["b1"])}
    monkeypatch.setattr(gate._credentials, "principal_of_session", sessions.get)
    link = gate.signer.sign_path(URL, timedelta(minutes=5), "s1")
    assert (await hub.request("GET", link)).status == 200
    assert (await hub.request("POST", link)).status in (401, 405)
    assert (await hub.request("GET", link + "0")).status == 401
    sessions["s1"] = someone("grid_worker", ["b2"])
    assert (await hub.request("GET", link)).status == 404
    del sessions["s1"]
    assert (await hub.request("GET", link)).status == 401
    local = gate.signer.sign_path("/control/status", timedelta(minutes=5), "local")
    assert (await hub.request("GET", local)).status == 401, "no link stands for the machine's own admin there"


# --- paths ------------------------------------------------------------------------------------------------

HOSTILE = [
    "../events.db", "..", "a/../../x", "/etc/passwd", "a//b", ".hidden", "a/.b", "a\\..\\b", "a\x00b", "a\nb",
    "x.part", "", "a" * 600, "./a", "a/.", "a/..", "\u202ea",
]  # fmt: skip


@pytest.mark.parametrize("path", HOSTILE)
def test_no_path_leads_out(tmp_path: Path, path: str) -> None:
    assert safe(path) is None
    assert find_file(tmp_path, path) is None


def test_no_link_is_followed(tmp_path: Path) -> None:
    media, outside = tmp_path / "media", tmp_path / "outside"
    for folder in (media, outside):
        folder.mkdir()
    (outside / "secret.jpg").write_bytes(b"x")
    (media / "good.jpg").write_bytes(b"x")
    os.symlink(outside / "secret.jpg", media / "link.jpg")
    os.symlink(outside, media / "folder")
    os.mkfifo(media / "pipe.jpg")
    assert find_file(media, "good.jpg") == media / "good.jpg"
    for path in ("link.jpg", "folder/secret.jpg", "pipe.jpg", "folder", "good.jpg/x", "none.jpg"):
        assert find_file(media, path) is None


@given(
    path=st.text(max_size=80) | st.lists(st.sampled_from(["..", ".", "a", "", "etc", "%2e%2e"])).map("/".join)
)
def test_whatever_is_asked_for_stays_inside(path: str) -> None:
    parts = safe(path)
    assert parts is None or (not parts.is_absolute() and ".." not in parts.parts)


@pytest.mark.parametrize(
    "path",
    ["..%2f..%2fevents.db", "%2e%2e/%2e%2e/events.db", "....//events.db", "%2fetc%2fpasswd", "a%00.jpg"],
)
async def test_no_request_leads_out(hub: HubKit, path: str) -> None:
    await start(hub)
    for url in (f"/api/v1/media/{path}", f"/api/v1/media/{DAY}/{path}"):
        found = await hub.request("GET", url, admin=True)
        assert found.status in (400, 404)
        assert b"SQLite" not in found.body
