"""A provider that fails holds its own notices up and nobody else's; none is lost, and each keeps its key."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.crash import SECRET
from hub.testing.clock import ManualClock
from hub.testing.kit import HubKit
from integrations.notify.events import NoticeDelivered
from tests.durability.toys import SITE, TOYS, force, told
from tests.walks.stage import Receiver

PERSON = "- {id: mei, name: Mei, roles: guard, areas: b1, channels: [collect]}"


@pytest.fixture
async def kit(tmp_path: Path, receiver: Receiver) -> AsyncIterator[HubKit]:
    """A hub that shows the present time: the receiver checks signatures' age."""
    made = HubKit(tmp_path, ManualClock(datetime.now(UTC)))
    made.add(TOYS)
    gate = f'gate: {{type: webhook, url: "{receiver.url}", secret: "{SECRET}", timeout: 1}}'
    wang = PERSON.replace("mei", "wang").replace("Mei", "Wang").replace("collect", "gate")
    site = SITE.replace("collect: {}", f"collect: {{}}\n        {gate}")
    made.write(site.replace(PERSON, f"{PERSON}\n        {wang}"))
    yield made
    await made.stop()
    await made.broker.close()


def delivered(kit: HubKit) -> int:
    return len([event for event in kit.of(NoticeDelivered) if event.channel == "gate"])


@pytest.mark.parametrize("mood", ["refuse", "lie", "cut", "hold", "gone"])
async def test_notices_wait_for_a_failing_provider_and_hold_up_no_other(
    kit: HubKit, receiver: Receiver, mood: str
) -> None:
    receiver.mood = mood
    if mood == "gone":
        await receiver.stop()
    await kit.start()
    await asyncio.gather(force(kit, "north"), force(kit, "south"))
    await kit.settle()
    assert told(kit) == ["north", "south"]
    assert delivered(kit) == 0
    assert kit.hub_of.store.outbox.pending == 2
    receiver.mood = "take"
    if mood == "gone":
        await receiver.start()
    await kit.advance(120)
    assert delivered(kit) == 2
    assert sorted(set(receiver.titles)) == ["north", "south"]
    assert len(receiver.keys) == 2
    assert told(kit) == ["north", "south"]
    assert kit.hub_of.store.outbox.pending == kit.hub_of.store.outbox.dead == 0


async def test_a_failing_provider_is_shown_to_the_admin_until_it_works_again(
    kit: HubKit, receiver: Receiver
) -> None:
    receiver.mood = "refuse"
    await kit.start()
    await force(kit, "north")
    await kit.advance(10)
    assert "notify.channel.gate" in kit.hub_of.site.problems.open
    receiver.mood = "take"
    await kit.advance(120)
    assert "notify.channel.gate" not in kit.hub_of.site.problems.open
