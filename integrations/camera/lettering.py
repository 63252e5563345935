"""Words in pictures: Chinese and Latin letters with a dark rim, readable on any wall. Loads Pillow; for workers."""

from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]  # blue, green, red

FONT = "NotoSansSC-GB2312.otf"  # others' characters become boxes
DARK: Colour = (25, 25, 25)
SMALLEST, LARGEST = 8, 200  # pixels
LONGEST = 200  # characters of one line


class Lettering:
    """A pen for one worker: `size` is the height of a Chinese character in pixels, places are (x, y)."""

    def __init__(self) -> None:
        self._font = lru_cache(maxsize=16)(_open_font)

    def width(self, text: str, size: int) -> int:
        """How many pixels a line takes."""
        return round(self._font(_bounded(size)).getlength(printable(text)))

    def write(
        self,
        canvas: Picture,
        text: str,
        place: tuple[int, int],
        size: int,
        colour: Colour,
        *,
        rim: bool = True,
    ) -> None:
        """Write one line into a BGR picture, `place` being the left end of its base line; cut off at the edges."""
        size = _bounded(size)
        thick = max(2, size // 12) if rim else 0
        if rim:
            self._print(canvas, text, place, size, DARK, thick)
        self._print(canvas, text, place, size, colour, 0)

    def _print(
        self, canvas: Picture, text: str, place: tuple[int, int], size: int, colour: Colour, thick: int
    ) -> None:
        mask, (left, top) = self._font(size).getmask2(
            printable(text), mode="L", stroke_width=thick, anchor="ls"
        )
        if not mask.size[0] or not mask.size[1]:
            return
        ink = np.frombuffer(bytes(mask), dtype=np.uint8).reshape(mask.size[1], mask.size[0])
        _blend(canvas, ink, (place[0] + round(left), place[1] + round(top)), colour)


def printable(text: str) -> str:
    """One bounded line of it: marks that turn or break lines become spaces."""
    return "".join(character if character.isprintable() else " " for character in text[:LONGEST])


def _bounded(size: int) -> int:
    return min(max(size, SMALLEST), LARGEST)


def _open_font(size: int) -> "FreeTypeFont":
    from PIL import ImageFont

    path = files("integrations.camera") / "fonts" / FONT
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def _blend(canvas: Picture, ink: Picture, corner: tuple[int, int], colour: Colour) -> None:
    """Lay `colour` over the canvas as thick as the ink is (0 to 255)."""
    x, y = corner
    left, top = max(0, -x), max(0, -y)
    right, bottom = min(ink.shape[1], canvas.shape[1] - x), min(ink.shape[0], canvas.shape[0] - y)
    if right <= left or bottom <= top:
        return
    under = canvas[y + top : y + bottom, x + left : x + right]
    share = ink[top:bottom, left:right, None].astype(np.float32) / 255
    under[:] = (under + share * (np.array(colour, dtype=np.float32) - under)).round().astype(np.uint8)
