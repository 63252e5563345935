"""Routes for the `hub` command on this machine: status, reload, outbox, events. Access "local"."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web

from hub import __version__
from hub.accounts.administration import Administration
from hub.config import ConfigUnreadable
from hub.kernel.journal import event_data
from hub.model.errors import HubError
from hub.model.events import Event, HubStopping
from hub.runtime.metrics import resident_bytes

if TYPE_CHECKING:
    from hub.runtime.hub import Hub

TAIL_BUFFER = 1000  # events a slow `hub events tail` may be behind before it is told that it missed some


def add_control_routes(hub: "Hub") -> None:
    """Serve the command line."""
    control = Control(hub)

    def add(method: str, path: str, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> None:
        hub.site.routes.add(method, f"/control/{path}", handler, access="local", owner="hub")

    add("GET", "status", control.status)
    add("POST", "reload", control.reload)
    add("POST", "outbox", control.outbox)
    add("GET", "events", control.events)
    add("POST", "users", control.users)


class Control:
    """Answers the command line."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub

    async def status(self, _request: web.Request) -> web.Response:
        """How the hub is doing."""
        hub = self._hub
        guests = {
            name: {
                "state": guest.state,
                "restarts": guest.restarts,
                "error": guest.error,
                "since": guest.since.isoformat() if guest.since else None,
            }
            for name, guest in hub.supervisor.guests.items()
        }
        return web.json_response(
            {
                "version": __version__,
                "name": hub.site.place.name,
                "url": hub.url,
                "ready": hub.ready()[0],
                "memory_mib": round(resident_bytes() / 2**20, 1),
                "loop_lag_worst_s": round(hub.lag.worst, 3),
                "entities": len(hub.states.entities),
                "outbox": {"pending": hub.store.outbox.pending, "dead": hub.store.outbox.dead},
                "integrations": guests,
                "problems": hub.site.problems.as_list(),
            }
        )

    async def reload(self, _request: web.Request) -> web.Response:
        """Take the changed files, or answer 422 with their faults."""
        from hub.runtime.hub import FaultyConfiguration

        try:
            return web.json_response(await self._hub.reload())
        except FaultyConfiguration as error:
            faults = [fault.as_dict() | {"text": str(fault)} for fault in error.faults]
        except ConfigUnreadable as error:
            faults = [{"problem": str(error), "text": str(error)}]
        return web.json_response({"faults": faults}, status=422)

    async def outbox(self, request: web.Request) -> web.Response:
        """Retry or drop dead letters: {"do": "retry"|"drop", "keys": [...]}; answers how many there were."""
        try:
            body = await request.json()
        except ValueError:
            body = None
        outbox = self._hub.store.outbox
        wanted, keys = (body.get("do"), body.get("keys")) if isinstance(body, dict) else (None, None)
        act = {"retry": outbox.retry, "drop": outbox.drop}.get(str(wanted))
        if act is None or not isinstance(keys, list):
            raise web.HTTPBadRequest(text='send {"do": "retry" or "drop", "keys": [...]}')
        done = [key for key in keys if isinstance(key, str) and await act(key)]
        return web.json_response({"done": done, "unknown": [key for key in keys if key not in done]})

    async def users(self, request: web.Request) -> web.Response:
        """Carry a command about accounts out: {"do": ...}; 400 says why it can't be."""
        try:
            done = await Administration(self._hub.accounts, self._hub.clock.now).carry_out(
                await request.json()
            )
        except ValueError as error:
            raise web.HTTPBadRequest(text="the body is no JSON") from error
        except HubError as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return web.json_response(done)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Every event from now on, one JSON object a line, until the caller goes or the hub stops."""
        queue: asyncio.Queue[Event] = asyncio.Queue(TAIL_BUFFER)
        missed = 0

        def put(event: Event) -> None:
            nonlocal missed
            if queue.full():
                missed += 1
            else:
                queue.put_nowait(event)

        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        undo = self._hub.bus.on(Event, put)
        try:
            await response.prepare(request)
            event: Event | None = None
            while not isinstance(event, HubStopping):
                event = await queue.get()
                line = {"kind": event.kind, **event_data(event)}
                if missed:
                    line["missed_before"], missed = missed, 0
                await response.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        except ConnectionResetError:
            pass  # the caller has gone
        finally:
            undo()
        return response
