"""Evidence on the disk: whole or not there, and nobody waits for what takes long to make."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.camera.shelf import Shelf, Unmade


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.close(5)


class Told(list[str]):
    """Hears what became of a file."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = threading.Event()

    def __call__(self, fault: str) -> None:
        self.append(fault)
        self.heard.set()

    def wait(self) -> str:
        assert self.heard.wait(10)
        return self[-1]


def test_what_is_made_is_written(shelf: Shelf, tmp_path: Path) -> None:
    told = Told()
    shelf.put_made("a/clip.mp4", lambda: b"clip", told)
    assert told.wait() == ""
    assert (tmp_path / "a/clip.mp4").read_bytes() == b"clip"


def test_what_can_not_be_made_is_told(shelf: Shelf, tmp_path: Path) -> None:
    def fail() -> bytes:
        raise Unmade("its packets make no clip")

    told = Told()
    shelf.put_made("clip.mp4", fail, told)
    assert told.wait() == "its packets make no clip"
    assert not list(tmp_path.iterdir())


def test_pictures_do_not_wait_for_a_clip_that_is_being_made(shelf: Shelf, tmp_path: Path) -> None:
    go_on, clip, picture = threading.Event(), Told(), Told()

    def slow() -> bytes:
        assert go_on.wait(10)
        return b"clip"

    shelf.put_made("clip.mp4", slow, clip)
    shelf.put("picture.jpg", b"picture", picture)
    assert picture.wait() == ""
    assert not clip
    go_on.set()
    assert clip.wait() == ""


def test_more_than_can_be_made_is_told_at_once(shelf: Shelf) -> None:
    go_on, told = threading.Event(), Told()

    def slow() -> bytes:
        go_on.wait(10)
        return b""

    for _ in range(30):
        shelf.put_made("clip.mp4", slow, told)
    assert told.wait() == "the processor does not keep up"
    go_on.set()


def test_a_disk_that_refuses_is_told(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("in the way")
    told = Told()
    shelf.put("a/picture.jpg", b"x", told)
    assert "could not be written" in told.wait()


def test_closing_finishes_what_waits(tmp_path: Path) -> None:
    shelf, told = Shelf(tmp_path), Told()
    shelf.put_made("clip.mp4", lambda: b"clip", told)
    shelf.close(5)
    assert (tmp_path / "clip.mp4").exists()
