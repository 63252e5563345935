"""This hub and Home Assistant on the same workload, interleaved in one run, as ratios.

    python benchmarks/side_by_side.py --peer-python VENV/bin/python --peer FOLDER_OF_ha_driver.py \
        [--workloads FOLDER_OF_workload.py] [--rounds 3] [--port 18830] [--markdown]

Every scenario is a fresh process; the products alternate inside each round; medians over rounds. A result whose
counts differ from what was expected is a failure, not a slow run. For the mqtt scenario a broker must listen on
loopback (--port 0 leaves it out). CPU time of the measured process is compared, so a busy machine does not decide.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[1] / "shared" / "bench"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: where the figure stands in each product's answer, and the ratio aimed at."""

    label: str
    scenario: str
    ours: str
    theirs: str
    unit: str
    aim: float  # theirs / ours at least, against Home Assistant 2024.3
    newer: float = 0.0  # the same against 2025.3 on Python 3.13; 0: none was set


ROWS = (
    Row("event to one listener", "bus", "one_listener.us_cpu_each", "one_listener.us_cpu_each", "us", 5, 2),
    Row("event, a hundred kinds", "bus", "hundred_types.us_cpu_each", "hundred_types.us_cpu_each", "us", 5, 2),
    Row("event to 100 listeners", "bus", "hundred_listeners.us_cpu_each", "hundred_listeners.us_cpu_each", "us", 5, 2),
    Row("state write", "states", "no_listener.us_cpu_each", "no_listener.us_cpu_each", "us", 5, 3),
    Row("state write, one listener", "states", "one_listener.us_cpu_each", "one_listener.us_cpu_each", "us", 5, 3),
    Row("automation action", "automation", "hit_half.actions_per_s.us_cpu_each", "hit_half.actions_per_s.us_cpu_each", "us", 15, 8),
    Row("failed condition (a write)", "automation", "blocked.changes.us_cpu_each", "blocked.changes.us_cpu_each", "us", 10, 6),
    Row("write that no rule watches", "automation", "miss.changes.us_cpu_each", "miss.changes.us_cpu_each", "us", 5),
    Row("trigger to action, p50 wall", "automation", "latency.p50_us", "latency.p50_us", "us", 1),
    Row("trigger to action, p99 wall", "automation", "latency.p99_us", "latency.p99_us", "us", 1),
    Row("load 1,000 rules", "automation", "load.cpu_s", "load.cpu_s", "s", 3),
    Row("reload, nothing changed", "automation", "reload_unchanged.cpu_s", "reload_unchanged.cpu_s", "s", 10),
    Row("reload, one rule changed", "automation", "reload_one_changed.cpu_s", "reload_one_changed.cpu_s", "s", 1),
    Row("memory, 10,000 entities and 1,000 rules", "automation", "rss_loaded_mb", "rss_loaded_mb", "MiB", 1 / 0.6),
    Row("memory after the drives", "automation", "rss_end_mb", "rss_end_mb", "MiB", 1 / 0.6),
    Row("persisted state row", "recorder", "persisted.us_cpu_each", "persisted.us_cpu_each", "us", 10),
    Row("MQTT message to action", "mqtt", "ingest.us_cpu_each", "ingest.us_cpu_each", "us", 5),
    Row("start in process, 1,000 rules", "start_min", "to_running.wall_s", "to_running.wall_s", "s", 1),
    Row("start to ready, whole process, 0 rules", "start", "start_0.wall_s", "start_0.wall_s", "s", 3),
    Row("start to ready, whole process, 1,000 rules", "start", "start_1000.wall_s", "start_1000.wall_s", "s", 3),
)  # fmt: skip


@dataclass(slots=True)
class Book:
    """Figures of one product by scenario and key, one a round."""

    name: str
    figures: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    calibration: list[float] = field(default_factory=list)

    def note(self, scenario: str, answer: dict[str, Any]) -> None:
        """Keep one answer's numbers; counts that differ from what was expected are failures."""
        for problem in wrong_counts(answer):
            self.failures.append(f"{scenario}: {problem}")
        for key, value in flat(answer):
            self.figures.setdefault((scenario, key), []).append(value)

    def median(self, scenario: str, key: str) -> float | None:
        """The median over rounds."""
        values = self.figures.get((scenario, key))
        return statistics.median(values) if values else None


def flat(node: Any, prefix: str = "") -> Iterator[tuple[str, float]]:
    """Numbers of nested mappings under dotted keys."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from flat(value, f"{prefix}{key}.")
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield prefix[:-1], float(node)


def wrong_counts(node: Any) -> Iterator[str]:
    """Where a count is not what the workload expects."""
    if not isinstance(node, dict):
        return
    for got, wanted in (
        ("delivered", "expected"),
        ("actions", "expected"),
        ("rows", "expected_rows"),
        ("actions", "expected_actions"),
        ("state_changes", "expected_changes"),
    ):
        if got in node and wanted in node and node[got] != node[wanted]:
            yield f"{got} {node[got]} instead of {node[wanted]}"
    for value in node.values():
        yield from wrong_counts(value)


def load_as_one(answer: dict[str, Any]) -> None:
    """The peer tells reading and setting up apart; together they are what ours tells as one."""
    load = answer.get("load")
    if isinstance(load, dict):
        parts = [part for part in load.values() if isinstance(part, dict)]
        load["cpu_s"] = sum(part["cpu_s"] for part in parts)


def run_driver(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """One scenario in a fresh process; its answer."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)
    try:
        answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}") from None
    return answer


def clean_environment() -> dict[str, str]:
    """Byte code may be kept, as it is for users; whole starts are measured warm."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


PROBE = """\
\"\"\"What the rules of the workload stand on: their entities and the counting action, as the peer's probe has them.\"\"\"
import asyncio, json
from pathlib import Path
import voluptuous as vol
from hub.api import Action, Entity, Integration, hookimpl

IDS = json.loads(Path(__file__).with_name("entities.json").read_text())

async def run(link, config):
    for entity in IDS:
        link.entity(Entity(id=entity, name=entity)).set(False if entity.startswith("binary") else 20.0)
    link.action("bench.count", lambda call: None)
    link.ready()
    await asyncio.Event().wait()

@hookimpl
def hub_integrations():
    yield Integration(name="bench", run=run, schema=vol.Schema(object),
        entities=lambda config: [Entity(id=entity, name=entity) for entity in IDS],
        actions=(Action(name="bench.count", summary="Count", schema=vol.Schema({vol.Required("rule"): int})),))
"""


def start_ours(scratch: Path, count: int, options: argparse.Namespace) -> dict[str, float]:
    """Seconds from spawn to /ready, of the command that users run, with the web floor and the store.

    The entities and the action come from an integration that is installed as a third party's would be.
    """
    folder = scratch / f"start_{count}"
    if not folder.exists():
        sys.path[:0] = [str(HERE), options.workloads]
        import core  # type: ignore[import-not-found]

        rules = core.wl.rules(core.wl.load(None), count)
        core.write_rules(str(folder), rules)
        package = folder / "packages" / "bench_probe"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(PROBE)
        ids = sorted({name for rule in rules for name in (rule.entity, rule.guard)})
        (package / "entities.json").write_text(json.dumps(ids))
        about = folder / "packages" / "bench_probe-1.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: bench-probe\nVersion: 1\n")
        (about / "entry_points.txt").write_text("[hub.integrations]\nbench = bench_probe\n")
        time_to_ready(folder)
    return time_to_ready(folder)


def time_to_ready(folder: Path) -> dict[str, float]:
    """Start, ask /ready until it says yes, stop."""
    control = folder / "data" / "control.json"
    control.unlink(missing_ok=True)
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "hub", "run", str(folder / "config"), "--data", str(folder / "data"), "--port", "0"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=clean_environment() | {"PYTHONPATH": os.pathsep.join((str(folder / "packages"), os.environ.get("PYTHONPATH", "")))},
    )  # fmt: skip
    try:
        while True:
            if process.poll() is not None or time.perf_counter() - begin > 60:
                raise SystemExit(f"the hub did not get ready on {folder}")
            try:
                url = json.loads(control.read_text())["url"]
                with urllib.request.urlopen(f"{url}/ready", timeout=1):
                    wall = time.perf_counter() - begin
                pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
                return {"wall_s": wall, "rss_mb": pages * 4096 / 2**20}
            except (OSError, ValueError, urllib.error.URLError):
                time.sleep(0.005)
    finally:
        process.terminate()
        process.wait(15)


def start_theirs(scratch: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The peer's own whole-process timing."""
    where = scratch / "their-start"
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir(parents=True)
    command = [
        options.peer_python,
        f"{options.peer}/startup.py",
        "--dir",
        str(where),
        "--repeats",
        "1",
        "--what",
        "start",
    ]
    answer = run_driver(command, clean_environment())["result"]
    found = {}
    for count in (0, 1000):
        keys = [key for key in answer if key.startswith(f"start_{count}_") and answer[key]["wall_s_min"]]
        best = min(keys, key=lambda key: answer[key]["wall_s_min"], default=None)
        if best is not None:
            found[f"start_{count}"] = {
                "wall_s": answer[best]["wall_s_min"],
                "rss_mb": answer[best].get("rss_mb", 0),
            }
    return found


def measure(options: argparse.Namespace, scratch: Path) -> tuple[Book, Book]:
    """All rounds."""
    ours, theirs = Book("hub"), Book(options.name)
    scenarios: dict[str, list[str]] = {
        "bus": [],
        "states": [],
        "automation": [],
        "recorder": ["--changes", "15000"],
        "mqtt": ["--port", str(options.port)],
        "start_min": ["--count", "1000"],
    }
    wanted = options.only.split(",") if options.only else [*scenarios, "start"]
    environment = clean_environment()
    for turn in range(options.rounds):
        for scenario, extra in scenarios.items():
            if scenario not in wanted or (scenario == "mqtt" and not options.port):
                continue
            for book, command in (
                (ours, [sys.executable, str(HERE / "core.py"), scenario, "--workloads", options.workloads]),
                (theirs, [options.peer_python, f"{options.peer}/ha_driver.py", scenario]),
            ):
                where = scratch / book.name / scenario
                shutil.rmtree(where, ignore_errors=True)
                where.mkdir(parents=True)
                answer = run_driver([*command, "--dir", str(where), *extra], environment)
                load_as_one(answer["result"])
                book.note(scenario, answer["result"])
                book.calibration.append(min(answer["calib_cpu_s"]))
            print(f"round {turn + 1}: {scenario}", file=sys.stderr)
        if "start" in wanted:
            for count in (0, 1000):
                ours.note("start", {f"start_{count}": start_ours(scratch / "hub", count, options)})
            if not options.no_peer_start:
                theirs.note("start", start_theirs(scratch, options))
            print(f"round {turn + 1}: start", file=sys.stderr)
    return ours, theirs


def table(ours: Book, theirs: Book, newer: bool) -> list[dict[str, Any]]:
    """Rows with both medians, their ratio and the aim."""
    rows = []
    for row in ROWS:
        aim = row.newer if newer else row.aim
        a, b = ours.median(row.scenario, row.ours), theirs.median(row.scenario, row.theirs)
        if a is not None and b is not None:
            ratio = b / a if a else 0.0
            rows.append(
                {
                    "what": row.label,
                    "unit": row.unit,
                    "hub": a,
                    "peer": b,
                    "ratio": ratio,
                    "aim": aim,
                    "met": ratio >= aim,
                }
            )
    return rows


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peer-python", required=True, help="Python of the environment that has the peer")
    parser.add_argument("--peer", default=str(SHARED / "home-assistant"), help="folder of ha_driver.py")
    parser.add_argument("--workloads", default=str(SHARED / "workloads"), help="folder of workload.py")
    parser.add_argument("--name", default="home-assistant")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port", type=int, default=18830)
    parser.add_argument("--only", default="", help="scenarios, separated by commas")
    parser.add_argument("--no-peer-start", action="store_true", help="leave the peer's whole start out")
    parser.add_argument(
        "--newer", action="store_true", help="the aims are those against Home Assistant 2025.3"
    )
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="hub-side-"))
    ours, theirs = measure(options, scratch)
    rows = table(ours, theirs, options.newer)
    if options.markdown:
        print(f"| what | hub | {theirs.name} | ratio | aim |\n|---|---|---|---|---|")
        for row in rows:
            aim = f"{row['aim']:.2g}{'' if row['met'] else ' (missed)'}" if row["aim"] else ""
            figures = f"{row['hub']:.4g} {row['unit']} | {row['peer']:.4g} {row['unit']} | {row['ratio']:.1f}"
            print(f"| {row['what']} | {figures} | {aim} |")
    else:
        print(json.dumps({"rows": rows, "calibration": {b.name: b.calibration for b in (ours, theirs)}}))
    for book in (ours, theirs):
        for failure in book.failures:
            print(f"{book.name}: {failure}", file=sys.stderr)
    shutil.rmtree(scratch, ignore_errors=True)
    return 1 if ours.failures else 0


if __name__ == "__main__":
    sys.exit(main())
