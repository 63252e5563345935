"""In a whole hub: a provider's limit is kept in a storm, what is critical goes first, and everything arrives."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.api import ProblemRaised
from integrations.notify.events import NoticeDelivered
from integrations.notify.fakes import FAKES, FakeServer, Mood

KEY = FAKES["wecom_bot"].secrets[0]


def site(url):
    return f"""
        notify:
          digest: {{burst: 1000}}
          channels: {{group: {{type: wecom_bot, url: "{url}/cgi-bin/webhook/send?key={KEY}", timeout: 20}}}}
        people:
          persons:
            - {{id: wang, name: 王, roles: grid_worker, channels: [group]}}
            - {{id: li, name: 李, roles: grid_worker, channels: [group]}}
        """


@pytest.fixture
async def server(hub):
    def now():
        return datetime.fromtimestamp(hub.clock.now().timestamp(), UTC)

    fake = FAKES["wecom_bot"](now)
    moments = fake.moments = []
    take = fake.take

    def noted(seen):
        moments.append(now())
        return take(seen)

    fake.take = noted
    async with FakeServer(fake) as server:
        await hub.start(site(server.url))
        yield server


async def tell(hub, number, severity):
    await hub.call(
        "notify.send",
        role="grid_worker",
        title=f"{severity} {number}",
        message=f"告警 {number}",
        severity=severity,
    )


async def test_a_storm_keeps_to_twenty_a_minute_and_what_is_critical_goes_first(hub, server):
    for number in range(30):
        await tell(hub, number, "warning")
    assert len(server.fake.shown) == 16
    await tell(hub, 99, "critical")
    assert "critical 99" in server.fake.shown[-1]
    await hub.advance(300)
    moments = server.fake.moments
    for first in moments:
        assert sum(first <= at < first + timedelta(seconds=60) for at in moments) <= 20
    shown = "\n".join(server.fake.shown)
    assert all(f"告警 {number}" in shown for number in range(30))
    assert len(server.fake.shown) == 31  # two people, one group: each notice is one post
    assert len(hub.of(NoticeDelivered)) == 62
    assert not [problem for problem in hub.of(ProblemRaised) if "group" in problem.text]


async def test_a_provider_that_throttles_all_the_same_is_left_alone(hub, server):
    server.mood = Mood.throttled
    await tell(hub, 1, "critical")
    asked = len(server.requests)
    assert asked <= 2
    await tell(hub, 2, "critical")
    await hub.advance(50)
    assert len(server.requests) == asked
    server.mood = Mood.good
    await hub.advance(120)
    assert len(server.fake.shown) == 2
