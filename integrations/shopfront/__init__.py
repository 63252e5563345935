"""Shop fronts: finds goods and litter that are left in a zone that must be kept clear, and when they are gone."""

import asyncio
from collections.abc import Iterable
from typing import Any

import voluptuous as vol

from hub.api import Analyzer, Integration, Link, hookimpl
from integrations.shopfront.events import GoodsCleared, GoodsLeft
from integrations.shopfront.settings import SETTINGS

ANALYZER = Analyzer(
    name="shopfront",
    target="integrations.shopfront.analyzer:open_analyzer",
    schema=SETTINGS,
    summary="Finds goods and litter left in zones that must be kept clear",
    pictures_per_second=1.0,
    colour=True,
)


async def run(link: Link, _config: dict[str, Any]) -> None:
    """Nothing to do in the hub's own process: the analyzer lives in the cameras' workers."""
    link.ready()
    await asyncio.get_running_loop().create_future()


@hookimpl
def hub_integrations() -> Iterable[Integration]:
    """Declare the analyzer and its events."""
    yield Integration(
        name="shopfront",
        run=run,
        schema=vol.Schema(vol.Any({}, vol.All(None, lambda _nothing: {}))),
        summary="Finds goods or litter left in keep-clear zones; cameras name it under `analyzers:`",
        events=(GoodsLeft, GoodsCleared),
        analyzers=(ANALYZER,),
    )
