"""The shipped rules: they say what they should to whom they should, in both languages."""

import re
from datetime import timedelta

import pytest
import yaml

from automations import library
from automations.rules import check
from hub.api import Alarm, Evidence, Known, Severity
from integrations.falling_object.events import FallingObject
from integrations.manhole import events as covers
from integrations.notify import hub_integrations as notify
from integrations.shopfront.events import GoodsAlarm, GoodsCleared, GoodsLeft

ACTIONS = {action.name: action for integration in notify() for action in integration.actions}
EVENTS = {
    cls.kind: cls
    for cls in (
        FallingObject,
        *Alarm.__subclasses__(),
        *covers.CoverAlarm.__subclasses__(),
        *GoodsAlarm.__subclasses__(),
    )
}
KNOWN = Known(
    events=EVENTS,
    actions=ACTIONS,
    entities=frozenset(),
    roles=frozenset(("grid_worker", "admin", "property", "officer")),
)
PEOPLE = """
areas:
  - {id: b1, name: 一号楼}
people:
  persons:
    - {id: wang, name: 王芳, roles: [grid_worker], areas: [b1], channels: [collect]}
    - {id: li, name: 李强, roles: [grid_worker], areas: [b2], channels: [collect]}
    - {id: ann, name: Ann, roles: [admin], language: en, channels: [collect]}
notify:
  channels:
    collect: {type: collect}
"""
SITE = PEOPLE.replace("{id: b1, name: 一号楼}", "{id: b1, name: 一号楼}\n  - {id: b2, name: 二号楼}")


@pytest.mark.parametrize("name", library.names())
def test_each_entry_is_sound_and_shows_its_use(name):
    assert [finding for finding in check([{"use": name}], KNOWN) if finding.fatal] == []
    data = yaml.safe_load((library.FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    assert set(data) == {"summary", "with", "rules"}
    for option in data["with"].values():
        assert set(option) == {"summary", "default"}
    assert f"use: {name}" in (library.FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def test_one_entry_twice_needs_an_id():
    twice = [{"use": "falling_object"}, {"use": "falling_object", "id": "south"}]
    assert [finding for finding in check(twice, KNOWN) if finding.fatal] == []


def test_an_audience_that_names_nobody_is_found():
    findings = check([{"use": "cover", "with": {"audience": "role:grid_workr"}}], KNOWN)
    assert any("grid_workr" in finding.problem and "grid_worker" in finding.remedy for finding in findings)


def falling(now, **changes):
    fields = {
        "camera": "b1_south",
        "building": "1",
        "cell": "1-12-03",
        "floor": 12,
        "unit": "03",
        "origin_confidence": 0.8,
        "weight_class": "heavy",
        "mass_kg": 0.6,
        "mass_low_kg": 0.3,
        "mass_high_kg": 1.1,
        "terminal_velocity": 31.0,
        "confidence": 0.9,
        "drop_m": 21.34,
        "started": now - timedelta(seconds=3),
        "ended": now,
    }
    evidence = (Evidence(kind="clip", path="b1/clip.mp4"), Evidence(kind="picture", path="b1/path.jpg"))
    return FallingObject(
        at=now, source="camera.b1_south", area="b1", evidence=evidence, **{**fields, **changes}
    )


def opened(now):
    return covers.CoverOpened(
        at=now, source="manhole", area="b1", cover="mh-0137", name="MH-0137", angle=62.4
    )


class LibraryYard:
    """A hub with people, the event classes of the real guests, and a rule of the library."""

    def __init__(self, yard):
        self.yard, self.hub = yard, yard.hub

    async def start(self, rules):
        import asyncio

        import voluptuous as vol

        from hub.api import Integration

        async def run(link, _config):
            link.ready()
            await asyncio.Event().wait()

        events = tuple(EVENTS.values())
        self.hub.add(Integration(name="alarms", run=run, schema=vol.Schema(None), events=events))
        await self.yard.start(rules, SITE + "alarms:\n")

    async def told(self, event):
        self.hub.deliveries.clear()
        self.yard.emit(event)
        await self.hub.settle()
        return {item.person.id: item.notice for item in self.hub.deliveries}


@pytest.fixture
def site(yard):
    return LibraryYard(yard)


async def test_a_falling_object_is_told_to_the_areas_grid_workers(site):
    await site.start("- use: falling_object")
    told = await site.told(falling(site.hub.clock.now()))
    assert list(told) == ["wang"]
    notice = told["wang"]
    assert notice.title == "高空抛物：1-12-03（重物）"
    assert "1 号楼 12 层 03" in notice.message
    assert "0.6 kg (0.3-1.1)" in notice.message
    assert "90 %" in notice.message
    assert re.match(r"\d\d-\d\d \d\d:\d\d:\d\d，", notice.message)  # read a day later, it must still be true
    assert notice.severity is Severity.critical
    assert [item.path for item in notice.evidence] == ["b1/clip.mp4", "b1/path.jpg"]


@pytest.mark.parametrize(("rule", "minutes"), [("falling_object", 10), ("cover", 5)])
async def test_what_nobody_takes_on_is_told_to_the_admins(site, rule, minutes):
    await site.start(f"- use: {rule}")
    hub = site.hub
    now = hub.clock.now()
    alarm = falling(now) if rule == "falling_object" else opened(now)
    assert list(await site.told(alarm)) == ["wang"]
    await hub.advance(minutes * 60 - 1)
    assert len(hub.deliveries) == 1
    await hub.restart()
    await hub.advance(1)
    told = hub.deliveries[1]
    assert told.person.id == "ann"
    assert told.notice.message.startswith(f"(Nobody has taken this on for {minutes} min.)")
    hub.hub_of.site.alarms.acknowledge(alarm.id, "ann")
    await hub.advance(3600)
    assert len(hub.deliveries) == 2


async def test_what_somebody_took_on_is_told_to_nobody_else(site):
    await site.start("- use: cover")
    alarm = opened(site.hub.clock.now())
    await site.told(alarm)
    site.hub.hub_of.site.alarms.acknowledge(alarm.id, "wang")
    await site.hub.advance(3600)
    assert len(site.hub.deliveries) == 1


async def test_a_site_may_have_other_steps_or_none(site):
    await site.start("- {use: cover, with: {escalate: []}}")
    await site.told(opened(site.hub.clock.now()))
    await site.hub.advance(3600)
    assert len(site.hub.deliveries) == 1


def test_a_wrong_step_is_found():
    steps = [{"after": "5m", "audience": "role:admn"}]
    findings = check([{"use": "cover", "with": {"escalate": steps}}], KNOWN)
    assert any("admn" in finding.problem for finding in findings)


async def test_a_camera_is_named_as_people_know_it(site):
    await site.start("- use: falling_object")
    now = site.hub.clock.now()
    told = await site.told(falling(now, camera_name="南侧低层", place="幸福里 1号楼"))
    assert "摄像机 南侧低层（幸福里 1号楼）" in told["wang"].message
    told = await site.told(falling(now))
    assert "摄像机 b1_south，" in told["wang"].message


async def test_a_light_and_an_unsure_one(site):
    await site.start("- use: falling_object\n  with: {audience: 'role:admin', min_confidence: 0.7}")
    now = site.hub.clock.now()
    told = await site.told(falling(now, weight_class="light"))
    assert list(told) == ["ann"]
    assert told["ann"].title == "Falling object: 1-12-03"
    assert told["ann"].severity is Severity.warning
    assert await site.told(falling(now, confidence=0.6)) == {}


@pytest.mark.parametrize(
    ("building", "words"),
    [("1", "1 号楼 12 层"), ("12A", "12A 号楼 12 层"), ("2号楼", "，2号楼 12 层"), ("A座", "，A座 12 层")],
)
async def test_a_building_is_called_what_people_call_it(site, building, words):
    await site.start("- use: falling_object")
    told = await site.told(falling(site.hub.clock.now(), building=building, origin_confidence=0.999))
    assert words in told["wang"].message
    assert "可信度 99 %" in told["wang"].message


COVERS = [
    (covers.CoverOpened, {"angle": 62.4}, "wang", "井盖打开：MH-0137", "倾角 62°", Severity.critical),
    (covers.CoverMissing, {}, "wang", "井盖可能丢失：MH-0137", "东门外", Severity.critical),
    (covers.CoverTilted, {"angle": 12.0}, "wang", "井盖倾斜：MH-0137", "倾角 12°", Severity.warning),
    (covers.CoverFlooded, {}, "wang", "井内水位过高：MH-0137", "东门外", Severity.warning),
    (covers.CoverDamaged, {}, "wang", "井盖可能损坏：MH-0137", "东门外", Severity.warning),
    (covers.SensorOffline, {}, "ann", "Sensor silent: MH-0137", "东门外", Severity.warning),
    (covers.BatteryLow, {}, "ann", "Battery low: MH-0137", "东门外", Severity.warning),
]


@pytest.mark.parametrize(("kind", "fields", "person", "title", "words", "severity"), COVERS)
async def test_covers(site, kind, fields, person, title, words, severity):
    await site.start("- use: cover")
    event = kind(
        at=site.hub.clock.now(), source="MH-0137", area="b1", cover="MH-0137", place="东门外", **fields
    )
    told = await site.told(event)
    assert list(told) == [person]
    assert told[person].title == title
    assert words in told[person].message
    assert told[person].severity is severity


async def test_a_gateway(site):
    await site.start("- use: cover")
    silent = ("MH-1", "MH-2")
    event = covers.GatewayOutage(
        at=site.hub.clock.now(), source="gw", gateway="gw-7", silent=silent, watched=3
    )
    told = await site.told(event)
    assert (
        told["ann"].message
        == "2 of 3 covers heard by gateway gw-7 fell silent together. Please check the gateway's power and network."
    )


GOODS = {
    "camera": "shop",
    "zone": "便利店门前",
    "goods": "g1",
    "share": 0.034,
    "box": (1, 2, 3, 4),
    "area": "b1",
}


async def test_goods_that_are_left_and_gone_are_told_to_the_areas_officers(site):
    await site.start("- use: shopfront\n  with: {audience: 'role:admin', min_share: 1}")
    now = site.hub.clock.now()
    evidence = (Evidence(kind="picture", path="before.jpg"), Evidence(kind="picture", path="after.jpg"))
    started = now - timedelta(minutes=5)
    left = GoodsLeft(at=started, source="camera.shop", started=started, ended=now, evidence=evidence, **GOODS)
    told = await site.told(left)
    assert told["ann"].title == "Goods left: 便利店门前"
    assert "for 5 min" in told["ann"].message
    assert "covers 3.4 % of the zone" in told["ann"].message
    assert [item.path for item in told["ann"].evidence] == ["before.jpg", "after.jpg"]
    gone = {"at": now, "source": "camera.shop", "started": now, "stayed": 1260.0}
    told = await site.told(GoodsCleared(**gone, **GOODS))
    assert told["ann"].title == "Cleared: 便利店门前"
    assert "after 21 min" in told["ann"].message
    assert told["ann"].severity is Severity.info
    assert await site.told(GoodsCleared(**gone, **{**GOODS, "share": 0.004})) == {}
