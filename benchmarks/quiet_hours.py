"""False alarms in hours of ordinary scenes without a throw, rendered straight to luma: no codec, small pictures.

    python -m benchmarks.quiet_hours --hours 4 --seed 3000 [--size 640x360] [--rate 12.5]

Each quarter of an hour is another house and camera; what moves comes and goes at random: birds, leaves, curtains,
people on balconies, cars, lamps, gondolas and drones, trees, clouds, exposure steps, a shaking mast, and in a third of
the quarters rain or drips. Prints a line for each false alarm, and at the end the count.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.foreign_clips import Mover, _choose, _config, _house, _movers, _render, _view
from integrations.falling_object.clip_config import parse_clip_config
from integrations.falling_object.detector import Detector

QUARTER_S, STAY_S = 900.0, 20.0
# how many of a kind come in a minute
OFTEN = {"birds": 1.5, "leaves": 2.0, "curtains": 1.5, "person": 1.5, "cars": 2.0, "lights": 1.0, "lift": 0.3}
WEATHER = ((), ("rain",), ("drips",), (), (), ("rain", "drips"))


def quarter(
    seed: int, size: tuple[int, int], rate: float
) -> tuple[dict[str, Any], Iterator[tuple[NDArray[np.uint8], float]]]:
    """The calibration (plain data) of a scene, and its pictures with their times."""
    random = np.random.default_rng([seed, 5])
    chosen = _choose(random) | {"size": size, "rate": rate}
    house = _house(random)
    view = _view(random, house, size)
    still = (_render(random, house, view) * chosen["light"] + chosen["black"]).astype(np.float32)
    config = _config(random, house, view, chosen, seed)

    def come(kinds: tuple[str, ...]) -> list[Mover]:
        return _movers(random, house, view, chosen | {"movers": kinds})

    def pictures() -> Iterator[tuple[NDArray[np.uint8], float]]:
        always = come((*WEATHER[seed % len(WEATHER)], "tree"))
        guests: list[tuple[float, Mover]] = []
        grain = random.normal(0, chosen["noise"], (size[1] + 64, size[0] + 64)).astype(np.float32)
        gain, goal, sway = 1.0, 1.0, float(random.choice([0.0, 0.0, 0.0, 0.8]))
        for index in range(round(QUARTER_S * rate)):
            t = index / rate
            for kind, often in OFTEN.items():
                if random.random() < often / 60 / rate:
                    guests += [(t, mover) for mover in come((kind,))]
            guests = [(begun, mover) for begun, mover in guests if t - begun < STAY_S]
            goal = float(random.uniform(0.8, 1.2)) if random.random() < 1 / 90 / rate else goal
            gain = goal if random.random() < 1 / 300 / rate else gain + (goal - gain) / (4 * rate)
            picture = still.copy()
            for mover in always:
                mover(picture, t)
            for begun, mover in guests:
                mover(picture, t - begun)
            if sway:
                shift = np.array([[1.0, 0.0, sway * np.sin(9 * t)], [0.0, 1.0, 0.6 * sway * np.sin(13 * t)]])
                picture = np.asarray(cv2.warpAffine(picture, shift, size, borderMode=cv2.BORDER_REPLICATE))
            dx, dy = random.integers(0, 64, 2)
            picture = picture * gain + grain[dy : dy + size[1], dx : dx + size[0]]
            yield np.clip(picture, 0, 255).astype(np.uint8), t

    return config, pictures()


def main() -> None:
    """Parse the arguments, watch, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=3000)
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--rate", type=float, default=12.5)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    width, height = (int(part) for part in args.size.split("x"))
    told, drips, hours = 0, 0, 0.0
    for seed in range(args.seed, args.seed + round(args.hours * 3600 / QUARTER_S)):
        config, pictures = quarter(seed, (width, height), args.rate)
        detector = Detector(parse_clip_config(config).calibration)
        found = [
            detection for luma, t in pictures for detection in detector.feed(luma, t)
        ] + detector.finish()
        for detection in found:
            print(f"{seed} false:", json.dumps(detection.as_json()), flush=True)
        told, drips, hours = told + len(found), drips + len(detector.drippings), hours + QUARTER_S / 3600
        print(
            f"{hours:.2f} h: {told} false alarms, {drips} dripping places; {dict(detector.counts)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
