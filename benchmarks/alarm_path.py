"""How long an alarm takes from the sensor's publish to the provider's call, at a steady rate.

    python benchmarks/alarm_path.py [--broker embedded|mosquitto] [--rate 200] [--seconds 20] [--json]

Sensor, broker, hub and provider are processes of their own on this machine. Each event is a LoRaWAN uplink over MQTT
QoS 1 that opens a cover: an alarm, journaled, told by one rule to one person over one signed webhook. Times are from
the publish to the arrival at the provider, by the machine's monotonic clock; `hops` says where they went. Exit status
0 when nothing was lost and --p50 and --p99 (milliseconds) are kept.
"""

import argparse
import asyncio
import json
import logging
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from aiohttp import web
from paho.mqtt.enums import CallbackAPIVersion

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.crash import CLOSED, OPEN, SECRET, HubProcess, eui_of, uplink
from hub.store.reading import Reading
from integrations.mqtt.accounts import Account
from integrations.mqtt.embedded import EmbeddedBroker, free_port, takes_connections

USER, PASSWORD = "sensors", "password-of-this-run"
PATIENCE = 60.0  # seconds for what was sent to arrive
Times = dict[str, float]  # cover -> seconds


@dataclass(frozen=True, slots=True)
class Address:
    """Where a broker is."""

    port: int
    username: str = ""
    password: str = ""


# --- the brokers ------------------------------------------------------------------------------------------


@asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[tuple[Address, Address]]:
    """The hub's own broker; addresses for the hub and for the sensors."""
    users = {USER: Account(password=PASSWORD, publish=("#",), subscribe=("#",))}
    broker = EmbeddedBroker(folder / "broker", log=logging.getLogger("broker"), users=users)
    await broker.start()
    try:
        own = Address(broker.port, broker.username, broker.password)
        yield own, Address(broker.port, USER, PASSWORD)
    finally:
        await broker.stop()


@asynccontextmanager
async def mosquitto(folder: Path) -> AsyncIterator[tuple[Address, Address]]:
    """A mosquitto with its defaults, but without Nagle's delay."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    (folder / "mosquitto.conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {folder}/\n"
        "set_tcp_nodelay true\nlog_dest none\nmax_queued_messages 0\n"
    )
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        raise SystemExit("there is no mosquitto on this machine")
    process = await asyncio.create_subprocess_exec(program, "-c", str(folder / "mosquitto.conf"))
    try:
        while not await takes_connections("127.0.0.1", port):
            await asyncio.sleep(0.05)
        yield Address(port), Address(port)
    finally:
        process.terminate()
        await process.wait()


BROKERS = {"embedded": embedded, "mosquitto": mosquitto}


# --- processes of their own -------------------------------------------------------------------------------


def receive(pipe: Connection, expected: int) -> None:
    """The provider: says its port, then each cover's first arrival when all have come or nothing comes any more."""
    asyncio.run(_receive(pipe, expected))


async def _receive(pipe: Connection, expected: int) -> None:
    times: Times = {}
    repeats = 0

    async def take(request: web.Request) -> web.Response:
        nonlocal repeats
        now = time.monotonic()
        cover = (await request.json())["data"]["message"]
        repeats += cover in times
        times.setdefault(cover, now)
        if cover == WARM:
            pipe.send("warm")
        return web.json_response({"ok": True})

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pipe.send(runner.addresses[0][1])
    last, since = 0, time.monotonic()
    while len(times) < expected and (last == 0 or time.monotonic() - since < PATIENCE):
        await asyncio.sleep(0.05)
        if len(times) != last:
            last, since = len(times), time.monotonic()
    await asyncio.sleep(0.5)  # what would come twice
    pipe.send((times, repeats))
    await runner.cleanup()


WARM = "MH-000000"  # the cover that tells that all others lie still


def sense(pipe: Connection, address: Address, covers: int, rate: float) -> None:
    """The sensors: all lie still, then open one by one; sends when each did, monotonic and wall clock."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=USER, protocol=mqtt.MQTTv311)
    if address.username:
        client.username_pw_set(address.username, address.password)
    client.max_queued_messages_set(0)
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", address.port)
    client.loop_start()

    def say(number: int, count: int, angles: tuple[float, float, float]) -> mqtt.MQTTMessageInfo:
        eui = eui_of(number)
        body = uplink(eui, count, angles)
        return client.publish(f"application/1/device/{eui.lower()}/event/up", body, qos=1)

    for number in range(1, covers):
        say(number, 0, CLOSED)
    say(0, 0, CLOSED)
    say(0, 1, OPEN).wait_for_publish(PATIENCE)
    pipe.recv()  # all have arrived
    times: Times = {}
    walls: Times = {}
    begin = time.monotonic()
    for number in range(1, covers):
        ahead = begin + number / rate - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        times[name_of(number)], walls[name_of(number)] = time.monotonic(), time.time()
        info = say(number, 1, OPEN)
    info.wait_for_publish(PATIENCE)
    pipe.send((times, walls))
    client.disconnect()
    client.loop_stop()


def name_of(number: int) -> str:
    """A cover's id."""
    return f"MH-{number:06d}"


# --- the site ---------------------------------------------------------------------------------------------


def write_configuration(folder: Path, broker: Address, receiver: int, covers: int) -> None:
    """Covers, one rule, one person, one channel."""
    names = [(eui_of(number), name_of(number)) for number in range(covers)]
    devices = [
        {"eui": eui, "model": "milesight/em310-tilt", "as": "manhole", "id": name} for eui, name in names
    ]
    lids = [{"id": name, "calibration": "automatic", "heartbeat": "24h"} for _, name in names]
    channel = {"type": "webhook", "url": f"http://127.0.0.1:{receiver}/", "secret": SECRET}
    notice = {
        "audience": "person:wang",
        "title": "opened",
        "message": "{{ trigger.event.cover }}",
        "severity": "critical",
    }
    rule = {
        "id": "opened",
        "triggers": {"trigger": "event", "event_type": "cover_opened"},
        "actions": [{"action": "notify.send", "data": notice}],
    }
    mqtt_section = {"broker": f"mqtt://127.0.0.1:{broker.port}"}
    if broker.username:
        mqtt_section |= {"username": broker.username, "password": broker.password}
    person = {"id": "wang", "name": "Wang", "roles": ["grid_worker"], "channels": ["receiver"]}
    sections: dict[str, Any] = {
        "hub": {"name": "alarm path"},
        "mqtt": mqtt_section,
        "lorawan": {"server": "chirpstack", "devices": devices},
        "manhole": {"covers": lids},
        "people": {"persons": [person]},
        "notify": {"channels": {"receiver": channel}},
        "automation": [rule],
    }
    folder.mkdir(parents=True)
    text = "".join(f"{name}: {json.dumps(section)}\n" for name, section in sections.items())
    (folder / "configuration.yaml").write_text(text)


# --- the run ----------------------------------------------------------------------------------------------


async def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The whole run; the figures."""
    covers = round(options.rate * options.seconds) + 1
    spawn = multiprocessing.get_context("spawn")
    ear, provider_end = spawn.Pipe()
    mouth, sensor_end = spawn.Pipe()
    provider = spawn.Process(target=receive, args=(provider_end, covers))
    provider.start()
    port = await asyncio.to_thread(ear.recv)
    async with BROKERS[options.broker](folder) as (own, theirs):
        write_configuration(folder / "config", own, port, covers)
        hub = HubProcess(folder, folder / "hub.log", profile=options.profile)
        await hub.start()
        await hub.ready()
        sensors = spawn.Process(target=sense, args=(sensor_end, theirs, covers, options.rate))
        sensors.start()
        assert await asyncio.to_thread(ear.recv) == "warm"
        await asyncio.sleep(1)
        burnt = cpu_seconds(hub)
        mouth.send("go")
        sent, walls = await asyncio.to_thread(mouth.recv)
        arrived, repeats = await asyncio.to_thread(ear.recv)
        burnt = cpu_seconds(hub) - burnt
        stopped = await hub.stop()
    for process in (provider, sensors):
        await asyncio.to_thread(process.join)
    waits = [arrived[cover] - at for cover, at in sent.items() if cover in arrived]
    took = max(arrived.values()) - min(sent.values())
    return {
        "broker": options.broker,
        "rate": options.rate,
        "events": len(sent),
        "lost": len(sent) - len(waits),
        "doubled": repeats,
        "ms": spread(waits),
        "hops_ms": hops(folder / "data", walls, {c: arrived[c] - sent[c] for c in sent if c in arrived}),
        "took_s": round(took, 2),
        "events_per_s": round(len(waits) / took, 1),
        "hub_cpu_ms_per_event": round(1000 * burnt / len(sent), 2),
        "stop_exit_status": stopped,
        "log": str(folder / "hub.log"),
    }


def cpu_seconds(hub: HubProcess) -> float:
    """What the hub's process has used so far, its threads included."""
    assert hub.process is not None
    fields = Path(f"/proc/{hub.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """p50, p90, p99 and the largest, in milliseconds."""
    found = sorted(seconds)
    if not found:
        return {}
    at = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return {name: round(1000 * found[min(len(found) - 1, int(q * len(found)))], 1) for name, q in at.items()}


def hops(data: Path, walls: Mapping[str, float], whole: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Where the time went: to the journal (broker, hub, disk), from there to the provider."""
    covers = len(walls) + 1
    stored = {
        json.loads(row.body)["cover"]: row.stored_at.timestamp()
        for row in Reading(data).alarms(kind="cover_opened", limit=covers)
    }
    known = [cover for cover in walls if cover in stored and cover in whole]
    inward = {cover: stored[cover] - walls[cover] for cover in known}
    return {
        "publish_to_journal": spread(list(inward.values())),
        "journal_to_provider": spread([whole[cover] - inward[cover] for cover in known]),
    }


def main() -> int:
    """Run and judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--broker", choices=sorted(BROKERS), default="embedded")
    parser.add_argument("--rate", type=float, default=200.0, help="events a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--p50", type=float, default=50.0, help="milliseconds at the most")
    parser.add_argument("--p99", type=float, default=500.0, help="milliseconds at the most")
    parser.add_argument("--profile", type=Path, help="write the hub's profile (cProfile) to this file")
    parser.add_argument("--keep", action="store_true", help="keep the scratch folder")
    parser.add_argument("--json", action="store_true", help="print one line")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hub-alarm-path-"))
    result = asyncio.run(measure(options, folder))
    faults = [
        text
        for wrong, text in (
            (result["lost"] != 0, f"{result['lost']} alarms were lost"),
            (result["ms"].get("p50", 0) > options.p50, f"p50 is above {options.p50:g} ms"),
            (result["ms"].get("p99", 0) > options.p99, f"p99 is above {options.p99:g} ms"),
            (result["stop_exit_status"] != 0, "the stop was not clean"),
        )
        if wrong
    ]
    result["faults"] = faults
    print(json.dumps(result, indent=None if options.json else 2))
    if not options.keep and not faults:
        shutil.rmtree(folder)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
