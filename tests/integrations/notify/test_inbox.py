"""Notices that stay in the hub: whose they are, how they are read, and what is too private for elsewhere."""

import pytest

PEOPLE = """
notify:
  channels:
    inbox: {{}}
    collect: {{}}
    push: {{type: web_push, subject: admin@example.org, services: ["{service}"]}}
areas: [{{id: b1}}]
people:
  persons:
    - {{id: wang, name: 王芳, roles: [grid_worker], areas: [b1], channels: {channels}}}
    - {{id: li, name: 李强, roles: [doctor], areas: [b1], channels: [inbox]}}
    - {{id: root, name: 管, roles: admin, channels: [collect]}}
"""


def site(channels="[inbox]", service="http://127.0.0.1:9"):
    return PEOPLE.format(channels=channels, service=service)


async def token_of(hub, name, **limits):
    account = await hub.hub_of.accounts.registry.add(name, person=name)
    _, token = await hub.hub_of.accounts.registry.make_token(account, label="test", **limits)
    return token


async def ask(hub, token, method="GET", path="/api/v1/me/notices", **options):
    answer = await hub.request(method, path, token=token, **options)
    return answer.status, answer.json() if answer.text.startswith(("{", "[")) else answer.text


async def tell(hub, person="wang", **more):
    await hub.call("notify.send", **{"person": person, "message": "请查看", "severity": "warning", **more})


async def test_a_notice_lies_in_the_persons_own_inbox_until_it_is_read(hub):
    await hub.start(site())
    wang, li = await token_of(hub, "wang"), await token_of(hub, "li")
    for number in (1, 2, 3):
        await tell(hub, title=f"井盖 {number}", url="https://hub.example.org/a", evidence="falling/1.jpg")
    status, page = await ask(hub, wang)
    assert (status, page["unread"], page["next"]) == (200, 3, None)
    newest = page["items"][0]
    assert [item["title"] for item in page["items"]] == ["井盖 3", "井盖 2", "井盖 1"]
    assert (newest["severity"], newest["url"], newest["read_at"]) == (
        "warning",
        "https://hub.example.org/a",
        None,
    )
    assert newest["evidence"][0]["path"] == "falling/1.jpg"
    assert (await ask(hub, li))[1]["items"] == []
    status, said = await ask(
        hub, wang, "POST", "/api/v1/me/notices/read", json={"until": page["items"][1]["seq"]}
    )
    assert (status, said) == (200, {"read": 2, "unread": 1})
    _, unread = await ask(hub, wang, path="/api/v1/me/notices?unread=true")
    assert [item["title"] for item in unread["items"]] == ["井盖 3"]
    await hub.restart()
    _, first = await ask(hub, wang, path="/api/v1/me/notices?limit=2")
    _, rest = await ask(hub, wang, path=f"/api/v1/me/notices?limit=2&after={first['next']}")
    assert [item["title"] for item in first["items"] + rest["items"]] == ["井盖 3", "井盖 2", "井盖 1"]


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"until": "x"}', '{"until": null}', "[" * 10_000])
async def test_nonsense_is_a_clear_refusal(hub, body):
    await hub.start(site())
    wang = await token_of(hub, "wang")
    status, said = await ask(hub, wang, "POST", "/api/v1/me/notices/read", data=body)
    assert (status, "until" in str(said)) == (400, True)


@pytest.mark.parametrize(
    "query", ["after=x", "limit=0", "limit=99999", "after=-1", "after=" + "9" * 30, "limit=²"]
)
async def test_odd_questions_get_a_page(hub, query):
    await hub.start(site())
    await tell(hub, title="井盖")
    status, page = await ask(hub, await token_of(hub, "wang"), path=f"/api/v1/me/notices?{query}")
    assert (status, len(page["items"])) == (200, 1)


async def test_who_is_nobody_in_the_directory_has_no_inbox_and_a_stranger_none_at_all(hub):
    await hub.start(site())
    assert (await hub.request("GET", "/api/v1/me/notices", admin=True)).status == 404
    assert (await hub.request("GET", "/api/v1/me/notices")).status == 401


async def test_a_token_that_only_reads_marks_nothing(hub):
    await hub.start(site())
    token = await token_of(hub, "wang", scopes=("see:*",))
    assert (await ask(hub, token))[0] == 200
    assert (await ask(hub, token, "POST", "/api/v1/me/notices/read", json={"until": 1}))[0] == 403
    assert (await ask(hub, token, "DELETE", "/api/v1/me/push", json={"endpoint": "x"}))[0] == 403


async def test_what_is_sensitive_is_read_in_the_inbox_alone(hub):
    await hub.start(site("[collect]"))
    wang = await token_of(hub, "wang")
    await tell(hub, title="血压 182/110", message="请联系医生", sensitive=True)
    (delivery,) = hub.deliveries
    assert (delivery.notice.title, delivery.notice.evidence) == ("您有一条新消息", ())
    assert "血压" not in repr(delivery.notice)
    _, page = await ask(hub, wang)
    assert [item["title"] for item in page["items"]] == ["血压 182/110"]


async def test_over_several_channels_it_lies_there_once(hub):
    await hub.start(site("[collect, inbox]"))
    wang = await token_of(hub, "wang")
    await tell(hub, title="血压 182/110", sensitive=True)
    _, page = await ask(hub, wang)
    assert [item["message"] for item in page["items"]] == ["请查看"]
