"""People, their own settings, and rules: each sees and does what is theirs."""

from typing import Any

from hub.testing.kit import HubKit
from tests.hub.web.v1.test_operations import fall

SITE = """
areas:
  - {id: linli, name: 邻里, areas: [{id: b1, name: 一号楼}, {id: b2, name: 二号楼}]}
people:
  persons:
    - {id: wang, name: 王芳, roles: [grid_worker], areas: [b1], phone: "13800138000", channels: [collect]}
    - {id: li, name: 李强, roles: [grid_worker], areas: [b2], channels: [collect]}
    - {id: zhao, name: 赵敏, roles: [admin], areas: [linli], channels: [collect]}
notify: {channels: {collect: {type: collect}}}
automation:
  - events: [bell]
  - id: tell
    alias: Tell
    triggers: [{trigger: event, event_type: bell}]
    actions: [{action: notify.send, data: {audience: "person:wang", message: it rings}}]
"""


async def person(hub: HubKit, name: str) -> dict[str, str]:
    """Somebody signed in, as headers."""
    registry = hub.hub_of.accounts.registry
    account = await registry.add(name, person=name)
    _, token = await registry.make_token(account, label="test")
    return {"Authorization": f"Bearer {token}"}


async def ask(hub: HubKit, who: dict[str, str], method: str, path: str, **options: Any) -> Any:
    answer = await hub.request(method, f"/api/v1{path}", headers=who, **options)
    return answer.status, answer.json() if answer.text else None


async def test_an_admin_sees_people_masked_and_others_see_themselves(hub: HubKit) -> None:
    await hub.start(SITE)
    zhao, wang = await person(hub, "zhao"), await person(hub, "wang")
    _, page = await ask(hub, zhao, "GET", "/people")
    assert [item["id"] for item in page["items"]] == ["li", "wang", "zhao"]
    assert page["items"][1]["phone"] == "138****8000"
    assert page["items"][1]["role_names"] == ["网格员"]
    _, first = await ask(hub, zhao, "GET", "/people?limit=2")
    _, rest = await ask(hub, zhao, "GET", f"/people?limit=2&after={first['next']}")
    assert [item["id"] for item in rest["items"]] == ["zhao"]
    _, own = await ask(hub, wang, "GET", "/people")
    assert [item["id"] for item in own["items"]] == ["wang"]
    assert (await ask(hub, wang, "GET", "/people/li"))[0] == 404
    assert (await ask(hub, wang, "GET", "/people/nobody"))[1] == (await ask(hub, wang, "GET", "/people/li"))[
        1
    ]


async def test_who_looked_at_me_is_told_to_me(hub: HubKit) -> None:
    await hub.start(SITE)
    zhao, wang = await person(hub, "zhao"), await person(hub, "wang")
    await ask(hub, zhao, "GET", "/people/wang")
    _, looks = await ask(hub, wang, "GET", "/me/looks")
    assert [(row["who_name"], row["verb"], row["person"]) for row in looks["items"]] == [
        ("zhao", "see", "wang")
    ]
    _, log = await ask(hub, zhao, "GET", "/audit?person=wang")
    assert log["items"]
    _, mine = await ask(hub, wang, "GET", "/audit")
    assert {row["person"] for row in mine["items"]} == {"wang"}


async def test_one_sets_ones_own_hours_and_language_and_they_stay(hub: HubKit) -> None:
    await hub.start(SITE)
    wang = await person(hub, "wang")
    status, own = await ask(
        hub, wang, "PATCH", "/me/settings", json={"language": "en", "quiet_hours": ["22:00-07:00"]}
    )
    assert (status, own["language"], own["quiet_hours"]) == (200, "en", ["22:00-07:00"])
    await hub.restart()
    assert (await ask(hub, wang, "GET", "/me/settings"))[1]["quiet_hours"] == ["22:00-07:00"]
    status, refused = await ask(hub, wang, "PATCH", "/me/settings", json={"quiet_hours": ["late"]})
    assert (status, "20:00-08:00" in refused["detail"]) == (409, True), refused
    assert (await ask(hub, wang, "PATCH", "/me/settings", json={"roles": ["admin"]}))[0] == 400


async def test_an_account_of_nobody_has_no_settings(hub: HubKit) -> None:
    await hub.start(SITE)
    assert (await hub.request("GET", "/api/v1/me/settings", admin=True)).status == 404


async def test_a_grid_worker_sees_and_takes_alarms_of_their_building_only(hub: HubKit) -> None:
    await hub.start(SITE)
    wang = await person(hub, "wang")
    await fall(hub, "here", area="b1")
    await fall(hub, "there", area="b2")
    _, page = await ask(hub, wang, "GET", "/alarms")
    assert [alarm["id"] for alarm in page["items"]] == ["here"]
    assert (await ask(hub, wang, "GET", "/alarms/there"))[0] == 404
    assert (await ask(hub, wang, "POST", "/alarms/there/acknowledge", json={}))[0] == 404
    status, taken = await ask(hub, wang, "POST", "/alarms/here/acknowledge", json={})
    assert (status, taken["acknowledged_by"], taken["acknowledged_by_name"]) == (200, "wang", "王芳")
    _, events = await ask(hub, wang, "GET", "/events")
    assert [event["id"] for event in events["items"]] == ["here"]


async def test_a_rule_is_switched_run_and_shown_with_what_it_did(hub: HubKit) -> None:
    await hub.start(SITE)
    zhao, wang = await person(hub, "zhao"), await person(hub, "wang")
    _, page = await ask(hub, zhao, "GET", "/automations")
    assert [(rule["id"], rule["name"], rule["on"]) for rule in page["items"]] == [("tell", "Tell", True)]
    _, off = await ask(hub, zhao, "PUT", "/automations/tell/on", json={"on": False})
    assert not off["on"]
    await ask(hub, zhao, "PUT", "/automations/tell/on", json={"on": True})
    assert (await ask(hub, zhao, "POST", "/automations/tell/run"))[0] == 200
    await hub.until(lambda: hub.deliveries)
    _, shown = await ask(hub, zhao, "GET", "/automations/tell")
    assert shown["runs"][0]["state"] == "done"
    assert shown["runs"][0]["steps"]
    assert (await ask(hub, zhao, "GET", "/automations/none"))[0] == 404
    assert (await ask(hub, wang, "GET", "/automations"))[0] == 403


async def test_without_an_engine_there_are_no_rules(hub: HubKit) -> None:
    await hub.start("notify:\n")
    answer = await hub.request("GET", "/api/v1/automations", admin=True)
    assert answer.json() == {"items": [], "next": None}


async def test_whoever_is_on_duty_is_told(hub: HubKit) -> None:
    rosters = """
  rosters:
    grid:
      role: grid_worker
      shifts: {day: 08:00-20:00, night: 20:00-08:00}
      rotation: {begins: 2026-01-05, days: [{day: wang, night: li}]}
"""
    await hub.start(SITE.replace("notify:", rosters.lstrip("\n") + "notify:"))
    zhao = await person(hub, "zhao")
    _, day = await ask(hub, zhao, "GET", "/duty?at=2026-03-02T10:00:00%2B08:00")
    assert [(duty["person_name"], duty["shift"]) for duty in day["items"]] == [("王芳", "day")]
    _, night = await ask(hub, zhao, "GET", "/duty?at=2026-03-02T22:00:00%2B08:00")
    assert [(duty["person_name"], duty["end"]) for duty in night["items"]] == [
        ("李强", "2026-03-03T00:00:00Z")
    ]
    assert (await ask(hub, zhao, "GET", "/duty?at=2000-01-01T00:00:00Z"))[0] == 409
