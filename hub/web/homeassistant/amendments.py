"""What people changed about entities and devices from a client: names and other things to be shown, kept for good."""

from collections.abc import Mapping
from typing import Any

from hub.store.memory import Memory

OWNER = "hub.homeassistant"  # whose memory holds them


class Amendments:
    """Amendments by kind ("entity", "device") and id."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def of(self, kind: str, identity: str) -> Mapping[str, Any]:
        """What was changed about a thing."""
        found = self._memory.get(f"{kind}/{identity}")
        return found if isinstance(found, dict) else {}

    def put(self, kind: str, identity: str, changes: Mapping[str, Any]) -> None:
        """Change more about it; a None takes a change back."""
        kept = {
            name: value for name, value in {**self.of(kind, identity), **changes}.items() if value is not None
        }
        if kept:
            self._memory.put(f"{kind}/{identity}", kept)
        else:
            self.drop(kind, identity)

    def drop(self, kind: str, identity: str) -> None:
        """Take all changes back."""
        self._memory.delete(f"{kind}/{identity}")
