"""The desk: carries out the steps of runs, synchronously as far as it goes, and keeps what must survive."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import voluptuous as vol

from automations.calls import Wish
from automations.functions import AllStates
from automations.keeping import Keeper
from automations.runs import LONGEST_LOG, WAIT, Run, RunFailed
from automations.state_triggers import Unclear
from automations.templates import TemplateFailed
from automations.views import House
from hub.api import Alarm, Call, HubError, Link, Named, Outcome, Severity, Timer, Unit, derive_id

DEEPEST = 30
_MOST_TOLD = 1000
log = logging.getLogger("hub.guest.automation")


class Desk:
    """What all automations of one engine share."""

    refusals = (RunFailed, TemplateFailed, HubError, vol.Invalid, ValueError)

    def __init__(self, link: Link, house: House) -> None:
        self.link, self.house = link, house
        self.states = AllStates(house)
        self.now = link.clock.now
        self.monotonic = link.clock.monotonic
        self.keeper = Keeper(link)
        self.lost = 0  # triggers lost to modes, of all rules
        self._actions = link.actions
        self._units = link.site.units
        self._started = 0  # runs so far
        self._troubled: dict[str, int] = {}  # rules that failed, and how many runs had started by then
        self._told: set[tuple[str, str]] = set()  # conditions that could not be judged, each logged once
        self._depth = 0  # of runs that cause one another right now

    def next_turn(self, callback: Callable[[], None]) -> None:
        """Call back in the loop's next turn."""
        asyncio.get_running_loop().call_soon(callback)

    def soon(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Call back after so many seconds of the hub's clock."""
        return self.link.clock.call_at(self.now() + timedelta(seconds=seconds), callback)

    # --- a run's life ---------------------------------------------------------------------------------------------

    def start(self, run: Run) -> None:
        """Run from the run's step on as far as it goes without waiting."""
        self._started += 1
        run.state, run.number = "running", self._started
        unit = self._units.current
        if unit is not None and unit.alarm_id:
            self._doubt(run, unit)
            self._advance(run)
        elif run.in_doubt:
            run.state = "committing"
        elif run.plan.durable or run.kept:
            with self._units.open():
                self._advance(run)
        else:
            self._advance(run)

    def _advance(self, run: Run) -> None:
        steps = run.plan.steps
        most, index = len(steps), run.step
        self._depth += 1
        try:
            if self._depth > DEEPEST:
                raise RunFailed(f"rules trigger one another more than {DEEPEST} times over")
            while 0 <= index < most and run.state == "running":
                if len(run.log) < LONGEST_LOG:
                    run.log.append(index)
                index = steps[index](run)
        except self.refusals as error:
            self.fail(run, str(error))
            return
        except Exception as error:
            log.error("%s: failed", run.plan.name, exc_info=error, extra={"run": run.id})
            self.fail(run, f"{type(error).__name__}: {error}")
            return
        finally:
            self._depth -= 1
        if run.state == "running":  # it neither waits nor was it cancelled by what it did
            self._finish(run, "done")

    def _finish(self, run: Run, state: str) -> None:
        run.state = state
        if run.kept or run.alarm:
            self.keeper.keep(run, self.now())
        if state == "done" and run.number > self._troubled.get(run.plan.id, run.number):
            del self._troubled[run.plan.id]
            self.link.clear(f"rule.{run.plan.id}")
        run.automation.ended(run)

    def fail(self, run: Run, why: str) -> None:
        """End a run that can't go on, and tell the admin."""
        automation, plan = run.automation, run.plan
        automation.failed += 1
        step = run.log[-1] if run.log else 0
        label = plan.labels[step] if run.log and step < len(plan.labels) else ""
        run.outcome = f"{label}: {why}" if label else why
        log.error("%s: %s", plan.name, run.outcome, extra={"run": run.id})
        self._troubled[plan.id] = self._started
        remedy = "see the rule's trace; correct the rule or what it calls"
        self.link.problem(f"rule.{plan.id}", f"rule '{plan.name}' failed: {run.outcome}", remedy)
        self._finish(run, "failed")

    def cancel(self, run: Run, why: str) -> None:
        """End a run from outside."""
        if run.timer is not None:
            run.timer.cancel()
        if run.task is not None:
            run.task.cancel()
        run.timer = run.task = None
        run.outcome = why
        run.state = "cancelled"
        if run.kept or run.alarm:
            self._keep_end(run)
        automation = run.automation
        automation.runs.discard(run)
        run.rest()
        automation.traces.append(run)

    def _keep_end(self, run: Run) -> None:
        """Put a cancelled run down; not behind an alarm that is not its own, whose fate it would share."""
        unit = self._units.current
        if unit is not None and unit.alarm_id not in ("", run.alarm):
            unit.after.append(lambda _outcome: self.keeper.keep(run, self.now()))
        else:
            self.keeper.keep(run, self.now())

    def park(self, run: Run) -> None:
        """Keep a run that waits for its turn."""
        run.state = "queued"
        unit = self._units.current
        if unit is not None and unit.alarm_id:
            self._doubt(run, unit)
        self.keeper.keep(run, self.now())

    def _doubt(self, run: Run, unit: Unit) -> None:
        """Until the commit, it is not known whether the alarm behind the run is new."""
        run.alarm, run.in_doubt = unit.alarm_id, True
        unit.after.append(partial(self._committed, run))

    def _committed(self, run: Run, outcome: Outcome) -> None:
        """The alarm behind a run is on the disk, or was there before."""
        run.in_doubt = False
        if run.ended:
            return
        if run.alarm in outcome.known_alarms:
            self._discard(run)
        elif run.state == "committing":
            run.state = "running"
            with self._units.open():
                self._advance(run)

    def _discard(self, run: Run) -> None:
        """Forget a run of an alarm that came twice: its first coming has had its run."""
        run.kept, run.alarm = False, ""
        automation = run.automation
        if run in automation.queue:
            automation.queue.remove(run)
        self.cancel(run, "the alarm was known already")
        automation.ended(run)

    # --- steps ------------------------------------------------------------------------------------------------------

    def call(self, run: Run, index: int, wish: Wish) -> int:
        """Do a call step: put a durable call down, run the handler of another one."""
        data = wish.filled(run)
        if not wish.action.durable:
            unit = self._units.current
            if unit is not None and unit.alarm_id:
                return self._wait_for_commit(run, index)
        event, identity = run.firing.event, run.id
        call = Call(
            name=wish.name,
            data=data,
            key=f"{identity}/{index}",
            cause=identity,
            priority=event.severity if isinstance(event, Alarm) else Severity.warning,
            alarm=event.id if isinstance(event, Alarm) else "",
        )
        try:
            result: Any = self._actions.start(call)
        except Exception as error:
            if not wish.keep_going:
                raise
            self._pass_over(run, wish, error)
            return index + 1
        if result is None:
            return index + 1
        if isinstance(result, Awaitable):
            run.step, run.state = index + 1, "waiting"
            run.task = self.link.task(self._await(run, wish, result), name=f"run {run.id}")
            return WAIT
        if wish.response:
            run.assign(wish.response, result)
        return index + 1

    def _wait_for_commit(self, run: Run, index: int) -> int:
        """What can't be taken back is done only when the alarm behind it is known to be new."""
        run.step, run.state = index, "committing"
        self.keeper.keep(run, self.now())
        return WAIT

    async def _await(self, run: Run, wish: Wish, work: Awaitable[Any]) -> None:
        timeout = wish.action.timeout
        try:
            async with asyncio.timeout(timeout):
                result = await work
        except Exception as error:
            run.task = None
            why = f"no answer within {timeout:g} s" if isinstance(error, TimeoutError) else str(error)
            if not wish.keep_going:
                if not isinstance(error, (*self.refusals, TimeoutError)):
                    log.error("%s: %s failed", run.plan.name, wish.name, exc_info=error)
                with self._units.open():
                    self.fail(run, why or repr(error))
                return
            self._pass_over(run, wish, error)
            result = None
        run.task = None
        if wish.response:
            run.assign(wish.response, result)
        self._go_on(run)

    def _pass_over(self, run: Run, wish: Wish, error: Exception) -> None:
        log.warning("%s: %s failed and is passed over: %s", run.plan.name, wish.name, error)

    def delay(self, run: Run, index: int, span: timedelta) -> int:
        """Wait; the wait survives a restart."""
        if span <= timedelta(0):
            return index + 1
        run.step = index + 1
        self.wait_until(run, self.now() + span)
        return WAIT

    def wait_until(self, run: Run, when: datetime) -> None:
        """Put the run down and go on with it at that time."""
        run.state, run.wake = "waiting", when
        self.keeper.keep(run, self.now())
        self.arm(run)

    def arm(self, run: Run) -> None:
        """Set the timer of a waiting run."""
        if run.wake is not None:
            run.timer = self.link.clock.call_at(run.wake, partial(self._wake, run))

    def _wake(self, run: Run) -> None:
        run.timer = run.wake = None
        if run.in_doubt:
            run.state = "committing"
        elif not run.ended:
            self._go_on(run)

    def _go_on(self, run: Run) -> None:
        run.state = "running"
        if run.kept or run.plan.durable:
            with self._units.open():
                self._advance(run)
        else:
            self._advance(run)
        run.automation.show()

    def fire(self, run: Run, index: int, name: str, data: Mapping[str, Any]) -> int:
        """Fire an event of the site's own."""
        self.link.emit(
            Named(
                id=derive_id(run.id, index),
                at=self.now(),
                source=run.plan.entity_id,
                cause=run.id,
                name=name,
                data=data,
            )
        )
        return index + 1

    def unclear(self, run: Run, error: Unclear) -> None:
        """Note a condition that could not be judged; it counts as not met."""
        run.outcome = f"condition: {error}"
        told = (run.plan.id, str(error))
        level = logging.DEBUG if told in self._told else logging.WARNING
        if len(self._told) < _MOST_TOLD:
            self._told.add(told)
        log.log(level, "%s: a condition could not be judged: %s", run.plan.name, error)
