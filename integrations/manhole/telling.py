"""A machine's changes as the hub's events, with ids that are the same however often they are told."""

from collections.abc import Mapping
from typing import Any

from hub.api import AlarmsEnded, Event, Severity, derive_id
from integrations.manhole import events
from integrations.manhole.change import Change
from integrations.manhole.outage import Outage
from integrations.manhole.schema import CoverConfig

ALARMS: Mapping[str, tuple[type[events.CoverAlarm], Severity]] = {
    "tilted": (events.CoverTilted, Severity.warning),
    "opened": (events.CoverOpened, Severity.critical),
    "missing": (events.CoverMissing, Severity.critical),
    "flooded": (events.CoverFlooded, Severity.warning),
    "damaged": (events.CoverDamaged, Severity.warning),
    "offline": (events.SensorOffline, Severity.info),
    "battery_low": (events.BatteryLow, Severity.info),
}
PLAIN: Mapping[str, type[events.CoverEvent]] = {
    "closed": events.CoverClosed,
    "drained": events.CoverDrained,
    "mended": events.CoverMended,
    "online": events.SensorOnline,
    "battery_ok": events.BatteryRecovered,
    "calibrated": events.CoverCalibrated,
    "calibration_failed": events.CalibrationFailed,
    "calibration_unconfirmed": events.CalibrationFailed,
    "maintenance_started": events.MaintenanceStarted,
    "maintenance_ended": events.MaintenanceEnded,
}


def told(config: CoverConfig, change: Change, summary: str) -> Event:
    """One change as an event; an alarm's id is made of the cover, the episode and the kind."""
    about: dict[str, Any] = {
        "at": change.at,
        "source": config.id,
        "area": config.area,
        "cause": change.reading,
        "cover": config.id,
        "reason": change.reason,
        "episode": change.episode,
        "summary": summary,
        "angle": None if change.angle is None else round(change.angle, 2),
    }
    if change.alarm:
        return _alarm(config, change, about)
    identity = derive_id("manhole", config.id, change.kind, change.episode, change.at.isoformat())
    kind = PLAIN.get(change.kind)
    if kind is not None:
        return kind(id=identity, **about)
    return events.CoverRecorded(id=identity, change=change.kind, **about)


# What a recovery ends, of the same episode.
ENDS: Mapping[str, tuple[str, ...]] = {
    "closed": ("tilted", "opened", "missing"),
    "drained": ("flooded",),
    "mended": ("damaged",),
    "online": ("offline",),
    "battery_ok": ("battery_low",),
}


def ended(config: CoverConfig, change: Change) -> AlarmsEnded | None:
    """The alarms that a change ends, if it is a recovery."""
    kinds = ENDS.get(change.kind)
    if kinds is None:
        return None
    return AlarmsEnded(
        at=change.at,
        source=config.id,
        area=config.area,
        alarms=tuple(_alarm_id(config, kind, change.episode) for kind in kinds),
        reason=change.reason,
    )


def _alarm_id(config: CoverConfig, kind: str, episode: str) -> str:
    return derive_id("manhole alarm", config.id, kind, episode)


def _alarm(config: CoverConfig, change: Change, about: Mapping[str, Any]) -> events.CoverAlarm:
    kind, severity = ALARMS[change.kind]
    return kind(
        id=_alarm_id(config, change.kind, change.episode),
        severity=severity,
        name=config.name,
        place=config.place,
        reading=change.reading,
        **about,
    )


def outage_told(outage: Outage) -> Event:
    """A gateway's outage or recovery as an event."""
    identity = derive_id("manhole gateway", outage.episode, outage.over)
    if outage.over:
        return events.GatewayRecovered(
            id=identity, at=outage.at, source=outage.gateway, gateway=outage.gateway
        )
    return events.GatewayOutage(
        id=identity,
        at=outage.at,
        source=outage.gateway,
        severity=Severity.warning,
        gateway=outage.gateway,
        silent=outage.silent,
        watched=outage.watched,
    )


def outage_ended(outage: Outage) -> AlarmsEnded:
    """The gateway's alarm that its recovery ends."""
    raised = derive_id("manhole gateway", outage.episode, False)
    return AlarmsEnded(at=outage.at, source=outage.gateway, alarms=(raised,), reason="recovered")
