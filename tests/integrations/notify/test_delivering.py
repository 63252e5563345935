"""One attempt to deliver: over the right channel, once, and with a word on what became of it."""

import asyncio

import pytest
import voluptuous as vol

from hub.api import AuthFailed, Call, Channel, DeliveryFailed, DeliveryRefused, Directory
from integrations.notify.delivering import Deliverer, OpenChannel
from integrations.notify.events import NoticeDelivered, NoticeHeld, NoticeRefused
from tests.integrations.notify.fakes import NOON, person


class Postman:
    """A sender that fails as told."""

    def __init__(self):
        self.sent = []
        self.error = None

    async def send(self, delivery):
        if self.error is not None:
            raise self.error
        self.sent.append(delivery)
        return "receipt-1"


@pytest.fixture
def postmen():
    return {"pigeon": Postman(), "horse": Postman()}


@pytest.fixture
def deliverer(link, postmen):
    link.site.directory = Directory([person("li", "pigeon=roof", "horse=yard")])
    channels = {}
    for name, postman in postmen.items():
        address = vol.Schema({"to": vol.All(str, vol.Length(min=2, msg="too short"))})
        kind = Channel(
            name=name,
            summary="",
            schema=dict,
            address=address,
            open=lambda _settings, _link, postman=postman: postman,
        )
        channels[name] = OpenChannel(name, kind, postman)
    return Deliverer(link, channels)


def call(key="k/li/pigeon", who="li", channel="pigeon", number=0):
    data = {
        "person": who,
        "channel": channel,
        "number": number,
        "title": "t",
        "message": "m",
        "at": NOON.isoformat(),
    }
    data |= {
        "severity": "critical",
        "evidence": [{"kind": "clip", "path": "a.mp4"}],
        "url": "https://x.example/",
    }
    return Call(name="notify.deliver", data=data, key=key, cause="alarm-1", lane=channel)


async def test_the_channel_gets_the_notice_and_the_address_of_now(link, deliverer, postmen):
    made = call()
    link.site.directory = Directory([person("li", "pigeon=balcony")])  # moved since the notice was made
    await deliverer.deliver(made)
    (delivery,) = postmen["pigeon"].sent
    assert (delivery.key, delivery.person.id, delivery.address.options) == (
        "k/li/pigeon",
        "li",
        {"to": "balcony"},
    )
    assert (delivery.notice.title, delivery.notice.cause, delivery.notice.at) == ("t", "alarm-1", NOON)
    assert delivery.notice.evidence[0].path == "a.mp4"
    assert postmen["horse"].sent == []


async def test_success_is_an_event_with_ids_only(link, deliverer):
    await deliverer.deliver(call())
    (event,) = link.emitted
    assert isinstance(event, NoticeDelivered)
    assert (event.key, event.person, event.channel, event.receipt, event.cause) == (
        "k/li/pigeon",
        "li",
        "pigeon",
        "receipt-1",
        "alarm-1",
    )


async def test_a_key_that_was_sent_is_not_sent_again(deliverer, postmen):
    await deliverer.deliver(call())
    await deliverer.deliver(call())
    assert len(postmen["pigeon"].sent) == 1


async def test_a_failure_is_raised_for_the_outbox_and_tried_again(link, deliverer, postmen):
    postmen["pigeon"].error = DeliveryFailed("busy", retry_after=9)
    with pytest.raises(DeliveryFailed) as caught:
        await deliverer.deliver(call())
    assert caught.value.retry_after == 9
    postmen["pigeon"].error = None
    await deliverer.deliver(call())
    assert len(postmen["pigeon"].sent) == 1
    assert [type(event) for event in link.emitted] == [NoticeDelivered]


async def test_a_refusal_is_told_and_not_tried_again(link, deliverer, postmen):
    postmen["pigeon"].error = DeliveryRefused("no such roof: roof")
    with pytest.raises(DeliveryRefused):
        await deliverer.deliver(call())
    (event,) = link.emitted
    assert isinstance(event, NoticeRefused)
    assert event.reason == "no such (address): (address)"  # providers quote addresses; events carry none


async def test_what_one_channel_suffers_is_no_other_channels_trouble(deliverer, postmen):
    hanging = asyncio.Event()

    async def hang(_delivery):
        await hanging.wait()
        return ""

    postmen["pigeon"].send = hang
    stuck = asyncio.create_task(deliverer.deliver(call()))
    await deliverer.deliver(call("k/li/horse", channel="horse"))
    assert len(postmen["horse"].sent) == 1
    assert not stuck.done()
    hanging.set()
    await stuck


async def test_after_three_failures_in_a_row_the_admin_hears_of_it_and_of_its_end(link, deliverer, postmen):
    postmen["pigeon"].error = DeliveryFailed("500")
    for attempt in range(3):
        assert link.problems == {}, attempt
        with pytest.raises(DeliveryFailed):
            await deliverer.deliver(call())
    assert "3 attempts in a row failed; last: 500" in link.problems["channel.pigeon"]
    postmen["pigeon"].error = None
    await deliverer.deliver(call())
    assert link.problems == {}


async def test_refused_credentials_are_a_problem_at_once(link, deliverer, postmen):
    postmen["pigeon"].error = AuthFailed("401")
    with pytest.raises(AuthFailed):
        await deliverer.deliver(call())
    assert "credentials are refused" in link.problems["channel.pigeon"]


async def test_a_review_may_hold_a_delivery_back(link, deliverer, postmen):
    link.held = "quiet hours"
    await deliverer.deliver(call())
    assert postmen["pigeon"].sent == []
    (event,) = link.emitted
    assert isinstance(event, NoticeHeld)
    assert event.reason == "quiet hours"


async def test_a_person_who_left_gets_nothing(deliverer):
    with pytest.raises(DeliveryRefused, match="in the directory no more"):
        await deliverer.deliver(call(who="ghost"))


async def test_a_person_who_gave_up_the_channel_gets_nothing_over_it(link, deliverer):
    link.site.directory = Directory([person("li", "horse=yard")])
    with pytest.raises(DeliveryRefused, match="any more"):
        await deliverer.deliver(call())


async def test_a_channel_that_is_gone_is_a_problem_and_the_notice_waits(link, deliverer):
    with pytest.raises(DeliveryFailed, match="not there any more"):
        await deliverer.deliver(call(channel="drum"))
    assert "channel.drum" in link.problems


async def test_an_address_that_cannot_work_is_a_problem_until_it_is_mended(link, deliverer, postmen):
    link.site.directory = Directory([person("li", "pigeon=x")])
    with pytest.raises(DeliveryFailed, match="can't work"):
        await deliverer.deliver(call())
    assert "too short" in link.problems["address.li.pigeon"]
    link.site.directory = Directory([person("li", "pigeon=roof")])
    await deliverer.deliver(call())
    assert link.problems == {}


async def test_only_so_many_keys_are_remembered(deliverer, monkeypatch):
    monkeypatch.setattr("integrations.notify.delivering.MOST_REMEMBERED", 2)
    for number in range(5):
        await deliverer.deliver(call(f"k{number}"))
    assert list(deliverer._sent) == ["k3", "k4"]
