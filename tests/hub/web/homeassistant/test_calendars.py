"""Duty rosters as calendars: on while somebody has duty; persons' names only for who may see the persons."""

import pytest
import pytest_asyncio

from hub.testing.kit import HubKit
from tests.clients.conftest import token_of

SITE = """
areas: [{id: b1}, {id: b3}]
people:
  persons:
    - {id: wang, name: 王芳, roles: [grid_worker], areas: [b1]}
    - {id: li, name: 李强, roles: [guard], areas: [b3]}
  rosters:
    grid:
      name: 网格值班
      shifts: {day: 08:00-20:00, night: {from: 20:00, to: 08:00}}
      week: {mon-fri: {day: wang, night: [wang, li]}}
"""
# The test's clock begins on Sunday, 1 March 2026, at noon in Shanghai.
SPAN = "?start=2026-03-02T00:00:00%2B08:00&end=2026-03-03T00:00:00%2B08:00"
PATH = "/api/calendars/calendar.duty_grid"


@pytest_asyncio.fixture
async def rostered(hub: HubKit) -> HubKit:
    await hub.start(SITE)
    return hub


async def shifts(hub: HubKit, token: str) -> list[tuple[str, str]]:
    found = (await hub.request("GET", PATH + SPAN, token=token)).json()
    return [(one["summary"], one["start"]["dateTime"]) for one in found]


async def test_a_roster_is_a_calendar(rostered: HubKit) -> None:
    found = await rostered.request("GET", "/api/calendars", admin=True)
    assert found.json() == [{"entity_id": "calendar.duty_grid", "name": "网格值班"}]


async def test_it_is_on_while_somebody_has_duty(rostered: HubKit) -> None:
    state = rostered.state("calendar.duty_grid")
    assert (state.text, state.attributes["message"]) == ("off", "day")
    assert state.attributes["start_time"] == "2026-03-02 08:00:00"
    await rostered.advance(20 * 3600)
    state = rostered.state("calendar.duty_grid")
    assert (state.text, state.attributes["message"]) == ("on", "day")
    await rostered.advance(12 * 3600)
    state = rostered.state("calendar.duty_grid")
    assert (state.text, state.attributes["message"]) == ("on", "night")
    assert state.attributes["end_time"] == "2026-03-03 08:00:00"
    assert not any(name in str(state.attributes) for name in ("王芳", "李强", "wang", "li"))


async def test_names_are_for_who_may_see_the_persons(rostered: HubKit) -> None:
    everybody = await token_of(rostered, "boss", "owner")
    day, night = ("2026-03-02T08:00:00+08:00", "2026-03-02T20:00:00+08:00")
    assert await shifts(rostered, everybody) == [("day: 王芳", day), ("night: 李强, 王芳", night)]
    themselves = await token_of(rostered, "li", person="li")
    assert await shifts(rostered, themselves) == [("day", day), ("night: 李强", night)]


async def test_residents_see_no_roster(rostered: HubKit) -> None:
    token = await token_of(rostered, "zhao", "resident")
    for path in ("/api/calendars", PATH + SPAN):
        assert (await rostered.request("GET", path, token=token)).status == 403


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?start=2026-03-02T00:00:00Z",
        "?start=2026-03-02&end=2026-03-01",
        "?start=2026-03-02&end=2028-03-02",
        "?start=0001-01-01&end=0001-01-02",
        "?start=9999-12-30&end=9999-12-31",
        "?start=soon&end=later",
    ],
)
async def test_a_span_that_can_not_be_is_refused(rostered: HubKit, query: str) -> None:
    assert (await rostered.request("GET", PATH + query, admin=True)).status == 400


async def test_rosters_come_and_go_with_a_reload(rostered: HubKit) -> None:
    await rostered.reload(SITE.replace("grid:", "gate:"))
    assert rostered.hub_of.states.get("calendar.duty_grid") is None
    assert rostered.state("calendar.duty_gate").text == "off"
    assert (await rostered.request("GET", PATH + SPAN, admin=True)).status == 404


async def test_rules_may_name_a_roster(hub: HubKit) -> None:
    rule = "automation: [{id: r, triggers: [{trigger: state, entity_id: calendar.%s}], actions: []}]\n"
    assert hub.read(SITE + rule % "duty_grid").faults == []
    assert "calendar.duty_gird" in str(hub.read(SITE + rule % "duty_gird").faults[0])
