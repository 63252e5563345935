"""Live pictures of cameras, for who may see the very camera; looks into homes are noted for those who live there."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from aiohttp import web

from hub.model.errors import NotReady
from hub.plugins.ports import CameraPictures
from hub.plugins.site import Site
from hub.web.gate import require, viewed
from hub.web.objects import entity_thing, living_at

PERIOD = timedelta(minutes=5)  # a token serves for the rest of its own period and for the next


class PictureTokens:
    """Tokens that open one camera's live pictures for some minutes; a camera's state tells them to who sees it."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self._key = now, secrets.token_bytes(32)

    @property
    def period(self) -> int:
        """Number of the period that it is now; tokens change with it."""
        return int(self._now().timestamp() // PERIOD.total_seconds())

    def of(self, entity_id: str) -> str:
        """The camera's token of this period."""
        return self._token(entity_id, self.period)

    def is_good(self, entity_id: str, token: str) -> bool:
        """Whether it is the camera's token of this or the last period."""
        given, period = token.encode("utf-8", "surrogateescape"), self.period
        good = [
            hmac.compare_digest(given, self._token(entity_id, one).encode()) for one in (period, period - 1)
        ]
        return any(good)

    def _token(self, entity_id: str, period: int) -> str:
        return hmac.new(self._key, f"{period} {entity_id}".encode(), hashlib.sha256).hexdigest()


class LivePictures:
    """Asks whoever offers cameras' pictures, after every question of permission."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._cameras: CameraPictures | None = None
        site.ports.follow(CameraPictures, self._take)

    def _take(self, cameras: CameraPictures | None) -> None:
        self._cameras = cameras

    def admit(self, request: web.Request, entity_id: str) -> None:
        """HTTPNotFound unless the caller may see this camera."""
        thing = entity_thing(self._site, entity_id)
        if thing.kind != "camera" or entity_id not in self._site.states.entities:
            raise web.HTTPNotFound(text="there is no such camera")
        require(request, "see", thing)

    async def picture(self, request: web.Request, entity_id: str) -> bytes:
        """The newest picture as JPEG, the look noted; HTTPServiceUnavailable says why there is none."""
        try:
            data = await self.newest(entity_id)
        except NotReady as error:
            raise web.HTTPServiceUnavailable(text=str(error), headers={"Retry-After": "5"}) from error
        thing = entity_thing(self._site, entity_id)
        for person in living_at(self._site, thing.area):
            viewed(request, thing, person)
        return data

    async def newest(self, entity_id: str) -> bytes:
        """The newest picture, nothing asked and nothing noted; NotReady."""
        if self._cameras is None:
            raise NotReady("no integration shows cameras now")
        return await self._cameras.picture(entity_id.partition(".")[2])


def picture_answer(data: bytes) -> web.Response:
    """A live picture: it is kept nowhere on its way."""
    return web.Response(body=data, content_type="image/jpeg", headers={"Cache-Control": "no-store"})
