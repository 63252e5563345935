"""Mass silence: when half of a gateway's sensors fall silent together, the gateway is the incident."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from integrations.manhole.change import from_plain, to_plain

LEAST, SHARE = 5, 0.5  # so many sensors, and so much of those that the gateway heard
OVERDUE = 1.2  # heartbeats; half of a gateway's sensors are past it before the first is called offline


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """When and through which gateways a sensor was heard last."""

    at: datetime
    gateways: tuple[str, ...]
    heartbeat: timedelta

    @property
    def overdue_at(self) -> datetime:
        """From when on its silence is remarkable."""
        return self.at + self.heartbeat * OVERDUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A gateway went down, or came back (`over`)."""

    gateway: str
    at: datetime
    since: datetime  # the last report through it before the silence
    over: bool = False
    silent: tuple[str, ...] = ()  # sensors that fell silent
    watched: int = 0  # sensors that the gateway heard

    @property
    def episode(self) -> str:
        """The same for the outage and its end."""
        return f"{self.gateway} since {self.since.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Down:
    """An outage under way; `alive`: the gateway was heard since, though not its silent sensors."""

    since: datetime
    found_at: datetime
    silent: tuple[str, ...]
    alive: bool = False


class Gateways:
    """Who heard whom last, and which gateways are down."""

    def __init__(self, plain: Mapping[str, Any] | None = None) -> None:
        self._heard: dict[str, Heard] = {}
        self.down = {gateway: from_plain(Down, down) for gateway, down in (plain or {}).items()}

    def to_plain(self) -> dict[str, Any]:
        """The outages under way, as JSON can hold them; who was heard is the sensors' own memory."""
        return {gateway: to_plain(down) for gateway, down in sorted(self.down.items())}

    def recall(self, sensor: str, gateways: Iterable[str], at: datetime, heartbeat: timedelta) -> None:
        """Take over what was known before a restart."""
        if known := tuple(gateways):
            self._heard[sensor] = Heard(at=at, gateways=known, heartbeat=heartbeat)

    def hear(self, sensor: str, gateways: Iterable[str], at: datetime, heartbeat: timedelta) -> list[Outage]:
        """A sensor was heard. An outage is over when half of those that fell silent are back."""
        self.recall(sensor, gateways, at, heartbeat)
        ends = []
        for gateway, down in list(self.down.items()):
            if gateway in self._heard[sensor].gateways and at >= down.found_at:
                self.down[gateway] = replace(down, alive=True)
            if sensor in down.silent and len(self._still_silent(down)) * 2 < len(down.silent):
                del self.down[gateway]
                ends.append(Outage(gateway=gateway, at=at, since=down.since, over=True))
        return ends

    def _still_silent(self, down: Down) -> list[str]:
        return [name for name in down.silent if name in self._heard and self._heard[name].at < down.found_at]

    def tick(self, now: datetime) -> list[Outage]:
        """Look for gateways whose sensors fell silent together."""
        gateways = {gateway for heard in self._heard.values() for gateway in heard.gateways}
        found = (self._judge(gateway, now) for gateway in sorted(gateways - self.down.keys()))
        outages = [outage for outage in found if outage is not None]
        for outage in outages:
            self.down[outage.gateway] = Down(since=outage.since, found_at=now, silent=outage.silent)
        return outages

    def _judge(self, gateway: str, now: datetime) -> Outage | None:
        sensors = {name: heard for name, heard in self._heard.items() if gateway in heard.gateways}
        overdue = {name: heard for name, heard in sensors.items() if heard.overdue_at <= now}
        if len(overdue) < LEAST:
            return None
        newest = max(heard.at for heard in overdue.values())
        # Those silent for longer were so before: they are no sign of this gateway's state.
        together = {name: heard for name, heard in overdue.items() if heard.at > newest - heard.heartbeat}
        watched = len(sensors) - len(overdue) + len(together)
        if len(together) < LEAST or len(together) < SHARE * watched:
            return None
        silent = tuple(sorted(together))
        return Outage(gateway=gateway, at=now, since=newest, silent=silent, watched=watched)

    def excuses(self, sensor: str) -> bool:
        """Whether every gateway that heard the sensor last is down and was not heard since."""
        heard = self._heard.get(sensor)
        return heard is not None and all(
            gateway in self.down and not self.down[gateway].alive for gateway in heard.gateways
        )

    def deadline(self, now: datetime) -> datetime | None:
        """When the next sensor becomes overdue."""
        return min(
            (heard.overdue_at for heard in self._heard.values() if heard.overdue_at > now), default=None
        )
