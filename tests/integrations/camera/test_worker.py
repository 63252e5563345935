import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from integrations.camera.worker import _beat


class Pipe:
    """Counts the beats."""

    def __init__(self) -> None:
        self.beats = 0
        self.stopping = threading.Event()

    def beat(self) -> None:
        self.beats += 1


def watch(*, late: bool = False, alive: bool = True) -> Any:
    due = time.monotonic() + (-1 if late else 60)
    return SimpleNamespace(due=due, thread=SimpleNamespace(is_alive=lambda: alive))


def test_the_worker_beats_while_every_camera_gets_on() -> None:
    pipe = Pipe()
    _beat(pipe, {"gate": watch(), "yard": watch()})
    assert pipe.beats == 1


def test_one_camera_that_hangs_stops_the_beat(caplog: pytest.LogCaptureFixture) -> None:
    pipe = Pipe()
    _beat(pipe, {"gate": watch(), "yard": watch(late=True)})
    assert pipe.beats == 0
    assert "camera yard hangs" in caplog.text


def test_one_thread_that_ends_ends_the_worker() -> None:
    pipe = Pipe()
    with pytest.raises(RuntimeError, match="camera yard ended"):
        _beat(pipe, {"gate": watch(), "yard": watch(alive=False)})
    pipe.stopping.set()
    _beat(pipe, {"yard": watch(alive=False)})
