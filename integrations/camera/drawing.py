"""What an analyzer draws a find from: the camera's pictures, its name and place, local times, and a pen."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from integrations.camera.lettering import Colour, Lettering
from integrations.camera.picture import Picture


class DrawingRoom:
    """`Pictures` as the port has it. `frames` gives pictures one by one: a dozen at once would be much memory."""

    def __init__(
        self,
        camera: Mapping[str, Any],
        frames: Iterator[tuple[float, Picture]],
        wall: Callable[[float], datetime],
        pen: Lettering,
    ) -> None:
        self.camera: str = camera.get("name", camera["id"])
        self.place: str = camera.get("place", "")
        self._frames, self._wall, self._pen = frames, wall, pen
        self._zone = ZoneInfo(camera.get("zone", "UTC"))

    def __iter__(self) -> Iterator[tuple[float, Picture]]:
        """As the port says."""
        return self._frames

    def moment(self, t: float) -> datetime:
        """As the port says."""
        return self._wall(t).astimezone(self._zone)

    def width(self, text: str, size: int) -> int:
        """As the port says."""
        return self._pen.width(text, size)

    def write(self, canvas: Picture, text: str, place: tuple[int, int], size: int, colour: Colour) -> None:
        """As the port says."""
        self._pen.write(canvas, text, place, size, colour)
