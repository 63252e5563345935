"""The baseline: how the closed cover hangs, taken by someone or from still samples, and its slow drift."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.manhole.change import Change
from integrations.manhole.gravity import Attitude, between, inclination, mean, towards
from integrations.manhole.settings import CoverSettings

SAMPLES, WITHIN = 3, 1.0  # so many samples within so many degrees
WINDOW = timedelta(minutes=10)
PATIENCE = timedelta(hours=1)  # a calibration that found no stillness for so long has failed
STEEP = 15.0  # degrees from level: someone must confirm that the cover is closed
DRIFT_BELOW, DRIFT_MOST = 3.0, 3.0  # degrees: of the sample now, and of all drift since the calibration
DAY = timedelta(days=1)


@dataclass(slots=True)
class Calibration:
    """The baseline with its time and person, and the samples of one being taken."""

    baseline: tuple[float, ...] | None = None
    original: tuple[float, ...] | None = None  # before any drift
    at: datetime | None = None
    person: str = ""
    until: datetime | None = None  # collecting until then
    asked_by: str = ""
    confirmed: bool = False
    samples: tuple[tuple[float, ...], ...] = ()
    sampled_at: tuple[datetime, ...] = ()
    candidate: tuple[float, ...] | None = None  # too steep to be taken unasked
    drifted_at: datetime | None = None

    def delta(self, attitude: Attitude | None) -> float | None:
        """Degrees from the baseline; None without one or without an attitude."""
        if attitude is None or self.baseline is None:
            return None
        return between(self.baseline, attitude)

    def start(self, now: datetime, person: str, *, confirmed: bool) -> list[Change]:
        """Collect still samples from now on; confirming takes what was too steep before."""
        if confirmed and self.candidate is not None:
            return self._adopt(self.candidate, now, person)
        self.until, self.asked_by, self.confirmed = now + PATIENCE, person, confirmed
        self.samples, self.sampled_at = (), ()
        return []

    def take_last(
        self, last: Attitude | None, now: datetime, person: str, *, confirmed: bool
    ) -> list[Change]:
        """Take the last sample as it is."""
        if last is None:
            return [Change(kind="calibration_failed", at=now, reason="the sensor has told no angle yet")]
        self.asked_by, self.confirmed = person, confirmed
        return self._propose(last, now)

    def collect(self, attitude: Attitude | None, at: datetime, settings: CoverSettings) -> list[Change]:
        """Go on collecting, if it was started or goes by itself."""
        by_itself = self.until is None
        if attitude is None or (
            by_itself and (self.baseline is not None or settings.calibration == "manual")
        ):
            return []
        window = settings.heartbeat * (SAMPLES + 1) if by_itself else WINDOW
        self._keep(attitude, at, window)
        still = self._still()
        if still is None or (by_itself and inclination(still) > STEEP):
            return []
        if by_itself:
            self.asked_by, self.confirmed = "automatic", False
        return self._propose(still, at)

    def _keep(self, attitude: Attitude, at: datetime, window: timedelta) -> None:
        pairs = [
            (known, when)
            for known, when in zip(self.samples, self.sampled_at, strict=True)
            if at - when <= window and len(known) == len(attitude)
        ]
        pairs = [*pairs, (attitude, at)][-SAMPLES:]
        self.samples, self.sampled_at = tuple(one for one, _ in pairs), tuple(when for _, when in pairs)

    def _still(self) -> Attitude | None:
        if len(self.samples) < SAMPLES:
            return None
        apart = [between(one, other) or 0.0 for one in self.samples for other in self.samples]
        return mean(list(self.samples)) if max(apart) <= WITHIN else None

    def _propose(self, attitude: Attitude, at: datetime) -> list[Change]:
        steep = inclination(attitude)
        if steep > STEEP and not self.confirmed:
            self.candidate, self.until = attitude, None
            self.samples, self.sampled_at = (), ()
            return [Change(kind="calibration_unconfirmed", at=at, reason="steep", angle=steep)]
        return self._adopt(attitude, at, self.asked_by)

    def _adopt(self, attitude: Attitude, at: datetime, person: str) -> list[Change]:
        self.baseline = self.original = attitude
        self.at, self.person, self.drifted_at = at, person, at
        self.until, self.candidate, self.confirmed, self.asked_by = None, None, False, ""
        self.samples, self.sampled_at = (), ()
        return [Change(kind="calibrated", at=at, reason=person, angle=inclination(attitude))]

    def deadline(self) -> datetime | None:
        """When to give up."""
        return self.until

    def elapse(self, at: datetime) -> list[Change]:
        """No stillness was found."""
        self.until, self.samples, self.sampled_at = None, (), ()
        return [Change(kind="calibration_failed", at=at, reason="no three samples within 1 degree came in")]

    def drift(self, attitude: Attitude | None, at: datetime, settings: CoverSettings) -> None:
        """Follow a closed cover's slow turning; the caller sees to it that nothing is wrong just now."""
        delta = self.delta(attitude)
        if attitude is None or delta is None or self.baseline is None or self.original is None:
            return
        passed = min((at - (self.drifted_at or at)), DAY)
        if passed <= timedelta(0):
            return
        self.drifted_at = at
        moved = towards(self.baseline, attitude, settings.drift_per_day * (passed / DAY))
        if delta < DRIFT_BELOW and (between(self.original, moved) or 0.0) <= DRIFT_MOST:
            self.baseline = moved
