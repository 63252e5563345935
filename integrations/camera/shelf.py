"""Puts evidence on the disk so that it is either whole or not there, off the threads that look at pictures."""

import hashlib
import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

PART = ".part"
Stored = Callable[[str], object]  # told why it could not be kept, "" when it was


def digest(data: bytes) -> str:
    """SHA-256 as the evidence's record has it."""
    return hashlib.sha256(data).hexdigest()


def write(path: Path, data: bytes) -> None:
    """Written beside its place, on the disk for sure, then named: never half a file under the final name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + PART)
    with open(part, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Unmade(Exception):
    """What was to be written could not be made; the text says why."""


class Shelf:
    """One writing thread for all cameras of a worker, and one for what takes seconds to make before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: queue.Queue[tuple[str, bytes, Stored] | None] = queue.Queue(maxsize=32)
        self._unmade: queue.Queue[tuple[str, Callable[[], bytes], Stored] | None] = queue.Queue(maxsize=8)
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for work, name in ((self._make, "darkroom"), (self._work, "shelf"))
        ]
        for thread in self._threads:
            thread.start()

    def put(self, path: str, data: bytes, stored: Stored) -> None:
        """Write `data` to `path` (relative) soon; `stored` is called in the writing thread."""
        try:
            self._waiting.put_nowait((path, data, stored))
        except queue.Full:
            stored("the disk does not keep up")

    def put_made(self, path: str, make: Callable[[], bytes], stored: Stored) -> None:
        """The same for data that `make` gives, in a thread of its own; Unmade tells why there are none."""
        try:
            self._unmade.put_nowait((path, make, stored))
        except queue.Full:
            stored("the processor does not keep up")

    def close(self, seconds: float) -> None:
        """Finish what waits, for so long at most."""
        until = time.monotonic() + seconds
        darkroom, shelf = self._threads
        self._unmade.put(None)
        darkroom.join(seconds)
        self._waiting.put(None)
        shelf.join(max(0.1, until - time.monotonic()))

    def _make(self) -> None:
        while (job := self._unmade.get()) is not None:
            path, make, stored = job
            try:
                data = make()
            except Unmade as error:
                stored(str(error))
            else:
                self.put(path, data, stored)

    def _work(self) -> None:
        while (job := self._waiting.get()) is not None:
            path, data, stored = job
            try:
                write(self._folder / path, data)
            except OSError as error:
                stored(f"could not be written: {error.strerror or error}")
            else:
                stored("")
