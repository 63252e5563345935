"""Kill the hub with -9 at random moments while alarms come in, and count what arrives.

    python benchmarks/crash.py --alarms 10000 --kills 50 [--broker own|apart] [--seed 1] [--covers 200] [--json]

A real hub process takes LoRaWAN uplinks of opening covers over MQTT QoS 1, its automation turns each alarm into a
notice, and a real HTTP receiver that honours keys takes them. The broker is the hub's own (`broker: embedded`), which
dies with it, or one apart, which lives on. Exit status 0 only
when every alarm arrived, none twice under another key, and the first notice after each restart that had work to do
came within --patience seconds of the process's start.
"""

import argparse
import asyncio
import base64
import json
import logging
import math
import os
import random
import signal
import statistics
import struct
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from aiohttp import web
from paho.mqtt.enums import CallbackAPIVersion

from integrations.mqtt.accounts import Account
from integrations.mqtt.embedded import EmbeddedBroker

SECRET = "whsec_" + base64.b64encode(b"benchmark-secret-of-32-bytes-len").decode()
CLOSED, OPEN = (0.0, 0.0, 90.0), (60.0, 0.0, 30.0)  # degrees of the three axes
FEEDER, PASSWORD = "feeder", "feeder-password"
SETTLING = 0.3  # seconds; paho overtakes itself while it repeats what a broken connection left
QUIET_LIMIT = 60.0  # seconds without any news that end the run as failed


@dataclass(slots=True)
class Receiver:
    """Honours keys: the same key again is answered as before and counted as a repeat."""

    errors: float
    chance: random.Random
    keys: dict[str, str] = field(default_factory=dict)  # key -> alarm
    alarms: dict[str, set[str]] = field(default_factory=dict)  # alarm -> keys
    repeats: int = 0
    refused: int = 0
    arrived: list[float] = field(default_factory=list)  # monotonic
    url: str = ""
    runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_post("/notice", self.take)
        self.runner = web.AppRunner(app, access_log=None)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}/notice"

    async def take(self, request: web.Request) -> web.Response:
        """One notice; now and then an answer of 500, before or after it was counted."""
        body = await request.json()
        key, alarm = request.headers["webhook-id"], body["data"]["message"]
        lot = self.chance.random()
        if lot < self.errors / 2:
            self.refused += 1
            return web.Response(status=500)
        if key in self.keys:
            self.repeats += 1
        else:
            self.keys[key] = alarm
            self.alarms.setdefault(alarm, set()).add(key)
        self.arrived.append(time.monotonic())
        if lot < self.errors:
            self.refused += 1
            return web.Response(status=500)
        return web.json_response({"ok": True})


class Feeder:
    """Publishes uplinks at QoS 1 from paho's own thread: for each cover, open, closed, closed, open ..."""

    def __init__(self, port: int, covers: int, alarms: int) -> None:
        self._covers, self._alarms = covers, alarms
        self._connected_at = math.inf
        self._acknowledged = 0
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=FEEDER, protocol=mqtt.MQTTv311)
        self.client.username_pw_set(FEEDER, PASSWORD)
        self.client.max_queued_messages_set(0)
        self.client.max_inflight_messages_set(200)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = self._connected
        self.client.on_disconnect = self._disconnected
        self.client.on_publish = self._published
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.sent = 0

    def _connected(self, *_: object) -> None:
        self._connected_at = time.monotonic()

    def _disconnected(self, *_: object) -> None:
        self._connected_at = math.inf

    def _published(self, *_: object) -> None:
        self._acknowledged += 1

    @property
    def confirmed(self) -> int:
        """Alarms whose uplinks the broker has taken, all of them."""
        return (self._acknowledged - self._covers) // 3

    async def calibrate(self) -> None:
        """A first upright report of each cover, so that each has something to differ from."""
        for cover in range(self._covers):
            self._publish(cover, CLOSED, cover_count(0, 0))
        await self._drain()

    async def feed(self, rate: float) -> None:
        """All uplinks of all episodes, no faster than `rate` alarms a second."""
        begin = time.monotonic()
        for number in range(self._alarms):
            cover, episode = number % self._covers, number // self._covers
            while time.monotonic() - self._connected_at < SETTLING:
                await asyncio.sleep(0.02)
            for step, angles in enumerate((OPEN, CLOSED, CLOSED)):
                self._publish(cover, angles, cover_count(episode, step + 1))
            ahead = (number + 1) / rate - (time.monotonic() - begin)
            if ahead > 0:
                await asyncio.sleep(ahead)
        await self._drain()

    def _publish(self, cover: int, angles: tuple[float, float, float], count: int) -> None:
        eui = eui_of(cover)
        body = uplink(eui, count, angles)
        self.client.publish(f"application/1/device/{eui.lower()}/event/up", body, qos=1)
        self.sent += 1

    async def _drain(self) -> None:
        while self._acknowledged < self.sent:
            await asyncio.sleep(0.02)

    def stop(self) -> None:
        """End the thread."""
        self.client.disconnect()
        self.client.loop_stop()


def cover_count(episode: int, step: int) -> int:
    """The frame counter of a step of an episode."""
    return episode * 3 + step


def eui_of(cover: int) -> str:
    """A DevEUI for each cover."""
    return f"24E124785D{cover:06X}"


def uplink(eui: str, count: int, angles: tuple[float, float, float]) -> bytes:
    """A ChirpStack v4 uplink of a Milesight EM310-TILT: battery, three axes in hundredths of a degree."""
    axes = struct.pack("<hhh", *(round(angle * 100) for angle in angles))
    frame = bytes([0x01, 0x75, 90, 0x03, 0xCF]) + axes + b"\x00"
    body: dict[str, Any] = {
        "deduplicationId": f"{eui}-{count}",
        "time": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
        "deviceInfo": {"devEui": eui.lower(), "deviceName": eui, "tags": {}},
        "devAddr": "01020304",
        "fCnt": count,
        "fPort": 85,
        "data": base64.b64encode(frame).decode(),
        "rxInfo": [{"gatewayId": "0016c001f1e2d3c4", "rssi": -80, "snr": 7.5}],
    }
    return json.dumps(body).encode()


def mqtt_section(broker: EmbeddedBroker | None) -> dict[str, Any]:
    """The section for a broker apart, or for the hub's own one, which the feeder may use."""
    if broker is None:
        return {
            "broker": "embedded",
            "embedded": {"users": {FEEDER: {"password": PASSWORD, "publish": "application/#"}}},
        }
    address = f"mqtt://127.0.0.1:{broker.port}"
    return {"broker": address, "username": broker.username, "password": broker.password}


def write_configuration(folder: Path, mqtt_settings: dict[str, Any], receiver: str, covers: int) -> None:
    """The site: covers, one rule, one person, one channel."""
    folder.mkdir(parents=True)
    devices = "\n".join(
        f"    - {{eui: {eui_of(n)}, model: milesight/em310-tilt, as: manhole, id: MH-{n:04d}}}"
        for n in range(covers)
    )
    manholes = "\n".join(
        f"    - {{id: MH-{n:04d}, calibration: automatic, heartbeat: 24h}}" for n in range(covers)
    )
    (folder / "configuration.yaml").write_text(f"""\
hub: {{name: crash test}}
mqtt: {json.dumps(mqtt_settings)}
lorawan:
  server: chirpstack
  devices:
{devices}
manhole:
  covers:
{manholes}
people:
  persons:
    - {{id: wang, name: Wang, roles: [grid_worker], channels: [receiver]}}
notify:
  channels:
    receiver: {{type: webhook, url: "{receiver}", secret: "{SECRET}"}}
automation:
  - id: opened
    triggers: {{trigger: event, event_type: cover_opened}}
    actions:
      - action: notify.send
        data: {{audience: "person:wang", title: opened, message: "{{{{ trigger.event.id }}}}", severity: critical}}
""")


class HubProcess:
    """The hub as its users start it."""

    def __init__(self, folder: Path, log: Path, profile: Path | None = None) -> None:
        self._folder, self._log = folder, log
        self._program = (
            ["-m", "hub"] if profile is None else ["-m", "cProfile", "-o", str(profile), "-m", "hub"]
        )
        self.process: asyncio.subprocess.Process | None = None
        self.started = 0.0

    async def start(self) -> None:
        """Spawn; does not wait until it is ready."""
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        with self._log.open("ab") as log:
            self.started = time.monotonic()
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, *self._program, "run", str(self._folder / "config"), "--data",
                str(self._folder / "data"), "--port", "0", "--log-format", "json", "--log-level", "warning",
                stdout=asyncio.subprocess.DEVNULL, stderr=log, env=environment,
            )  # fmt: skip

    async def kill(self) -> None:
        """-9, as the kernel does when memory is short."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()

    async def stop(self) -> int:
        """SIGTERM, and its exit status."""
        if self.process is None:
            return 0
        self.process.terminate()
        return await self.process.wait()

    async def ready(self) -> None:
        """Until it is ready; RuntimeError when it ends instead."""
        control = self._folder / "data" / "control.json"
        while True:
            if self.process is None or self.process.returncode is not None:
                raise RuntimeError(f"the hub ended by itself; see {self._log}")
            try:
                control_pid = json.loads(control.read_text())["pid"]
            except (OSError, ValueError):
                control_pid = 0
            if control_pid == self.process.pid and await self._answers(
                json.loads(control.read_text())["url"]
            ):
                return
            await asyncio.sleep(0.02)

    async def _answers(self, url: str) -> bool:
        host, _, port = url.removeprefix("http://").partition(":")
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
        except OSError:
            return False
        writer.write(b"GET /ready HTTP/1.0\r\n\r\n")
        answer = await reader.read(64)
        writer.close()
        return b" 200 " in answer


async def crash(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The whole run; the figures."""
    chance = random.Random(options.seed)
    receiver = Receiver(options.errors, random.Random(options.seed + 1))
    await receiver.start()
    broker = None
    if options.broker == "apart":
        users = {FEEDER: Account(password=PASSWORD, publish=("#",), subscribe=("#",))}
        broker = EmbeddedBroker(folder / "broker", log=logging.getLogger("broker"), users=users)
        await broker.start()
    write_configuration(folder / "config", mqtt_section(broker), receiver.url, options.covers)
    hub = HubProcess(folder, folder / "hub.log")
    await hub.start()
    await hub.ready()
    port = broker.port if broker else int((folder / "data" / "mqtt" / "broker" / "port").read_text())
    feeder = Feeder(port, options.covers, options.alarms)
    await feeder.calibrate()
    await asyncio.sleep(1)
    begin = time.monotonic()
    feeding = asyncio.ensure_future(feeder.feed(options.rate))
    firsts: list[float] = []
    kills = 0
    while kills < options.kills and len(receiver.alarms) < options.alarms:
        await asyncio.sleep(chance.uniform(0.05, options.life))
        await hub.kill()
        kills += 1
        owing = feeder.confirmed > len(receiver.alarms)
        await hub.start()
        first = await first_arrival(hub, receiver, options.alarms)
        if first is not None and owing:
            firsts.append(first)
    await feeding
    await until_quiet(receiver, options.alarms)
    took = time.monotonic() - begin
    await asyncio.sleep(2)  # what would still come twice
    exit_status = await hub.stop()
    feeder.stop()
    if broker is not None:
        await broker.stop()
    assert receiver.runner is not None
    await receiver.runner.cleanup()
    doubled = sum(len(keys) > 1 for keys in receiver.alarms.values())
    return {
        "broker": options.broker,
        "alarms": options.alarms,
        "arrived": len(receiver.alarms),
        "lost": options.alarms - len(receiver.alarms),
        "doubled": doubled,
        "repeats_under_the_same_key": receiver.repeats,
        "errors_answered": receiver.refused,
        "kills": kills,
        "restarts_with_a_first_notice": len(firsts),
        "first_notice_s": {
            "median": round(statistics.median(firsts), 3) if firsts else None,
            "max": round(max(firsts), 3) if firsts else None,
        },
        "stop_exit_status": exit_status,
        "took_s": round(took, 1),
        "log": str(folder / "hub.log"),
    }


async def first_arrival(hub: HubProcess, receiver: Receiver, alarms: int) -> float | None:
    """Seconds from the process's start to the first notice; None when nothing was left to send."""
    seen = len(receiver.arrived)
    while len(receiver.arrived) == seen:
        if len(receiver.alarms) >= alarms or time.monotonic() - hub.started > QUIET_LIMIT:
            return None
        await asyncio.sleep(0.005)
    return receiver.arrived[seen] - hub.started


async def until_quiet(receiver: Receiver, alarms: int) -> None:
    """Until all have arrived, or nothing has come for a long time."""
    last, since = -1, time.monotonic()
    while len(receiver.alarms) < alarms and time.monotonic() - since < QUIET_LIMIT:
        if len(receiver.alarms) != last:
            last, since = len(receiver.alarms), time.monotonic()
        await asyncio.sleep(0.05)


def main() -> int:
    """Run and judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--alarms", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--broker", choices=("own", "apart"), default="own")
    parser.add_argument("--covers", type=int, default=200)
    parser.add_argument("--rate", type=float, default=200.0, help="alarms a second at the most")
    parser.add_argument("--life", type=float, default=1.5, help="longest time between two kills, seconds")
    parser.add_argument("--errors", type=float, default=0.02, help="share of answers that are 500")
    parser.add_argument(
        "--patience", type=float, default=3.0, help="for the first notice after a restart, seconds"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the scratch folder")
    parser.add_argument("--json", action="store_true", help="print JSON only")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hub-crash-"))
    result = asyncio.run(crash(options, folder))
    slowest = result["first_notice_s"]["max"]
    faults = [
        text
        for wrong, text in (
            (result["lost"] != 0, f"{result['lost']} alarms were lost"),
            (result["doubled"] != 0, f"{result['doubled']} alarms came twice"),
            (
                result["kills"] < options.kills,
                f"only {result['kills']} kills were possible: send more alarms",
            ),
            (slowest is not None and slowest > options.patience, f"a first notice took {slowest} s"),
            (result["stop_exit_status"] != 0, "the last stop was not clean"),
        )
        if wrong
    ]
    result["faults"] = faults
    print(json.dumps(result, indent=None if options.json else 2))
    if not faults and not options.keep:
        import shutil

        shutil.rmtree(folder)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
