"""Renders facade clips for a range of seeds, runs the falling-object detector over them, and prints how well it did.

    python benchmarks/vision.py --seeds 2000-2007 --sets plain,rain,foreign --folder /tmp/clips [--json] [--verbose]
    python benchmarks/vision.py --kept VIDEO --config CLIP.json --rounds 9

The set `foreign` comes from foreign_clips.py. Seeds up to 1999 are for tuning; report on others. Besides a line for each
set there are tables of recall by size, by contrast and by item, over all sets by day and over the hard ones.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from integrations.demo.facade import plan_clip, render_clip
from integrations.falling_object.clip_config import load_clip_config
from integrations.falling_object.detection import Detection
from integrations.falling_object.detector import Detector
from integrations.falling_object.offline import read_pictures

ORDINARY = ("flicker", "laundry", "cars", "birds", "leaves", "insects", "cloud")
FAINT = 18.0  # grey levels
# name of a set -> (distractors, night, throws in a clip)
SETS: dict[str, tuple[tuple[str, ...], bool, int]] = {
    "foreign": ((), False, 2),
    "faint": (("laundry",), False, 2),
    "plain": ((), False, 2),
    "ordinary": (ORDINARY, False, 2),
    "rain": (("rain", "laundry"), False, 2),
    "snow": (("snow",), False, 2),
    "shake": (("shake", "birds"), False, 2),
    "exposure": (("exposure", "flicker"), False, 2),
    "night": (("flicker",), True, 2),
    "empty": (ORDINARY, False, 0),
    "empty-rain": ((*ORDINARY, "rain"), False, 0),
    "empty-snow": ((*ORDINARY, "snow"), False, 0),
    "empty-shake": ((*ORDINARY, "shake"), False, 0),
    "empty-night": ((*ORDINARY, "exposure"), True, 0),
}
HARD = ("rain", "snow", "shake", "night", "faint")
EASY_PX, EASY_CONTRAST = 3.0, 15.0


@dataclass
class Tally:
    """Counts over the clips of one set."""

    clips: int = 0
    seconds: float = 0.0
    throws: int = 0
    found: int = 0
    false: int = 0
    floor: int = 0
    cell: int = 0
    classed: int = 0
    class_right: int = 0
    mass_factor: list[float] = field(default_factory=list)
    mass_inside: int = 0
    latency_s: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    easy: int = 0
    easy_found: int = 0
    within_set: int = 0
    one_off: int = 0
    # what is told of one by size, contrast and item -> (throws, found)
    kinds: Counter[str] = field(default_factory=Counter)
    kinds_found: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Take the other's counts in."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def row(self) -> dict[str, Any]:
        """The figures to print."""
        found = max(self.found, 1)
        return {
            "clips": self.clips, "throws": self.throws, "recall": round(self.found / max(self.throws, 1), 3),
            "recall_easy": round(self.easy_found / max(self.easy, 1), 3), "easy": self.easy,
            "precision": round(self.found / max(self.found + self.false, 1), 3),
            "false": self.false, "false_per_camera_day": round(self.false * 86_400 / max(self.seconds, 1), 1),
            "floor": round(self.floor / found, 3), "cell": round(self.cell / found, 3),
            "one_cell_off": round(self.one_off / found, 3), "cells_90": round(self.within_set / found, 3),
            "class": round(self.class_right / max(self.classed, 1), 3),
            "mass_factor": round(float(np.median(self.mass_factor)), 2) if self.mass_factor else None,
            "mass_90": round(self.mass_inside / found, 2),
            "alert_s_p95": round(float(np.quantile(self.latency_s, 0.95)), 2) if self.latency_s else None,
        }  # fmt: skip


def run(video: Path, config: Path) -> tuple[list[Detection], float, Detector]:
    """Detections, seconds of video, and the detector for its counts."""
    detector, found, t = Detector(load_clip_config(config).calibration), [], 0.0
    for luma, t, key, chroma in read_pictures(video, lambda text: None):
        found += detector.feed(luma, t, key, chroma)
    return found + detector.finish(), t, detector


def is_same(truth: dict[str, Any], detection: Detection, height: int) -> bool:
    """Whether a detection is of this throw: their paths run together, in a picture so high."""
    path = np.array(truth["trajectory"])
    if not len(path):
        return False
    seen = np.array(detection.trajectory)
    seen = seen[(seen[:, 0] >= path[0, 0]) & (seen[:, 0] <= path[-1, 0])]
    if len(seen) < 4:
        return False
    x, y = (np.interp(seen[:, 0], path[:, 0], path[:, axis]) for axis in (1, 2))
    return bool(np.median(np.hypot(seen[:, 1] - x, seen[:, 2] - y)) < max(12, height / 90))


def kinds_of(throw: dict[str, Any]) -> list[str]:
    """What to count a throw under."""
    size, contrast = throw["size_px"], throw["contrast"]
    sizes = next(
        (f"{low}-{high} px" for low, high in ((0, 2), (2, 3), (3, 5), (5, 8)) if size < high), "8 px and more"
    )
    levels = next(
        (f"{low}-{high} grey" for low, high in ((0, 15), (15, 30), (30, 60)) if contrast < high),
        "60 grey and more",
    )
    return [sizes, levels, throw["item"]]


def score(truth: dict[str, Any], found: list[Detection], seconds: float, height: int) -> Tally:
    """Compare one clip's truth with what was found."""
    tally = Tally(clips=1, seconds=seconds)
    left = list(found)
    for throw in truth["throws"]:
        if throw["t_end"] is None or throw["t_end"] - throw["at"] < 0.6:
            continue
        tally.throws += 1
        easy = throw["size_px"] >= EASY_PX and throw["contrast"] >= EASY_CONTRAST
        tally.easy += easy
        tally.kinds.update(kinds_of(throw))
        match = next((detection for detection in left if is_same(throw, detection, height)), None)
        if match is None:
            tally.missed.append(
                f"{throw['item']} {throw['size_px']:.1f} px {throw['contrast']:.0f} grey vt {throw['terminal_velocity_m_s']:.1f}"
            )
            continue
        left.remove(match)
        tally.easy_found += easy
        tally.kinds_found.update(kinds_of(throw))
        compare(tally, throw, match)
    tally.false = len(left)
    return tally


def compare(tally: Tally, throw: dict[str, Any], match: Detection) -> None:
    """Add one found throw's errors."""
    tally.found += 1
    tally.floor += match.cell.floor == throw["floor"]
    tally.cell += match.cell.name == throw["cell"]
    tally.one_off += is_near(match, throw)
    shares = np.cumsum([likely for _cell, likely in match.cells])
    needed = int(np.searchsorted(shares, 0.9)) + 1
    tally.within_set += throw["cell"] in [cell.name for cell, _likely in match.cells[:needed]]
    if not 20.0 <= throw["terminal_velocity_m_s"] <= 28.0:
        tally.classed += 1
        tally.class_right += ("heavy" if match.heavy else "light") == throw["class"]
    tally.mass_factor.append(float(np.exp(abs(np.log(match.mass_kg / throw["mass_kg"])))))
    tally.mass_inside += match.mass_kg_interval[0] <= throw["mass_kg"] <= match.mass_kg_interval[1]
    tally.latency_s.append(match.t_alert - throw["t_end"])


def is_near(match: Detection, throw: dict[str, Any]) -> bool:
    """Whether the likeliest cell is the true one or touches it."""
    cell, (x, y, _z) = match.cell, throw["place"]
    wide, high = cell.right - cell.left, cell.top - cell.bottom
    aside = cell.left - wide <= x <= cell.right + wide
    return bool(aside and cell.bottom - high <= y <= cell.top + high)


def one(job: tuple[str, int, str, tuple[int, int], bool]) -> tuple[str, Tally, str]:
    """Render (unless there) and score one clip."""
    name, seed, folder, size, verbose = job
    distractors, night, throws = SETS[name]
    stem = Path(folder) / name
    config, told = stem / f"s{seed}.json", stem / f"s{seed}.truth.json"
    if not told.exists() and name == "foreign":
        sys.path.append(str(Path(__file__).resolve().parents[1]))
        from benchmarks.foreign_clips import make

        make(seed, stem)
    elif not told.exists():
        plan = plan_clip(seed, size=size, duration_s=9.0, throws=throws, distractors=distractors, night=night,
                         faint=FAINT if name == "faint" else 0.0)  # fmt: skip
        render_clip(plan, stem, f"s{seed}")
    truth = json.loads(told.read_text())
    found, seconds, detector = run(stem / truth.get("video", f"s{seed}.mp4"), config)
    height = json.loads(config.read_text())["resolution"][1]
    return (
        name,
        score(truth, found, seconds, height),
        _tell(name, seed, truth, found, detector) if verbose else "",
    )


def _tell(name: str, seed: int, truth: dict[str, Any], found: list[Detection], detector: Detector) -> str:
    lines = [f"{name} {seed} {dict(detector.counts)}"]
    lines += [
        f"   true  {t['item']} {t['cell']} vt {t['terminal_velocity_m_s']:.1f} {t['mass_kg']} kg {t['size_px']:.1f} px "
        f"from {t['at']:.2f} to {t['t_end']}" for t in truth["throws"]
    ]  # fmt: skip
    lines += [
        f"   found {d.cell.name} {d.cell_confidence:.2f} vt {d.terminal_velocity:.1f} {d.mass_kg:.2g} kg "
        f"from {d.t_start:.2f} to {d.t_end:.2f} alert {d.t_alert:.2f} confidence {d.confidence:.2f}"
        for d in found
    ]
    lines += [
        f"   not   {r.reason}: {len(r.places)} places {r.places[0].blob.t:.2f} to {r.places[-1].blob.t:.2f} "
        f"at {r.places[0].blob.x:.0f}, {r.places[0].blob.y:.0f} to {r.places[-1].blob.x:.0f}, {r.places[-1].blob.y:.0f}"
        for r in detector.rejections if len(r.places) >= 7
    ]  # fmt: skip
    return "\n".join(lines)


def measure_kept(video: Path, config: Path, rounds: int) -> dict[str, float]:
    """CPU per picture of decoding alone and of decoding with detection: minima over interleaved rounds."""
    cv2.setNumThreads(1)
    calibration = load_clip_config(config).calibration
    alone, both = [], []
    for _ in range(rounds):
        begin, count = time.process_time(), 0
        for _picture in read_pictures(video, lambda text: None):
            count += 1
        alone.append((time.process_time() - begin) / count)
        begin, detector = time.process_time(), Detector(calibration)
        for luma, t, key, chroma in read_pictures(video, lambda text: None):
            detector.feed(luma, t, key, chroma)
        detector.finish()
        both.append((time.process_time() - begin) / count)
    return {
        "decode_ms": round(1e3 * min(alone), 2), "decode_and_detect_ms": round(1e3 * min(both), 2),
        "kept": round(min(alone) / min(both), 3), "cameras_per_core_at_25": round(0.04 / min(both), 1),
    }  # fmt: skip


def seeds_of(text: str) -> Iterable[int]:
    """7 or 7-12 as a range."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main() -> None:
    """Parse the arguments, run, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=seeds_of, default=range(500, 506))
    parser.add_argument("--sets", default="plain,ordinary")
    parser.add_argument("--folder", default="/tmp/linli-vision")
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    if args.kept:
        print(json.dumps(measure_kept(args.kept, args.config or args.kept.with_suffix(".json"), args.rounds)))
        return
    width, height = (int(part) for part in args.size.split("x"))
    sets = args.sets.split(",")
    jobs = [(name, seed, args.folder, (width, height), args.verbose) for name in sets for seed in args.seeds]
    tallies: dict[str, Tally] = {}
    with ProcessPoolExecutor(args.workers) as pool:
        for name, tally, text in pool.map(one, jobs):
            tallies.setdefault(name, Tally()).add(tally)
            if text:
                print(text, file=sys.stderr)
    report(tallies, as_json=args.json)


def report(tallies: dict[str, Tally], *, as_json: bool) -> None:
    """A line for each set."""
    if as_json:
        print(json.dumps({name: {**tally.row(), "missed": tally.missed} for name, tally in tallies.items()}))
        return
    for words, sets in (
        ("by day", [n for n in tallies if n not in HARD]),
        ("hard sets", [n for n in tallies if n in HARD]),
    ):
        whole = Tally()
        for name in sets:
            whole.add(tallies[name])
        for kind, throws in sorted(whole.kinds.items()):
            print(f"{words:10} {kind:20} {whole.kinds_found[kind]} of {throws}")
    for name, tally in tallies.items():
        print(f"{name:12}", "  ".join(f"{key} {value}" for key, value in tally.row().items()))
        if tally.missed:
            print(" " * 12, "missed:", "; ".join(tally.missed[:12]))


if __name__ == "__main__":
    main()
