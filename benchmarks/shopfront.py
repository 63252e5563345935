"""Draws scenes before shops for a range of seeds, watches them, and prints how well goods were found and cleared.

    python -m benchmarks.shopfront --seeds 1000-1003 --sets plain,gain,rain --seconds 1500 [--json out.json] [--verbose]

Seeds up to 1000 have been looked at while tuning; report on others. `--sets empty` leaves nothing: for false events.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.shopfront_scenes import Left, Scene
from integrations.shopfront.keeper import Keeper, Sighting
from integrations.shopfront.zones import Zone

# name of a set -> (troubles, things left)
SETS: dict[str, tuple[tuple[str, ...], int]] = {
    "plain": ((), 4),
    "small": (("small",), 4),
    "gain": (("gain", "cloud"), 4),
    "shadow": (("shadow",), 4),
    "sliding": (("sliding",), 4),
    "rain": (("rain",), 4),
    "snow": (("snow",), 4),
    "sway": (("sway",), 4),
    "tree": (("tree",), 4),
    "walkers": (("walkers", "stander", "handled"), 4),
    "crowd": (("crowd", "walkers", "stander"), 4),
    "scooter": (("scooter", "walkers"), 4),
    "night": (("night", "headlights", "walkers"), 4),
    "infrared": (("infrared",), 4),
    "nudge": (("nudge",), 4),
    "taken": (("taken",), 4),
    "truck": (("truck", "walkers"), 4),
    "empty": (("gain", "walkers", "stander", "scooter", "taken"), 0),
    "empty-shadow": (("shadow", "cloud", "walkers", "scooter"), 0),
    "empty-rain": (("rain", "gain", "walkers", "sway", "headlights"), 0),
    "empty-night": (("night", "headlights", "infrared", "walkers", "stander"), 0),
    "empty-busy": (("crowd", "walkers", "stander", "scooter", "nudge", "tree", "truck"), 0),
}
HOLD = 120.0
ONSET, CLEARED = 15.0, 60.0  # seconds within which it counts as right


@dataclass
class Tally:
    """Counts over the scenes of one set."""

    seconds: float = 0.0
    left: int = 0
    found: int = 0
    false: int = 0
    onset_right: int = 0
    onset_s: list[float] = field(default_factory=list)
    taken: int = 0
    cleared: int = 0
    cleared_s: list[float] = field(default_factory=list)
    false_cleared: int = 0
    cpu_s: float = 0.0

    def add(self, other: Tally) -> None:
        """Take the other's counts in."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    def row(self) -> dict[str, Any]:
        """The figures to print."""
        return {
            "hours": round(self.seconds / 3600, 2), "left": self.left, "found": self.found,
            "recall": round(self.found / self.left, 3) if self.left else None,
            "false": self.false, "false_per_camera_day": round(self.false * 86_400 / max(self.seconds, 1), 1),
            "onset_within_15_s": round(self.onset_right / self.found, 3) if self.found else None,
            "cleared": f"{self.cleared}/{self.taken}",
            "cleared_s_max": round(max(self.cleared_s), 0) if self.cleared_s else None,
            "false_cleared": self.false_cleared, "cpu_ms": round(1000 * self.cpu_s / max(self.seconds, 1), 1),
        }  # fmt: skip


def watch(scene: Scene) -> tuple[list[Sighting], float]:
    """What was found, and the seconds of processor time without drawing the scene."""
    keeper = Keeper([Zone(name="zone", points=tuple(scene.zone), hold=scene.hold)])
    found: list[Sighting] = []
    used = 0.0
    for t, picture in scene.pictures():
        begun = time.process_time()
        found += keeper.feed(picture, t)
        used += time.process_time() - begun
    return found, used


def meets(sighting: Sighting, truth: Left, reach: float = 12.0) -> bool:
    """Whether the boxes meet; a pushed camera moves them."""
    a, b = sighting.box, truth.box
    return (
        min(a[2], b[2]) - max(a[0], b[0]) > -reach
        and min(a[3], b[3]) - max(a[1], b[1]) > -reach
        and sighting.share < 4 * truth.share + 0.02
    )


def score(scene: Scene, found: list[Sighting], cpu: float) -> tuple[Tally, list[str]]:
    """Compare what was found with the truth."""
    tally, notes = Tally(seconds=scene.seconds, cpu_s=cpu), []
    lefts = [one for one in found if one.kind == "left"]
    clears = [one for one in found if one.kind == "cleared"]
    for truth in scene.truth:
        tally.left += 1
        match = next(
            (one for one in lefts if meets(one, truth) and truth.begin <= one.seen <= truth.end + 5), None
        )
        if match is None:
            notes.append(f"missed {truth.what} of {truth.share:.4f} at {truth.box} from {truth.begin:g}")
            continue
        lefts.remove(match)
        tally.found += 1
        tally.onset_s.append(match.at - truth.begin)
        tally.onset_right += abs(match.at - truth.begin) <= ONSET
        gone = [one for one in clears if one.goods == match.goods]
        clears = [one for one in clears if one.goods != match.goods]
        tally.false_cleared += sum(one.seen < truth.end for one in gone)
        if truth.end <= scene.seconds - CLEARED:
            tally.taken += 1
            delays = [one.seen - truth.end for one in gone if one.seen >= truth.end]
            tally.cleared += any(delay <= CLEARED for delay in delays)
            tally.cleared_s += delays[:1]
    tally.false = len(lefts)
    notes += [
        f"false at {one.box} from {one.at:g}, told {one.seen:g}, share {one.share:.4f}" for one in lefts
    ]
    return tally, notes


def main() -> None:
    """Print a table: a row for each set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", default="1000-1001", help="first-last")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--seconds", type=int, default=1500)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    first, _dash, last = options.seeds.partition("-")
    rows: dict[str, Any] = {}
    total = Tally()
    for name in options.sets.split(","):
        troubles, items = SETS[name]
        tally = Tally()
        for seed in range(int(first), int(last or first) + 1):
            scene = Scene(seed, troubles, options.seconds, hold=HOLD, items=items)
            one, notes = score(scene, *watch(scene))
            tally.add(one)
            if options.verbose:
                for note in notes:
                    print(f"  {name} {seed}: {note}", file=sys.stderr, flush=True)
        total.add(tally)
        rows[name] = tally.row()
        print(name, json.dumps(rows[name]), flush=True)
        if options.json:
            options.json.write_text(json.dumps(rows, indent=1))
    rows["all"] = {
        **total.row(),
        "onset_s_median": float(np.median(total.onset_s)) if total.onset_s else None,
    }
    print("all", json.dumps(rows["all"]))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
