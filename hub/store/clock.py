"""What the store needs of the hub's clock, which lives a floor above and adds to it (hub/kernel/clock.py)."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol


class Timer(Protocol):
    """A callback that is due; `cancel` is allowed at any time, also twice."""

    def cancel(self) -> None:
        """Make sure that the callback does not run."""


class Clock(Protocol):
    """Aware UTC time and waits that follow it."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Timer:
        """Call back in the loop when `when` has come, at once if it has passed."""
