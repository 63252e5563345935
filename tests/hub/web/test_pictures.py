"""Uploaded pictures: the points alone are kept, and what is no picture, or a bomb, is refused."""

import io
import struct
import zlib

import pytest
from PIL import Image

from hub.web.picture_child import cleaned
from hub.web.pictures import LARGEST, NoPicture, Pictures


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **more: object) -> bytes:
    made = io.BytesIO()
    Image.new(mode, size, "red").save(made, kind, **more)
    return made.getvalue()


def exif() -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = 6  # turned by a quarter
    found[0x010F] = "maker-of-the-phone"
    found.get_ifd(0x8825)[1] = "N"
    return found


async def test_where_and_by_what_it_was_taken_is_left_out_and_it_stands_upright() -> None:
    data = picture(exif=exif(), comment=b"<script>alert(1)</script>")
    assert b"maker-of-the-phone" in data
    made = await Pictures().clean(data)
    for hidden in (b"maker", b"script", b"Exif"):
        assert hidden not in made
    with Image.open(io.BytesIO(made)) as found:
        assert (found.format, found.size) == ("JPEG", (40, 60))


def test_a_large_one_is_made_small_and_a_clear_one_stays_clear() -> None:
    with Image.open(io.BytesIO(cleaned(picture("WEBP", (3000, 1000)), 10_000_000, 500))) as found:
        assert (found.format, found.size) == ("JPEG", (500, 167))
    with Image.open(io.BytesIO(cleaned(picture("PNG", mode="RGBA"), 10_000_000, 500))) as found:
        assert (found.format, found.mode) == ("PNG", "RGBA")


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it has so many points."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


HOSTILE = {
    "nothing": b"",
    "markup": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "page": b"<html>",
    "another kind": picture("GIF", mode="P"),
    "cut off": picture()[:200],
    "bomb": bomb(60_000, 60_000),
    "noise": bytes(range(256)) * 4,
    "too large": b"\xff\xd8" + b"\0" * LARGEST,
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_is_no_picture_is_refused(name: str) -> None:
    with pytest.raises(NoPicture):
        await Pictures().clean(HOSTILE[name])
