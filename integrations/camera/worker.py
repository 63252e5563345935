"""The worker process of a few cameras: a thread for each, and a pipe to the hub."""

import gc
import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2

from integrations.camera.shelf import Shelf
from integrations.camera.watch import Watch

if TYPE_CHECKING:
    from hub.api import Pipe

APART = 0.1  # seconds between the first attempts of two cameras
LAST_WRITES = 1.5  # seconds that evidence may still take when the hub stops us
log = logging.getLogger("camera.worker")


def watch_all(pipe: "Pipe", config: Mapping[str, Any]) -> None:
    """Watch the cameras of `config` until the hub says stop; each is started a little after the one before."""
    cv2.setNumThreads(1)
    gc.freeze()  # what was imported lives as long as the process: nothing to look through again and again
    shelf = Shelf(Path(config["media_dir"]))
    folders = [Path(folder) for folder in config["folders"]]
    watches = {
        camera["id"]: Watch(camera, folders=folders, shelf=shelf, tell=pipe.send, stopping=pipe.stopping)
        for camera in config["cameras"]
    }
    for watch in watches.values():
        watch.thread.start()
        pipe.stopping.wait(APART)
    while not pipe.stopping.is_set():
        _beat(pipe, watches)
        message = pipe.receive(0.5) or {}
        if message.get("snapshot") in watches:
            watches[message["snapshot"]].snapshot(message["key"])
        elif message.get("picture") in watches:
            watches[message["picture"]].show()
    _end(watches, shelf)


def _beat(pipe: "Pipe", watches: Mapping[str, Watch]) -> None:
    """Progress is that every camera's thread gets on; a hung decoder must cost the whole process its life."""
    late = [name for name, watch in watches.items() if watch.due < time.monotonic()]
    dead = [name for name, watch in watches.items() if not watch.thread.is_alive()]
    if dead and not pipe.stopping.is_set():
        raise RuntimeError(f"the thread of camera {dead[0]} ended; its traceback stands above")
    if late:
        log.warning("camera %s hangs", late[0])
    else:
        pipe.beat()


def _end(watches: Mapping[str, Watch], shelf: Shelf) -> None:
    until = time.monotonic() + LAST_WRITES
    for watch in watches.values():
        watch.thread.join(max(0.0, until - time.monotonic()))
    shelf.close(max(0.2, until - time.monotonic()))
    if threading.active_count() > 1:
        log.debug("left behind: %s", [thread.name for thread in threading.enumerate()])
