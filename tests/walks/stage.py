"""What real walks are made of: a receiver of signed notices, sensors in the air, a site, and a hub to kill."""

import asyncio
import json
import signal
import socket
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from aiohttp import web
from paho.mqtt.enums import CallbackAPIVersion
from standardwebhooks import Webhook

from benchmarks.crash import CLOSED, OPEN, SECRET, HubProcess, eui_of, uplink
from hub.cli.client import Client
from hub.store.outbox import OutboxRow
from hub.store.reading import Reading

PATIENCE = 25.0  # seconds until a walk that gets stuck fails
FEEDER, PASSWORD = "feeder", "password of the network server"


@dataclass(frozen=True, slots=True)
class Notice:
    """One delivery whose signature was right."""

    key: str  # webhook-id
    data: dict[str, Any]
    at: float  # of the loop's clock


class Receiver:
    """A real HTTP server that verifies every signature; `mood` says how it answers."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.forged = 0
        self.mood = "take"  # or hold: no answer; refuse: 500; lie: 200 with an error inside; cut: hang up
        self._news = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        """Where it takes notices, whether it is there or not."""
        return f"http://127.0.0.1:{self.port}/notices"

    async def start(self) -> None:
        """Open the port."""
        app = web.Application()
        app.router.add_post("/notices", self._take)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        """Close it."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def arrived(self, count: int) -> list[Notice]:
        """Wait for so many notices, repeats included; all there are by then."""
        await until(lambda: len(self.notices) >= count, self._news, lambda: f"{self.titles} arrived")
        return list(self.notices)

    async def distinct(self, count: int) -> dict[str, Notice]:
        """Wait until so many different notices have come; the first of each, by key."""
        await until(lambda: len(self.keys) >= count, self._news, lambda: f"{self.titles} arrived")
        return {notice.key: notice for notice in reversed(self.notices)}

    async def told(self, key: str) -> Notice:
        """Wait for the notice of that key."""
        await until(lambda: key in self.keys, self._news, lambda: f"{self.titles} arrived")
        return next(notice for notice in self.notices if notice.key == key)

    @property
    def titles(self) -> list[str]:
        """Titles in order of arrival."""
        return [notice.data["title"] for notice in self.notices]

    @property
    def keys(self) -> set[str]:
        """Distinct keys."""
        return {notice.key for notice in self.notices}

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            payload = Webhook(SECRET).verify(body, dict(request.headers))
        except Exception:  # noqa: BLE001 - the test asks how many there were
            self.forged += 1
            raise web.HTTPUnauthorized from None
        now = asyncio.get_running_loop().time()
        self.notices.append(Notice(request.headers["webhook-id"], payload["data"], now))
        self._news.set()
        if self.mood == "hold":
            await asyncio.Event().wait()
        if self.mood == "cut" and request.transport is not None:
            request.transport.abort()
        if self.mood == "refuse":
            return web.Response(status=500)
        return web.json_response({"errcode": 45009, "errmsg": "busy"} if self.mood == "lie" else {"ok": True})


class Air:
    """A network server: publishes covers' uplinks at QoS 1, counting each cover's frames."""

    def __init__(self, port: int) -> None:
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=FEEDER, protocol=mqtt.MQTTv311)
        self.client.username_pw_set(FEEDER, PASSWORD)
        self.client.reconnect_delay_set(1, 1)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self._counts: dict[int, int] = {}

    def say(self, cover: int, angles: tuple[float, float, float]) -> mqtt.MQTTMessageInfo:
        """Publish a cover's next frame; not yet at the broker."""
        count = self._counts[cover] = self._counts.get(cover, -1) + 1
        eui = eui_of(cover)
        return self.client.publish(
            f"application/1/device/{eui.lower()}/event/up", uplink(eui, count, angles), qos=1
        )

    async def tell(self, cover: int, *postures: tuple[float, float, float]) -> None:
        """Publish frames; returns when the broker has them."""
        for angles in postures:
            await asyncio.to_thread(self.say(cover, angles).wait_for_publish, PATIENCE)

    async def open(self, cover: int = 0) -> None:
        """A cover that lay still is opened."""
        await self.tell(cover, CLOSED, OPEN)

    def stop(self) -> None:
        """Hang up."""
        self.client.disconnect()
        self.client.loop_stop()


class Stand:
    """One hub on one folder: configuration, process, data, log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = HubProcess(folder, folder / "hub.log")

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def log(self) -> str:
        """All that the hub logged so far."""
        path = self.folder / "hub.log"
        return path.read_text() if path.exists() else ""

    def write(self, yaml: str) -> None:
        """Write configuration.yaml."""
        (self.folder / "config").mkdir(exist_ok=True)
        (self.folder / "config" / "configuration.yaml").write_text(textwrap.dedent(yaml))

    async def start(self) -> None:
        """Start the process and wait until it is ready."""
        await self.process.start()
        async with asyncio.timeout(PATIENCE):
            await self.process.ready()

    async def kill(self) -> None:
        """-9."""
        await self.process.kill()

    async def stop(self) -> int:
        """SIGTERM; the exit status."""
        return await self.process.stop()

    async def end(self) -> None:
        """Leave no process behind."""
        process = self.process.process
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGKILL)
            await process.wait()

    def calls(self, state: str = "pending") -> list[OutboxRow]:
        """What the outbox on the disk holds."""
        return Reading(self.data).calls(state)

    async def pending(self, action: str, tried: int = 0) -> OutboxRow:
        """Wait until a call of that action is on the disk, tried at least so often."""
        found: list[OutboxRow] = []

        def there() -> bool:
            found[:] = [row for row in self.calls() if row.action == action and row.attempts >= tried]
            return bool(found)

        await until(there, None, lambda: f"the outbox holds {self.calls()}")
        return found[0]

    async def status(self) -> dict[str, Any]:
        """What `hub status --json` shows."""
        return await asyncio.to_thread(self._ask, "GET", "status")

    async def reload(self) -> dict[str, Any]:
        """`hub reload`: what changed, or the faults."""
        return await asyncio.to_thread(self._ask, "POST", "reload")

    def _ask(self, method: str, path: str) -> dict[str, Any]:
        body: dict[str, Any] = Client(self.data).request(method, path)[1]
        return body

    async def problem(self, name: str) -> str:
        """Wait until the hub has that problem; its text."""
        problems: dict[str, str] = {}
        end = asyncio.get_running_loop().time() + PATIENCE
        while name not in problems:
            assert asyncio.get_running_loop().time() < end, f"no problem '{name}', only {problems}"
            await asyncio.sleep(0.05)
            problems = {item["id"]: item["text"] for item in (await self.status())["problems"]}
        return problems[name]

    async def healed(self, name: str) -> None:
        """Wait until the hub does not have that problem any more."""
        end = asyncio.get_running_loop().time() + PATIENCE
        while name in {item["id"] for item in (await self.status())["problems"]}:
            assert asyncio.get_running_loop().time() < end, f"problem '{name}' stays"
            await asyncio.sleep(0.05)


async def until(
    true: Callable[[], bool], news: asyncio.Event | None, story: Callable[[], str], patience: float = PATIENCE
) -> None:
    """Wait until it is true; AssertionError with the story when it does not come to be."""
    try:
        async with asyncio.timeout(patience):
            while not true():
                if news is None:
                    await asyncio.sleep(0.02)
                else:
                    news.clear()
                    await news.wait()
    except TimeoutError:
        raise AssertionError(f"nothing more came within {patience:g} s; {story()}") from None


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def mqtt_yaml(port: int, user: str, password: str) -> str:
    """The section for a broker that is there already."""
    return (
        f"mqtt: {json.dumps({'broker': f'mqtt://127.0.0.1:{port}', 'username': user, 'password': password})}"
    )


def site_yaml(mqtt: str, receiver: str, rules: str, covers: int = 1, more: str = "") -> str:
    """A site with covers, one grid worker, one receiver, and rules (a YAML list, not indented)."""
    names = [(eui_of(number), f"MH-{number:04d}") for number in range(covers)]
    devices = [
        {"eui": eui, "model": "milesight/em310-tilt", "as": "manhole", "id": name} for eui, name in names
    ]
    lids = [
        {"id": name, "area": "b1", "calibration": "automatic", "heartbeat": "24h", "place": "North gate"}
        for _, name in names
    ]
    wang = {"id": "wang", "name": "Wang", "roles": ["grid_worker"], "areas": ["b1"], "channels": ["receiver"]}
    channel = {"type": "webhook", "url": receiver, "secret": SECRET, "timeout": 2}
    sections: dict[str, Any] = {
        "hub": {"name": "walks", "language": "en"},
        "areas": [{"id": "b1"}],
        "people": {"persons": [wang | {"language": "en"}]},
        "notify": {"channels": {"receiver": channel}},
        "lorawan": {"server": "chirpstack", "devices": devices},
        "manhole": {"covers": lids},
    }
    lines = [f"{name}: {json.dumps(section)}" for name, section in sections.items()]
    rules = textwrap.indent(textwrap.dedent(rules).strip(), "  ")
    return "\n".join([*lines, mqtt, textwrap.dedent(more), f"automation:\n{rules}", ""])
