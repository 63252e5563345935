"""Stages with clips, for all tests of cameras."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .clips import make_clip
from .stage import Stage


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark of tests that need more than the project's own packages."""
    config.addinivalue_line(
        "markers",
        "prepared: needs packages of the machine; deselect with -m 'not prepared' where nobody can install them",
    )


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with small videos."""
    folder = tmp_path_factory.mktemp("clips")
    make_clip(folder / "fall.mp4", 6.0)
    make_clip(folder / "fall.avi", 2.0, codec="mjpeg")
    make_clip(folder / "wide.mp4", 1.0, size=(320, 176))
    return folder


@pytest.fixture
def stage(clips: Path, tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(clips, tmp_path / "media")
    yield stage
    stage.stopping.set()
    for watch in stage.watches:
        watch.thread.join(5)
        assert not watch.thread.is_alive()
    stage.shelf.close(5)
