"""A rule at work: whether it is on, its runs, what waits, what was lost."""

import logging
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from automations.plan import UNLIMITED, Plan
from automations.runs import Firing, Run
from automations.state_triggers import Unclear
from hub.api import Alarm, Event, Point, State

if TYPE_CHECKING:
    from automations.desk import Desk
    from automations.triggers import Trigger

TRACES = 5
_LEVELS = {"critical": 50, "error": 40, "warning": 30, "info": 20, "debug": 10, "silent": 0}
log = logging.getLogger("hub.guest.automation")


class Automation:
    """One rule of the set in force. Its plan may be replaced; runs keep the plan they started with."""

    def __init__(self, plan: Plan, desk: "Desk", point: Point, *, on: bool) -> None:
        self.plan, self.desk, self.point = plan, desk, point
        self.on = on
        self.runs: set[Run] = set()
        self.queue: deque[Run] = deque()
        self.traces: deque[Run] = deque(maxlen=TRACES)
        self.last_triggered: datetime | None = None
        self.triggered = self.blocked = self.lost = self.failed = 0
        self._shown_at = -1.0
        self._show_timer: Any = None

    def inherit(self, old: "Automation") -> None:
        """Take over what an earlier version of the rule is about: its runs, traces and counters."""
        self.runs, self.queue, self.traces = old.runs, old.queue, old.traces
        self.last_triggered, self.lost = old.last_triggered, old.lost
        self.triggered, self.blocked, self.failed = old.triggered, old.blocked, old.failed
        for run in (*self.runs, *self.queue):
            run.automation = self

    # --- what triggers ----------------------------------------------------------------------------------------

    def fire(
        self,
        trigger: "Trigger | None",
        old: State | None = None,
        new: State | None = None,
        event: Event | None = None,
        facts: Mapping[str, Any] | None = None,
        *,
        skip_conditions: bool = False,
    ) -> Run | None:
        """A trigger fired: check the conditions and run. None when nothing came of it."""
        if not self.on and trigger is not None:
            return None
        desk, plan = self.desk, self.plan
        run = Run(self, plan, Firing(trigger, old, new, event, facts), desk.house, desk.states, desk.now())
        try:
            if trigger is not None and trigger.variables is not None:
                for name, value in trigger.variables(run.scope(), True).items():
                    run.assign(name, value)
            if plan.assign is not None:
                plan.assign(run)
        except desk.refusals as error:
            desk.fail(run, f"variables: {error}")
            return None
        if not skip_conditions and not self._hold(run):
            return None
        return self._admit(run)

    def _hold(self, run: Run) -> bool:
        index = 0
        try:
            for check in self.plan.conditions:
                if not check(run):
                    break
                index += 1
            else:
                return True
        except Unclear as error:
            self.desk.unclear(run, error)
        self.blocked += 1
        run.state, run.step = "blocked", index
        run.rest()
        self.traces.append(run)
        return False

    # --- modes --------------------------------------------------------------------------------------------------

    def _admit(self, run: Run) -> Run | None:
        """Start the run, queue it, or count it as lost, as the mode says."""
        plan, event = self.plan, run.firing.event
        if event is not None and (self.runs or self.queue) and self._knows(run):
            return None  # the same event came twice: that is no loss
        if self.runs or self.queue:
            if plan.mode == "restart":
                for running in tuple(self.runs):
                    self.desk.cancel(running, "restarted")
            elif len(self.runs) + len(self.queue) >= plan.most:
                self._lose(run)
                return None
            elif plan.mode == "queued":
                self.queue.append(run)
                self.desk.park(run)
                return run
        self.triggered += 1
        self.last_triggered = run.at
        self.runs.add(run)
        if event is not None and isinstance(event, Alarm):
            run.alarm = event.id
        self.desk.start(run)
        self.show()
        return run

    def _knows(self, run: Run) -> bool:
        return any(other.id == run.id for other in (*self.runs, *self.queue))

    def _lose(self, run: Run) -> None:
        self.lost += 1
        self.desk.lost += 1
        run.state, run.outcome = "lost", f"mode {self.plan.mode}, {len(self.runs)} running"
        run.rest()
        self.traces.append(run)
        level = _LEVELS[self.plan.over]
        if level:
            text = "%s: a trigger was lost: %d running, mode %s, max %d"
            log.log(level, text, self.plan.name, len(self.runs), self.plan.mode, self.plan.most)
        self.show()

    def ended(self, run: Run) -> None:
        """A run is over: keep its trace, let the next one in."""
        self.runs.discard(run)
        run.rest()
        self.traces.append(run)
        if self.queue:
            self.desk.next_turn(self._start_next)

    def _start_next(self) -> None:
        if self.queue and not self.runs:
            following = self.queue.popleft()
            self.triggered += 1
            self.last_triggered = self.desk.now()
            self.runs.add(following)
            self.desk.start(following)
            self.show()

    # --- the entity -----------------------------------------------------------------------------------------------

    def show(self, *, at_once: bool = False) -> None:
        """Report on/off and counters, at most once a second when much happens."""
        now = self.desk.monotonic()
        if at_once or now - self._shown_at >= 1.0:
            self._shown_at = now
            self._report()
        elif self._show_timer is None:
            self._show_timer = self.desk.soon(1.0, self._show_later)

    def _show_later(self) -> None:
        self._show_timer = None
        self._shown_at = self.desk.monotonic()
        self._report()

    def _report(self) -> None:
        self.point.set(self.on, self.attributes())

    def attributes(self) -> dict[str, Any]:
        """What the entity shows beside on and off."""
        plan = self.plan
        shown: dict[str, Any] = {
            "id": plan.id,
            "friendly_name": plan.name,
            "last_triggered": self.last_triggered.isoformat() if self.last_triggered else None,
            "mode": plan.mode,
            "current": len(self.runs),
            "lost": self.lost,
        }
        if plan.mode in ("queued", "parallel") and plan.most != UNLIMITED:
            shown["max"] = plan.most
        return shown

    def hide(self) -> None:
        """Report nothing more."""
        if self._show_timer is not None:
            self._show_timer.cancel()
            self._show_timer = None
