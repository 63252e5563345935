"""What the analyzer finds, as the hub tells it."""

from datetime import datetime
from typing import Literal

from hub.api import Alarm


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
