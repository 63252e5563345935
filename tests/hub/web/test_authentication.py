"""Signing in over HTTP: the console's cookie, refusals, throttling."""

from typing import Any

from hub.testing.answers import Answer
from hub.testing.kit import HubKit

PASSWORD = "correct horse battery"
PROOF = {"X-Linli-Request": "1"}


def cookies_of(answer: Answer) -> dict[str, str]:
    """Cookies an answer sets."""
    pairs = (line.partition(";")[0].partition("=") for line in answer.headers.getall("Set-Cookie", []))  # type: ignore[attr-defined]
    return {name: value for name, _, value in pairs}


async def sign_in(hub: HubKit, name: str = "wang", password: str = PASSWORD, **more: Any) -> Answer:
    headers = more.pop("headers", {})
    body = {"name": name, "password": password, **more}
    return await hub.request("POST", "/auth/sign-in", json=body, headers=headers)


async def test_signing_in(hub: HubKit) -> None:
    await hub.start("{}\n")
    await hub.hub_of.accounts.registry.add("wang", roles=["owner"], password=PASSWORD)
    answer = await sign_in(hub)
    print(answer.status, answer.headers, answer.text)
    jar = cookies_of(answer)
    me = await hub.request("GET", "/auth/me", headers={"Cookie": f"linli={jar['linli']}"})
    print(me.text)
    assert me.status == 200
    for _ in range(10):
        answer = await sign_in(hub, password="wrong")
        assert answer.status == 401
    answer = await sign_in(hub)
    print(answer.text, answer.headers)
    assert answer.status == 429
    answer = await sign_in(hub, headers={"Cookie": f"linli_device={jar['linli_device']}"})
    assert answer.status == 200
