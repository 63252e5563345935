"""The cover's body: ok, or suspect after settling, blows, a torn crack wire or tampering."""

from dataclasses import dataclass
from datetime import datetime

from integrations.manhole.change import Change
from integrations.manhole.sample import Sample
from integrations.manhole.settings import CoverSettings


@dataclass(slots=True)
class Integrity:
    """Since when the cover hangs a little, and the blows it took."""

    suspect: bool = False
    episode: str = ""
    alarmed: tuple[str, ...] = ()
    reason: str = ""  # "settled", "impact", "crack" or "tamper"
    slanted_since: datetime | None = None
    level_since: datetime | None = None
    blows: tuple[datetime, ...] = ()
    beaten_at: datetime | None = None  # enough blows in a short time
    slanted_after: int = 0  # reports in a row since then that show a permanent change

    def take(self, sample: Sample, delta: float | None, settings: CoverSettings) -> list[Change]:
        """Go on with a sample; `delta`: degrees from the baseline, None when unknown."""
        if sample.crack or sample.tamper:
            return self._suspect(sample, "crack" if sample.crack else "tamper")
        self._count(sample, settings)
        if delta is None:
            return []
        if delta >= settings.tilt_angle:  # a matter of the lid
            self.slanted_since = self.level_since = None
            return []
        if delta >= settings.suspect_angle:
            return self._slant(sample, settings)
        return self._level(sample, settings)

    def _count(self, sample: Sample, settings: CoverSettings) -> None:
        if sample.impact_g is None or sample.impact_g <= settings.impact_g:
            return
        begin = sample.at - settings.impact_window
        self.blows = (*(at for at in self.blows if at >= begin), sample.at)[-settings.impacts :]
        if len(self.blows) >= settings.impacts:
            self.beaten_at, self.slanted_after = sample.at, 0

    def _slant(self, sample: Sample, settings: CoverSettings) -> list[Change]:
        self.level_since = None
        self.slanted_since = self.slanted_since or sample.at
        if self.beaten_at is not None and sample.at > self.beaten_at:
            self.slanted_after += 1
            # Twice, as the first may be taken while it still swings.
            if self.slanted_after >= 2:
                return self._suspect(sample, "impact")
        if sample.at - self.slanted_since >= settings.suspect_hold:
            return self._suspect(sample, "settled")
        return []

    def _level(self, sample: Sample, settings: CoverSettings) -> list[Change]:
        self.slanted_since, self.slanted_after = None, 0
        self.level_since = self.level_since or sample.at
        if sample.at - self.level_since < settings.suspect_hold:
            return []
        self.beaten_at = None
        return self.mend(sample.at) if self.reason in ("settled", "impact") else []

    def _suspect(self, sample: Sample, reason: str) -> list[Change]:
        if self.suspect:
            return []
        self.suspect, self.episode, self.reason = True, sample.id, reason
        return [Change(kind="damaged", at=sample.at, episode=sample.id, reason=reason, reading=sample.id)]

    def mend(self, at: datetime) -> list[Change]:
        """Someone looked at it, or it lay straight for a day."""
        change = Change(kind="mended", at=at, episode=self.episode)
        was, self.suspect, self.episode, self.alarmed, self.reason = self.suspect, False, "", (), ""
        self.slanted_since = self.level_since = self.beaten_at = None
        self.blows, self.slanted_after = (), 0
        return [change] if was else []

    def condition(self) -> str | None:
        """The kind of alarm that is due."""
        return "damaged" if self.suspect and not self.alarmed else None
