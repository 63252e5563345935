"""REST about calendars: duty rosters, with persons' names for those who may see the persons."""

import asyncio
from datetime import timedelta
from typing import Any

from aiohttp import web

from hub.plugins.duties import Turn, turns
from hub.web.gate import may
from hub.web.homeassistant.answers import json_answer, view_of
from hub.web.homeassistant.house import House
from hub.web.homeassistant.past import moment
from hub.web.objects import person_thing

LONGEST = timedelta(days=366)


async def calendars(house: House, request: web.Request) -> web.Response:
    """GET /api/calendars"""
    states = [state for state in view_of(house, request).states() if state.entity_id.startswith("calendar.")]
    told = [house.shapes.state(state) for state in states]
    names = [str(one["attributes"].get("friendly_name") or one["entity_id"]) for one in told]
    return json_answer(
        [
            {"entity_id": one["entity_id"], "name": name}
            for one, name in sorted(zip(told, names, strict=True), key=lambda pair: pair[1])
        ]
    )


async def calendar(house: House, request: web.Request) -> web.Response:
    """GET /api/calendars/ID?start&end: the shifts of a span; of other calendars, nothing is known."""
    entity_id = request.match_info["entity_id"].lower()
    if not entity_id.startswith("calendar.") or view_of(house, request).state(entity_id) is None:
        raise web.HTTPNotFound(text="Entity not found.")
    if "start" not in request.query or "end" not in request.query:
        raise web.HTTPBadRequest(text="start and end are missing")
    start, end = moment(request.query["start"], "start"), moment(request.query["end"], "end")
    if not timedelta() < end - start <= LONGEST:
        raise web.HTTPBadRequest(text=f"end must come after start, by at most {LONGEST.days} days")
    if not abs(start - house.clock.now()) < 10 * LONGEST:
        raise web.HTTPBadRequest(text="a roster is told for ten years before and after now")
    roster = house.site.duties.rosters.get(entity_id)
    if roster is None:
        return json_answer([])
    # Beside the loop: a year of a large calendar file takes a while.
    found = await asyncio.to_thread(turns, roster, house.site.directory, start, end)
    return json_answer([_told(house, request, turn) for turn in found])


def _told(house: House, request: web.Request, turn: Turn) -> dict[str, Any]:
    directory, zone = house.site.directory, house.site.zone
    persons = [directory.persons[one] for one in turn.persons if one in directory.persons]
    names = [person.name for person in persons if may(request, "see", person_thing(person))]
    return {
        "start": {"dateTime": turn.start.astimezone(zone).isoformat()},
        "end": {"dateTime": turn.end.astimezone(zone).isoformat()},
        "summary": f"{turn.name}: {', '.join(names)}" if names else turn.name,
        "description": None,
        "location": None,
        "uid": None,
        "recurrence_id": None,
        "rrule": None,
    }
