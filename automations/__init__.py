"""The automation engine and the library of ready automations."""

import asyncio
from collections.abc import Iterable
from functools import partial

from automations.control import add_routes
from automations.engine import Engine
from automations.offering import Offer
from automations.rules import Language, RuleSet, check
from automations.switching import ACTIONS, add_actions
from hub.api import HubStarted, Integration, Link, RuleBook, Templates, hookimpl

__all__ = ["Engine", "Language", "RuleSet", "check", "hub_integrations", "run"]


async def run(language: Language, link: Link, rules: RuleSet) -> None:
    """Take up what the disk holds, then run the rules until the end."""
    engine = Engine(link, language)
    engine.take(rules)
    await engine.resume()
    add_actions(link, engine)
    add_routes(link, engine)
    offer = Offer(link, engine)
    link.offer(Templates, offer)
    link.offer(RuleBook, engine)
    link.on(HubStarted, engine.started)

    async def reload(changed: RuleSet) -> None:
        engine.take(changed)

    link.on_reload(reload)
    if link.site.started:
        engine.started()
    link.ready()
    try:
        await asyncio.Event().wait()
    finally:
        offer.close()
        engine.close()


@hookimpl
def hub_integrations() -> Iterable[Integration]:
    """Declare `automation`."""
    language = Language()
    yield Integration(
        name="automation",
        summary="Rules: when this happens, and if that holds, do these things.",
        run=partial(run, language),
        schema=language,
        check=language.check,
        entities=language.entities,
        actions=ACTIONS,
        offers=(Templates,),
        multiple=True,
        early=True,
    )
