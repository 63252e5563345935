"""The engine: the rule set in force, its replacement in one go, and what it takes up after a restart."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from automations.desk import Desk
from automations.keeping import trigger_of, variables_of
from automations.listening import Listeners
from automations.live import Automation
from automations.plan import Plan
from automations.rules import Language, RuleSet
from automations.runs import Firing, Run
from automations.trace import describe_automation, describe_run
from hub.api import Area, Entity, HubStarted, Known, Link, Point

log = logging.getLogger("hub.guest.automation")


class HubHouse:
    """The running hub as rules see it."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.zone = link.site.zone
        self.now = link.clock.now
        self.state = link.states.get
        self.states = link.states.all

    def entity(self, entity_id: str) -> Entity | None:
        """An entity's declaration, if there is one."""
        return self._link.states.entities.get(entity_id)

    def areas(self) -> Mapping[str, Area]:
        """Areas by id."""
        return self._link.site.directory.areas

    def area_of(self, entity_id: str) -> str:
        """The area of an entity or of its device, or ""."""
        entity = self.entity(entity_id)
        if entity is None:
            return ""
        device = self._link.site.devices.get(entity.device)
        return entity.area or (device.area if device is not None else "")


def _same(old: Plan, new: Plan) -> bool:
    return old.entity_id == new.entity_id and old.fingerprint == new.fingerprint


@dataclass(slots=True)
class _Kept:
    """An automation with the undo of its entity."""

    automation: Automation
    undo: Any


class Engine:
    """All automations of a site, by id."""

    def __init__(self, link: Link, language: Language) -> None:
        self._link, self._language = link, language
        self.desk = Desk(link, HubHouse(link))
        self.listeners = Listeners(link, self.desk)
        self.watching: Listeners | None = None  # for programs outside
        self._kept: dict[str, _Kept] = {}
        self._resting: list[Run] = []  # taken off the disk, go on once every integration is there

    # --- the rule set -----------------------------------------------------------------------------------------

    @property
    def automations(self) -> dict[str, Automation]:
        """The rules in force by id."""
        return {identity: kept.automation for identity, kept in self._kept.items()}

    def find(self, entity_id: str) -> Automation | None:
        """The automation of an entity id."""
        found = (
            kept.automation for kept in self._kept.values() if kept.automation.plan.entity_id == entity_id
        )
        return next(found, None)

    def take(self, rules: RuleSet) -> None:
        """Put a rule set in force. Rules that did not change keep all that they are and do."""
        plans = list(self._usable(rules))
        kept: dict[str, _Kept] = {}
        for plan in plans:
            old = self._kept.get(plan.id)
            if old is not None and _same(old.automation.plan, plan):
                kept[plan.id] = old
            else:
                kept[plan.id] = self._set_up(plan, old)
        gone = [old for identity, old in self._kept.items() if kept.get(identity) is not old]
        self._kept = kept
        self.listeners.listen(one.automation for one in kept.values())
        for old in gone:
            self._retire(old, kept.get(old.automation.plan.id))

    def _usable(self, rules: RuleSet) -> Iterator[Plan]:
        """Plans without faults; a rule with faults is left out and hung up as a problem."""
        if rules.plans is not None:
            yield from rules.plans
            return
        for plan, findings in self._language.plans(rules, self.known()):
            if findings:
                text = "; ".join(finding.problem for finding in findings)
                self._link.problem(f"rule.{plan.id}", f"rule '{plan.name}' is not used: {text}", "correct it")
            else:
                yield plan

    def known(self) -> Known:
        """The names that rules may refer to now."""
        link = self._link
        return Known(events=link.event_classes, actions=link.actions.declared, entities=None)

    def _set_up(self, plan: Plan, old: _Kept | None) -> _Kept:
        if old is None:
            point, undo = self._declare(plan)
            automation = Automation(plan, self.desk, point, on=self._starts_on(plan))
            self._remember(automation)
        else:
            point, undo = self._redeclare(plan, old)
            automation = Automation(plan, self.desk, point, on=old.automation.on)
            automation.inherit(old.automation)
        automation.show()
        return _Kept(automation, undo)

    def _redeclare(self, plan: Plan, old: _Kept) -> tuple[Point, Any]:
        """The entity of a rule that changed: the same, unless it has another name now."""
        entity = old.automation.point.entity
        return (old.automation.point, old.undo) if entity.id == plan.entity_id else self._declare(plan)

    def _declare(self, plan: Plan) -> tuple[Point, Any]:
        entity = Entity(id=plan.entity_id, name=plan.name)
        undo = self._link.states.declare(entity)
        return Point(entity, self._link.states), undo

    def _starts_on(self, plan: Plan) -> bool:
        if plan.starts_on is not None:
            return plan.starts_on
        return bool(self._link.memory.get(f"on/{plan.id}", True))

    def _retire(self, old: _Kept, successor: _Kept | None) -> None:
        if successor is None:
            self._stop(old.automation, "the rule was removed")
        old.automation.hide()
        if successor is None or successor.undo is not old.undo:
            old.undo()

    def _stop(self, automation: Automation, why: str) -> None:
        while automation.queue:
            self.desk.cancel(automation.queue.popleft(), why)
        for run in tuple(automation.runs):
            self.desk.cancel(run, why)

    def _remember(self, automation: Automation) -> None:
        """What it showed before a restart."""
        known = self._link.memory.get(f"last/{automation.plan.id}") or {}
        if isinstance(known.get("triggered"), str):
            automation.last_triggered = datetime.fromisoformat(known["triggered"])
        automation.lost = int(known.get("lost") or 0)

    def switch(self, automation: Automation, on: bool, *, stop_actions: bool = True) -> None:
        """Turn a rule on or off; it stays so over restarts."""
        automation.on = on
        self._link.memory.put(f"on/{automation.plan.id}", on)
        if not on:
            self.listeners.waits.end_all(automation)
            if stop_actions:
                self._stop(automation, "turned off")
        automation.show(at_once=True)

    # --- after a restart --------------------------------------------------------------------------------------

    async def resume(self) -> None:
        """Take up the runs and waits that the disk holds."""
        store = self._link.site.store.runs
        rows = await store.unfinished()
        sources = await store.plans({row.version for row in rows})
        for row in rows:
            self._resume(row, sources.get(row.version))
        for timer in self._link.site.timers.of(self._link.name):
            if self.listeners.waits.restore(timer.key, json.loads(timer.data), self.automations) is None:
                self._link.cancel_timer(timer.key)

    def _resume(self, row: Any, stored: Any) -> None:
        kept = self._kept.get(row.automation)
        now = self.desk.now()
        if kept is None or stored is None:
            self.desk.keeper.close(row, now, "its rule is gone" if kept is None else "its plan is gone")
            return
        automation = kept.automation
        plan: Plan | None = automation.plan
        if automation.plan.version != row.version:
            source, entity_id = json.loads(stored.source), automation.plan.entity_id
            plan = self._language.read_stored(source, row.automation, entity_id, self.known())
        if plan is None or row.step > len(plan.steps):
            self.desk.keeper.close(row, now, "its version of the rule can't be used any more")
            return
        view, alarm = trigger_of(row)
        run = Run(
            automation, plan, Firing(None, stored=dict(view)), self.desk.house, self.desk.states, row.started
        )
        run.rename(row.id)
        run.step, run.wake, run.kept, run.alarm = row.step, row.wake, True, alarm
        run.variables, run.trigger_id = variables_of(row), str(view.get("id") or "")
        if row.state == "queued" and automation.runs:
            run.state = "queued"
            automation.queue.append(run)
        else:
            run.state = "waiting"
            automation.runs.add(run)
            self._resting.append(run)

    def started(self, _event: HubStarted | None = None) -> None:
        """Every integration had its chance: waiting runs and timers go on."""
        self._link.on_timer(self.timer)
        resting, self._resting = self._resting, []
        for run in resting:
            if run.ended:
                continue
            if run.wake is not None:
                self.desk.arm(run)
            else:
                self.desk.start(run)
        for automation in {run.automation for run in resting}:
            automation.show(at_once=True)

    def timer(self, key: str, _data: Mapping[str, Any]) -> None:
        """A durable timer of the engine fired: a `for:` is over."""
        self.listeners.wait_over(key)
        if self.watching is not None:
            self.watching.wait_over(key)

    def close(self) -> None:
        """End in this process; what is kept goes on at the next start."""
        self.listeners.close()
        with self._link.transaction():
            for kept in self._kept.values():
                self._close(kept.automation)
                kept.undo()
        self._kept = {}

    def _close(self, automation: Automation) -> None:
        automation.hide()
        for run in (*automation.runs, *automation.queue):
            if run.timer is not None:
                run.timer.cancel()
            run.state = "closed"
        if automation.last_triggered is not None:
            last = {"triggered": automation.last_triggered.isoformat(), "lost": automation.lost}
            self._link.memory.put(f"last/{automation.plan.id}", last)

    # --- looking at it ----------------------------------------------------------------------------------------

    def describe(self) -> list[dict[str, Any]]:
        """Every rule with its counters, for people and programs."""
        return [describe_automation(kept.automation) for kept in self._kept.values()]

    def show(self, entity_id: str) -> dict[str, Any] | None:
        """One rule with its runs under way and its last traces, the newest first."""
        automation = self.find(entity_id)
        if automation is None:
            return None
        plan = automation.plan
        return {
            **describe_automation(automation),
            "description": plan.description,
            "plan": [label for label in plan.labels if label],
            "running": [describe_run(run) for run in (*automation.runs, *automation.queue)],
            "traces": [describe_run(run) for run in reversed(automation.traces)],
        }
