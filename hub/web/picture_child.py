"""A process for one uploaded picture: read, made upright and small, written anew without all that stood beside it.

Run as `python -m hub.web.picture_child MOST_PIXELS LONGEST_SIDE`, the picture on its input, the new one on its output.
It exits with 1 and one line when the input is no picture; its memory and processor time are bounded.
"""

import io
import resource
import sys
import warnings

FORMATS = ("JPEG", "PNG", "WEBP")
MEMORY = 1 << 30  # bytes of addresses
SECONDS = 10


def cleaned(data: bytes, most_pixels: int, longest_side: int) -> bytes:
    """The picture as JPEG, or as PNG when it has transparent parts; ValueError."""
    from PIL import Image, ImageOps

    warnings.simplefilter("error")  # Pillow warns of bombs
    Image.MAX_IMAGE_PIXELS = most_pixels
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            if opened.width * opened.height > most_pixels:
                raise ValueError(f"it has {opened.width} x {opened.height} pixels")
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((longest_side, longest_side))
            clear = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
            plain = upright.convert("RGBA" if clear else "RGB")
    except Exception as error:
        # An edge: decoders raise whatever they like at hostile data.
        raise ValueError(f"it is no sound picture ({type(error).__name__}: {error})") from error
    new = Image.new(plain.mode, plain.size)
    new.paste(plain)  # the points alone: no EXIF, no colour profile, no comment
    written = io.BytesIO()
    if clear:
        new.save(written, "PNG")
    else:
        new.save(written, "JPEG", quality=85)
    return written.getvalue()


def main() -> None:
    """Clean what comes in."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        made = cleaned(sys.stdin.buffer.read(), int(sys.argv[1]), int(sys.argv[2]))
    except (ValueError, MemoryError) as error:
        sys.stderr.write(f"{str(error)[:200]}\n")
        raise SystemExit(1) from error
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main()
