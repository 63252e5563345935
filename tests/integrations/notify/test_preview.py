"""In a whole hub: what a person would get is shown without sending it, and a text that can't be rendered is named."""

import textwrap

import pytest

SITE = textwrap.dedent(
    """
    testing:
    automation: []
    notify: {channels: {collect: {}, inbox: {}}}
    people:
      persons:
        - {id: wang, name: 王, roles: grid_worker, channels: [inbox, {channel: collect, after: 60}]}
        - {id: ann, name: Ann, roles: admin, language: en, channels: [collect]}
    """
)


async def preview(hub, **body):
    return await hub.request("POST", "/api/v1/notices/preview", admin=True, json=body)


async def test_each_person_sees_their_language_on_each_channel(hub):
    await hub.start(SITE)
    text = {
        "title": {"zh-CN": "井盖：{{ trigger.event.name }}", "en": "Cover: {{ trigger.event.name }}"},
        "message": "{{ trigger.event.angle | round }}°",
        "severity": "critical",
        "variables": {"trigger": {"event": {"name": "MH-1", "angle": 61.7}}},
    }
    answer = await preview(hub, person="wang", **text)
    assert answer.status == 200
    told = answer.json()
    assert (told["title"], told["message"], told["quiet_until"]) == ("井盖：MH-1", "62°", None)
    assert [(one["channel"], one["after"], one["headline"]) for one in told["channels"]] == [
        ("inbox", 0, "【紧急】井盖：MH-1"),
        ("collect", 60, "【紧急】井盖：MH-1"),
    ]
    assert (await preview(hub, person="ann", **text)).json()["title"] == "Cover: MH-1"
    assert hub.deliveries == []
    assert hub.hub_of.site.store.outbox.pending == 0


async def test_what_is_sensitive_shows_as_others_would_see_it(hub):
    await hub.start(SITE)
    told = (await preview(hub, person="wang", title="血压", message="180/110", sensitive=True)).json()
    inbox, collect = told["channels"]
    assert inbox["message"] == "180/110"
    assert "180" not in collect["message"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"person": "wang", "title": {"zh-CN": "好", "en": "{{ broken"}}, "title (en)"),
        ({"person": "wang", "message": "{{ 1 / 0 }}"}, "message"),
        ({"person": "ghost", "message": "m"}, "no person 'ghost'"),
        ({"message": "m"}, "person"),
        ({"person": "wang", "colour": "red"}, "colour"),
        ({"person": "wang", "message": "{{ 'x' * 10000000000 }}"}, "message"),
    ],
)
async def test_a_text_that_can_not_be_rendered_is_named(hub, body, says):
    await hub.start(SITE)
    answer = await preview(hub, **body)
    assert answer.status == 400
    assert says in answer.text


async def test_who_may_not_write_rules_sees_no_preview(hub):
    await hub.start(SITE)
    answer = await hub.request("POST", "/api/v1/notices/preview", json={"person": "wang"})
    assert answer.status == 401
