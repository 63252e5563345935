"""Whether another way to a person is needed: what came of those before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.api import STAGES, Call, Channel, Link, Stage, TooEarly
from integrations.notify.wording import local_time


@dataclass(frozen=True, slots=True)
class Fallback:
    """Holds a delivery back until its time, and for good when the notice came another way."""

    link: Link
    kinds: Mapping[str, Channel]  # of the site's channels, by their names

    async def needless(self, call: Call, *, has_link: bool) -> str:
        """Why the delivery is not needed, or ""; TooEarly until that can be told."""
        earlier: Sequence[Sequence[str]] = call.data.get("instead_of", ())
        if not earlier:
            return ""
        due = datetime.fromisoformat(call.data["at"]) + timedelta(seconds=call.data["after"])
        if self.link.now() < due:
            told = local_time(due, self.link.site.zone)
            raise TooEarly(f"used only if no other way brought it until {told}", due)
        if call.alarm and call.data["until"] == "acknowledged" and self._is_taken(call.alarm):
            return "somebody has the alarm"
        for key, channel in earlier:
            wanted = furthest(call.data["until"], self.kinds.get(channel), has_link=has_link)
            receipt = await self.link.site.receipts.find(key)
            if receipt is not None and receipt.reached(wanted):
                return f"it came over '{channel}'"
        return ""

    def _is_taken(self, alarm: str) -> bool:
        found = self.link.site.alarms.get(alarm)
        return found is None or found.acknowledged_at is not None


def furthest(until: Stage, kind: Channel | None, *, has_link: bool) -> Stage:
    """The stage to wait for: no further than what the channel can tell, or the link in the notice."""
    if kind is None:
        return until
    told = "acknowledged" if has_link and not kind.shared else kind.tells
    return STAGES[min(STAGES.index(until), STAGES.index(told))]
