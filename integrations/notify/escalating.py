"""Escalation: an alarm that nobody takes on is told to others, step by step."""

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import voluptuous as vol

from hub.api import Call, Follow, Link, Severity, TimePeriod

KEY = "escalate/"  # and the key of `notify.send`: the timer's
MOST_STEPS = 5
ESCALATE = vol.Schema({vol.Required("of"): str, vol.Required("step"): int, vol.Required("since"): str})
_AFTER = TimePeriod(timedelta(seconds=10), timedelta(hours=24))


def steps(audience: Callable[[Any], Any]) -> Callable[[Any], list[dict[str, Any]]]:
    """[{after: 5m, audience: role:admin}, ...]: each later than the one before. `after` becomes seconds."""
    one = vol.Schema(
        {
            vol.Required("after"): lambda value: _AFTER(value).total_seconds(),
            vol.Required("audience"): audience,
        }
    )

    all_steps = vol.Schema([one])

    def read(value: Any) -> list[dict[str, Any]]:
        given = [value] if isinstance(value, Mapping) else value or []
        if not isinstance(given, list):
            raise vol.Invalid("the steps are a list such as [{after: 5m, audience: role:admin}]")
        if len(given) > MOST_STEPS:
            raise vol.Invalid(f"at most {MOST_STEPS} steps; more would reach nobody new")
        found: list[dict[str, Any]] = all_steps(given)
        for index, (before, later) in enumerate(itertools.pairwise(found), 1):
            if later["after"] <= before["after"]:
                raise vol.Invalid(
                    "each step comes later than the one before; 'after' counts from the alarm",
                    [index, "after"],
                )
        return found

    return read


@dataclass(frozen=True, slots=True)
class Escalation:
    """Handles `notify.escalate`. A timer holds no more than the key: what is to be said stands in the outbox."""

    link: Link

    def begin(self, call: Call) -> None:
        """Wait for the first step of a notice about an alarm, in the open unit."""
        if call.data.get("escalate") and self.is_open(call.alarm):
            self._wait(call.key, 0, self.link.now(), call.data["escalate"], call.alarm)

    def is_open(self, alarm: str) -> bool:
        """Whether the alarm still needs somebody."""
        found = self.link.site.alarms.get(alarm)
        return found is not None and found.acknowledged_at is None

    def ring(self, key: str, data: Mapping[str, Any]) -> None:
        """A step's time came; in the open unit."""
        of, step = key.removeprefix(KEY), data["step"]
        with self.link.transaction() as unit:
            if self.is_open(data["alarm"]):
                unit.call(
                    Call(
                        name="notify.escalate",
                        data={"of": of, "step": step, "since": data["since"]},
                        key=f"{of}/escalation/{step + 1}",
                        priority=Severity.critical,
                        alarm=data["alarm"],
                    )
                )

    async def escalate(self, call: Call) -> Follow | None:
        """Tell the step's audience that nobody has the alarm, and wait for the next step."""
        of, step = call.data["of"], call.data["step"]
        row = await self.link.site.store.outbox.find(of)
        if row is None or not self.is_open(call.alarm):
            return None
        data = json.loads(row.data)
        since, chain = datetime.fromisoformat(call.data["since"]), data["escalate"]
        told = Call(
            name="notify.send",
            data={
                **{name: value for name, value in data.items() if name != "escalate"},
                "audience": chain[step]["audience"],
                "unattended": max(1, round((self.link.now() - since).total_seconds() / 60)),
            },
            key=f"{of}/escalation/{step + 1}/send",
            cause=row.cause,
            priority=Severity(row.priority),
            alarm=call.alarm,
        )
        return Follow([told], lambda: self._wait(of, step + 1, since, chain, call.alarm))

    def _wait(
        self, of: str, step: int, since: datetime, chain: Sequence[Mapping[str, Any]], alarm: str
    ) -> None:
        if step < len(chain):
            data = {"step": step, "since": since.isoformat(), "alarm": alarm}
            self.link.timer(KEY + of, since + timedelta(seconds=chain[step]["after"]), data)
