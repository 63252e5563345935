"""A cover as a whole: independent regions, one derived summary, alarms once in an episode."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from integrations.manhole.calibration import Calibration
from integrations.manhole.change import Change, from_plain, to_plain
from integrations.manhole.gravity import Attitude, inclination
from integrations.manhole.integrity import Integrity
from integrations.manhole.lid import CLOSED, MISSING, OPEN, TILTED, UNKNOWN, Lid, posture
from integrations.manhole.place import Place
from integrations.manhole.power import Power
from integrations.manhole.sample import Sample
from integrations.manhole.service import Service
from integrations.manhole.settings import CoverSettings
from integrations.manhole.silence import Silence
from integrations.manhole.water import Water

SUMMARIES = (
    MISSING,
    OPEN,
    "flooded",
    TILTED,
    "suspect",
    "offline",
    "low_battery",
    UNKNOWN,
    CLOSED,
)
RECENT = 8  # ids of readings that came last, against redelivery
Step = Callable[[datetime], list[Change]]


class Cover:
    """One cover's machine. Give it samples and the time; it says what changed. All it knows is `to_plain()`."""

    def __init__(self, settings: CoverSettings, plain: Mapping[str, Any] | None = None) -> None:
        known = plain or {}
        self.settings = settings
        self.lid = from_plain(Lid, known.get("lid", {}))
        self.water = from_plain(Water, known.get("water", {}))
        self.power = from_plain(Power, known.get("power", {}))
        self.integrity = from_plain(Integrity, known.get("integrity", {}))
        self.silence = from_plain(Silence, known.get("silence", {}))
        self.calibration = from_plain(Calibration, known.get("calibration", {}))
        self.place = from_plain(Place, known.get("place", {}))
        self.service = from_plain(Service, known.get("service", {"commissioning": settings.commissioning}))
        self.attitude: Attitude | None = tuple(known["attitude"]) if known.get("attitude") else None
        self.recent: tuple[str, ...] = tuple(known.get("recent", ()))
        self.last_at = datetime.fromisoformat(known["last_at"]) if known.get("last_at") else None

    def to_plain(self) -> dict[str, Any]:
        """Everything, as JSON can hold it; a cover made from it goes on as if nothing had been."""
        regions = ("lid", "water", "power", "integrity", "silence", "calibration", "place", "service")
        return {
            "version": 1,
            **{name: to_plain(getattr(self, name)) for name in regions},
            "attitude": None if self.attitude is None else list(self.attitude),
            "recent": list(self.recent),
            "last_at": None if self.last_at is None else self.last_at.isoformat(),
        }

    # --- what is asked of it ----------------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """One word for people, the gravest first."""
        if self.lid.state in (MISSING, OPEN):
            return self.lid.state
        signs = (
            ("flooded", self.water.flooded),
            (TILTED, self.lid.state == TILTED),
            ("suspect", self.integrity.suspect),
            ("offline", self.silence.offline),
            ("low_battery", self.power.low),
        )
        return next((word for word, holds in signs if holds), self.lid.state)

    @property
    def cover(self) -> str:
        """The lid's state; closed_stale when it was closed and the sensor is offline."""
        stale = self.lid.state == CLOSED and self.silence.offline
        return "closed_stale" if stale else self.lid.state

    @property
    def link(self) -> str:
        """unknown (never heard), online or offline."""
        if self.silence.offline:
            return "offline"
        return "unknown" if self.silence.heard_at is None else "online"

    # --- samples and time -------------------------------------------------------------------------------

    def feed(self, sample: Sample, now: datetime) -> list[Change]:
        """Take a report that arrived now; one that is known, or older than the last, changes nothing.

        It makes nothing of the silence before it: when nobody ticked meanwhile, nobody was listening either.
        """
        at = min(sample.at, now)
        changes = self.tick(now, judge_silence=False)
        if sample.id in self.recent or (self.last_at is not None and at < self.last_at):
            return changes
        self.recent = (*self.recent, sample.id)[-RECENT:]
        self.last_at = at
        return changes + self._dispatch(self._take(replace(sample, at=at), now), at)

    def _take(self, sample: Sample, now: datetime) -> list[Change]:
        changes = self.silence.hear(sample.at, sample.id)
        changes += self._take_angle(sample, now)
        changes += self.water.take(sample, now, self.settings)
        changes += self.power.take(sample, self.settings)
        return changes

    def _take_angle(self, sample: Sample, now: datetime) -> list[Change]:
        level = None
        if sample.attitude is not None:
            self.attitude, level = sample.attitude, inclination(sample.attitude)
        delta = self.calibration.delta(sample.attitude)
        self.lid.angle = delta if delta is not None else self.lid.angle
        elsewhere = self.place.elsewhere(sample, self.settings)
        found = posture(sample, delta, level, self.settings)
        changes = self.lid.take(sample, found, elsewhere, now, self.settings)
        changes += self.integrity.take(sample, delta, self.settings)
        if sample.tilt_flag or sample.contact_open:
            return changes
        calibrated = self.calibration.collect(sample.attitude, sample.at, self.settings)
        changes += self._calibrated(calibrated, sample.at)
        if not self.lid.away and self.lid.decide_at is None and not elsewhere:
            self.place.learn(sample)
            if self.service.dispatches and not self.integrity.suspect and not self.silence.offline:
                self.calibration.drift(sample.attitude, sample.at, self.settings)
        return changes

    def tick(self, now: datetime, *, judge_silence: bool = True) -> list[Change]:
        """Let time pass: what was waited for until now happens.

        Without `judge_silence` nothing is made of silence: reports may still be on their way to us.
        """
        self.silence.watch(now)
        return self._elapse(now, judge_silence)

    def deadline(self) -> datetime | None:
        """The next moment at which `tick` would change something, if nothing comes before."""
        return min((at for at, _, _ in self._waits()), default=None)

    def _waits(self) -> list[tuple[datetime, bool, Step]]:
        """What is waited for: until when, whether it is silence that is waited out, and what follows."""
        missing = self.silence.missing_at(self.settings) if self.lid.state in (TILTED, OPEN) else None
        waits: list[tuple[datetime | None, bool, Step]] = [
            (self.service.deadline(), False, self._turn_service),
            (self.lid.deadline(), False, self.lid.elapse),
            (self.water.deadline(), False, self.water.elapse),
            (self.calibration.deadline(), False, self.calibration.elapse),
            (missing, True, self.lid.vanish),
            (self.silence.offline_at(self.settings), True, self.silence.elapse),
        ]
        return [(at, silent, step) for at, silent, step in waits if at is not None]

    def _elapse(self, now: datetime, judge_silence: bool) -> list[Change]:
        """Let every deadline that has passed take effect, in order, each at its own time."""
        changes: list[Change] = []
        while due := [wait for wait in self._waits() if wait[0] <= now and (judge_silence or not wait[1])]:
            at, _, step = min(due, key=lambda wait: wait[0])
            changes += self._dispatch(step(at), at)
        return changes

    def _turn_service(self, at: datetime) -> list[Change]:
        changes = self.service.elapse(at)
        crooked = self.lid.angle is not None and self.lid.angle > self.settings.closed_angle
        if changes[0].kind == "maintenance_ended" and self.lid.state == CLOSED and crooked:
            changes += self.lid.leave_open(at)
        return changes

    # --- what people do ---------------------------------------------------------------------------------

    def calibrate(
        self, now: datetime, *, person: str = "", confirmed: bool = False, at_once: bool = False
    ) -> list[Change]:
        """Take the baseline: from three still samples to come, or at once from the last one.

        A cover steeper than 15 degrees answers calibration_unconfirmed; `confirmed` takes it all the same.
        """
        changes = self.tick(now, judge_silence=False)
        if at_once:
            found = self.calibration.take_last(self.attitude, now, person, confirmed=confirmed)
        else:
            found = self.calibration.start(now, person, confirmed=confirmed)
        return changes + self._dispatch(self._calibrated(found, now), now)

    def _calibrated(self, changes: list[Change], at: datetime) -> list[Change]:
        """A new baseline puts the cover into service, closed and sound."""
        if not any(change.kind == "calibrated" for change in changes):
            return changes
        self.lid.angle, self.lid.calm = 0.0, False
        self.service.commissioning = False
        return changes + self.lid.close(at, "") + self.integrity.mend(at)

    def maintain(
        self, now: datetime, begins: datetime, ends: datetime, *, order: str = "", person: str = ""
    ) -> list[Change]:
        """Open a window in which changes are recorded and not dispatched."""
        changes = self.tick(now, judge_silence=False)
        self.service.plan(begins, ends, order, person)
        return changes + self.tick(now, judge_silence=False)

    def end_maintenance(self, now: datetime) -> list[Change]:
        """Close the window now; what is still wrong is dispatched."""
        changes = self.tick(now, judge_silence=False)
        if not self.service.working:
            self.service.cancel()
            return changes
        return changes + self._dispatch(self._turn_service(now), now)

    def excuse(self, excused: bool, now: datetime) -> list[Change]:
        """Its gateway went down (silence proves nothing then) or came back."""
        changes = self.tick(now, judge_silence=False)
        self.silence.excuse(excused, now, self.settings)
        return changes + self._dispatch([], now)

    # --- alarms -----------------------------------------------------------------------------------------

    def _dispatch(self, changes: list[Change], at: datetime) -> list[Change]:
        """Mark or add the alarms that are due: a condition that holds and was not yet dispatched."""
        if not self.service.dispatches:
            return changes
        ended = any(change.kind == "maintenance_ended" for change in changes)
        for region in (self.lid, self.water, self.integrity, self.silence, self.power):
            kind = region.condition()
            if kind is None or (kind == "offline" and self.lid.state == MISSING):
                continue
            region.alarmed = (*region.alarmed, kind)
            reason = "left_open" if ended and region is self.lid else getattr(region, "reason", "silent")
            changes = _alarmed(changes, kind, region.episode, reason, at, self.lid.angle)
        return changes


def _alarmed(
    changes: list[Change], kind: str, episode: str, reason: str, at: datetime, angle: float | None
) -> list[Change]:
    """The changes with the one of that kind made an alarm, or with such an alarm added."""
    for number, change in enumerate(changes):
        if change.kind == kind and change.episode == episode:
            alarm = replace(change, alarm=True, reason=reason, angle=angle)
            return [*changes[:number], alarm, *changes[number + 1 :]]
    return [*changes, Change(kind=kind, at=at, episode=episode, alarm=True, reason=reason, angle=angle)]
