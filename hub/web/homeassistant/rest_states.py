"""REST about states: reading them, setting ad-hoc ones, taking them away."""

import math
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from hub.kernel.causes import because_of
from hub.model.things import ENTITY_ID, ON_OFF_DOMAINS, State, Value, text_of
from hub.web.gate import PRINCIPAL
from hub.web.homeassistant.answers import body_of, json_answer, message, view_of
from hub.web.homeassistant.house import House

LONGEST_STATE = 255
_IGNORED = frozenset(
    ["entity_id", "last_changed", "last_updated", "last_reported", "context", "force_update"]
)


async def states(house: House, request: web.Request) -> web.Response:
    """GET /api/states"""
    shapes = house.shapes
    return json_answer([shapes.body(state) for state in view_of(house, request).states()])


async def state(house: House, request: web.Request) -> web.Response:
    """GET /api/states/ID"""
    return json_answer(house.shapes.body(_visible(house, request)))


def _visible(house: House, request: web.Request) -> State:
    found = view_of(house, request).state(request.match_info["entity_id"].lower())
    if found is None:
        raise web.HTTPNotFound(text="Entity not found.")
    return found


async def set_state(house: House, request: web.Request) -> web.Response:
    """POST /api/states/ID: 201 when it is new, 200 when not."""
    entity_id = request.match_info["entity_id"].lower()
    if not ENTITY_ID.match(entity_id):
        raise web.HTTPBadRequest(text="Invalid entity ID specified.")
    text, attributes = _read(await body_of(request))
    value, available = value_of(entity_id, text)
    known = house.site.states.get(entity_id) is not None
    with because_of(house.contexts.new(request[PRINCIPAL].account)):
        house.site.states.set(entity_id, value, attributes, available=available)
    found = house.site.states.get(entity_id)
    headers = {} if known else {"Location": f"/api/states/{entity_id}"}
    return json_answer(house.shapes.body(found), 200 if known else 201, headers)


def _read(data: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """State and attributes of what was sent; a whole state object may come back."""
    unknown = set(data) - {"state", "attributes"} - _IGNORED
    if unknown:
        raise web.HTTPBadRequest(text=f"Unknown key: {sorted(unknown)[0][:80]}")
    written, attributes = data.get("state"), data.get("attributes")
    if written is None or isinstance(written, (dict, list)):
        raise web.HTTPBadRequest(text="No state specified.")
    text = written if isinstance(written, str) else str(written)
    if len(text) > LONGEST_STATE:
        raise web.HTTPBadRequest(text=f"Invalid state: at most {LONGEST_STATE} characters.")
    if attributes is None:
        return text, {}
    if not isinstance(attributes, dict):
        raise web.HTTPBadRequest(text="Attributes should be a JSON object.")
    return text, attributes


def value_of(entity_id: str, text: str) -> tuple[Value, bool]:
    """The value that reads as this text, typed where the text comes out the same; and whether it is available."""
    if text == "unavailable":
        return None, False
    if text == "unknown":
        return None, True
    if entity_id.partition(".")[0] in ON_OFF_DOMAINS and text in ("on", "off"):
        return text == "on", True
    for number in (int, float):
        try:
            value = number(text)
        except (ValueError, OverflowError):
            continue
        if math.isfinite(value) and abs(value) < 1 << 53 and text_of(entity_id, value) == text:
            return value, True
    return text, True


async def remove_state(house: House, request: web.Request) -> web.Response:
    """DELETE /api/states/ID"""
    entity_id = request.match_info["entity_id"].lower()
    try:
        with because_of(house.contexts.new(request[PRINCIPAL].account)):
            removed = house.site.states.remove(entity_id)
    except ValueError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    if not removed:
        raise web.HTTPNotFound(text="Entity not found.")
    return message("Entity removed.")
