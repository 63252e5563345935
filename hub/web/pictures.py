"""Uploaded pictures: never kept as they came, but decoded in a process of their own and written anew."""

import asyncio
import sys

from hub.model.errors import HubError

LARGEST = 8 * 1024 * 1024  # bytes of an upload
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 2048
PATIENCE = 20.0  # seconds


class NoPicture(HubError):
    """What was sent is no picture that can be used; the text says why."""


class Pictures:
    """Cleans pictures, one at a time: each may take much memory."""

    def __init__(self) -> None:
        self._one = asyncio.Semaphore(1)

    async def clean(self, data: bytes, longest_side: int = LONGEST_SIDE) -> bytes:
        """The picture as JPEG or PNG, upright, no side longer, with nothing but its points; NoPicture."""
        if not data or len(data) > LARGEST:
            raise NoPicture(f"a picture has at most {LARGEST // 1024 // 1024} MiB")
        async with self._one:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "hub.web.picture_child", str(MOST_PIXELS), str(longest_side),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            try:
                async with asyncio.timeout(PATIENCE):
                    made, said = await process.communicate(data)
            except TimeoutError as error:
                raise NoPicture("the picture takes too long to read") from error
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode != 0 or not made:
            told = said.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
            raise NoPicture(told if process.returncode == 1 and told else "the picture can't be read")
        return made
