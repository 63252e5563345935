"""What people set for themselves, in a whole hub."""

from datetime import time, timedelta

import pytest

from hub.model.errors import ActionRefused
from hub.model.people import Address, QuietHours
from hub.people import has_consent

SITE = """
    testing:
    notify: {channels: {collect: {}}}
    people:
      persons:
        - id: sun
          name: 孙
          roles: [resident]
          channels: [collect]
          consents: {marketing: 2020-01-01}
    """


@pytest.fixture
async def preferences(hub):
    await hub.start(SITE)
    return hub.hub_of.site.preferences


def sun(hub):
    return hub.hub_of.site.directory.persons["sun"]


async def test_what_a_person_sets_counts_at_once_and_after_a_restart_and_a_reload(hub, preferences):
    await preferences.set_language("sun", "en")
    await preferences.set_quiet_hours("sun", ["22:00-07:00"])
    await preferences.set_channels("sun", [{"channel": "collect", "to": "x"}], {"collect"})
    await preferences.give_consent("sun", "health_knowledge")
    for again in (None, hub.restart, hub.reload):
        if again is not None:
            await again()
        person = sun(hub)
        assert person.language == "en"
        assert person.quiet == (QuietHours(time(22), time(7)),)
        assert person.addresses == (Address(channel="collect", options={"to": "x"}),)
        assert has_consent(person, "health_knowledge", hub.clock.now())


async def test_a_withdrawal_ends_what_the_files_say_was_granted(hub, preferences):
    assert has_consent(sun(hub), "marketing", hub.clock.now())
    await preferences.withdraw_consent("sun", "marketing")
    assert not has_consent(sun(hub), "marketing", hub.clock.now())
    assert has_consent(sun(hub), "marketing", hub.clock.now() - timedelta(seconds=1))


async def test_a_mind_changed_a_hundred_times_ends_with_the_last_word(hub, preferences):
    for _ in range(50):
        await preferences.withdraw_consent("sun", "marketing")
        await hub.advance(1)
        await preferences.give_consent("sun", "marketing")
        await hub.advance(1)
    assert has_consent(sun(hub), "marketing", hub.clock.now())
    await preferences.withdraw_consent("sun", "marketing")
    assert not has_consent(sun(hub), "marketing", hub.clock.now())
    assert len(preferences.of("sun")["consents"]["marketing"]) == 20


async def test_what_is_forgotten_leaves_what_the_files_say(hub, preferences):
    await preferences.set_language("sun", "en")
    await preferences.forget("sun")
    await preferences.forget("sun")
    assert sun(hub).language == "zh-CN"
    assert preferences.of("sun") == {}


async def test_what_can_not_be_set_is_refused_and_changes_nothing(hub, preferences):
    before = sun(hub)
    for refused in (
        lambda: preferences.set_language("sun", "../etc"),
        lambda: preferences.set_quiet_hours("sun", "00:00-23:00"),
        lambda: preferences.set_quiet_hours("sun", {"from": 1}),
        lambda: preferences.set_channels("sun", [], {"collect"}),
        lambda: preferences.set_channels("sun", ["pigeon"], {"collect"}),
        lambda: preferences.give_consent("sun", "anything"),
        lambda: preferences.set_language("ghost", "en"),
    ):
        with pytest.raises(ActionRefused):
            refused()
    assert sun(hub) == before
