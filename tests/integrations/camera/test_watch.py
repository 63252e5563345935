import hashlib
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from integrations.camera.watch import WallClock, _pause_after

from .clips import HEIGHT, RATE, WIDTH, make_clip
from .stage import Stage, frames_of

LOOKER = f"{__package__}.lookers:Looker"


def test_a_find_is_told_at_once_with_its_picture_and_the_clip_follows(stage: Stage) -> None:
    stage.watch(file="fall.mp4", analyzers=[(LOOKER, {"find": [3.0]})], pre_roll=0.9, post_roll=1)
    found = stage.until("found")[0]
    assert found["kind"] == "thing_seen"
    assert found["fields"]["shape"] == [HEIGHT, WIDTH]
    picture, clip = found["evidence"]
    assert "sha256" not in clip
    stored = [message["evidence"] for message in stage.until("stored", 2)]
    assert [item["path"] for item in stored] == [picture["path"], clip["path"]]
    for item in stored:
        data = (stage.media / item["path"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == item["sha256"]
    assert not list(stage.media.rglob("*.part"))
    drawn = cv2.imread(str(stage.media / picture["path"]))
    assert drawn.shape == (HEIGHT, WIDTH, 3)
    assert drawn[4, 4, 2] > 200 > 50 > drawn[4, 4, 0]


def test_a_clip_is_the_cameras_own_packets_from_a_key_frame_on(stage: Stage) -> None:
    stage.watch(file="fall.mp4", analyzers=[(LOOKER, {"find": [3.0]})], pre_roll=0.9, post_roll=1)
    stored = stage.until("stored", 2)[1]
    # found from 2.5 to 3.0 s: from the key frame at 1 s (2.5 - 0.9 = 1.6) until 4 s
    frames = frames_of(stage.media / stored["evidence"]["path"])
    assert len(frames) == 3 * RATE + 1
    assert frames[0].key_frame
    original = frames_of(stage.clips / "fall.mp4")[RATE : 4 * RATE + 1]
    for mine, theirs in zip(frames, original, strict=True):
        assert np.array_equal(mine.to_ndarray(), theirs.to_ndarray())


def test_what_is_found_at_the_very_end_has_a_clip_too(stage: Stage) -> None:
    stage.watch(file="fall.mp4", analyzers=[(LOOKER, {"at_end": True})])
    assert len(stage.until("found")) == 1
    assert [item["fault"] for item in stage.until("stored", 2)] == ["", ""]
    ended = stage.until_told(lambda message: message.get("state") == "idle")
    assert ended["fault"] == "ended"


def test_a_looped_file_begins_again(stage: Stage) -> None:
    stage.watch(file="wide.mp4", loop=True, analyzers=[(LOOKER, {"find": [0.5]})])
    found = stage.until("found", 3)
    assert len({item["started"] for item in found}) == len(found)
    assert stage.until("state", 3)[:3] == ["streaming"] * 3


def test_a_looped_file_can_rest_between_two_rounds(stage: Stage) -> None:
    stage.watch(file="wide.mp4", loop=1.5, analyzers=[(LOOKER, {"find": [0.5]})])
    first, second = (datetime.fromisoformat(item["started"]) for item in stage.until("found", 2)[:2])
    assert (second - first).total_seconds() >= 1.5


def test_privacy_masks_reach_neither_picture_nor_clip_nor_analyzer(stage: Stage) -> None:
    mask = {"kind": "privacy", "points": [[0, 0], [WIDTH, 0], [WIDTH, HEIGHT // 2], [0, HEIGHT // 2]]}
    stage.watch(file="fall.mp4", masks=[mask], analyzers=[(LOOKER, {"find": [3.0], "draw": "trip"})])
    found = stage.until("found")[0]
    assert found["fields"]["corner"] == 0
    picture, clip = (stage.media / item["evidence"]["path"] for item in stage.until("stored", 2))
    assert cv2.imread(str(picture))[: HEIGHT // 2 - 8].max() < 12
    frames = frames_of(clip)
    assert len(frames) > 2 * RATE
    assert max(frame.to_ndarray(format="gray")[: HEIGHT // 2 - 8].max() for frame in frames) < 24
    assert min(frame.to_ndarray(format="gray")[HEIGHT // 2 + 8 :].max() for frame in frames) > 60


def test_ignored_zones_are_stored_but_not_looked_at(stage: Stage) -> None:
    mask = {"kind": "ignore", "points": [[0, 0], [30, 0], [30, 30], [0, 30]]}
    stage.watch(file="fall.mp4", masks=[mask], analyzers=[(LOOKER, {"find": [1.0], "draw": "grey"})])
    assert stage.until("found")[0]["fields"]["corner"] == 0
    picture = stage.media / stage.until("stored")[0]["evidence"]["path"]
    assert cv2.imread(str(picture))[:20, :20].min() > 60


def test_a_drawing_that_fails_holds_nothing_back(stage: Stage) -> None:
    stage.watch(file="fall.mp4", analyzers=[(LOOKER, {"find": [1.0], "draw": "trip"})])
    picture = stage.until("found")[0]["evidence"][0]
    stage.until("stored")
    assert cv2.imread(str(stage.media / picture["path"])).shape == (HEIGHT, WIDTH, 3)


def test_an_analyzer_gets_as_few_pictures_as_it_declared_and_in_colour(stage: Stage) -> None:
    own = {"at_end": True, "count": True}
    few = (LOOKER, own, {"pictures_per_second": 2.0, "colour": True})
    stage.watch(file="fall.mp4", analyzers=[few, (LOOKER, own)])
    sparse, every = (found["fields"] for found in stage.until("found", 2))
    assert sparse["shape"] == [HEIGHT, WIDTH, 3]
    assert 12 <= sparse["fed"] <= 13  # of 6 seconds
    assert (every["shape"], every["fed"]) == ([HEIGHT, WIDTH], 6 * RATE)


def test_masks_are_black_in_colour_too(stage: Stage) -> None:
    mask = {"kind": "ignore", "points": [[0, 0], [30, 0], [30, 30], [0, 30]]}
    stage.watch(file="fall.mp4", masks=[mask], analyzers=[(LOOKER, {"find": [1.0]}, {"colour": True})])
    assert stage.until("found")[0]["fields"]["corner"] == 0


def test_a_find_may_have_two_pictures_no_clip_and_a_name_of_its_own(stage: Stage) -> None:
    stage.watch(
        file="fall.mp4",
        analyzers=[(LOOKER, {"find": [1.0], "draw": "two", "clip": False, "key": "box 7"})],
    )
    found = stage.until("found")[0]
    assert found["key"] == "box 7"
    assert [(item["kind"], item["text"]) for item in found["evidence"]] == [
        ("picture", "before"),
        ("picture", "after"),
    ]
    stage.until_told(lambda message: message.get("state") == "idle")
    stored = stage.until("stored", 2)
    assert len(stored) == 2
    assert {item["key"] for item in stored} == {"box 7"}
    for item, red in zip(stored, (4, HEIGHT - 4), strict=True):
        assert cv2.imread(str(stage.media / item["evidence"]["path"]))[red, 4, 2] > 200


def test_an_analyzer_that_fails_costs_only_itself(stage: Stage) -> None:
    stage.watch(
        file="fall.mp4",
        analyzers=[(LOOKER, {"raise_at": 0.5}), (LOOKER, {"find": [2.0]}), ("no.such:thing", {})],
    )
    stage.until("found")
    words = {
        message["analyzer"]: message["text"]
        for message in stage.told
        if "analyzer" in message and message["text"]
    }
    assert words["looker0"] == "the analyzer tripped"
    assert "No module named 'no'" in words["looker2"]


def test_a_calibration_of_another_size_is_told_and_not_used(stage: Stage) -> None:
    stage.watch(
        file="wide.mp4", clip_config={"resolution": [WIDTH, HEIGHT]}, analyzers=[(LOOKER, {"at_end": True})]
    )
    told = stage.until_told(lambda message: message.get("analyzer") == "resolution")
    assert told["text"] == "the stream is 320x176, but the calibration was made for 192x112"
    stage.until_told(lambda message: message.get("state") == "idle")
    assert not [message for message in stage.told if "found" in message]


def test_other_codecs_are_watched_and_kept(stage: Stage) -> None:
    stage.watch(file="fall.avi", analyzers=[(LOOKER, {"find": [1.0]})])
    clip = stage.until("stored", 2)[1]["evidence"]
    assert len(frames_of(stage.media / clip["path"])) > RATE


def test_a_snapshot_is_kept_when_asked_for(stage: Stage) -> None:
    watch = stage.watch(file="fall.mp4", loop=True, pace="realtime")
    watch.snapshot("now")
    stored = stage.until("stored")[0]
    assert stored["snapshot"] == "now"
    assert cv2.imread(str(stage.media / stored["evidence"]["path"])).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize(
    ("content", "fault", "words"),
    [
        (b"<html><body>Sign in</body></html>" * 50, "unreadable", "is no video"),
        (b"\x00\x01\x02" * 3000, "unreadable", "is no video"),
        (b"", "unreadable", "is no video"),
    ],
)
def test_a_file_that_is_no_video_is_told(
    stage: Stage, tmp_path: Path, content: bytes, fault: str, words: str
) -> None:
    stage.clips = tmp_path
    (tmp_path / "page.mp4").write_bytes(content)
    stage.watch(file="page.mp4")
    told = stage.until_told(lambda message: message.get("state") == "idle")
    assert told["fault"] == fault
    assert words in told["text"]
    assert told["remedy"]


def test_a_file_that_is_not_there_yet_is_waited_for(stage: Stage, tmp_path: Path) -> None:
    stage.clips = tmp_path
    stage.watch(file="later.mp4")
    told = stage.until_told(lambda message: message.get("state") == "idle")
    assert told["text"].startswith("there is no file 'later.mp4'")
    make_clip(tmp_path / "later.mp4", 1.0)
    stage.until_told(lambda message: message.get("state") == "streaming")


def test_a_truncated_file_is_used_up_to_its_break(stage: Stage, tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mkv", 4.0).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) * 3 // 4])
    stage.clips = tmp_path
    stage.watch(file="cut.mkv", analyzers=[(LOOKER, {"find": [1.0]})])
    stage.until("found")
    stage.until_told(lambda message: message.get("state") == "idle")


def test_a_disk_that_is_full_is_told(stage: Stage) -> None:
    stage.media.mkdir(parents=True)
    (stage.media / "camera").write_text("in the way")
    stage.watch(file="fall.mp4", analyzers=[(LOOKER, {"find": [1.0]})])
    assert "could not be written" in stage.until("stored")[0]["fault"]
    stage.until("found")


def test_the_clock_follows_the_least_delayed_frames() -> None:
    wall = WallClock(0.0, 1000.0, live=True)
    for step in range(1, 600):
        late = 0.5 if step % 7 else 0.02  # a jittering network; the camera's clock is 1 % slow
        wall.note(step * 0.04, 1000.0 + step * 0.0404 + late)
    assert abs(wall.at(599 * 0.04).timestamp() - (1000.0 + 599 * 0.0404)) < 0.35


def test_a_files_clock_is_its_own() -> None:
    wall = WallClock(2.0, 1000.0, live=False)
    wall.note(50.0, 5000.0)
    assert wall.at(52.5).timestamp() == 1050.5


def test_pauses_between_attempts_are_bounded() -> None:
    assert 0.5 <= _pause_after(1) <= 1
    assert 30 <= _pause_after(1000) <= 60


@pytest.mark.parametrize(
    "name", ["cityCC0.mpg", "tree.avi", "intel_car-detection.mp4", "intel_bottle-detection.mp4"]
)
def test_real_recordings_are_watched_and_clipped(stage: Stage, name: str) -> None:
    recording = (
        Path(__file__).parents[2] / "data/video" / name
    ).resolve()  # some are links to the sample's clips
    stage.clips = recording.parent
    stage.watch(file=recording.name, analyzers=[(LOOKER, {"find": [3.0]})], pre_roll=1, post_roll=1)
    picture, clip = (item["evidence"]["path"] for item in stage.until("stored", 2))
    stage.stopping.set()
    frames = frames_of(stage.media / clip)
    assert frames[0].key_frame
    assert 2 <= float(frames[-1].time - frames[0].time) < 6
    assert cv2.imread(str(stage.media / picture)).shape[:2] == (frames[0].height, frames[0].width)
