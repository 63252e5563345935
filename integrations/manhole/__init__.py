"""Manhole covers: tilt, opening, absence, flooding, damage and silence."""

import asyncio
from collections.abc import Iterable

from hub.api import Action, Integration, Link, ReadingReceived, Reference, hookimpl
from integrations.manhole import events
from integrations.manhole.entities import all_entities
from integrations.manhole.guest import Covers
from integrations.manhole.schema import CALIBRATE, END_MAINTENANCE, MAINTENANCE, SECTION, CoverConfig

ACTIONS = (
    Action(
        name="manhole.calibrate",
        summary="Take a closed cover's baseline from three still samples to come, or at once from the last one",
        schema=CALIBRATE,
    ),
    Action(
        name="manhole.maintenance",
        summary="Open a window of work on a cover or an area: changes are recorded and not dispatched",
        schema=MAINTENANCE,
    ),
    Action(
        name="manhole.end_maintenance",
        summary="Close the window of work now; what is still wrong is dispatched",
        schema=END_MAINTENANCE,
    ),
)
EVENTS = (
    *(events.CoverTilted, events.CoverOpened, events.CoverMissing, events.CoverFlooded, events.CoverDamaged),
    *(events.SensorOffline, events.BatteryLow, events.GatewayOutage),
    *(events.CoverClosed, events.CoverDrained, events.CoverMended, events.SensorOnline),
    *(events.BatteryRecovered, events.CoverCalibrated, events.CalibrationFailed),
    *(events.MaintenanceStarted, events.MaintenanceEnded, events.CoverRecorded, events.GatewayRecovered),
    *(events.CoverAlarm, events.CoverEvent),
)


async def run(link: Link, config: tuple[CoverConfig, ...]) -> None:
    """Watch the covers until the end."""
    covers = Covers(link, config)
    covers.start()
    link.on(ReadingReceived, covers.take)
    link.on_timer(covers.ring)
    link.action("manhole.calibrate", covers.calibrate)
    link.action("manhole.maintenance", covers.maintain)
    link.action("manhole.end_maintenance", covers.end_maintenance)
    link.ready()
    await asyncio.Event().wait()


def references(config: tuple[CoverConfig, ...]) -> Iterable[Reference]:
    """The areas that covers are said to be in."""
    for number, cover in enumerate(config):
        if cover.area:
            yield Reference(path=("covers", number, "area"), what="area", name=cover.area)


@hookimpl
def hub_integrations() -> Iterable[Integration]:
    """Declare `manhole`."""
    yield Integration(
        name="manhole",
        summary="Manhole covers: tilted, open, missing, flooded, damaged; sensors silent or low on battery.",
        run=run,
        schema=SECTION,
        events=EVENTS,
        actions=ACTIONS,
        entities=all_entities,
        references=references,
    )
