"""Runs on the disk: written with what caused them, taken up again after a restart."""

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from automations.plan import Plan
from automations.runs import Run, from_json, to_json
from automations.views import thick_view, thin_view
from hub.api import Link, Outcome

_COLUMNS = ("id", "automation", "version", "state", "step", "variables", "wake", "trigger", "started")
log = logging.getLogger("hub.guest.automation")


class Keeper:
    """Writes runs and their plans into the open unit."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._plans: set[str] = set()

    def keep(self, run: Run, now: datetime) -> None:
        """Put the run down as it stands, behind its plan."""
        with self._link.transaction() as unit:
            self._keep_plan(run.plan, now)
            unit.write("run", self._row(run, now))
        run.kept = True

    def _keep_plan(self, plan: Plan, now: datetime) -> None:
        version = plan.version
        if version in self._plans:
            return
        with self._link.transaction() as unit:
            source = json.dumps(plan.source, ensure_ascii=False, default=str)
            unit.write("plan", {"version": version, "automation": plan.id, "source": source, "created": now})
            # Behind an alarm that was known, nothing is written: the next run has to try again.
            unit.after.append(partial(self._plan_kept, version, unit.alarm_id))

    def _plan_kept(self, version: str, alarm: str, outcome: Outcome) -> None:
        if alarm not in outcome.known_alarms:
            self._plans.add(version)

    def _row(self, run: Run, now: datetime) -> dict[str, Any]:
        return {
            "id": run.id,
            "automation": run.plan.id,
            "version": run.plan.version,
            "state": run.state,
            "step": run.step,
            "variables": to_json(run.variables),
            "wake": run.wake,
            "trigger": to_json({"view": _thin(run.firing.view(run.house)), "alarm": run.alarm}),
            "started": run.at,
            "finished": now if run.ended else None,
            "outcome": run.outcome,
        }

    def close(self, row: Any, now: datetime, why: str) -> None:
        """End a stored run that can't be taken up again."""
        log.warning("a run of '%s' from before the restart is ended: %s", row.automation, why)
        with self._link.transaction() as unit:
            unit.write("run", {**_columns(row), "state": "cancelled", "finished": now, "outcome": why})


def _columns(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _COLUMNS}


def variables_of(row: Any) -> dict[str, Any]:
    """The variables of a stored run."""
    value = from_json(row.variables)
    return value if isinstance(value, dict) else {}


def trigger_of(row: Any) -> tuple[Mapping[str, Any], str]:
    """The view of its trigger, and the alarm behind it."""
    value = from_json(row.trigger)
    view = dict(value.get("view") or {})
    if isinstance(view.get("event"), dict) and "own" in view["event"]:
        view["event"] = thick_view(view["event"])
    return view, str(value.get("alarm") or "")


def _thin(view: Mapping[str, Any]) -> Mapping[str, Any]:
    event = view.get("event")
    return {**view, "event": thin_view(event)} if isinstance(event, dict) and "event_type" in event else view
