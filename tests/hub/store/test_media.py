"""Old evidence: what goes, in which order, and what is never touched."""

import os
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.store.media import PROBLEM, KeepMedia, MediaSweep, MediaSwept
from hub.testing.clock import START
from hub.testing.kit import HubKit

DAY = timedelta(days=1)
WIDE = KeepMedia(age=90 * DAY, size=10**9)


def put(folder: Path, path: str, size: int = 10, at: datetime = START) -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * size)
    os.utime(file, (at.timestamp(), at.timestamp()))
    return file


def clip(day: datetime, name: str = "120000-000-falling_object.mp4", camera: str = "b1") -> str:
    return f"camera/{camera}/{day:%Y-%m-%d}/{name}"


def sweep(folder: Path, keep: KeepMedia = WIDE, now: datetime = START) -> MediaSwept:
    return MediaSweep(folder, now, keep, threading.Event()).run()


def files(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()
    )


def test_evidence_goes_after_its_days_by_the_name_of_its_folder(tmp_path: Path) -> None:
    # A restored backup has new times of change; the folder's name still tells the day.
    put(tmp_path, clip(START - 91 * DAY))
    kept = [clip(START - 90 * DAY), clip(START)]
    for path in kept:
        put(tmp_path, path)
    done = sweep(tmp_path)
    assert files(tmp_path) == sorted(kept)
    assert (done.files, done.freed, done.left, done.faults) == (1, 10, 20, [])


def test_files_in_no_day_folder_go_by_their_own_time(tmp_path: Path) -> None:
    put(tmp_path, "guest/2026-99-99/old.jpg", at=START - 91 * DAY)
    put(tmp_path, "young.jpg", at=START - 89 * DAY)
    sweep(tmp_path)
    assert files(tmp_path) == ["young.jpg"]


def test_folders_of_days_that_are_over_go_with_their_last_file(tmp_path: Path) -> None:
    put(tmp_path, clip(START - 91 * DAY))
    (tmp_path / "camera/b2").mkdir()
    sweep(tmp_path)
    assert {path.name for path in tmp_path.rglob("*")} == {"camera", "b1", "b2"}


def test_too_much_evidence_goes_the_oldest_first_across_cameras(tmp_path: Path) -> None:
    put(tmp_path, clip(START - 3 * DAY, camera="b2"), 40)
    put(tmp_path, clip(START - 2 * DAY, "235959-000-falling_object.jpg", "b1"), 40)
    put(tmp_path, clip(START - 2 * DAY, "000001-000-falling_object.jpg", "b2"), 40)
    put(tmp_path, clip(START), 40)
    done = sweep(tmp_path, KeepMedia(size=100))
    assert files(tmp_path) == sorted(
        [clip(START), clip(START - 2 * DAY, "235959-000-falling_object.jpg", "b1")]
    )
    assert (done.files, done.left) == (2, 80)


def test_evidence_of_open_alarms_goes_last_where_only_room_is_lacking(tmp_path: Path) -> None:
    old, new = START - 3 * DAY, START - 2 * DAY
    at = old.replace(hour=8, minute=1, second=2, microsecond=345_678)
    for name in (
        "080102-345-falling_object-drawn.jpg",
        "080102-345-falling_object.mp4",
        "080102-346-other.mp4",
    ):
        put(tmp_path, clip(old, name), 40)
    put(tmp_path, clip(new), 40)
    put(tmp_path, clip(START), 40)
    done = MediaSweep(tmp_path, START, KeepMedia(size=120), threading.Event(), [at]).run()
    assert (done.files, done.left, done.open_files) == (2, 120, 0)  # the other's and the newer one went
    assert clip(old, "080102-345-falling_object.mp4") in files(tmp_path)
    done = MediaSweep(tmp_path, START, KeepMedia(size=50), threading.Event(), [at]).run()
    assert (done.left, done.open_files) == (40, 1)
    assert files(tmp_path) == [clip(old, "080102-345-falling_object.mp4")]


def test_days_are_a_promise_for_open_alarms_too(tmp_path: Path) -> None:
    at = (START - 91 * DAY).replace(hour=8, minute=1, second=2, microsecond=0)
    put(tmp_path, clip(at, "080102-000-falling_object.mp4"), 40)
    done = MediaSweep(tmp_path, START, WIDE, threading.Event(), [at]).run()
    assert (done.files, done.left, done.open_files) == (1, 0, 0)


def test_a_folder_of_today_stays_even_when_it_is_emptied(tmp_path: Path) -> None:
    # A camera may have made it a moment ago, to write into it.
    put(tmp_path, clip(START), 40)
    assert sweep(tmp_path, KeepMedia(size=10)).left == 0
    assert (tmp_path / clip(START)).parent.is_dir()


def test_what_a_killed_worker_left_goes_and_what_is_being_written_stays(tmp_path: Path) -> None:
    put(tmp_path, clip(START) + ".part", 40, START - timedelta(minutes=61))
    put(tmp_path, clip(START, "1.jpg.part"), 40, START - timedelta(minutes=59))
    put(tmp_path, clip(START - 200 * DAY, "1.jpg.part"), 40, START)
    done = sweep(tmp_path, KeepMedia(size=1))
    assert files(tmp_path) == sorted([clip(START, "1.jpg.part"), clip(START - 200 * DAY, "1.jpg.part")])
    assert (done.files, done.left) == (1, 0)


def test_links_are_neither_followed_nor_removed(tmp_path: Path) -> None:
    outside = put(tmp_path, f"elsewhere/{START - 200 * DAY:%Y-%m-%d}/precious.mp4", at=START - 200 * DAY)
    media = tmp_path / "media"
    put(media, clip(START - 200 * DAY))
    (media / "camera" / "2020-01-01").symlink_to(outside.parent)
    (media / "camera" / "b1" / "old.mp4").symlink_to(outside)
    (media / "camera" / "loop").symlink_to(media)
    assert sweep(media, KeepMedia(size=1)).files == 1
    assert outside.read_bytes() == b"x" * 10
    assert files(media) == ["camera/2020-01-01", "camera/b1/old.mp4", "camera/loop"]


def test_the_media_folder_itself_may_be_a_link_to_a_larger_disk(tmp_path: Path) -> None:
    put(tmp_path / "large", clip(START - 91 * DAY))
    (tmp_path / "media").symlink_to(tmp_path / "large")
    assert sweep(tmp_path / "media").files == 1


def test_a_missing_folder_is_an_empty_one(tmp_path: Path) -> None:
    assert sweep(tmp_path / "nothing") == MediaSwept()


def test_times_that_make_no_sense_are_no_fault(tmp_path: Path) -> None:
    for number, moment in enumerate((-(2**40), 2**40)):
        os.utime(put(tmp_path, f"{number}.jpg"), (moment, moment))
    assert sweep(tmp_path).faults == []
    assert files(tmp_path) == ["1.jpg"]


def test_a_file_that_can_not_be_deleted_is_told_and_the_others_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = put(tmp_path, clip(START - 95 * DAY))
    put(tmp_path, clip(START - 94 * DAY))
    refuse(monkeypatch, stuck)
    done = sweep(tmp_path)
    assert done.faults == [f"{stuck}: Operation not permitted"]
    assert (done.files, done.left) == (1, 10)
    assert files(tmp_path) == [clip(START - 95 * DAY)]


def refuse(monkeypatch: pytest.MonkeyPatch, stuck: Path) -> None:
    """Let one file be as if it could not be deleted, which root can't have otherwise."""
    unlink = os.unlink

    def refusing(path: str) -> None:
        if path == str(stuck):
            raise PermissionError(1, "Operation not permitted", path)
        unlink(path)

    monkeypatch.setattr(os, "unlink", refusing)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.tuples(st.integers(0, 12), st.integers(0, 3)), st.integers(0, 50), max_size=20),
    st.integers(1, 10),
    st.integers(1, 300),
)
def test_no_older_evidence_outlives_what_was_deleted(
    sizes: Mapping[tuple[int, int], int], days: int, most: int
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        for (ago, number), size in sizes.items():
            put(folder, clip(START - ago * DAY, f"{number}.jpg", camera=f"c{number % 2}"), size)
        done = sweep(folder, KeepMedia(age=days * DAY, size=most))
        left = {key: size for key, size in sizes.items() if (folder / path_of(key)).exists()}
    gone = sizes.keys() - left.keys()
    assert sum(left.values()) == done.left <= most
    assert all(ago <= days for ago, _ in left)

    def age(key: tuple[int, int]) -> tuple[int, int]:
        return key[0], -key[1]

    assert not gone or not left or min(map(age, gone)) > max(map(age, left))
    # Nothing goes without need: with the youngest that went it would have been too old, or too much.
    if gone:
        youngest = min(gone, key=age)
        assert youngest[0] > days or done.left + sizes[youngest] > most or sizes[youngest] == 0


def path_of(key: tuple[int, int]) -> str:
    return clip(START - key[0] * DAY, f"{key[1]}.jpg", camera=f"c{key[1] % 2}")


# --- in a hub ------------------------------------------------------------------------------------------------


async def test_the_hub_sweeps_every_hour_by_its_own_clock(hub: HubKit) -> None:
    running = await hub.start("history:\n  keep_media_days: 2\n")
    media = running.data_dir / "media"
    old, young = put(media, clip(START - 3 * DAY)), put(media, clip(START - 2 * DAY))
    await hub.advance(600)
    await hub.until(lambda: not old.exists())
    assert young.exists()
    another = put(media, clip(START - 4 * DAY))
    await hub.advance(3600)
    await hub.until(lambda: not another.exists())


async def test_what_can_not_be_deleted_is_a_problem_until_it_can(
    hub: HubKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = await hub.start("history:\n  keep_media_days: 2\n")
    stuck = put(running.data_dir / "media", clip(START - 3 * DAY))
    with monkeypatch.context() as patch:
        refuse(patch, stuck)
        await hub.advance(600)
        await hub.until(lambda: PROBLEM in running.site.problems.open)
    problem = running.site.problems.open[PROBLEM]
    assert "falling_object.mp4: Operation not permitted" in problem.text
    assert "writable for the hub's user" in problem.remedy
    await hub.advance(3600)
    await hub.until(lambda: PROBLEM not in running.site.problems.open)
    assert not stuck.exists()


@pytest.mark.parametrize("line", ["keep_media_days: 0", "keep_media_gib: -1", "keep_media_days: 40000"])
async def test_a_time_or_size_that_makes_no_sense_is_a_fault(hub: HubKit, line: str) -> None:
    faults = hub.read(f"history:\n  {line}\n").faults
    (fault,) = faults
    assert fault.line == 2
    assert f"history.{line.partition(':')[0]}" in str(fault)
