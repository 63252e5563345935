"""How sure a fall must be for a wanted number of false alarms. Pure."""

import math

USUAL = 0.2  # false alarms a day and camera that the detector's own thresholds are made for


def lead(false_alarms_per_day: float) -> float:
    """To be added to the thresholds, in twice the log likelihood: chance leads by x with odds of exp(-x / 2)."""
    return 2 * math.log(USUAL / false_alarms_per_day)
