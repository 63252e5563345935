"""In a whole hub: nothing is said twice, a further way is used when it is needed, and an alarm that nobody takes on
goes up the steps."""

import asyncio
import textwrap

import pytest
import voluptuous as vol

from hub.api import Alarm, AlarmsEnded, Call, Channel, Integration
from integrations.notify.events import NoticeHeld
from integrations.notify.reaching import furthest
from integrations.notify.schema import SEND, check_send
from tests.integrations.notify.test_sending import KNOWN


class DoorForced(Alarm, frozen=True, kw_only=True):
    """An alarm for tests."""


SITE = """
    testing:
    doors:
    notify:
      channels: {one: {type: collect}, two: {type: collect}, three: {type: collect}}
    people:
      persons:
        - {id: wang, name: 王, roles: grid_worker, channels: [one]}
        - id: li
          name: Li
          roles: officer
          language: en
          channels: [one, {channel: two, after: 60}, {channel: three, after: 5m, until: acknowledged}]
        - {id: root, name: 管, roles: admin, channels: [one]}
    """


@pytest.fixture
def house(hub):
    """A hub whose doors raise alarms."""

    async def run(link, _config):
        link.ready()
        await asyncio.Event().wait()

    schema = vol.Schema(vol.Any(None, {}))
    hub.add(Integration(name="doors", run=run, schema=schema, events=(DoorForced,), entities=None))
    return House(hub)


class House:
    """Raises alarms, and tells people of them."""

    def __init__(self, hub):
        self.hub = hub

    async def force(self, door="d1"):
        await self.hub.hub_of.bus.emit(DoorForced(at=self.hub.clock.now(), source="doors", id=door))
        await self.hub.settle()

    async def tell(self, audience, alarm="d1", key="", **more):
        """As a rule does after an alarm."""
        given = {"audience": audience, "title": "Door", "message": "go", "severity": "critical", **more}
        self.count = getattr(self, "count", 0) + 1
        site = self.hub.hub_of.site
        with site.units.open() as unit:
            unit.call(Call(name="notify.send", data=SEND(given), key=key or f"run/{self.count}", alarm=alarm))
        await self.hub.settle()

    def told(self):
        found = [(one.person.id, one.address.channel) for one in self.hub.deliveries]
        self.hub.deliveries.clear()
        return found

    @property
    def alarms(self):
        return self.hub.hub_of.site.alarms


# --- repetitions ----------------------------------------------------------------------------------------------


async def test_the_same_about_the_same_alarm_goes_out_once_in_ten_minutes(hub, house):
    await hub.start(SITE)
    for _ in range(3):
        await house.tell("person:wang")
    assert house.told() == [("wang", "one")]
    await house.tell("person:wang", alarm="d2")
    await house.tell("person:wang", message="run")
    await house.tell("role:admin")
    assert house.told() == [("wang", "one"), ("wang", "one"), ("root", "one")]
    await hub.advance(600)
    await house.tell("person:wang")
    assert house.told() == [("wang", "one")]


async def test_what_is_about_no_alarm_may_be_said_again(hub, house):
    await hub.start(SITE)
    await house.tell("person:wang", alarm="")
    await house.tell("person:wang", alarm="")
    assert len(house.told()) == 2


async def test_a_restart_forgets_nothing_that_was_said(hub, house):
    await hub.start(SITE)
    await house.tell("person:wang")
    await hub.restart()
    await house.tell("person:wang")
    assert len(house.told()) == 1


async def test_a_call_that_comes_again_is_no_repetition_of_itself(hub, house):
    await hub.start(SITE)
    hub.fail_deliveries()
    await house.tell("person:wang", key="run/1")
    await hub.hub_of.site.store.outbox.retry("run/1")
    hub.heal_deliveries()
    await hub.advance(300)
    assert house.told() == [("wang", "one")]


# --- further ways ---------------------------------------------------------------------------------------------


async def test_a_further_way_is_not_used_when_the_first_one_brought_it(hub, house):
    await hub.start(SITE)
    await house.force()
    await house.tell("role:officer")
    await hub.advance(61)
    assert house.told() == [("li", "one")]
    assert [event.reason for event in hub.of(NoticeHeld)] == ["it came over 'one'"]
    await hub.advance(300)  # the channel tells no more than that it was sent
    assert house.told() == []


async def test_the_second_way_waits_its_time_over_a_restart_and_then_goes(hub, house):
    await hub.start(
        SITE.replace(
            "{one: {type: collect}, two",
            "{one: {type: webhook, url: 'http://127.0.0.1:9/', "
            "secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}, two",
        )
    )
    await house.force()
    await house.tell("role:officer")
    await hub.advance(30)
    assert house.told() == []
    await hub.restart()
    await hub.advance(29)
    assert house.told() == []
    await hub.advance(1)
    assert house.told() == [("li", "two")]
    await hub.advance(300)
    assert house.told() == []


@pytest.mark.parametrize(
    ("until", "tells", "shared", "has_link", "wanted"),
    [
        ("sent", "read", False, True, "sent"),
        ("read", "sent", False, False, "sent"),
        ("acknowledged", "read", False, False, "read"),
        ("acknowledged", "sent", False, True, "acknowledged"),
        ("acknowledged", "sent", True, True, "sent"),
        ("delivered", "read", False, True, "delivered"),
    ],
)
def test_no_receipt_is_waited_for_that_a_channel_can_not_give(until, tells, shared, has_link, wanted):
    kind = Channel(name="x", summary="", schema=dict, address=dict, open=dict, tells=tells, shared=shared)
    assert furthest(until, kind, has_link=has_link) == wanted


async def test_a_call_waits_for_somebody_to_take_the_alarm_on(hub, house):
    await hub.start("http: {external_url: https://hub.example.org}\n" + textwrap.dedent(SITE))
    await house.force()
    await house.tell("role:officer")
    await hub.advance(299)
    assert house.told() == [("li", "one")]
    await hub.advance(1)
    assert house.told() == [("li", "three")]
    await house.force("d2")
    await house.tell("role:officer", alarm="d2")
    house.alarms.acknowledge("d2", "wang")
    await hub.advance(300)
    assert house.told() == [("li", "one")]


# --- escalation -----------------------------------------------------------------------------------------------

CHAIN = [{"after": "5m", "audience": "role:officer"}, {"after": 600, "audience": "role:admin"}]


async def test_an_alarm_that_nobody_takes_on_goes_up_the_steps(hub, house):
    await hub.start(SITE)
    await house.force()
    await house.tell("role:grid_worker", title={"zh-CN": "门", "en": "Door"}, escalate=CHAIN)
    assert house.told() == [("wang", "one")]
    await hub.advance(299)
    assert house.told() == []
    await hub.restart()
    await hub.advance(1)
    notice = hub.deliveries[0].notice
    assert (notice.title, notice.message) == ("Door", "(Nobody has taken this on for 5 min.)\ngo")
    assert house.told() == [("li", "one")]
    await hub.stop()
    await hub.clock.advance(3600)
    await hub.start()
    assert hub.deliveries[0].notice.message == "（65 分钟了还没有人接单）\ngo"
    assert house.told() == [("root", "one")]
    await hub.advance(86400)
    assert house.told() == []


@pytest.mark.parametrize("end", ["acknowledged", "closed", "ended"])
async def test_an_alarm_that_somebody_has_or_that_is_over_goes_no_further(hub, house, end):
    await hub.start(SITE)
    await house.force()
    await house.tell("role:grid_worker", escalate=CHAIN)
    house.told()
    if end == "acknowledged":
        house.alarms.acknowledge("d1", "wang")
    elif end == "closed":
        house.alarms.close("d1", "wang")
    else:
        hub.hub_of.bus.emit(AlarmsEnded(at=hub.clock.now(), source="doors", alarms=("d1",)))
    await hub.advance(3600)
    assert house.told() == []


async def test_who_takes_it_on_between_two_steps_ends_it(hub, house):
    await hub.start(SITE)
    await house.force()
    await house.tell("role:grid_worker", escalate=CHAIN)
    await hub.advance(301)
    assert house.told() == [("wang", "one"), ("li", "one")]
    house.alarms.acknowledge("d1", "li")
    await hub.advance(3600)
    assert house.told() == []


async def test_what_is_about_no_alarm_goes_up_no_steps(hub, house):
    await hub.start(SITE)
    await house.tell("role:grid_worker", alarm="", escalate=CHAIN)
    await hub.advance(3600)
    assert house.told() == [("wang", "one")]


@pytest.mark.parametrize(
    ("chain", "says"),
    [
        ([{"after": "5m"}], "required key"),
        ([{"after": 5, "audience": "role:admin"}], "at least"),
        ([{"after": "5m", "audience": "a"}, {"after": "5m", "audience": "b"}], "later than the one before"),
        ([{"after": 60 + n, "audience": "a"} for n in range(6)], "at most 5"),
    ],
)
def test_a_wrong_chain_is_refused(chain, says):
    with pytest.raises(vol.Invalid, match=says):
        SEND({"role": "x", "message": "m", "escalate": chain})


def test_a_chain_cleaned_once_stays_as_it_is():
    data = SEND({"role": "x", "message": "m", "escalate": CHAIN})
    assert SEND(dict(data)) == data
    assert [step["after"] for step in data["escalate"]] == [300.0, 600.0]


def test_an_audience_of_a_step_is_checked_when_the_rule_is_loaded():
    chain = [{"after": "5m", "audience": "role:gard"}]
    (finding,) = check_send({"role": "guard", "message": "m", "escalate": chain}, KNOWN)
    assert (finding.path, finding.remedy) == (("escalate", 0, "audience"), "did you mean 'guard'?")
