"""Short words for what happens to a cover in a test."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from integrations.manhole.change import Change
from integrations.manhole.cover import Cover
from integrations.manhole.sample import Sample, sample_of
from integrations.manhole.settings import CoverSettings

START = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
HEARTBEAT = timedelta(hours=6)


def settings(**changes: Any) -> CoverSettings:
    given: dict[str, Any] = {"id": "MH-0137", "heartbeat": HEARTBEAT}
    return CoverSettings(**(given | changes))


def leaning(degrees: float) -> dict[str, float]:
    """The angles of an EM310-TILT on a cover that leans so far about its y axis."""
    return {"angle_x": degrees, "angle_y": 0.0, "angle_z": 90.0 - degrees}


class Scene:
    """A cover, the time, and all that it said."""

    def __init__(self, *, calibrated: bool = True, **changes: Any) -> None:
        self.now = START
        self.cover = Cover(settings(**changes))
        self.said: list[Change] = []
        self._ids = count(1)
        self.cover.tick(self.now)
        if calibrated:
            self.report(angle=0)
            self.keep(self.cover.calibrate(self.now, person="Wang", at_once=True))
            self.said.clear()

    def keep(self, changes: list[Change]) -> list[Change]:
        self.said += changes
        return changes

    def wait(self, **span: float) -> list[Change]:
        self.now += timedelta(**span)
        return self.keep(self.cover.tick(self.now))

    def sample(self, *, gateways: tuple[str, ...] = (), at: datetime | None = None, **means: Any) -> Sample:
        if isinstance(means.get("angle"), (int, float)):
            means |= leaning(means.pop("angle"))
        return sample_of(f"r{next(self._ids)}", at or self.now, means, gateways)

    def report(
        self, *, gateways: tuple[str, ...] = (), at: datetime | None = None, **means: Any
    ) -> list[Change]:
        return self.keep(self.cover.feed(self.sample(gateways=gateways, at=at, **means), self.now))

    def restart(self) -> None:
        self.cover = Cover(self.cover.settings, json.loads(json.dumps(self.cover.to_plain())))

    @property
    def alarms(self) -> list[str]:
        return [change.kind for change in self.said if change.alarm]

    @property
    def kinds(self) -> list[str]:
        return [change.kind for change in self.said]
