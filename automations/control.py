"""What `hub automation` asks of the running engine; for this machine's admin only."""

from typing import TYPE_CHECKING

from automations.engine import Engine
from hub.api import Link, did_you_mean

if TYPE_CHECKING:
    from aiohttp import web


def add_routes(link: Link, engine: Engine) -> None:
    """Serve the list of rules and each rule with its traces."""

    async def listed(_request: "web.Request") -> "web.Response":
        from aiohttp import web

        return web.json_response(engine.describe())

    async def show(request: "web.Request") -> "web.Response":
        from aiohttp import web

        name = request.query.get("id", "")
        rule = engine.automations.get(name)
        shown = engine.show(rule.plan.entity_id if rule is not None else name)
        if shown is None:
            known = [*engine.automations, *(one.plan.entity_id for one in engine.automations.values())]
            hint = did_you_mean(name, known)
            raise web.HTTPNotFound(text=f"there is no automation '{name[:80]}'{'; ' + hint if hint else ''}")
        return web.json_response(shown)

    link.route("GET", "/control/automation", listed, access="local")
    link.route("GET", "/control/automation/show", show, access="local")
