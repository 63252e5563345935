"""Says when a camera sees nothing any more: covered, painted over, or without light."""

import asyncio
from collections.abc import Iterable
from typing import Any

import voluptuous as vol

from hub.api import Alarm, Analyzer, Integration, Link, hookimpl

SETTINGS = vol.Schema(
    {
        vol.Optional(
            "below", default=24, description="grey levels, 0 to 255; many cameras' black is 16"
        ): vol.All(int, vol.Range(min=1, max=255)),
        vol.Optional("seconds", default=5.0, description="for which it must be so dark"): vol.All(
            vol.Any(int, float), vol.Coerce(float), vol.Range(min=0.5, max=3600)
        ),
    }
)


class CameraDarkened(Alarm, frozen=True, kw_only=True):
    """A camera sees nothing any more."""

    camera: str  # filled in by the camera
    brightness: float  # grey levels, 0 to 255


async def run(link: Link, _section: dict[str, Any]) -> None:
    """Nothing to do here: the analyzer lives in the cameras' workers."""
    link.ready()
    await asyncio.get_running_loop().create_future()


@hookimpl
def hub_integrations() -> Iterable[Integration]:
    """Declare `dark`, its event and its analyzer. The analyzer's module is named, not imported."""
    yield Integration(
        name="dark",
        summary="Says when a camera sees nothing any more",
        run=run,
        schema=vol.Schema(vol.Any({}, vol.All(None, lambda _nothing: {}))),
        events=(CameraDarkened,),
        analyzers=(
            Analyzer(
                name="dark",
                target="linli_hub_dark.analyzer:DarkAnalyzer",
                schema=SETTINGS,
                summary="Says when a camera sees nothing any more",
                pictures_per_second=2.0,
            ),
        ),
    )
