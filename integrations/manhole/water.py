"""The water under the cover: normal or flooded."""

from dataclasses import dataclass
from datetime import datetime

from integrations.manhole.change import Change
from integrations.manhole.sample import Sample
from integrations.manhole.settings import CoverSettings


@dataclass(slots=True)
class Water:
    """Whether it stands high, since which reading, and until when it must stay low to be clear."""

    flooded: bool = False
    episode: str = ""
    alarmed: tuple[str, ...] = ()
    reason: str = ""  # "device" or "level": what said so must unsay it
    reports: int = 0
    clear_at: datetime | None = None
    distance_mm: float | None = None

    def take(self, sample: Sample, now: datetime, settings: CoverSettings) -> list[Change]:
        """Go on with a sample that arrived now."""
        distance = sample.distance_mm
        if sample.water_flag is None and distance is None:
            return []
        near = distance is not None and distance <= settings.flood_distance_mm
        if distance is not None:
            self.distance_mm = distance
            self.reports = self.reports + 1 if near else 0
        if sample.water_flag or self.reports >= 2:
            return self._flood(sample, "device" if sample.water_flag else "level")
        if self.flooded:
            self._drain(sample, now, settings)
        return []

    def _flood(self, sample: Sample, reason: str) -> list[Change]:
        self.clear_at, self.reason = None, reason
        if self.flooded:
            return []
        self.flooded, self.episode = True, sample.id
        return [Change(kind="flooded", at=sample.at, episode=sample.id, reason=reason, reading=sample.id)]

    def _drain(self, sample: Sample, now: datetime, settings: CoverSettings) -> None:
        clear = settings.flood_distance_mm + settings.flood_clear_mm
        low = sample.distance_mm is None or sample.distance_mm >= clear
        told = sample.water_flag is False if self.reason == "device" else sample.distance_mm is not None
        if not low:
            self.clear_at = None
        elif told and self.clear_at is None:
            self.clear_at = now + settings.flood_clear_hold

    def deadline(self) -> datetime | None:
        """When it has been low for long enough."""
        return self.clear_at

    def elapse(self, at: datetime) -> list[Change]:
        """The deadline has come."""
        change = Change(kind="drained", at=at, episode=self.episode)
        self.flooded, self.episode, self.alarmed, self.reason = False, "", (), ""
        self.clear_at, self.reports = None, 0
        return [change]

    def condition(self) -> str | None:
        """The kind of alarm that is due."""
        return "flooded" if self.flooded and not self.alarmed else None
