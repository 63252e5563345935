"""The lid: unknown, closed, tilted, open or missing."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from integrations.manhole.change import Change
from integrations.manhole.sample import Sample
from integrations.manhole.settings import CoverSettings

UNKNOWN, CLOSED, TILTED, OPEN, MISSING = "unknown", "closed", "tilted", "open", "missing"
KINDS = {TILTED: "tilted", OPEN: "opened", MISSING: "missing"}
RANK = {"tilted": 1, "opened": 2, "missing": 3}


class Posture(Enum):
    """What one sample says of the lid."""

    silent = "silent"  # nothing
    flat = "flat"  # at the baseline, or the contact is closed
    calm = "calm"  # no baseline to compare with, and no sign of danger
    between = "between"  # neither at the baseline nor beyond the threshold
    tilted = "tilted"  # beyond the threshold
    flagged = "flagged"  # the device itself says that it is tilted
    open = "open"  # far beyond it, or the contact is open


def posture(sample: Sample, delta: float | None, level: float | None, settings: CoverSettings) -> Posture:
    """Read a sample; `delta` from the baseline (None without one), `level`: degrees from lying level."""
    far = delta if delta is not None else level
    if sample.contact_open or (far is not None and far >= settings.open_angle):
        return Posture.open
    if sample.tilt_flag:
        return Posture.flagged
    if delta is not None:
        if delta >= settings.tilt_angle:
            return Posture.tilted
        return Posture.flat if delta <= settings.closed_angle else Posture.between
    if level is not None:
        return Posture.calm
    told = sample.contact_open is False or sample.tilt_flag is False
    return Posture.flat if told else Posture.silent


@dataclass(slots=True)
class Lid:
    """The lid's state, what it waits for, and the episode it is in."""

    state: str = UNKNOWN
    episode: str = ""  # id of the reading that began it
    alarmed: tuple[str, ...] = ()  # kinds, in this episode
    reason: str = ""
    angle: float | None = None  # last degrees from the baseline
    over: bool = False  # the last sample was beyond the threshold
    reports: int = 0  # in a row beyond the threshold, or in a row at the baseline
    first_at: datetime | None = None  # time of the first sample beyond the threshold
    held_until: datetime | None = None  # beyond it until then: tilted
    decide_at: datetime | None = None  # no later than this
    closing_until: datetime | None = None  # at the baseline until then: closed
    calm: bool = False  # what it closes to is unknown: there is no baseline
    vibrations: int = 0

    @property
    def away(self) -> bool:
        """Not where it belongs."""
        return self.state in KINDS

    def take(
        self, sample: Sample, found: Posture, elsewhere: bool, now: datetime, settings: CoverSettings
    ) -> list[Change]:
        """Go on with a sample that arrived now."""
        if found is Posture.silent:
            return []
        if elsewhere and self.away:
            return self._go(MISSING, sample.at, sample.id, "moved")
        if found in (Posture.flat, Posture.calm):
            return self._rest(sample, found, now, settings)
        self.closing_until, self.calm = None, False
        if found is Posture.open:
            return self._go(OPEN, sample.at, sample.id, "contact" if sample.contact_open else "angle")
        if self.away:
            self.reports = 0
            return self._go(TILTED, sample.at, sample.id, "angle") if self.state == MISSING else []
        if found is Posture.flagged:
            return self._go(TILTED, sample.at, sample.id, "device")
        return self._waver(sample, found is Posture.tilted, now, settings)

    def _waver(self, sample: Sample, over: bool, now: datetime, settings: CoverSettings) -> list[Change]:
        """Beyond the threshold, or between it and rest, with the lid not yet away."""
        self.over = over
        if not over:
            self.reports, self.held_until = 0, None
            return []
        self.reports += 1
        if self.reports >= 2:
            return self._go(TILTED, sample.at, sample.id, "angle")
        if self.decide_at is None:
            self.first_at, self.decide_at = sample.at, now + settings.decide_within
        self.held_until = min(now + settings.tilt_hold, self.decide_at)
        self.episode = self.episode or sample.id
        return []

    def _rest(self, sample: Sample, found: Posture, now: datetime, settings: CoverSettings) -> list[Change]:
        """At the baseline."""
        if not self.away:
            if self.first_at is not None and sample.at - self.first_at < settings.burst:
                self.vibrations += 1
            self._settle()
            self.state = CLOSED if found is Posture.flat else UNKNOWN
            return []
        if self.closing_until is None:
            self.closing_until, self.reports = now + settings.close_hold, 1
            self.calm = found is Posture.calm
            return []
        self.reports += 1
        return self.close(sample.at, sample.id)

    def deadline(self) -> datetime | None:
        """When to decide without a further sample."""
        return self.closing_until or self.held_until or self.decide_at

    def elapse(self, at: datetime) -> list[Change]:
        """The deadline has come."""
        if self.closing_until is not None:
            return self.close(at, "")
        if self.over:
            return self._go(TILTED, at, "", "angle")
        self._settle()
        return []

    def vanish(self, at: datetime) -> list[Change]:
        """Silence after a movement."""
        return self._go(MISSING, at, "", "silent")

    def leave_open(self, at: datetime) -> list[Change]:
        """The work is over and the lid lies crooked."""
        return self._go(TILTED, at, "", "left_open")

    def close(self, at: datetime, reading: str) -> list[Change]:
        """The lid lies where it belongs; the episode, if any, is over."""
        was, episode = self.away, self.episode
        self.state = UNKNOWN if self.calm else CLOSED
        self._settle()
        return (
            [Change(kind="closed", at=at, episode=episode, angle=self.angle, reading=reading)] if was else []
        )

    def _settle(self) -> None:
        self.episode, self.reason, self.alarmed = "", "", ()
        self._wait_for_nothing()

    def _wait_for_nothing(self) -> None:
        self.over, self.reports, self.calm = False, 0, False
        self.first_at = self.held_until = self.decide_at = self.closing_until = None

    def _go(self, state: str, at: datetime, reading: str, reason: str) -> list[Change]:
        self._wait_for_nothing()
        if self.state == state:
            return []
        self.episode = self.episode or reading or at.isoformat()
        self.state, self.reason = state, reason
        return [
            Change(
                kind=KINDS[state],
                at=at,
                episode=self.episode,
                reason=reason,
                angle=self.angle,
                reading=reading,
            )
        ]

    def condition(self) -> str | None:
        """The kind of alarm that is due, if none as grave went out in this episode."""
        kind = KINDS.get(self.state)
        if kind is None or any(RANK[sent] >= RANK[kind] for sent in self.alarmed):
            return None
        return kind
