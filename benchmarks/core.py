"""Drive the hub's core in-process with the neutral workload, as the peer's driver does with the peer's.

    python benchmarks/core.py SCENARIO --dir EMPTY_SCRATCH_DIR [--workloads FOLDER] [...]

Prints one JSON object with the same keys as the peer's driver. Scenarios: bus, states, automation, recorder, mqtt,
start_min. What each number means stands in the workload's README; how to run both side by side in
docs/performance.md.
"""

import argparse
import asyncio
import gc
import importlib
import json
import os
import resource
import sqlite3
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

WORKLOADS = Path(__file__).resolve().parents[2] / "shared" / "bench" / "workloads"
_from = sys.argv[sys.argv.index("--workloads") + 1] if "--workloads" in sys.argv else str(WORKLOADS)
sys.path.insert(0, _from)
wl: Any = importlib.import_module("workload")

T_IMPORT = time.perf_counter()
import msgspec  # noqa: E402
import voluptuous as vol  # noqa: E402

from hub import __version__  # noqa: E402
from hub.api import Action, Call, Event, Integration, Link, StateChanged  # noqa: E402
from hub.plugins.manager import Manager  # noqa: E402
from hub.runtime.hub import Hub  # noqa: E402

T_IMPORT = time.perf_counter() - T_IMPORT


def rss_mb() -> float:
    """Resident size now, MiB."""
    with open("/proc/self/statm", encoding="ascii") as handle:
        pages = int(handle.read().split()[1])
    return round(pages * resource.getpagesize() / 2**20, 1)


class Counter:
    """The counting action, as an integration of its own."""

    def __init__(self) -> None:
        self.calls = 0
        self.stamp = 0.0
        self.link: Link | None = None

    def handle(self, _call: Call) -> None:
        """Count one call."""
        self.calls += 1
        self.stamp = time.perf_counter()

    def integration(self) -> Integration:
        """The declaration: section `bench:`, action bench.count."""

        async def run(link: Link, _config: Any) -> None:
            self.link = link
            link.action("bench.count", self.handle)
            link.ready()
            await asyncio.Event().wait()

        return Integration(
            name="bench",
            summary="Counts calls.",
            run=run,
            schema=vol.Schema(vol.Any(None, {})),
            actions=(
                Action(name="bench.count", summary="Count.", schema=vol.Schema({vol.Required("rule"): int})),
            ),
            entities=None,
        )


async def make_hub(directory: str, counter: Counter, configuration: str = "") -> Hub:
    """A whole hub on embedded defaults; the web floor listens on a free port."""
    folder = Path(directory, "config")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "configuration.yaml").write_text(f"hub:\n  name: bench\nbench:\n{configuration}")
    manager = Manager()
    manager.add(counter.integration())
    hub = Hub(folder, Path(directory, "data"), port=0, environ={}, manager=manager)
    await hub.start()
    return hub


def record_nothing(hub: Hub) -> None:
    """The peer's driver runs these scenarios without its recorder; so do we."""
    hub.states.record = None


async def idle(hub: Hub) -> None:
    """Until the writer has nothing to write and callbacks have run."""
    for _ in range(5):
        await asyncio.sleep(0)
    while hub.store.writer.busy:
        await asyncio.sleep(0.001)


async def run_bus(spec: dict[str, Any], hub: Hub) -> dict[str, Any]:
    """Events through the bus."""
    out = {}
    part = spec["bus"]
    for case in part["cases"]:
        seen = [0]

        def on_event(_event: Event, seen: list[int] = seen) -> None:
            seen[0] += 1

        kinds: list[Any] = [
            msgspec.defstruct(
                f"Bench{case['id'].title().replace('_', '')}{i}",
                [("zone", str), ("value", float), ("ok", bool)],
                bases=(Event,),
                frozen=True,
                kw_only=True,
            )
            for i in range(case["types"])
        ]
        undos = [hub.bus.on(kind, on_event) for kind in kinds for _ in range(case["listeners_per_type"])]
        total = case.get("events", part["events"])
        want = total * case["listeners_per_type"]
        emit, count, now = hub.bus.emit, len(kinds), hub.clock.now
        zone, value, ok = (part["payload"][name] for name in ("zone", "value", "ok"))
        gc.collect()
        with wl.Clock() as clock:
            for start in range(0, total, part["batch"]):
                for i in range(start, min(start + part["batch"], total)):
                    emit(kinds[i % count](at=now(), source="bench", zone=zone, value=value, ok=ok))
                await asyncio.sleep(0)
            while seen[0] < want:
                await asyncio.sleep(0)
        out[case["id"]] = clock.rate(total) | {"delivered": seen[0], "expected": want}
        for undo in undos:
            undo()
    return out


async def run_states(spec: dict[str, Any], hub: Hub) -> dict[str, Any]:
    """State writes."""
    out: dict[str, Any] = {}
    part = spec["states"]
    record_nothing(hub)
    ids = [wl.entity_id(i) for i in range(part["entities"])]
    for case in part["cases"]:
        seen = [0]

        def on_change(_event: StateChanged, seen: list[int] = seen) -> None:
            seen[0] += 1

        undos = [hub.bus.on(StateChanged, on_change) for _ in range(case["listeners"])]
        put, attributes = hub.states.set, part["attributes"]
        for entity in ids:
            put(entity, "0", attributes)
        seen[0] = 0
        total = part["entities"] * part["rounds"]
        want = 0 if case["same_value"] else total * case["listeners"]
        gc.collect()
        with wl.Clock() as clock:
            for turn in range(1, part["rounds"] + 1):
                value = "0" if case["same_value"] else str(turn)
                for start in range(0, len(ids), part["batch"]):
                    for entity in ids[start : start + part["batch"]]:
                        put(entity, value, attributes)
                    await asyncio.sleep(0)
            while seen[0] < want:
                await asyncio.sleep(0)
        out[case["id"]] = clock.rate(total) | {"delivered": seen[0], "expected": want}
        for undo in undos:
            undo()
    out["rss_mb"] = rss_mb()
    return out


def typed(entity: str, value: str) -> bool | float:
    """The workload's text as this hub's typed value."""
    return value == "on" if entity.startswith("binary_sensor.") else float(value)


def rules_yaml(book: list[Any], mode: str = "") -> str:
    """The rules in this product's YAML (the peer's spelling is understood as it is)."""
    lines: list[str] = []
    for rule in book:
        lines += [f"- alias: bench {rule.index}", f"  id: bench_{rule.index}"]
        if mode:
            lines += [f"  mode: {mode}", "  max: 50"]
        lines.append("  trigger:")
        if rule.kind == "state":
            lines += ["    - platform: state", f"      entity_id: {rule.entity}", '      to: "on"']
        else:
            lines += [
                "    - platform: numeric_state",
                f"      entity_id: {rule.entity}",
                f"      above: {rule.numeric_above}",
            ]
        lines += [
            "  condition:",
            "    - condition: numeric_state",
            f"      entity_id: {rule.guard}",
            f"      above: {rule.guard_above}",
            "  action:",
            "    - service: bench.count",
            "      data:",
            f"        rule: {rule.index}",
        ]
    return "\n".join(lines) + "\n"


def write_rules(directory: str, book: list[Any], extra: str = "", mode: str = "") -> None:
    """The configuration with these rules in one file."""
    folder = Path(directory, "config")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "automations.yaml").write_text(rules_yaml(book, mode) if book else "[]\n")
    text = f"hub:\n  name: bench\nbench:\nautomation: !include automations.yaml\n{extra}"
    (folder / "configuration.yaml").write_text(text)


async def drive(hub: Hub, counter: Counter, changes: list[Any], want: int, burst: int) -> dict[str, Any]:
    """Replay a change list in bursts, waiting for the actions of each burst."""
    put = hub.states.set
    base, done = counter.calls, 0
    ready = [(entity, typed(entity, value)) for entity, value in changes]
    gc.collect()
    with wl.Clock() as clock:
        for start in range(0, len(ready), burst):
            piece = ready[start : start + burst]
            for entity, value in piece:
                put(entity, value)
            done += len(piece)
            target = base + want * done // len(ready)
            spins = 0
            await asyncio.sleep(0)
            while counter.calls < target and spins < 100_000:
                await asyncio.sleep(0)
                spins += 1
        await idle(hub)
    out = {"changes": clock.rate(len(ready)), "actions": counter.calls - base, "expected": want}
    if want:
        out["actions_per_s"] = clock.rate(want)
    return out


async def load_rules(hub: Hub, directory: str, book: list[Any]) -> dict[str, Any]:
    """Bring the rules in through the hub's own reload: reading, checking, compiling, until all triggers live."""
    write_rules(directory, book)
    with wl.Clock() as clock:
        await hub.reload()
        await hub.supervisor.settled(30)
    count = sum(1 for state in hub.states.all() if state.entity_id.startswith("automation."))
    took = {"wall_s": round(clock.wall, 4), "cpu_s": round(clock.cpu, 4)}
    return {"ok": count == len(book), "loaded": count, "yaml_validate_and_setup": took}


async def run_automation(spec: dict[str, Any], args: argparse.Namespace) -> dict[str, Any]:
    """1,000 rules on 10,000 entities."""
    part = spec["automation"]
    counter = Counter()
    hub = await make_hub(args.dir, counter, "automation: []\n")  # the engine is there before its rules come
    record_nothing(hub)
    book = wl.rules(spec)
    for entity, value in wl.initial_states(spec):
        hub.states.set(entity, typed(entity, value))
    await idle(hub)
    gc.collect()
    before = rss_mb()
    out: dict[str, Any] = {"load": await load_rules(hub, args.dir, book)}
    gc.collect()
    out["rss_before_mb"], out["rss_loaded_mb"] = before, rss_mb()

    with wl.Clock() as same:
        await hub.reload()
    path = Path(args.dir, "config", "automations.yaml")
    path.write_text(path.read_text().replace("rule: 7\n", "rule: 7007\n", 1))
    with wl.Clock() as one:
        await hub.reload()
    out["reload_unchanged"] = {"wall_s": round(same.wall, 4), "cpu_s": round(same.cpu, 4)}
    out["reload_one_changed"] = {"wall_s": round(one.wall, 4), "cpu_s": round(one.cpu, 4)}

    def guard(level: int) -> None:
        for i in range(part["guards"]):
            hub.states.set(wl.guard_id(i), float(level))

    for name in part["drives"]:
        guard(part["guard_threshold"] + (-5 if name == "blocked" else 10))
        await idle(hub)
        out[name] = await drive(
            hub, counter, wl.changes(spec, name), wl.expected_actions(spec, name), part["burst"]
        )
    guard(part["guard_threshold"] + 10)
    await asyncio.sleep(0.2)
    out["latency"] = await latency(hub, counter, part, book)
    gc.collect()
    out["rss_end_mb"] = rss_mb()
    await hub.stop()
    return out


async def latency(hub: Hub, counter: Counter, part: dict[str, Any], book: list[Any]) -> dict[str, Any]:
    """Single triggers: from the state write to the entry of the action."""
    samples, missed = [], 0
    for k in range(part["latency_samples"]):
        rule = book[k % len(book)]
        rest, hit = typed(rule.entity, rule.rest_value), typed(rule.entity, rule.hit_value)
        hub.states.set(rule.entity, rest)
        await asyncio.sleep(part["latency_gap_s"])
        base = counter.calls
        start = time.perf_counter()
        hub.states.set(rule.entity, hit)
        limit = start + 1.0
        while counter.calls == base and time.perf_counter() < limit:
            await asyncio.sleep(0)
        if counter.calls == base:
            missed += 1
        else:
            samples.append(counter.stamp - start)
        hub.states.set(rule.entity, rest)
    return dict(wl.percentiles(samples)) | {"missed": missed}


async def flushed(hub: Hub) -> None:
    """Until every state recorded so far is committed."""
    hub.store.history.flush()
    await hub.store.history.file.run(lambda _connection: None)


async def run_recorder(spec: dict[str, Any], args: argparse.Namespace) -> dict[str, Any]:
    """State history until every row is committed."""
    part = dict(spec["recorder"])
    part["changes"] = args.changes or part["changes"]
    with wl.Clock() as up:
        hub = await make_hub(args.dir, Counter())
    path = os.path.join(args.dir, "data", "history.db")
    ids = [wl.entity_id(2 * i + 1) for i in range(part["entities"])]
    attributes = {"unit_of_measurement": "mm", "friendly_name": "bench"}

    def rows() -> int:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            return int(db.execute("select count(*) from states").fetchone()[0])

    def size() -> int:
        return sum(os.path.getsize(path + s) for s in ("", "-wal") if os.path.exists(path + s))

    await flushed(hub)
    rows0, size0 = rows(), size()
    put, backlogs = hub.states.set, [0]
    with wl.Clock() as feed:
        for start in range(0, part["changes"], part["batch"]):
            for k in range(start, start + part["batch"]):
                put(ids[k % len(ids)], float(k), attributes)
            pause = 0.0
            if args.rate:
                pause = (start + part["batch"]) / args.rate - (time.perf_counter() - feed.w0)
            await asyncio.sleep(max(pause, 0))
            backlogs.append(hub.store.history.file.backlog)
    start_wall = time.perf_counter() - feed.wall
    cpu0 = time.process_time() - feed.cpu
    await flushed(hub)
    total = wl.Clock()
    total.wall, total.cpu = time.perf_counter() - start_wall, time.process_time() - cpu0
    written = rows() - rows0
    out = {
        "ok": True,
        "setup_wall_s": round(up.wall, 3),
        "feed": feed.rate(part["changes"]),
        "persisted": total.rate(part["changes"]),
        "rows": written,
        "expected_rows": part["changes"],
        "asked_rate": args.rate,
        "max_backlog": max(backlogs),
        "last_backlog": backlogs[-1],
        "drain_s": round(total.wall - feed.wall, 3),
        "bytes_per_row": round((size() - size0) / max(written, 1), 1),
        "rss_mb": rss_mb(),
    }
    await hub.stop()
    return out


async def run_mqtt(spec: dict[str, Any], args: argparse.Namespace) -> dict[str, Any]:
    """MQTT messages to states to actions."""
    part, rule_part = spec["mqtt"], spec["automation"]
    threshold = rule_part["numeric_threshold"]
    book = [
        wl.Rule(i, f"sensor.m{i:05d}", "numeric", wl.guard_id(i % rule_part["guards"]),
                rule_part["guard_threshold"], threshold)
        for i in range(part["sensors"])
    ]  # fmt: skip
    sensors = f"mqtt:\n  broker: mqtt://127.0.0.1:{args.port}\n  sensor:\n" + "".join(
        f"    - name: m{i:05d}\n      state_topic: bench/m{i:05d}\n"
        f"      unique_id: m{i:05d}\n"
        '      value_template: "{{ value_json.v }}"\n'
        for i in range(part["sensors"])
    )
    counter = Counter()
    write_rules(args.dir, book, extra=sensors, mode=args.mode)
    manager = Manager()
    manager.add(counter.integration())
    with wl.Clock() as up:
        hub = Hub(Path(args.dir, "config"), Path(args.dir, "data"), port=0, environ={}, manager=manager)
        await hub.start()
    record_nothing(hub)
    for i in range(rule_part["guards"]):
        hub.states.set(wl.guard_id(i), float(rule_part["guard_threshold"] + 10))
    await asyncio.sleep(3)  # subscriptions reach the broker
    seen, done, mark = [0, 0], asyncio.Event(), {}

    def on_change(event: StateChanged) -> None:
        if event.entity_id.startswith("sensor.m") and event.new.value is not None:
            seen[0] += 1
            if seen[0] == 1:
                mark["first"] = (time.perf_counter(), time.process_time())
            if seen[0] >= seen[1]:
                done.set()

    hub.bus.on(StateChanged, on_change)
    feed_path = args.feed or str(Path(_from).parent / "home-assistant" / "mqtt_feed.py")
    base_command = [
        sys.executable, feed_path, "--port", str(args.port), "--sensors", str(part["sensors"]),
        "--qos", str(part["qos"]), "--low", str(threshold - 10), "--high", str(threshold + 10),
    ]  # fmt: skip
    seen[1] = part["sensors"]
    first = await asyncio.create_subprocess_exec(
        *base_command, "--messages", str(seen[1]), "--arm", stdout=asyncio.subprocess.PIPE
    )
    await first.communicate()
    await asyncio.wait_for(done.wait(), 30)
    await idle(hub)
    if counter.calls:
        raise SystemExit("arming must not trigger")
    want, want_actions = part["messages"], part["messages"] // 2
    seen[:] = [0, want]
    done.clear()
    process = await asyncio.create_subprocess_exec(
        *base_command, "--messages", str(want), stdout=asyncio.subprocess.PIPE
    )
    try:
        await asyncio.wait_for(done.wait(), 120)
    except TimeoutError:
        print(f"only {seen[0]} of {want} changes were seen", file=sys.stderr)
    limit = time.perf_counter() + 20
    while counter.calls < want_actions and time.perf_counter() < limit:
        await asyncio.sleep(0.001)
    clock = wl.Clock()
    clock.wall = time.perf_counter() - mark["first"][0]
    clock.cpu = time.process_time() - mark["first"][1]
    feed, _ = await process.communicate()
    out = {
        "ok": True,
        "setup": {"wall_s": round(up.wall, 3), "cpu_s": round(up.cpu, 3)},
        "ingest": clock.rate(want),
        "state_changes": seen[0],
        "expected_changes": want,
        "actions": counter.calls,
        "expected_actions": want_actions,
        "feed": json.loads(feed or b"{}"),
        "rss_mb": rss_mb(),
    }
    await hub.stop()
    return out


async def run_start_min(spec: dict[str, Any], args: argparse.Namespace) -> dict[str, Any]:
    """The whole hub with its store and its web floor, to ready."""
    book = wl.rules(spec, args.count)
    write_rules(args.dir, book)
    counter = Counter()
    manager = Manager()
    manager.add(counter.integration())
    with wl.Clock() as clock:
        hub = Hub(Path(args.dir, "config"), Path(args.dir, "data"), port=0, environ={}, manager=manager)
        await hub.start()
    out = {
        "automations": args.count,
        "import_s": round(T_IMPORT, 3),
        "to_running": {"wall_s": round(clock.wall, 3), "cpu_s": round(clock.cpu, 3)},
        "rss_mb": rss_mb(),
    }
    await hub.stop()
    return out


async def main(args: argparse.Namespace) -> dict[str, Any]:
    """Run one scenario."""
    spec = wl.load(args.spec)
    whole = {
        "automation": run_automation,
        "recorder": run_recorder,
        "mqtt": run_mqtt,
        "start_min": run_start_min,
    }
    if args.scenario in whole:
        return await whole[args.scenario](spec, args)
    hub = await make_hub(args.dir, Counter())
    out = await {"bus": run_bus, "states": run_states}[args.scenario](spec, hub)
    await hub.stop()
    return out


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("scenario", choices=["bus", "states", "automation", "recorder", "mqtt", "start_min"])
    parser.add_argument("--dir", required=True, help="empty scratch folder")
    parser.add_argument("--spec")
    parser.add_argument("--workloads", help="folder of workload.py")
    parser.add_argument("--feed", help="path of mqtt_feed.py")
    parser.add_argument("--port", type=int, default=18830, help="broker on loopback")
    parser.add_argument("--mode", default="parallel", help="mqtt: run mode of the rules")
    parser.add_argument("--count", type=int, default=0, help="automations for start_min")
    parser.add_argument("--changes", type=int, default=0, help="recorder: override changes")
    parser.add_argument("--rate", type=float, default=0, help="recorder: paced feed, states/s")
    parser.add_argument("--no-trace", action="store_true", help="accepted; traces are always kept")
    parser.add_argument("--immediate", action="store_true", help="accepted; listeners always run at once")
    options = parser.parse_args()
    calib = wl.calibrate()
    result = asyncio.run(main(options))
    print(
        json.dumps(
            {
                "peer": "linli-hub",
                "version": __version__,
                "scenario": options.scenario,
                "traces": True,
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "calib_cpu_s": [round(calib, 4), round(wl.calibrate(), 4)],
                "result": result,
            }
        )
    )
    sys.stdout.flush()
