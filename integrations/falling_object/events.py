"""What the analyzer finds, as the hub tells it."""

from datetime import datetime
from typing import Literal

from hub.api import Alarm, Event
from integrations.falling_object.joining import Path, is_same_fall


class FallingObject(Alarm, frozen=True, kw_only=True):
    """Something was thrown or fell from a building: where from, how heavy, how sure. SI units; times in UTC."""

    camera: str  # its id
    camera_name: str = ""  # for people, as `place`, where the camera stands
    place: str = ""
    building: str
    cell: str  # the home's name on the grid, such as "1-12-03"
    floor: int | str
    unit: str
    origin_confidence: float  # 0 to 1: that it came from this cell
    weight_class: Literal["light", "heavy"]  # heavy: terminal velocity of 25 m/s or more
    mass_kg: float
    mass_low_kg: float  # with mass_high_kg the 90 % interval
    mass_high_kg: float
    terminal_velocity: float
    confidence: float  # 0 to 1: that it was a falling object at all
    drop_m: float  # metres from the release to where it was last seen
    started: datetime
    ended: datetime
    at_or_above: bool = (
        False  # it fell fast already where it was first seen: `floor` is the lowest it can have left
    )
    alternatives: tuple[tuple[str, float], ...] = ()  # other homes it may have left, each with its likelihood
    # the fall on the facade: seconds after `started`, metres across, metres up
    path: tuple[tuple[float, float, float], ...] = ()

    def follow(self, earlier: "FallingObject") -> "FallingObjectSeenAgain | None":
        """What to tell instead of a second alarm when another camera's `earlier` one is of the same fall."""
        if earlier.camera == self.camera or earlier.building != self.building:
            return None
        if not is_same_fall(earlier.whereabouts(), self.whereabouts()):
            return None
        nearer = min((earlier, self), key=lambda seen: (seen.at_or_above, seen.started))
        surer = min((earlier, self), key=lambda seen: seen.mass_high_kg / seen.mass_low_kg)
        return FallingObjectSeenAgain(
            id=self.id, at=self.at, source=self.source, area=self.area, cause=earlier.id,
            camera=self.camera, camera_name=self.camera_name, place=self.place, building=self.building,
            cell=nearer.cell, floor=nearer.floor, unit=nearer.unit, origin_confidence=nearer.origin_confidence,
            at_or_above=nearer.at_or_above, weight_class=surer.weight_class, mass_kg=surer.mass_kg,
            mass_low_kg=surer.mass_low_kg, mass_high_kg=surer.mass_high_kg,
            terminal_velocity=surer.terminal_velocity,
            started=min(earlier.started, self.started), ended=max(earlier.ended, self.ended),
        )  # fmt: skip

    def whereabouts(self) -> Path:
        """Its path in absolute time."""
        begin = self.started.timestamp()
        return Path([(begin + t, across, up) for t, across, up in self.path], self.terminal_velocity)


class FallingObjectSeenAgain(Event, frozen=True, kw_only=True):
    """Another camera saw the fall of the alarm in `cause`, too: the better answer of both. No second alarm."""

    camera: str  # the one that saw it, too
    camera_name: str = ""
    place: str = ""
    building: str
    cell: str
    floor: int | str
    unit: str
    origin_confidence: float
    at_or_above: bool
    weight_class: Literal["light", "heavy"]
    mass_kg: float
    mass_low_kg: float
    mass_high_kg: float
    terminal_velocity: float
    started: datetime
    ended: datetime


class DrippingSeen(Event, frozen=True, kw_only=True):
    """Drops keep falling from one home, as from an air conditioner; told once an hour for each place."""

    camera: str
    camera_name: str = ""
    place: str = ""
    building: str
    cell: str
    floor: int | str
    unit: str
    count: int  # drops seen until now
    period_s: float  # the median of the seconds between two
    started: datetime
    ended: datetime
