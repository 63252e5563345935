"""Falling objects: finds a throw in a camera's pictures, names the window it left, estimates its weight."""

import asyncio
from collections.abc import Iterable
from typing import Any

import voluptuous as vol

from hub.api import Analyzer, Integration, Link, hookimpl
from integrations.falling_object.events import DrippingSeen, FallingObject, FallingObjectSeenAgain

SETTINGS = vol.Schema(
    {
        # How many false alarms a day and camera are put up with: fewer make it demand more of a fall.
        vol.Optional("false_alarms_per_day"): vol.All(
            vol.Any(float, int), vol.Coerce(float), vol.Range(min=0.001, max=100)
        ),
        # Finds below this are not told: 0 tells all that physics lets pass.
        vol.Optional("least_confidence", default=0.0): vol.All(
            vol.Any(float, int), vol.Coerce(float), vol.Range(min=0, max=1)
        ),
    }
)
ANALYZER = Analyzer(
    name="falling_object",
    target="integrations.falling_object.analyzer:open_analyzer",
    schema=SETTINGS,
    summary="Finds things thrown from a facade, the window they left and their weight",
    calibrator="integrations.falling_object.calibrating:fit",
)


async def run(link: Link, _config: dict[str, Any]) -> None:
    """Nothing to do in the hub's own process: the analyzer lives in the cameras' workers."""
    link.ready()
    await asyncio.get_running_loop().create_future()


@hookimpl
def hub_integrations() -> Iterable[Integration]:
    """Declare the analyzer and its event."""
    yield Integration(
        name="falling_object",
        run=run,
        schema=vol.Schema(vol.Any({}, vol.All(None, lambda _nothing: {}))),
        summary="Finds what is thrown from high-rises; cameras name it under `analyzers:`",
        events=(FallingObject, FallingObjectSeenAgain, DrippingSeen),
        analyzers=(ANALYZER,),
    )
