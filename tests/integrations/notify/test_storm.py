"""In a whole hub: what comes too thick is told in one digest, what is critical one by one and first."""

import pytest
import voluptuous as vol

from hub.api import Severity
from integrations.notify.storm import DIGEST, kind_of_title

SITE = """
    testing:
    notify: {channels: {collect: {}}, digest: {burst: 2}}
    http: {external_url: https://hub.example.org}
    people:
      persons:
        - {id: wang, name: 王, roles: grid_worker, channels: [collect]}
        - {id: ann, name: Ann, roles: grid_worker, language: en, channels: [collect]}
        - {id: sun, name: 孙, roles: officer, channels: [collect]}
    """


async def tell(hub, number, who="person:wang", **more):
    given = {"title": f"井盖倾斜：MH-{number}", "message": "m", "severity": "warning", **more}
    await hub.call("notify.send", audience=who, **given)


def titles(hub, who="wang"):
    return [delivery.notice.title for delivery in hub.deliveries if delivery.person.id == who]


async def test_the_first_ones_come_singly_and_the_rest_in_one_digest(hub):
    await hub.start(SITE)
    for number in range(7):
        await tell(hub, number)
    assert titles(hub) == ["井盖倾斜：MH-0", "井盖倾斜：MH-1"]
    await hub.advance(19)
    assert len(hub.deliveries) == 2
    await hub.advance(1)
    assert titles(hub)[2:] == ["告警较多：5 条通知合为一条"]
    notice = hub.deliveries[-1].notice
    assert notice.severity is Severity.warning
    assert notice.url == "https://hub.example.org/#/now"
    assert notice.message.splitlines()[1:] == [
        "· 井盖倾斜 × 5",
        "最先的几条：",
        "井盖倾斜：MH-2",
        "井盖倾斜：MH-3",
        "井盖倾斜：MH-4",
        "全部内容请登录邻里查看。",
    ]
    await hub.advance(3600)
    assert len(hub.deliveries) == 3


async def test_what_is_critical_is_never_counted(hub):
    await hub.start(SITE)
    for number in range(5):
        await tell(hub, number)
        await tell(hub, f"{number}!", severity="critical")
    assert sorted(titles(hub)) == sorted(
        [f"井盖倾斜：MH-{n}" for n in ("0", "1", "0!", "1!", "2!", "3!", "4!")]
    )


async def test_each_person_has_a_digest_of_their_own_in_their_language(hub):
    await hub.start(SITE)
    for number in range(4):
        await tell(hub, number, "role:grid_worker", title={"zh-CN": "倾斜：A", "en": f"Tilted: {number}"})
    await tell(hub, 9, "role:officer")
    await hub.advance(20)
    assert titles(hub, "ann")[2:] == ["Many alarms: 2 notices in one"]
    assert titles(hub)[2:] == ["告警较多：2 条通知合为一条"]
    assert titles(hub, "sun") == ["井盖倾斜：MH-9"]
    (english,) = [one.notice.message for one in hub.deliveries if one.notice.title.startswith("Many")]
    assert "- Tilted x 2\nThe first of them:\nTilted: 2\nTilted: 3\n" in english


async def test_a_storm_that_lasts_is_told_every_five_minutes_and_calm_is_single_again(hub):
    await hub.start(SITE)
    for number in range(40):  # ten minutes
        await tell(hub, number)
        await hub.advance(15)
    digests = [title for title in titles(hub) if title.startswith("告警")]
    assert len(digests) == 2
    await hub.advance(600)
    digests = [title for title in titles(hub) if title.startswith("告警")]
    singles = len(titles(hub)) - len(digests)
    told = sum(int(title.removeprefix("告警较多：").partition(" ")[0]) for title in digests)
    assert (len(digests), singles + told) == (3, 40)
    await tell(hub, 99)
    assert titles(hub)[-1] == "井盖倾斜：MH-99"


async def test_a_digest_that_is_due_waits_a_little_for_the_storms_end(hub):
    await hub.start(SITE)
    for number in range(24):
        await tell(hub, number)
        await hub.advance(1)
    assert len(titles(hub)) == 2
    await hub.advance(2)
    assert titles(hub)[2:] == ["告警较多：22 条通知合为一条"]


async def test_a_digest_does_not_wait_for_ever(hub):
    await hub.start(SITE)
    for number in range(40):
        await tell(hub, number)
        await hub.advance(1)
    assert len(titles(hub)) == 3


async def test_restarts_in_the_middle_lose_and_repeat_nothing(hub):
    await hub.start(SITE)
    for number in range(4):
        await tell(hub, number)
    await hub.restart()
    for number in range(4, 6):
        await tell(hub, number)
    await hub.stop()
    await hub.clock.advance(60)
    await hub.start()
    assert titles(hub) == ["井盖倾斜：MH-0", "井盖倾斜：MH-1", "告警较多：4 条通知合为一条"]
    await hub.restart()
    await hub.advance(3600)
    assert len(titles(hub)) == 3


async def test_a_digest_waits_for_the_end_of_quiet_hours_and_for_a_sick_channel(hub):
    await hub.start(SITE)
    for number in range(4):
        await tell(hub, number)
    hub.fail_deliveries()
    await hub.advance(60)
    assert len(titles(hub)) == 2
    hub.heal_deliveries()
    await hub.advance(600)
    assert len(titles(hub)) == 3


async def test_a_digest_stays_small_whatever_is_counted(hub):
    await hub.start(SITE)
    for number in range(60):
        await tell(hub, number, title=f"{'种' * 150}{number}：x" if number % 2 else f"{number}：{'y' * 190}")
    await hub.advance(20)
    notice = hub.deliveries[-1].notice
    assert "其他 × " in notice.message
    assert len(notice.message) < 2000
    assert len(notice.message.splitlines()) < 20


async def test_a_digest_says_nothing_of_what_is_sensitive(hub):
    await hub.start(SITE)
    for _ in range(4):
        await tell(hub, 1, title="血压偏高：王芳", message="180/110", sensitive=True)
    await hub.advance(20)
    digest = hub.deliveries[-1].notice
    assert "您有一条新消息 × 2" in digest.message
    assert "血压" not in digest.message


async def test_what_nobody_agreed_to_hear_is_not_counted(hub):
    await hub.start(SITE)
    for number in range(6):
        await tell(hub, number, purpose="marketing")
    await hub.advance(60)
    assert hub.deliveries == []


async def test_who_left_meanwhile_gets_no_digest(hub):
    await hub.start(SITE)
    for number in range(6):
        await tell(hub, number)
    await hub.reload(SITE.replace("{id: wang,", "{id: wang, active: no,"))
    await hub.advance(60)
    assert len(titles(hub)) == 2


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("井盖倾斜：MH-0137", "井盖倾斜"),
        ("Cover tilted: MH-0137", "Cover tilted"),
        ("起火", "起火"),
        ("：x", "：x"),
        ("12:30 meeting", "12:30 meeting"),
        ("k" * 100, "k" * 59 + "…"),
    ],
)
def test_a_titles_kind_is_what_stands_before_the_thing(title, kind):
    assert kind_of_title(title) == kind


@pytest.mark.parametrize("given", [{"burst": -1}, {"wait": 0}, {"every": "2d"}, {"brust": 5}])
def test_wrong_limits_are_refused(given):
    with pytest.raises(vol.Invalid):
        DIGEST(given)
