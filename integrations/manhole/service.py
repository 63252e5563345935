"""Whether alarms are dispatched: in service; not during commissioning or a maintenance window."""

from dataclasses import dataclass
from datetime import datetime

from integrations.manhole.change import Change


@dataclass(slots=True)
class Service:
    """The mode, and the window of maintenance that is planned or open."""

    commissioning: bool = False
    begins: datetime | None = None
    ends: datetime | None = None
    working: bool = False
    order: str = ""
    person: str = ""

    @property
    def mode(self) -> str:
        """commissioning, maintenance or in_service."""
        if self.commissioning:
            return "commissioning"
        return "maintenance" if self.working else "in_service"

    @property
    def dispatches(self) -> bool:
        """Whether alarms go out now."""
        return self.mode == "in_service"

    def plan(self, begins: datetime, ends: datetime, order: str, person: str) -> None:
        """Set the window; a former one that is open goes on into it or is replaced."""
        self.begins, self.ends, self.order, self.person = begins, ends, order, person

    def cancel(self) -> None:
        """Forget a window that has not opened."""
        self.begins, self.ends, self.order, self.person = None, None, "", ""

    def deadline(self) -> datetime | None:
        """When the window opens or closes."""
        return self.ends if self.working else self.begins

    def elapse(self, at: datetime) -> list[Change]:
        """The window opens or closes."""
        if not self.working:
            self.working = True
            return [Change(kind="maintenance_started", at=at, reason=self.order)]
        order = self.order
        self.working = False
        self.cancel()
        return [Change(kind="maintenance_ended", at=at, reason=order)]
