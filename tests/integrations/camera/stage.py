"""A stage on which cameras are watched, and what they tell is collected."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av

from integrations.camera.shelf import Shelf
from integrations.camera.watch import Watch

from .clips import prepared_camera


class Stage:
    """Runs watches and collects what they tell."""

    def __init__(self, clips: Path, media: Path) -> None:
        self.clips, self.media = clips, media
        self.told: list[dict[str, Any]] = []
        self.stopping = threading.Event()
        self.shelf = Shelf(media)
        self.watches: list[Watch] = []

    def watch(self, **settings: Any) -> Watch:
        watch = Watch(
            prepared_camera(**settings),
            folders=[self.clips],
            shelf=self.shelf,
            tell=self.told.append,
            stopping=self.stopping,
        )
        self.watches.append(watch)
        watch.thread.start()
        return watch

    def until(self, key: str, count: int = 1) -> list[Any]:
        """What was told under that key, once it was told so often."""
        for _ in range(1000):
            found = [message[key] for message in list(self.told) if key in message]
            if len(found) >= count:
                return found
            time.sleep(0.02)
        raise AssertionError(f"no {count} x {key} in {self.told}")

    def until_told(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        for _ in range(1000):
            for message in list(self.told):
                if condition(message):
                    return message
            time.sleep(0.02)
        raise AssertionError(f"not in {self.told}")


def frames_of(path: Path) -> list[Any]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))
