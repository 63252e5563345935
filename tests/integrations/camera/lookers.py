"""Frame analyzers for the tests."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from hub.api import Found


class Looker:
    """Finds something at the moments it was told to, and remembers what it saw."""

    def __init__(self, camera: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        if "refuse" in settings:
            raise ValueError(settings["refuse"])
        self._settings = settings
        self._find = list(settings.get("find", ()))
        self._kind = settings.get("kind", "thing_seen")
        self.shape: tuple[int, ...] = ()
        self.fed = 0
        self.brightest_masked = 0

    def feed(self, luma: Any, t: float, key_frame: bool) -> Iterable[Found]:
        self.shape = luma.shape
        self.fed += 1
        self.brightest_masked = max(self.brightest_masked, int(luma[:20, :20].max()))
        if t >= self._settings.get("raise_at", 1e9):
            raise RuntimeError("the analyzer tripped")
        found = []
        while self._find and t >= self._find[0]:
            self._find.pop(0)
            found.append(self._found(t - 0.5, t))
        return found

    def finish(self) -> Iterable[Found]:
        return [self._found(0.0, 0.5)] if self._settings.get("at_end") else []

    def _found(self, started: float, ended: float) -> Found:
        fields = {
            "shape": list(self.shape),
            "corner": self.brightest_masked,
            **self._settings.get("fields", {}),
        }
        if self._settings.get("count"):
            fields["fed"] = self.fed
        return Found(
            kind=self._kind,
            started=started,
            ended=ended,
            fields=fields,
            draw=self._draw(),
            key=self._settings.get("key", ""),
            clip=self._settings.get("clip", True),
        )

    def _draw(self) -> Any:
        def frame(pictures: Any) -> Any:
            if self._settings.get("draw") == "trip":
                raise RuntimeError("the pencil broke")
            if self._settings.get("draw") == "grey":
                return np.zeros((40, 40), dtype=np.uint8)
            picture = list(pictures)[-1][1].copy()
            picture[:8, :, :] = (0, 0, 255)
            return (
                {"before": picture, "after": picture[::-1]}
                if self._settings.get("draw") == "two"
                else picture
            )

        return frame
