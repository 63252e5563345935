"""In a whole hub: a notice is written down, tried, and arrives, whatever the provider does meanwhile."""

import pytest

from hub.api import ProblemRaised
from integrations.notify.events import NoticeDelivered, NoticeRefused
from tests.integrations.notify.fakes import SECRET


@pytest.fixture
def site(provider):
    """Two guards on a webhook each, one of them also on a channel that collects."""
    return f"""
        testing:
        notify:
          channels:
            collect: {{}}
            gate: {{type: webhook, url: "{provider.url}/gate", secret: {SECRET}, timeout: 1}}
        areas: [{{id: b1}}]
        people:
          persons:
            - {{id: gao, name: 高, roles: guard, areas: b1, channels: [gate]}}
            - {{id: mei, name: 梅, roles: guard, areas: b1, channels: [gate, collect]}}
            - {{id: root, name: 管, roles: admin, channels: [collect]}}
        """


def distinct(provider):
    """What a receiver has that remembers keys."""
    return sorted({request.headers["webhook-id"].partition("/")[2] for request in provider.received})


async def alarm(hub, **more):
    await hub.call("notify.send", **{"role": "guard", "message": "go", "severity": "critical", **more})


async def test_everybody_gets_the_notice_once(hub, site, provider):
    provider.answer()
    await hub.start(site)
    await alarm(hub)
    assert distinct(provider) == ["gao/gate", "mei/gate"]
    assert len(provider.received) == 2
    assert [delivery.person.id for delivery in hub.deliveries] == ["mei"]
    assert len(hub.of(NoticeDelivered)) == 3


async def test_an_error_in_a_200_is_tried_until_the_provider_means_it(hub, site, provider):
    provider.answer(200, '{"errcode": 45009, "errmsg": "busy"}')
    await hub.start(site)
    await alarm(hub)
    assert [event.channel for event in hub.of(NoticeDelivered)] == ["collect"]
    provider.answer(200, '{"errcode": 0}')
    await hub.advance(600)
    assert distinct(provider) == ["gao/gate", "mei/gate"]
    assert len(hub.of(NoticeDelivered)) == 3


async def test_a_throttled_channel_is_left_alone_for_as_long_as_it_asks(hub, site, provider):
    provider.answer(429, Retry_After="300")
    await hub.start(site)
    await alarm(hub)
    asked = len(provider.received)
    await hub.advance(290)
    assert len(provider.received) == asked
    provider.answer()
    await hub.advance(60)
    assert len([event for event in hub.of(NoticeDelivered) if event.channel == "gate"]) == 2


async def test_a_broken_provider_holds_up_no_other_channel(hub, site, provider):
    provider.cut()
    await hub.start(site)
    await alarm(hub)
    assert [delivery.person.id for delivery in hub.deliveries] == ["mei"]


async def test_what_was_not_delivered_goes_out_after_a_restart(hub, site, provider):
    provider.answer(500)
    await hub.start(site)
    await alarm(hub)
    await hub.stop()
    provider.received.clear()
    provider.answer()
    hub.clock.jump(3600)
    await hub.start()
    assert distinct(provider) == ["gao/gate", "mei/gate"]
    await hub.restart()
    await hub.advance(3600)
    assert len(provider.received) == 2
    assert len(hub.deliveries) == 1


async def test_a_refused_notice_becomes_a_dead_letter_that_can_be_seen(hub, site, provider):
    provider.answer(410)
    await hub.start(site)
    await alarm(hub)
    assert {event.person for event in hub.of(NoticeRefused)} == {"gao", "mei"}
    assert any("410" in problem.text for problem in hub.of(ProblemRaised))
    await hub.advance(3600)
    assert len(provider.received) == 2


async def test_a_bad_key_is_a_problem_and_the_notice_arrives_once_it_is_mended(hub, site, provider):
    provider.answer(401)
    await hub.start(site)
    await alarm(hub)
    assert any("credentials are refused" in problem.text for problem in hub.of(ProblemRaised))
    provider.answer()
    await hub.advance(600)
    assert len([event for event in hub.of(NoticeDelivered) if event.channel == "gate"]) == 2


async def test_a_notice_for_nobody_comes_to_the_admin_with_a_problem(hub, site, provider):
    provider.answer()
    await hub.start(site)
    await alarm(hub, role="doctor")
    (delivery,) = hub.deliveries
    assert delivery.person.id == "root"
    assert "原定受众" in delivery.notice.message
    assert any("reaches nobody" in problem.text for problem in hub.of(ProblemRaised))


async def test_a_notice_waits_until_there_is_somebody(hub, site, provider):
    provider.answer()
    nobody = site.replace("roles: admin", "roles: doctor").replace("roles: guard", "roles: officer")
    await hub.start(nobody)
    await alarm(hub)
    assert provider.received == []
    await hub.reload(site)
    await hub.advance(600)
    assert distinct(provider) == ["gao/gate", "mei/gate"]
