"""Frame in, message out: H.264 video, falling object, automation, notice; picture and clip are what was told."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from hub.store.reading import Reading
from integrations.demo.facade import RenderedClip
from tests.walks.stage import Receiver, Stand, site_yaml

CAMERA = """
    falling_object:
    camera:
      - id: b1_south
        name: South side
        area: b1
        file: throw.mp4
        pace: fast
        post_roll: 1
        calibration: !include throw.json
        analyzers: [falling_object]
    """
RULES = """
    - use: falling_object
    - id: evidence
      triggers: {trigger: event, event_type: evidence_stored}
      actions:
        - action: notify.send
          data:
            audience: "role:grid_worker"
            title: stored
            message: "{{ trigger.event.cause }}"
            evidence: ["{{ trigger.event.evidence }}"]
    """


@pytest.fixture
def filmed(stand: Stand, throw: RenderedClip, receiver: Receiver) -> Stand:
    stand.write(site_yaml("mqtt:", receiver.url, RULES, more=CAMERA))
    for file in (throw.video, throw.config):
        (stand.folder / "config" / file.name).write_bytes(file.read_bytes())
    return stand


def digest(media: Path, evidence: dict[str, Any]) -> str:
    return hashlib.sha256((media / evidence["path"]).read_bytes()).hexdigest()


async def test_a_throw_on_video_becomes_a_message_with_picture_and_clip(
    filmed: Stand, receiver: Receiver
) -> None:
    await filmed.start()
    notices = [notice.data for notice in (await receiver.distinct(4)).values()]
    (alarm,) = [data for data in notices if data["title"] != "stored"]
    stored = {
        data["evidence"][0]["text"] or data["evidence"][0]["kind"]: data
        for data in notices
        if data["title"] == "stored"
    }
    assert set(stored) == {"drawn", "before", "clip"}
    assert alarm["title"].startswith("Falling object: 1-")
    assert alarm["title"].endswith("(heavy)")
    assert alarm["severity"] == "critical"
    (journaled,) = Reading(filmed.data).alarms()
    assert journaled.kind == "falling_object"
    assert {data["message"] for data in stored.values()} == {journaled.id}
    media = filmed.data / "media"
    assert "by camera South side (" in alarm["message"]  # people know cameras by name and place
    told = {item["text"] or item["kind"]: item for item in alarm["evidence"]}
    for picture in ("drawn", "before"):
        assert digest(media, told[picture]) == told[picture]["sha256"]
    clip = stored["clip"]["evidence"][0]
    assert clip["path"] == told["clip"]["path"]
    assert digest(media, clip) == clip["sha256"]
    assert await filmed.stop() == 0


async def test_a_throw_is_told_after_a_kill_when_nobody_could_be_reached_before(
    filmed: Stand, receiver: Receiver
) -> None:
    await receiver.stop()
    await filmed.start()
    waiting = await filmed.pending("notify.deliver", tried=1)
    await filmed.kill()
    (filmed.folder / "config" / "throw.mp4").unlink()  # what comes now comes from the outbox alone
    await receiver.start()
    await filmed.start()
    notice = await receiver.told(waiting.key)
    assert notice.data["title"].startswith("Falling object: 1-")
    assert await filmed.stop() == 0
