"""Mass silence: when half of a gateway's sensors fall silent together, the gateway is the incident."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

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


class Gateways:
    """Who heard whom last, and which gateways are down."""

    def __init__(self, down: Mapping[str, Any] | None = None) -> None:
        self._heard: dict[str, Heard] = {}
        self.down = {gateway: datetime.fromisoformat(since) for gateway, since in (down or {}).items()}

    def to_plain(self) -> dict[str, Any]:
        """The gateways that are down, as JSON can hold them; who was heard is the sensors' own memory."""
        return {gateway: since.isoformat() for gateway, since in sorted(self.down.items())}

    def recall(self, sensor: str, gateways: Iterable[str], at: datetime, heartbeat: timedelta) -> None:
        """Take over what was known before a restart."""
        if known := tuple(gateways):
            self._heard[sensor] = Heard(at=at, gateways=known, heartbeat=heartbeat)

    def hear(self, sensor: str, gateways: Iterable[str], at: datetime, heartbeat: timedelta) -> list[Outage]:
        """A sensor was heard; a gateway that was down and heard it is back."""
        self.recall(sensor, gateways, at, heartbeat)
        back = [gateway for gateway in self.down if self._is_back(gateway, at)]
        return [
            Outage(
                gateway=gateway,
                at=at,
                since=self.down.pop(gateway),
                over=True,
                watched=len(self._of(gateway)),
            )
            for gateway in back
        ]

    def _is_back(self, gateway: str, now: datetime) -> bool:
        """It heard something since it went down, or others hear all that it heard."""
        sensors = self._of(gateway)
        return not sensors or any(heard.at > self.down[gateway] for heard in sensors.values())

    def forget(self, sensor: str) -> None:
        """The sensor is no longer watched."""
        self._heard.pop(sensor, None)

    def tick(self, now: datetime) -> list[Outage]:
        """Look for gateways whose sensors fell silent together."""
        gateways = {gateway for heard in self._heard.values() for gateway in heard.gateways}
        found = (self._judge(gateway, now) for gateway in sorted(gateways - self.down.keys()))
        outages = [outage for outage in found if outage is not None]
        for outage in outages:
            self.down[outage.gateway] = outage.since
        return outages

    def _judge(self, gateway: str, now: datetime) -> Outage | None:
        sensors = self._of(gateway)
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

    def _of(self, gateway: str) -> dict[str, Heard]:
        return {name: heard for name, heard in self._heard.items() if gateway in heard.gateways}

    def excuses(self, sensor: str) -> bool:
        """Whether every gateway that heard the sensor last is down."""
        heard = self._heard.get(sensor)
        return heard is not None and all(gateway in self.down for gateway in heard.gateways)

    def deadline(self, now: datetime) -> datetime | None:
        """When the next sensor becomes overdue."""
        return min(
            (heard.overdue_at for heard in self._heard.values() if heard.overdue_at > now), default=None
        )
