"""The live view: a camera's newest picture whenever somebody who may see it asks, made by its worker."""

import asyncio
import base64
from collections.abc import Callable, Mapping

from hub.api import NotReady, Worker

SHARED = 0.5  # seconds in which all who ask get the same picture: the most often that a worker makes one
PATIENCE = 10.0  # seconds


class LiveView:
    """Asks workers for pictures: one request of each camera at once, its answer for all who wait."""

    def __init__(
        self,
        workers: Mapping[str, Worker],
        why_none: Callable[[str], str],  # of a camera that has no picture now; "" of one that streams
        monotonic: Callable[[], float],
    ) -> None:
        self._workers, self._why_none, self._now = workers, why_none, monotonic
        self._asked: dict[str, asyncio.Future[bytes]] = {}
        self._kept: dict[str, tuple[float, bytes]] = {}

    async def picture(self, camera: str) -> bytes:
        """The newest picture as JPEG, black where it is private; NotReady says why there is none."""
        at, data = self._kept.get(camera, (0.0, b""))
        if data and self._now() - at < SHARED:
            return data
        why = self._why_none(camera)
        if why:
            raise NotReady(why)
        if camera not in self._asked:
            self._workers[camera].send({"picture": camera})
            self._asked[camera] = asyncio.get_running_loop().create_future()
        asked = self._asked[camera]
        try:
            # Shielded: whoever goes away does not take the others' picture along.
            return await asyncio.wait_for(asyncio.shield(asked), PATIENCE)
        except TimeoutError:
            if self._asked.get(camera) is asked:
                del self._asked[camera]
            raise NotReady(f"camera '{camera}' gave no picture within {PATIENCE:g} s") from None

    def hear(self, camera: str, picture: str) -> None:
        """Take the picture that the camera's worker made, in base64."""
        asked = self._asked.pop(camera, None)
        data = base64.b64decode(picture)
        self._kept[camera] = (self._now(), data)
        if asked is not None and not asked.done():
            asked.set_result(data)

    def lose(self, camera: str) -> None:
        """Nothing will come of what was asked, and what was seen last is not now any more."""
        self._kept.pop(camera, None)
        asked = self._asked.pop(camera, None)
        if asked is not None and not asked.done():
            asked.set_exception(NotReady(self._why_none(camera) or f"camera '{camera}' sends nothing now"))
            asked.exception()  # seen: nobody may be waiting any more
