"""REST about the hub as a whole, services, events and templates."""

import asyncio

from aiohttp import web

from hub.model.events import Event, HubStopping, Named
from hub.model.printing import visible_line
from hub.web.gate import PRINCIPAL
from hub.web.homeassistant.answers import body_of, json_answer, message, view_of
from hub.web.homeassistant.commands import mapping
from hub.web.homeassistant.core_commands import event_name
from hub.web.homeassistant.failures import NOT_FOUND, NOT_SUPPORTED, Failed
from hub.web.homeassistant.house import House
from hub.web.homeassistant.services import Services, describe_services
from hub.web.homeassistant.shapes import OTHER_NAMES, event_type
from hub.web.streams import STREAMS

_BEHIND = 1000  # events that a slow reader of the stream may be behind before it is dropped
_PING_SECONDS = 50.0


async def running(_house: House, _request: web.Request) -> web.Response:
    """GET /api/"""
    return message("API running.")


async def config(house: House, _request: web.Request) -> web.Response:
    """GET /api/config"""
    return json_answer(house.config())


async def components(house: House, _request: web.Request) -> web.Response:
    """GET /api/components"""
    return json_answer(house.components())


async def services(house: House, _request: web.Request) -> web.Response:
    """GET /api/services"""
    described = describe_services(house.site.actions.declared)
    return json_answer([{"domain": name, "services": told} for name, told in described.items()])


async def call_service(house: House, request: web.Request) -> web.Response:
    """POST /api/services/DOMAIN/SERVICE, with `?return_response` for what the service answers."""
    data = await body_of(request)
    respond = "return_response" in request.query
    name = f"{request.match_info['domain']}.{request.match_info['service']}".lower()
    target = mapping(data.pop("target", None))
    try:
        outcome = await Services(house).call(request[PRINCIPAL], name, data, target, respond=respond)
    except Failed as error:
        if error.code == NOT_FOUND:  # over HTTP, an unknown service is a bad request
            raise web.HTTPBadRequest(text=str(error)) from error
        raise
    changed = [house.shapes.state(state) for state in outcome.changed]
    if respond:
        return json_answer({"changed_states": changed, "service_response": outcome.response})
    return json_answer(changed)


async def events(house: House, _request: web.Request) -> web.Response:
    """GET /api/events"""
    classes = house.site.event_classes
    names = {OTHER_NAMES.get(kind, name) for name, kind in classes.items() if kind is not Named}
    return json_answer([{"event": name, "listener_count": house.listeners(name)} for name in sorted(names)])


async def fire_event(house: House, request: web.Request) -> web.Response:
    """POST /api/events/TYPE"""
    name, data = event_name(request.match_info["event_type"]), await body_of(request)
    context = house.contexts.new(request[PRINCIPAL].account)
    house.site.bus.emit(Named(id=context, at=house.clock.now(), source="api", name=name, data=data))
    return message(f"Event {name} fired.")


async def template(house: House, request: web.Request) -> web.Response:
    """POST /api/template"""
    data = await body_of(request)
    source, variables = data.get("template"), mapping(data.get("variables"))
    if not isinstance(source, str):
        raise web.HTTPBadRequest(text="template is missing")
    if house.templates is None:
        raise Failed(NOT_SUPPORTED, "no rules are configured: add 'automation:' to have templates")
    rendered = house.templates.render(source, variables, view_of(house, request).sees)
    # Half a surrogate pair, which a device may well have sent, has no bytes.
    body = rendered.text.encode("utf-8", "replace")
    return web.Response(body=body, content_type="text/plain", charset="utf-8")


async def error_log(house: House, _request: web.Request) -> web.Response:
    """GET /api/error_log: open problems, a line each."""
    problems = sorted(house.site.problems.open.values(), key=lambda problem: problem.since)
    lines = [
        f"{problem.since.isoformat()} WARNING ({problem.id}) {problem.text}"
        + (f" [{problem.remedy}]" if problem.remedy else "")
        for problem in problems
    ]
    return web.Response(text="".join(f"{visible_line(line)}\n" for line in lines), content_type="text/plain")


async def check_config(house: House, _request: web.Request) -> web.Response:
    """POST /api/config/core/check_config"""
    faults = await house.check()
    result = "invalid" if faults else "valid"
    return json_answer({"result": result, "errors": "\n".join(faults) or None, "warnings": None})


async def stream(house: House, request: web.Request) -> web.StreamResponse:
    """GET /api/stream: every event the caller may know of, as server-sent events; `restrict` names types."""
    wanted = {name for name in request.query.get("restrict", "").split(",") if name}
    view, queue = view_of(house, request), asyncio.Queue[Event | None](_BEHIND)

    def put(event: Event) -> None:
        if queue.full() or (wanted and event_type(event) not in wanted) or not view.hears(event):
            return
        queue.put_nowait(event)

    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    undo = house.site.bus.on(Event, put)
    try:
        async with request[STREAMS].one(request, request[PRINCIPAL]):
            await response.prepare(request)
            await _tell(house, response, queue)
    except ConnectionResetError:
        pass  # the reader has gone
    finally:
        undo()
    return response


async def _tell(house: House, response: web.StreamResponse, queue: asyncio.Queue[Event | None]) -> None:
    await response.write(b"data: ping\n\n")
    event: Event | None = None
    while not isinstance(event, HubStopping) and not queue.full():
        try:
            async with asyncio.timeout(_PING_SECONDS):
                event = await queue.get()
        except TimeoutError:
            await response.write(b"data: ping\n\n")
        else:
            if event is not None:
                await response.write(b"data: " + house.shapes.event(event) + b"\n\n")
