"""The same text about the same alarm to the same person goes out once."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.api import derive_id

WITHIN = timedelta(minutes=10)
MOST = 100_000  # remembered; 20 MB at the very most, in a storm


def print_of(alarm: str, person: str, body: Mapping[str, Any]) -> str:
    """The same for what says the same about one alarm; what is about none has none."""
    return derive_id(alarm, person, body["title"], body["message"]) if alarm else ""


@dataclass(slots=True)
class Repeats:
    """Knows what was said to whom, and by which call: that one may be repeated, as it must after a crash."""

    _said: OrderedDict[str, tuple[str, datetime]] = field(default_factory=OrderedDict)

    def load(self, said: Iterable[tuple[str, str, datetime]]) -> None:
        """Take prints, keys of deliveries and times of an earlier life, the oldest first."""
        for mark, key, at in said:
            self.note(mark, key, at)

    def is_one(self, mark: str, call: str, now: datetime) -> bool:
        """Whether another call said it within ten minutes."""
        said = self._said.get(mark) if mark else None
        return said is not None and now - said[1] < WITHIN and not f"{said[0]}/".startswith(f"{call}/")

    def note(self, mark: str, key: str, at: datetime) -> None:
        """Remember what a call (or one of its deliveries) said."""
        if not mark:
            return
        self._said[mark] = (key, at)
        self._said.move_to_end(mark)
        while len(self._said) > MOST or at - next(iter(self._said.values()))[1] >= WITHIN:
            self._said.popitem(last=False)
