"""REST about the past: history and logbook."""

from typing import Any

from aiohttp import web

from hub.model.things import ENTITY_ID, State
from hub.web.homeassistant.answers import json_answer, view_of
from hub.web.homeassistant.house import House
from hub.web.homeassistant.past import history, in_words, logbook, span_of


def _entities(request: web.Request, key: str) -> list[str]:
    listed = [item.strip().lower() for item in request.query.get(key, "").split(",") if item.strip()]
    if not all(ENTITY_ID.match(item) for item in listed):
        raise web.HTTPBadRequest(text=f"Invalid {key}")
    return listed


async def period(house: House, request: web.Request) -> web.Response:
    """GET /api/history/period[/TIME]: a list of states for each entity that had any."""
    entity_ids = _entities(request, "filter_entity_id")
    if not entity_ids:
        raise web.HTTPBadRequest(text="filter_entity_id is missing")
    span = span_of(house, request.match_info.get("start"), request.query.get("end_time"))
    significant = request.query.get("significant_changes_only", "1") != "0"
    found = await history(house, view_of(house, request), entity_ids, span, significant=significant)
    minimal, bare = "minimal_response" in request.query, "no_attributes" in request.query
    return json_answer([_told(house, states, minimal, bare) for states in found.values() if states])


def _told(house: House, states: list[State], minimal: bool, bare: bool) -> list[dict[str, Any]]:
    told = [house.shapes.state(state) for state in states]
    if bare:
        told = [{**one, "attributes": {}} for one in told]
    if minimal and len(told) > 2:
        middle = [{"state": one["state"], "last_changed": one["last_changed"]} for one in told[1:-1]]
        return [told[0], *middle, told[-1]]
    return told


async def book(house: House, request: web.Request) -> web.Response:
    """GET /api/logbook[/TIME]"""
    span = span_of(house, request.match_info.get("start"), request.query.get("end_time"))
    entries = await logbook(house, view_of(house, request), span, _entities(request, "entity"))
    return json_answer(in_words(entries))
