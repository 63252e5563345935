"""What stands in for the floors around the kernel."""

from hub.model.events import Alarm, Event
from hub.store.unit import Outcome, Unit


class Shelf:
    """A sink that keeps units until the test says what became of them."""

    def __init__(self) -> None:
        self.units: list[Unit] = []

    def submit(self, unit: Unit) -> None:
        self.units.append(unit)

    def commit(self, **outcome: frozenset[str]) -> None:
        for unit in self.units:
            for callback in unit.after:
                callback(Outcome(**outcome))
            unit.receipt.set_result(Outcome(**outcome))
        self.units.clear()


class Knock(Event, frozen=True, kw_only=True):
    """Someone knocks."""

    door: str = "front"


class LoudKnock(Knock, frozen=True, kw_only=True):
    """Someone knocks loudly."""


class Fire(Alarm, frozen=True, kw_only=True):
    """It burns."""
