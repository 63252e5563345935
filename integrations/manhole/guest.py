"""Runs the covers' machines on readings and timers; what they remember and what they tell is one transaction."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from hub.api import ActionRefused, Call, Link, Point, ReadingReceived
from integrations.manhole.change import Change
from integrations.manhole.cover import Cover
from integrations.manhole.entities import device_of, entities_of, shown
from integrations.manhole.outage import OVERDUE, Gateways, Outage
from integrations.manhole.sample import sample_of
from integrations.manhole.schema import LONGEST_WINDOW, CoverConfig
from integrations.manhole.telling import ended, outage_ended, outage_told, told

GATEWAYS = "gateways"  # key of memory and of the timer
# After a start the broker hands over what it kept for us: silence is judged when that is through.
GRACE = timedelta(minutes=2)
Step = Callable[[Cover], list[Change]]


class Covers:
    """One site's covers."""

    def __init__(self, link: Link, covers: Iterable[CoverConfig]) -> None:
        self._link = link
        self._configs = {config.id: config for config in covers}
        self._by_device: dict[str, list[str]] = {}
        self._points: dict[str, dict[str, Point]] = {}
        self._excused: set[str] = set()
        self._judging_from = link.now() + GRACE
        self._gateways = Gateways(link.memory.get(GATEWAYS))
        self._gateways_due: datetime | None = None
        for config in self._configs.values():
            self._by_device.setdefault(config.device.upper(), []).append(config.id)
            link.device(device_of(config))
            self._points[config.id] = {
                key: link.entity(entity) for key, entity in entities_of(config).items()
            }

    def start(self) -> None:
        """Show what is known, and wait for what was waited for."""
        with self._link.transaction():
            for identity, config in self._configs.items():
                cover = self._recall(identity)
                heard, last = cover.silence.heard_at, cover.place.last
                if heard is not None:
                    self._gateways.recall(identity, last, heard, config.settings.heartbeat)
                if cover.silence.excused:
                    self._excused.add(identity)
                self._carry_out(identity, self._passing)
            self._wait_for_gateways()

    # --- what comes in ----------------------------------------------------------------------------------

    def take(self, event: ReadingReceived) -> None:
        """A device reported; the device may be named by the hub's id or by its network's."""
        found = self._by_device.get(event.device.upper(), []) + self._by_device.get(event.address.upper(), [])
        with self._link.transaction():
            for identity in dict.fromkeys(found):
                self._feed(identity, event)

    def _feed(self, identity: str, event: ReadingReceived) -> None:
        now = self._link.now()
        at = min(event.at, now)
        heartbeat = self._configs[identity].settings.heartbeat
        # Without gateways (a status answer, another network) it tells nothing of any of them.
        if event.gateways:
            down = bool(self._gateways.down)
            ends = self._gateways.hear(identity, event.gateways, at, heartbeat)
            if down:
                self._settle(ends)
            self._wait_for_gateways(at + heartbeat * OVERDUE)
        sample = sample_of(event.id, event.at, event.means, event.gateways)
        self._carry_out(identity, lambda cover: cover.feed(sample, now))

    def ring(self, key: str, _data: Mapping[str, Any]) -> None:
        """A timer: a cover's deadline, or the gateways'."""
        if key == GATEWAYS:
            self._gateways_due = None
            if self._link.now() >= self._judging_from:
                self._settle(self._gateways.tick(self._link.now()))
            self._wait_for_gateways()
        elif key in self._configs:
            self._carry_out(key, self._passing)

    def _passing(self, cover: Cover) -> list[Change]:
        now = self._link.now()
        return cover.tick(now, judge_silence=now >= self._judging_from)

    # --- what people do ---------------------------------------------------------------------------------

    def calibrate(self, call: Call) -> None:
        """`manhole.calibrate`."""
        data, now = call.data, self._link.now()
        identity = self._named(data["cover"])
        person = data["person"] or call.cause
        self._carry_out(
            identity,
            lambda cover: cover.calibrate(
                now, person=person, confirmed=data["confirm"], at_once=data["at_once"]
            ),
        )

    def maintain(self, call: Call) -> None:
        """`manhole.maintenance`."""
        data, now = call.data, self._link.now()
        begins = data.get("start", now)
        ends = data["end"] if "end" in data else begins + data["duration"]
        if not now < ends or not begins < ends or ends - begins > LONGEST_WINDOW:
            raise ActionRefused(
                f"a maintenance window ends in the future, after its start, and within {LONGEST_WINDOW.days} days"
            )
        with self._link.transaction():
            for identity in self._meant(data):
                self._carry_out(
                    identity,
                    lambda cover: cover.maintain(
                        now, begins, ends, order=data["order"], person=data["person"] or call.cause
                    ),
                )

    def end_maintenance(self, call: Call) -> None:
        """`manhole.end_maintenance`."""
        now = self._link.now()
        with self._link.transaction():
            for identity in self._meant(call.data):
                self._carry_out(identity, lambda cover: cover.end_maintenance(now))

    def _meant(self, data: Mapping[str, Any]) -> list[str]:
        if "cover" in data:
            return [self._named(data["cover"])]
        found = [config.id for config in self._configs.values() if config.area == data["area"]]
        if not found:
            raise ActionRefused(f"there is no cover in area '{data['area']}'")
        return found

    def _named(self, name: str) -> str:
        if name not in self._configs:
            raise ActionRefused(f"there is no cover '{name[:80]}'")
        return name

    # --- one step of one cover --------------------------------------------------------------------------

    def _recall(self, identity: str) -> Cover:
        return Cover(self._configs[identity].settings, self._link.memory.get(f"cover/{identity}"))

    def _carry_out(self, identity: str, step: Step) -> None:
        """Take a step, remember it, wait on, show and tell: all of it or nothing."""
        cover = self._recall(identity)
        changes = step(cover)
        with self._link.transaction():
            self._link.memory.put(f"cover/{identity}", cover.to_plain())
            self._wait(identity, cover)
            self._show(identity, cover)
            for change in changes:
                self._link.emit(told(self._configs[identity], change, cover.summary))
                if over := ended(self._configs[identity], change):
                    self._link.emit(over)

    def _wait(self, identity: str, cover: Cover) -> None:
        due = cover.deadline()
        if due is None:
            self._link.cancel_timer(identity)
        elif due > self._link.now():
            self._link.timer(identity, due)
        else:  # silence that is not judged yet
            self._link.timer(identity, max(due, self._judging_from))

    def _show(self, identity: str, cover: Cover) -> None:
        points = self._points[identity]
        details = {
            "cover": cover.cover,
            "calibrated_at": cover.calibration.at.isoformat() if cover.calibration.at else None,
            "calibrated_by": cover.calibration.person,
            "vibrations": cover.lid.vibrations,
        }
        for key, value in shown(cover).items():
            points[key].set(value, details if key == "state" else {})

    # --- gateways ---------------------------------------------------------------------------------------

    def _settle(self, outages: list[Outage]) -> None:
        """Gateways went down or came back: tell it, and excuse the sensors that only they hear."""
        now = self._link.now()
        excused = {identity for identity in self._configs if self._gateways.excuses(identity)}
        turned, self._excused = excused ^ self._excused, excused
        if not outages and not turned:
            return
        with self._link.transaction():
            self._link.memory.put(GATEWAYS, self._gateways.to_plain())
            for outage in outages:
                self._link.emit(outage_told(outage))
                if outage.over:
                    self._link.emit(outage_ended(outage))
            for identity in sorted(turned):
                self._excuse(identity, identity in excused, now)

    def _excuse(self, identity: str, excused: bool, now: datetime) -> None:
        self._carry_out(identity, lambda cover: cover.excuse(excused, now))

    def _wait_for_gateways(self, overdue: datetime | None = None) -> None:
        """Wait until a sensor is overdue: the one just heard, or the first of all when none is waited for."""
        if self._gateways_due is None:
            overdue = self._gateways.deadline(self._link.now())
        if overdue is None:
            return
        due = max(overdue, self._judging_from)
        if self._gateways_due is None or due < self._gateways_due:
            self._gateways_due = due
            self._link.timer(GATEWAYS, due)
