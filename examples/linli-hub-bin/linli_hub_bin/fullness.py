"""From a sensor's message to how full a bin is: pure, without the hub, tried by tables."""

import json
from dataclasses import dataclass

LONGEST_MESSAGE = 4096  # bytes; a sensor sends a hundred
EMPTIED_BELOW = 20  # percent; a bin that falls below it has been emptied


@dataclass(frozen=True, slots=True)
class Reading:
    """The ultrasonic sensor under the lid: free height to what lies on top, in centimetres."""

    free_cm: float


def read(payload: bytes) -> Reading:
    """Read `{"distance_cm": 31.5}`; ValueError says what is wrong with another message."""
    if len(payload) > LONGEST_MESSAGE:
        raise ValueError(f"the message has {len(payload)} bytes; a sensor's has fewer than {LONGEST_MESSAGE}")
    try:
        data = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise ValueError("the message is no JSON") from error
    distance = data.get("distance_cm") if isinstance(data, dict) else None
    if isinstance(distance, bool) or not isinstance(distance, int | float) or not 0 <= distance <= 1000:
        raise ValueError("the message has no 'distance_cm' from 0 to 1000")
    return Reading(float(distance))


def percent_full(reading: Reading, depth_cm: float) -> int:
    """How full, 0 to 100; a sensor that looks deeper than the bin is sees an empty one."""
    return round(100 * max(0.0, min(1.0, 1 - reading.free_cm / depth_cm)))


def is_full(was_full: bool, percent: int, limit: int) -> bool:
    """Full from the limit on, until it has been emptied: what settles by itself changes nothing."""
    return percent >= EMPTIED_BELOW if was_full else percent >= limit
