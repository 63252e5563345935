"""The rules' numbers, with the defaults and where they come from."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverSettings:
    """What can be set for one cover; angles in degrees."""

    id: str
    heartbeat: timedelta = timedelta(hours=6)  # Dingtek's upload interval; others up to 24 h
    tilt_angle: float = 10.0  # vendors' default (Chinastar, drksir); Dingtek's example has 20
    open_angle: float = 45.0
    closed_angle: float = 5.0  # half of the tilt angle: hysteresis
    tilt_hold: timedelta = timedelta(seconds=5)
    decide_within: timedelta = timedelta(seconds=30)  # GB/T 41401: response of the system
    close_hold: timedelta = timedelta(seconds=60)
    burst: timedelta = timedelta(seconds=2)  # a shorter excursion is a vehicle
    missing_heartbeats: float = 2.0
    offline_heartbeats: float = 2.5
    offline_minimum: timedelta = timedelta(hours=1)
    flood_distance_mm: float = 300.0  # Dingtek's example: 30 cm
    flood_clear_mm: float = 100.0  # further down than that to be clear
    flood_clear_hold: timedelta = timedelta(minutes=10)
    battery_low_percent: float = 20.0
    battery_clear_percent: float = 30.0
    battery_low_volt: float | None = (
        None  # None: 3.2 V, once the cell has shown that it is a 3.6 V lithium one
    )
    suspect_angle: float = 3.0
    suspect_hold: timedelta = timedelta(hours=24)
    impact_g: float = 4.0
    impacts: int = 3
    impact_window: timedelta = timedelta(minutes=10)
    drift_per_day: float = 0.2
    calibration: Literal["manual", "automatic"] = "manual"
    commissioning: bool = (
        False  # still in the store or being mounted: nothing is dispatched before calibration
    )
    moved_metres: float = 30.0

    @property
    def missing_after(self) -> timedelta:
        """Silence after a movement that means the sensor is gone."""
        return self.heartbeat * self.missing_heartbeats

    @property
    def offline_after(self) -> timedelta:
        """Silence that means the sensor is offline."""
        return max(self.heartbeat * self.offline_heartbeats, self.offline_minimum)
