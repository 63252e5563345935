"""Timers as they are stored."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TimerRow:
    """One durable timer; `data` is JSON text."""

    owner: str
    key: str
    due: datetime
    data: str = "{}"
