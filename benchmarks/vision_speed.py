"""What seeing costs: the share of decode-only work that is kept, and how many cameras the machine carries.

    python benchmarks/vision_speed.py --kept VIDEO [--config CLIP.json] --rounds 15
    python benchmarks/vision_speed.py --kept VIDEO --instructions      (needs valgrind)
    python benchmarks/vision_speed.py --cameras 1,4,8,12 --video VIDEO --seconds 40

`--kept` compares decoding alone with decoding and detecting, in turns within one process, each picture by the CPU time
of the thread; the minimum of the rounds counts, as other work on the machine can only add. Instructions are counted
between the 25th and the 125th picture, so that start-up drops out. `--cameras` plays the video in real time in as many
cameras, four to a worker process as the hub does, and tells CPU time, memory, frame rates, analysed shares and the
steps that cameras came to.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import queue
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2

from integrations.camera.settings import CAMERA, CAMERAS_PER_WORKER
from integrations.camera.worker import watch_all
from integrations.falling_object.clip_config import load_clip_config
from integrations.falling_object.detector import Detector
from integrations.falling_object.offline import read_pictures

SETTLING = 10.0  # seconds of playing that are not counted
FIRST, LAST = 25, 125  # pictures between which instructions are counted


def decode(video: Path, most: int | None = None) -> Iterator[Any]:
    """Luma pictures of the video with time, whether each is a key frame, and colour planes."""
    for index, picture in enumerate(read_pictures(video, lambda text: None)):
        if most is not None and index >= most:
            return
        yield picture


def run(video: Path, config: Path | None, most: int | None = None) -> int:
    """Decode, and detect if there is a configuration; the number of pictures."""
    detector = Detector(load_clip_config(config).calibration) if config else None
    count = 0
    for luma, t, key, chroma in decode(video, most):
        count += 1
        if detector is not None:
            detector.feed(luma, t, key, chroma)
    if detector is not None:
        detector.finish()
    return count


def thread_ms(video: Path, config: Path | None) -> float:
    """Milliseconds of CPU for each picture."""
    begun = time.thread_time()
    count = run(video, config)
    return 1e3 * (time.thread_time() - begun) / count


def kept_by_time(video: Path, config: Path, rounds: int) -> dict[str, float]:
    """Minima over interleaved rounds, and the median of the ratios of neighbours."""
    cv2.setNumThreads(1)
    pairs = [(thread_ms(video, None), thread_ms(video, config)) for _ in range(rounds)]
    alone, both = (min(column) for column in zip(*pairs, strict=True))
    return {
        "decode_ms": round(alone, 3), "decode_and_detect_ms": round(both, 3), "kept": round(alone / both, 3),
        "kept_median_of_rounds": round(statistics.median(a / b for a, b in pairs), 3),
        "cameras_per_core_at_25": round(40 / both, 1), "rounds": rounds,
    }  # fmt: skip


def kept_by_instructions(video: Path, config: Path) -> dict[str, float]:
    """Instructions for each picture, counted by valgrind in processes of their own."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise SystemExit("valgrind is not installed; leave out --instructions")

    def instructions(pictures: int, *more: str) -> int:
        command = [
            valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
            sys.executable, __file__, "--run", str(video), "--pictures", str(pictures), *more,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
        if found is None:
            raise SystemExit(f"valgrind counted nothing:\n{done.stderr[-2000:]}")
        return int(found[1].replace(",", ""))

    span = LAST - FIRST
    alone = (instructions(LAST) - instructions(FIRST)) / span
    detecting = ("--config", str(config))
    both = (instructions(LAST, *detecting) - instructions(FIRST, *detecting)) / span
    return {
        "decode_million_instructions": round(alone / 1e6, 2),
        "decode_and_detect_million_instructions": round(both / 1e6, 2),
        "kept": round(alone / both, 3),
    }


class Pipe:
    """Stands in for the hub's end of a worker's pipe."""

    def __init__(self, out: Any) -> None:
        self.stopping = threading.Event()
        self._out = out

    def send(self, message: Any) -> None:
        """Hand over what a camera told."""
        self._out.put(message)

    def beat(self) -> None:
        """Nobody counts them here."""

    def receive(self, timeout: float) -> None:
        """No orders."""
        self.stopping.wait(timeout)


def work(out: Any, config: dict[str, Any], seconds: float) -> None:
    """One worker process: its cameras for so long; then what they cost after they had settled."""
    pipe = Pipe(out)
    begun: list[float] = []
    threading.Timer(SETTLING, lambda: begun.append(time.process_time())).start()
    threading.Timer(SETTLING + seconds, pipe.stopping.set).start()
    ended: list[float] = []
    threading.Timer(SETTLING + seconds - 0.05, lambda: ended.append(time.process_time())).start()
    watch_all(pipe, config)  # type: ignore[arg-type]
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    out.put({"worker": len(config["cameras"]), "cpu_s": ended[0] - begun[0], "most_mib": most})
    out.close()
    out.join_thread()


def camera_of(name: str, video: Path, config: Path, folder: Path) -> dict[str, Any]:
    """A camera that plays the video again and again, as its worker gets it."""
    analyzer = {
        "name": "falling_object", "target": "integrations.falling_object.analyzer:open_analyzer",
        "settings": {"least_confidence": 0.0},
    }  # fmt: skip
    calibration = json.loads(config.read_text())
    return {
        **CAMERA({"id": name, "file": video.name, "loop": True}), "analyzers": [analyzer], "place": "", "zone": "UTC",
        "calibration": calibration, "state_dir": str(folder / name),
    }  # fmt: skip


def carry(count: int, video: Path, config: Path, seconds: float) -> dict[str, Any]:
    """Play in `count` cameras and sum up."""
    with tempfile.TemporaryDirectory() as folder:
        cameras = [camera_of(f"c{index}", video, config, Path(folder)) for index in range(count)]
        crews = [cameras[at : at + CAMERAS_PER_WORKER] for at in range(0, count, CAMERAS_PER_WORKER)]
        context = multiprocessing.get_context("spawn")
        out: Any = context.Queue()
        shared = {"media_dir": folder, "folders": [str(video.parent)]}
        workers = [
            context.Process(target=work, args=(out, {**shared, "cameras": crew}, seconds)) for crew in crews
        ]
        for worker in workers:
            worker.start()
        told = list(_heard(out, SETTLING, SETTLING + seconds + 30.0, len(crews)))
        for worker in workers:
            worker.join()
    return summed(count, told, seconds)


def _heard(out: Any, since: float, until: float, workers: int) -> Iterator[dict[str, Any]]:
    """What was told after the cameras had settled (steps also before), until every worker has summed up."""
    begun = time.monotonic()
    while workers and time.monotonic() - begun < until:
        try:
            message = out.get(timeout=1.0)
        except queue.Empty:
            continue
        workers -= "worker" in message
        if "load" in message or time.monotonic() - begun > since:
            yield message


def summed(count: int, told: Iterable[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """The row of a table."""
    messages = list(told)
    ends = [message for message in messages if "worker" in message]
    rates = [message["fps"] for message in messages if "fps" in message]
    shares = [message["analysed"] for message in messages if "analysed" in message]
    steps = sorted({message["load"]["text"] for message in messages if "load" in message} - {""})
    cpu = sum(end["cpu_s"] for end in ends) / seconds
    return {
        "cameras": count, "cores_used": round(cpu, 2), "core_share_per_camera": round(cpu / count, 3),
        "mib_per_worker": [round(end["most_mib"]) for end in ends],
        "fps_median": statistics.median(rates) if rates else None,
        "analysed_median": statistics.median(shares) if shares else None,
        "analysed_least": min(shares, default=None), "steps": steps,
        "found": sum("found" in message for message in messages),
    }  # fmt: skip


def main() -> None:
    """Parse the arguments, measure, print a line of JSON for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--instructions", action="store_true")
    parser.add_argument("--cameras", type=lambda text: [int(part) for part in text.split(",")])
    parser.add_argument("--video", type=Path)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--pictures", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        cv2.setNumThreads(1)
        run(args.run, args.config, args.pictures)
    elif args.kept:
        config = args.config or args.kept.with_suffix(".json")
        print(json.dumps(kept_by_time(args.kept, config, args.rounds)))
        if args.instructions:
            print(json.dumps(kept_by_instructions(args.kept, config)))
    elif args.cameras and args.video:
        config = args.config or args.video.with_suffix(".json")
        for count in args.cameras:
            print(json.dumps(carry(count, args.video.resolve(), config, args.seconds)), flush=True)
    else:
        parser.error("give --kept VIDEO, or --cameras and --video")


if __name__ == "__main__":
    main()
