"""REST about cameras: the picture of now, once or again and again."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from aiohttp import web

from hub.model.events import HubStopping
from hub.web.gate import PRINCIPAL, TOKEN_HOLDER
from hub.web.homeassistant.house import House
from hub.web.live import picture_answer

BETWEEN = 0.5  # seconds between two pictures of a stream
SLOWEST = 10.0  # seconds that a reader may take for one picture
LONGEST = 4 * 3600.0  # seconds of one stream
_BOUNDARY = "picture"


async def picture(house: House, request: web.Request) -> web.Response:
    """GET /api/camera_proxy/ID: a JPEG."""
    entity_id = request.match_info["entity_id"].lower()
    house.live.admit(request, entity_id)
    return picture_answer(await house.live.picture(request, entity_id))


async def stream(house: House, request: web.Request) -> web.StreamResponse:
    """GET /api/camera_proxy_stream/ID: JPEGs as multipart, for as long as the caller may see them and there are any."""
    entity_id = request.match_info["entity_id"].lower()
    house.live.admit(request, entity_id)
    data = await house.live.picture(request, entity_id)
    response = web.StreamResponse(
        headers={
            "Content-Type": f"multipart/x-mixed-replace; boundary={_BOUNDARY}",
            "Cache-Control": "no-store",
        }
    )
    stopping = asyncio.Event()
    undo = house.site.bus.on(HubStopping, lambda _event: stopping.set())
    loop = asyncio.get_running_loop()
    end = loop.time() + LONGEST
    try:
        await response.prepare(request)
        while not stopping.is_set() and loop.time() < end and _may_still(house, request, entity_id):
            async with asyncio.timeout(SLOWEST):
                await response.write(_part(data))
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), BETWEEN)
            data = await house.live.picture(request, entity_id)
    except (ConnectionResetError, TimeoutError, web.HTTPServiceUnavailable):
        response.force_close()  # the reader has gone or is too slow, or the camera shows nothing any more
    finally:
        undo()
    return response


def _part(data: bytes) -> bytes:
    head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data + b"\r\n"


def _may_still(house: House, request: web.Request, entity_id: str) -> bool:
    """Whether the caller has the rights that they came with: a session may end while its stream goes on."""
    who = request[PRINCIPAL]
    if who is TOKEN_HOLDER:
        return house.pictures.is_good(entity_id, request.query["token"])
    current = house.current(who)
    # A signed path narrows whoever signed it; that is no change of theirs.
    return current is not None and replace(current, scopes=who.scopes) == who
