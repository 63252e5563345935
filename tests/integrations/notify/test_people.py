"""In a whole hub: duty, quiet hours and consent decide at delivery who hears of it, and when."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.api import ProblemCleared, ProblemRaised
from integrations.notify.events import NoticeHeld, NoticeRefused
from integrations.notify.schema import check_send
from tests.integrations.notify.test_sending import KNOWN

ZONE = ZoneInfo("Asia/Shanghai")
SITE = """
    testing:
    notify: {channels: {collect: {}}}
    areas: [{id: b1}]
    people:
      persons:
        - {id: day, name: 日, roles: guard, areas: b1, channels: [collect], quiet_hours: "22:00-07:00"}
        - {id: night, name: 夜, roles: guard, areas: b1, channels: [collect]}
        - {id: sun, name: 孙, roles: resident, household: b1-u1-0101, channels: [collect], quiet_hours: 22:00-07:00,
           consents: {marketing: 2020-01-01}}
        - {id: old, name: 老, roles: resident, household: b1-u1-0102, channels: [collect]}
        - {id: root, name: 管, roles: admin, channels: [collect]}
      rosters:
        gate:
          role: guard
          shifts: {day: 08:00-20:00, night: 20:00-06:00}
          week: {daily: {day: day, night: night}}
    """


@pytest.fixture
async def at(hub):
    """Noon on the site."""
    await hub.start(SITE)

    local = hub.clock.now().astimezone(ZONE)
    await hub.advance(((12 - local.hour) % 24 * 60 - local.minute) * 60 - local.second)
    return hub.clock.now().astimezone(ZONE)


def told(hub):
    found = [delivery.person.id for delivery in hub.deliveries]
    hub.deliveries.clear()
    return found


async def tell(hub, audience, **more):
    await hub.call("notify.send", audience=audience, message="go", **{"severity": "warning", **more})


async def test_who_is_on_duty_when_it_is_sent_hears_of_it(hub, at):
    await tell(hub, "role:guard on_duty area:b1")
    assert told(hub) == ["day"]
    await hub.advance(12 * 3600)
    await tell(hub, "role:guard on_duty area:b1")
    assert told(hub) == ["night"]


async def test_when_nobody_is_on_duty_all_of_the_role_hear_of_it_and_the_gap_is_a_problem(hub, at):
    await hub.advance(19 * 3600)  # 07:00
    await tell(hub, "role:guard on_duty")
    assert told(hub) == ["day", "night"]
    (problem,) = hub.of(ProblemRaised)
    assert "nobody is on duty for 'role:guard on_duty'" in problem.text
    await hub.advance(3600)
    await tell(hub, "role:guard on_duty")
    assert told(hub) == ["day"]
    assert [event.problem for event in hub.of(ProblemCleared)] == [problem.problem]


async def test_when_nobody_on_duty_has_a_channel_all_of_the_role_hear_of_it(hub, at):
    await hub.reload(SITE.replace("areas: b1, channels: [collect], quiet_hours", "areas: b1, quiet_hours"))
    await tell(hub, "role:guard on_duty")
    assert told(hub) == ["night"]
    assert any("no channel reaches day" in event.text for event in hub.of(ProblemRaised))


async def test_a_notice_waits_for_the_end_of_quiet_hours_and_an_urgent_one_does_not(hub, at):
    await hub.advance(10 * 3600)  # 22:00
    await tell(hub, "person:sun")
    assert told(hub) == []
    await tell(hub, "person:sun", severity="critical")
    assert told(hub) == ["sun"]
    await hub.advance(9 * 3600 - 2)
    assert told(hub) == []
    await hub.advance(2)
    assert told(hub) == ["sun"]


async def test_what_waits_for_the_end_of_quiet_hours_survives_a_restart(hub, at):
    await hub.advance(11 * 3600)
    await tell(hub, "person:sun")
    await hub.restart()
    assert told(hub) == []
    await hub.advance(8 * 3600)
    assert told(hub) == ["sun"]


async def test_quiet_hours_do_not_count_on_duty(hub, at):
    night = f"from: {at.date()} 20:00, to: {at.date() + timedelta(days=1)} 06:00"
    extra = f"          extra: [{{person: day, {night}}}]\n"
    await hub.reload(SITE.rstrip() + "\n" + extra)
    await hub.advance(11 * 3600)
    await tell(hub, "person:day")
    assert told(hub) == ["day"]


async def test_what_needs_consent_reaches_only_who_gave_it(hub, at):
    await tell(hub, "residents of b1", purpose="marketing")
    assert told(hub) == ["sun"]
    (held,) = hub.of(NoticeHeld)
    assert (held.person, held.reason) == ("old", "no consent to 'marketing'")
    await hub.hub_of.site.preferences.withdraw_consent("sun", "marketing")
    await tell(hub, "residents of b1", purpose="marketing")
    assert told(hub) == []
    await tell(hub, "residents of b1")
    assert told(hub) == ["sun", "old"]


async def test_who_left_meanwhile_is_told_nothing_more(hub, at):
    await hub.advance(10 * 3600)
    await tell(hub, "person:sun")
    await hub.reload(SITE.replace("id: sun,", "id: sun, active: no,"))
    await hub.advance(9 * 3600)
    assert told(hub) == []
    assert [event.person for event in hub.of(NoticeRefused)] == ["sun"]


@pytest.mark.parametrize(
    "audience",
    [
        "residents of {{ trigger.event.area }}",
        "role:grid_worker on_duty area:{{ area }}",
        "role:grid_worker not person:{{ who }}",
        "household:{{ area }}",
    ],
)
def test_what_a_template_fills_in_is_no_fault(audience):
    assert list(check_send({"audience": audience}, KNOWN)) == []


def test_a_misspelt_purpose_is_a_fault_of_the_rule(hub):
    rule = (
        "[{triggers: {trigger: event, event_type: hub_started}, actions: [{action: notify.send, data: %s}]}]"
    )
    data = "{audience: everyone, message: x, purpose: marketng}"
    found = hub.read(f"{SITE}\n    automation: {rule % data}\n")
    assert any(
        "there is no purpose 'marketng'; did you mean 'marketing'?" in str(fault) for fault in found.faults
    )
    found = hub.read(f"{SITE}\n    automation: {rule % data.replace('marketng', 'marketing')}\n")
    assert [str(fault) for fault in found.faults] == []
