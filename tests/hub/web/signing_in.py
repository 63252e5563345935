"""What tests of signing in share: a browser that keeps cookies."""

from dataclasses import dataclass, field
from typing import Any

from hub.accounts.records import Account
from hub.testing.answers import Answer
from hub.testing.kit import HubKit

PASSWORD = "correct horse battery"
PROOF = {"X-Linli-Request": "1"}


@dataclass
class Browser:
    """Asks as the console's page does, and keeps cookies."""

    hub: HubKit
    jar: dict[str, str] = field(default_factory=dict)

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        proof: bool = True,
    ) -> Answer:
        cookie = (
            {"Cookie": "; ".join(f"{name}={value}" for name, value in self.jar.items())} if self.jar else {}
        )
        sent = {**cookie, **(PROOF if proof else {}), **(headers or {})}
        options = {} if body is None else {"json": body}
        answer = await self.hub.request(method, path, headers=sent, **options)
        for line in set_cookies(answer):
            name, _, value = line.partition(";")[0].partition("=")
            if "Max-Age=0" in line:
                self.jar.pop(name, None)
            else:
                self.jar[name] = value
        return answer

    async def sign_in(self, name: str = "wang", password: str = PASSWORD, **more: str) -> Answer:
        return await self.ask("POST", "/auth/sign-in", {"name": name, "password": password, **more})


def set_cookies(answer: Answer) -> list[str]:
    """Every Set-Cookie of an answer."""
    return [value for name, value in answer.headers.items() if name.lower() == "set-cookie"]


async def start(hub: HubKit, *roles: str, yaml: str = "{}\n") -> Account:
    """A hub with an account `wang`."""
    await hub.start(yaml)
    return await hub.hub_of.accounts.registry.add("wang", roles=roles or ("owner",), password=PASSWORD)
