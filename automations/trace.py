"""Traces: what a run did, told afterwards from what it left behind."""

from typing import Any

from automations.live import Automation
from automations.runs import Run


def describe_run(run: Run) -> dict[str, Any]:
    """A run as plain values: trigger, steps taken, how it ended."""
    plan, trigger, event = run.plan, run.firing.trigger, run.firing.event
    description: dict[str, Any] = {
        "run": run.id,
        "automation": plan.id,
        "version": plan.version,
        "at": run.at.isoformat(),
        "state": run.state,
        "outcome": run.outcome,
        "trigger": None if trigger is None else {"id": trigger.id, "platform": trigger.platform},
        "steps": [{"step": step, "label": plan.labels[step]} for step in run.log if plan.labels[step]],
    }
    if event is not None:
        description["event"] = {"kind": event.kind, "id": event.id}
    if run.firing.new is not None:
        description["entity_id"] = run.firing.new.entity_id
    if run.state == "blocked":
        description["condition"] = run.step
    if run.wake is not None:
        description["wake"] = run.wake.isoformat()
    return description


def describe_automation(automation: Automation) -> dict[str, Any]:
    """A rule as plain values: what it is and how often it did what."""
    plan = automation.plan
    last = automation.last_triggered
    return {
        "id": plan.id,
        "alias": plan.alias,
        "entity_id": plan.entity_id,
        "enabled": automation.on,
        "mode": plan.mode,
        "version": plan.version,
        "triggers": [{"id": trigger.id, "platform": trigger.platform} for trigger in plan.triggers],
        "last_triggered": None if last is None else last.isoformat(),
        "current": len(automation.runs),
        "queued": len(automation.queue),
        "triggered": automation.triggered,
        "blocked": automation.blocked,
        "lost": automation.lost,
        "failed": automation.failed,
    }
