"""The analyzer: one object for each camera, in the camera's worker process."""

from collections.abc import Iterable, Mapping
from typing import Any

from hub.api import Found


class DarkAnalyzer:
    """Tells once that it is dark, and again only after it has been light."""

    def __init__(self, camera: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        self._below, self._seconds = settings["below"], settings["seconds"]
        self._since: float | None = None
        self._told = False

    def feed(self, luma: Any, t: float, key_frame: bool) -> Iterable[Found]:
        """Take one picture (uint8, height x width) of container time `t`."""
        brightness = float(luma[::8, ::8].mean())
        if brightness >= self._below:
            self._since, self._told = None, False
            return ()
        self._since = t if self._since is None else self._since
        if self._told or t - self._since < self._seconds:
            return ()
        self._told = True
        return [
            Found(
                kind="camera_darkened",
                started=self._since,
                ended=t,
                fields={"brightness": round(brightness, 1)},
            )
        ]

    def finish(self) -> Iterable[Found]:
        """The stream ended; a stream that ends is the camera's to tell."""
        return ()
