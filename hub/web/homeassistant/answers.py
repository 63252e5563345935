"""REST answers and errors as Home Assistant gives them."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from hub.web.gate import PRINCIPAL
from hub.web.homeassistant.encoding import BadJson, decode, encode
from hub.web.homeassistant.failures import Failed, told_as_failed
from hub.web.homeassistant.house import House
from hub.web.homeassistant.views import View

Handler = Callable[[House, web.Request], Awaitable[web.StreamResponse]]
log = logging.getLogger("hub.web")


def json_answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """An answer as JSON."""
    return web.Response(body=encode(value), status=status, content_type="application/json", headers=headers)


def message(text: str, status: int = 200) -> web.Response:
    """An answer or error that is only a message."""
    return json_answer({"message": text}, status)


def answering(house: House, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler as a route; its errors come as `{"message": ...}`."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            with told_as_failed():
                return await handler(house, request)
        except BadJson as error:
            return message(f"Invalid JSON: {error}", 400)
        except Failed as error:
            return message(str(error), error.status)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            kept = {name: error.headers[name] for name in ("Allow", "Retry-After") if name in error.headers}
            return json_answer({"message": error.text or error.reason}, error.status, kept)

    return handle


def view_of(house: House, request: web.Request) -> View:
    """What the caller may see."""
    return house.view(request[PRINCIPAL])


async def body_of(request: web.Request) -> dict[str, Any]:
    """The request's JSON object, empty when there is no body; HTTPBadRequest."""
    raw = await request.read()
    if not raw:
        return {}
    try:
        value = decode(raw)
    except BadJson as error:
        raise web.HTTPBadRequest(text=f"Invalid JSON: {error}") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise web.HTTPBadRequest(text="Data should be a JSON object.")
    return value
