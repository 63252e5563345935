"""`for:`: a trigger that fires only when what started it has lasted. Its waits are durable timers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from automations.runs import pack_state, unpack_state
from hub.api import Link, State

if TYPE_CHECKING:
    from automations.live import Automation
    from automations.triggers import Trigger


@dataclass(slots=True)
class Wait:
    """What began and must last."""

    automation: "Automation"
    trigger: "Trigger"
    old: State | None
    new: State
    seconds: float
    carried: bool = False  # taken off the disk, and its entity has not spoken since


class Waits:
    """All waits that are under way, by timer key."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._waits: dict[str, Wait] = {}

    def get(self, automation: "Automation", trigger: "Trigger", entity_id: str) -> Wait | None:
        """The wait of one trigger for one entity."""
        return self._waits.get(_key(automation, trigger, entity_id))

    def begin(
        self, automation: "Automation", trigger: "Trigger", old: State | None, new: State, span: timedelta
    ) -> None:
        """Wait so long from now on."""
        key = _key(automation, trigger, new.entity_id)
        self._waits[key] = Wait(automation, trigger, old, new, span.total_seconds())
        data = {
            "version": automation.plan.version,
            "old": pack_state(old),
            "new": pack_state(new),
            "seconds": span.total_seconds(),
        }
        self._link.timer(key, self._link.now() + span, data)

    def end(self, automation: "Automation", trigger: "Trigger", entity_id: str) -> None:
        """It did not last."""
        key = _key(automation, trigger, entity_id)
        if self._waits.pop(key, None) is not None:
            self._link.cancel_timer(key)

    def end_all(self, automation: "Automation") -> None:
        """The automation is gone or off."""
        for key in [key for key, wait in self._waits.items() if wait.automation is automation]:
            del self._waits[key]
            self._link.cancel_timer(key)

    def restore(
        self, key: str, data: Mapping[str, Any], automations: Mapping[str, "Automation"]
    ) -> Wait | None:
        """Take up a wait from before a restart; None when its rule is gone or was changed."""
        identity, index, _entity_id = split_key(key)
        automation = automations.get(identity)
        if automation is None or automation.plan.version != data.get("version"):
            return None
        trigger = next((one for one in automation.plan.triggers if one.index == index), None)
        if trigger is None:
            return None
        old = None if data["old"] is None else unpack_state(data["old"])
        wait = Wait(automation, trigger, old, unpack_state(data["new"]), float(data["seconds"]), carried=True)
        self._waits[key] = wait
        return wait

    def due(self, key: str) -> Wait | None:
        """The wait whose timer fired."""
        return self._waits.pop(key, None)


def _key(automation: "Automation", trigger: "Trigger", entity_id: str) -> str:
    return f"{automation.plan.id}\n{trigger.index}\n{entity_id}"


def split_key(key: str) -> tuple[str, int, str]:
    """The rule's id, the trigger's index and the entity id of a timer's key."""
    identity, index, entity_id = key.rsplit("\n", 2)
    return identity, int(index), entity_id
