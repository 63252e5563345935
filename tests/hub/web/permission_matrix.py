"""Who gets through the door of which route; `python -m tests.hub.web.permission_matrix` writes the table.

`+` the handler is reached (it then asks about the very thing), `-` 403, `.` 401.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from aiohttp import web

from hub.accounts.grants import BUILT_IN_GRANTS, parse_token_scope
from hub.accounts.permissions import NOBODY, Principal
from hub.plugins.routes import Route
from hub.testing.kit import HubKit
from hub.web.gate import Gate

TABLE = Path(__file__).with_name("permission_matrix.txt")
SITE = """\
areas: [{id: b1, areas: [{id: b1-101, kind: home}]}]
people: {persons: [{id: wang, name: 王芳, areas: [b1], roles: [admin]}]}
notify:
automation: []
"""
ROLE = "X-Role"  # the header by which a request says who it is, in place of a token
ACCESS = 20  # characters, so that one more route is one more line
HEAD = (
    "# Who gets through which route's door. Written by python -m tests.hub.web.permission_matrix, reviewed by eye.\n"
    "# + the handler is reached and asks about the very thing, - 403, . 401; `token:see` is an owner's token to read.\n"
)


def callers() -> dict[str, Principal]:
    """Each built-in role, and an owner's narrowed tokens."""
    found = {"anonymous": NOBODY, "no role": Principal(account="a-none", person="wang")}
    for role, grants in BUILT_IN_GRANTS.items():
        found[role] = Principal(
            account=f"a-{role}", person="wang", roles=frozenset([role]), areas=frozenset(["b1"]),
            homes=frozenset(["b1-101"]), patients=frozenset(["wang"]), session=f"s-{role}", grants=frozenset(grants),
        )  # fmt: skip
    for scope in ("see", "operate:entity"):
        found[f"token:{scope}"] = Principal(
            account="a-token", session="s-token", roles=frozenset(["owner"]),
            grants=frozenset(BUILT_IN_GRANTS["owner"]), scopes=(parse_token_scope(scope),),
        )  # fmt: skip
    return found


class Roles:
    """Credentials that believe the header."""

    def __init__(self) -> None:
        self._callers = callers()

    def principal_of(self, request: web.Request) -> Principal | None:
        """Who the header says it is."""
        return self._callers[request.headers[ROLE]]

    def principal_of_session(self, _session_id: str) -> Principal | None:
        """Nobody signed anything."""
        return None

    def finish(self, _request: web.Request, _response: web.StreamResponse) -> None:
        """Nothing to add."""


async def reached(_request: web.Request) -> web.Response:
    """In place of every handler: what is asked here is who gets to it."""
    return web.Response(status=299)


async def start(hub: HubKit) -> list[Route]:
    """A hub with everything that serves routes, each of them answering only that it was reached."""
    running = await hub.start(SITE)
    gate: Gate = running.gate
    gate._credentials = Roles()
    routes = sorted(running.site.routes.all(), key=lambda route: (route.path, route.method))
    for route in routes:
        object.__setattr__(route, "handler", reached)
    return routes


def is_page(route: Route) -> bool:
    """Whether it is one of the console's own files: they are the same for everyone and are told of once."""
    return route.access == "public" and "." in route.path.rpartition("/")[2]


async def table(hub: HubKit) -> str:
    """The table's text."""
    routes = [route for route in await start(hub) if not is_page(route)]
    names = list(callers())
    lines = ["  ".join([*names, "access".ljust(ACCESS), "route"])]
    for route in routes:
        marks = [(await _mark(hub, route, name)).ljust(len(name)) for name in names]
        lines.append("  ".join([*marks, route.access.ljust(ACCESS), f"{route.method} {route.path}"]))
    return HEAD + "\n".join(lines) + "\n"


async def _mark(hub: HubKit, route: Route, name: str) -> str:
    path = "/".join("x" if "{" in part else part for part in route.path.split("/"))
    headers: dict[str, Any] = {ROLE: name, "X-Linli-Request": "1"}
    async with hub.http.request(
        route.method, hub.hub_of.url + path, headers=headers, allow_redirects=False
    ) as answer:
        if answer.status != 429:
            return {299: "+", 403: "-", 401: "."}.get(answer.status, str(answer.status))
    # Whoever asks for everything at once is told to wait; that is not what is asked here.
    await asyncio.sleep(float(answer.headers["Retry-After"]))
    return await _mark(hub, route, name)


async def _write() -> None:
    with tempfile.TemporaryDirectory() as folder:
        hub = HubKit(Path(folder))
        try:
            TABLE.write_text(await table(hub), encoding="utf-8")
        finally:
            await hub.stop()


if __name__ == "__main__":
    asyncio.run(_write())
