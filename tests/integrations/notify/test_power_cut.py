"""A power cut at any moment of a storm: every notice is told singly or counted in a digest, and none twice."""

import asyncio
import re
import shutil

import pytest

from hub.api import Call
from hub.testing.clock import ManualClock
from hub.testing.kit import HubKit
from tests.integrations.notify.test_policy import SITE, house  # noqa: F401
from tests.integrations.notify.test_storm import SITE as STORM

ALL = 12


async def after_the_cut(hub, folder):
    """Another hub on what the disk holds now, with what was told by both."""
    await hub.hub_of.site.store.settled()
    for name in ("config", "data"):
        shutil.copytree(hub.folder / name, folder / name, ignore=shutil.ignore_patterns("*.lock", "lock"))
    before = list(hub.deliveries)
    await hub.stop()
    clock = ManualClock()
    other = HubKit(folder, clock)
    await clock.advance((hub.clock.now() - clock.now()).total_seconds() + 1)
    return other, before


async def put_down(hub):
    """Many notices, on the disk and not yet carried out."""
    send = hub.hub_of.actions.declared["notify.send"].schema
    with hub.hub_of.store.units.open() as unit:
        for number in range(ALL):
            data = {"audience": "person:wang", "title": f"T：{number}", "severity": "warning"}
            unit.call(Call(name="notify.send", data=send(data), key=f"run/{number}"))
    await unit.receipt


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 4, 6, 8, 12, 20, 40, 80])
async def test_a_storm_cut_short_is_told_whole(hub, tmp_path, turns):
    await hub.start(STORM)
    await put_down(hub)
    for _ in range(turns):
        await asyncio.sleep(0)
    other, before = await after_the_cut(hub, tmp_path / "after")
    try:
        await other.start()
        await other.advance(3600)
        told = [*before, *other.deliveries]
    finally:
        await other.stop()
    singles = {one.key for one in told if not one.key.startswith("digest-")}
    digests = [one.notice.title for one in told if one.key.startswith("digest-")]
    counted = [int(re.findall(r"：(\d+) 条", title)[0]) for title in digests]
    assert len(singles) + sum(counted) == ALL
    assert len(digests) == 1


@pytest.mark.parametrize("seconds", [299, 300, 301])
async def test_a_cut_around_a_step_neither_loses_nor_repeats_it(hub, house, tmp_path, seconds):  # noqa: F811
    await hub.start(SITE)
    await house.force()
    await house.tell("role:grid_worker", escalate=[{"after": "5m", "audience": "role:admin"}])
    await hub.advance(seconds)
    other, before = await after_the_cut(hub, tmp_path / "after")
    other.add(hub.integration("doors"))
    try:
        await other.start()
        await other.advance(3600)
        told = [one.person.id for one in [*before, *other.deliveries]]
    finally:
        await other.stop()
    assert told == ["wang", "root"]
