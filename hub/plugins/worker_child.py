"""The child's side of a worker: takes its task from the hub, beats, and never outlives the hub.

Lines of JSON over an inherited socket. From the hub: the task, then `{"message": ...}` and `{"stop": true}`. To
the hub: `{"ready": true}`, `{"beat": seconds since the task last made progress}` and `{"message": ...}`.
"""

import ctypes
import faulthandler
import importlib
import json
import logging
import os
import queue
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

LONGEST_LINE = 4 * 1024 * 1024  # bytes of one message, either way
LAST_WORDS = 3.0  # seconds a task may take to end after the hub is gone
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15  # linux/prctl.h


class Pipe:
    """What a worker's task holds of the hub: messages both ways, the beat, and the wish to stop."""

    def __init__(self, name: str, connection: socket.socket) -> None:
        self.name = name
        self.stopping = threading.Event()
        self._connection = connection
        self._sending = threading.Lock()
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._progress = time.monotonic()

    def send(self, message: Any) -> None:
        """Hand a JSON-able message to the hub, from any thread; ValueError when it is larger than 4 MiB."""
        self._write({"message": message})

    def messages(self) -> Iterator[Any]:
        """The hub's messages as they come, until the worker shall stop."""
        while not self.stopping.is_set():
            message = self.receive(0.5)
            if message is not None:
                yield message

    def receive(self, timeout: float) -> Any | None:
        """The hub's next message; None when there is none within `timeout` seconds."""
        try:
            return self._inbox.get(timeout=timeout)
        except queue.Empty:
            return None

    def beat(self) -> None:
        """Say that the task makes progress; one that says so too seldom is killed and started again."""
        self._progress = time.monotonic()

    def attend(self, lines: Iterator[bytes], beat_seconds: float) -> None:
        """Tell the hub that the task begins; from now on read its lines and beat."""
        self.beat()
        self._write({"ready": True})
        threading.Thread(target=self._keep_reading, args=(lines,), daemon=True).start()
        threading.Thread(target=self._keep_beating, args=(beat_seconds,), daemon=True).start()

    def _write(self, line: dict[str, Any]) -> None:
        data = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        if len(data) > LONGEST_LINE:
            raise ValueError(f"a message of {len(data)} bytes; at most {LONGEST_LINE} pass the pipe")
        try:
            with self._sending:
                self._connection.sendall(data)
        except OSError:
            self.stopping.set()  # the hub is gone: the reader sees it too and ends this process

    def _keep_beating(self, interval: float) -> None:
        while True:
            self._write({"beat": round(time.monotonic() - self._progress, 3)})
            time.sleep(interval)

    def _keep_reading(self, lines: Iterator[bytes]) -> None:
        for line in lines:
            told = json.loads(line)
            if told.get("stop"):
                self.stopping.set()
            else:
                self._inbox.put(told["message"])
        self.stopping.set()
        time.sleep(LAST_WORDS)
        os._exit(os.EX_UNAVAILABLE)


def main(descriptor: int, parent: int) -> None:
    """Run the task that comes over the socket `descriptor`; `parent` is the hub's process id."""
    die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the hub, which then stops us
    connection = socket.socket(fileno=descriptor)
    lines = iter(connection.makefile("rb"))
    task = json.loads(next(lines))
    pipe = Pipe(task["name"], connection)
    signal.signal(signal.SIGTERM, lambda _number, _frame: pipe.stopping.set())
    prepare(task)
    run = load(task["target"])
    pipe.attend(lines, task["beat_seconds"])
    run(pipe, task["config"])


def die_with(parent: int) -> None:
    """Have the kernel kill this process when the hub dies, however it dies."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        os._exit(os.EX_UNAVAILABLE)


def prepare(task: dict[str, Any]) -> None:
    """Name and nice the process; its log lines and, on SIGUSR1, its stacks go to the hub's log."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_NAME, task["name"].encode()[:15], 0, 0, 0)
    os.nice(task["nice"])
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    logging.basicConfig(
        level=task["log_level"], format="<%(levelno)s>%(name)s: %(message)s", stream=sys.stderr
    )


def load(target: str) -> Callable[[Pipe, Any], object]:
    """The function that "package.module:function" names."""
    module, _, name = target.partition(":")
    found: Callable[[Pipe, Any], object] = getattr(importlib.import_module(module), name)
    return found


if __name__ == "__main__":
    # By its own name, not as __main__, so that tasks that import it get the same classes.
    from hub.plugins import worker_child

    try:
        worker_child.main(int(sys.argv[1]), int(sys.argv[2]))
    except BaseException:
        logging.getLogger("worker").critical("the worker's task failed", exc_info=True)
        os._exit(1)
    # Threads may still hang in a decoder: without waiting for them.
    os._exit(0)
