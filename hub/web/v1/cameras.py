"""Live pictures of cameras."""

from collections.abc import Iterator
from typing import Any

from aiohttp import web

from hub.plugins.site import Site
from hub.web.live import LivePictures, picture_answer
from hub.web.objects import entity_thing
from hub.web.v1.operations import Asked, Operation, Refused, missing


class Cameras:
    """Answers for what cameras see now."""

    def __init__(self, site: Site) -> None:
        self._site, self._live = site, LivePictures(site)

    def operations(self) -> Iterator[Operation]:
        """What can be asked."""
        yield Operation(
            method="GET",
            path="/cameras/{camera_id}/picture",
            access="see camera",
            summary="The newest picture of a camera, black where it is private; 503 says why there is none",
            handler=self.get_camera_picture,
            answer=str,
            media_type="image/jpeg",
        )

    async def get_camera_picture(self, asked: Asked[Any]) -> web.Response:
        """A JPEG; looks into homes are noted for those who live there."""
        entity_id = f"camera.{asked.path['camera_id']}"
        if entity_id not in self._site.states.entities:
            raise missing("camera")
        asked.require("see", entity_thing(self._site, entity_id))
        try:
            return picture_answer(await self._live.picture(asked.request, entity_id))
        except web.HTTPServiceUnavailable as error:
            raise Refused(503, error.text or "") from error
