"""Clients of /api/websocket while many states change: what of a core it takes, and how late they hear.

The hub runs in this process, pinned to one core, with a guest that changes states at a steady rate; the clients are raw
sockets in another process on the other cores. A state's text is the time it was set, in microseconds, so a client that
reads it knows how late it is. Every 25th client reads each message; the others only count bytes, for they would
otherwise need more of the machine than the hub. One line of JSON a scenario.

    python benchmarks/websocket.py [--clients 500] [--changes 2000] [--seconds 10]

With --home-assistant, Home Assistant is measured in the hub's place: run it with the Python of an environment that has
Home Assistant. Its states, its http and its websocket_api do the same in the same process arrangement.
"""

import argparse
import asyncio
import base64
import json
import multiprocessing
import os
import re
import resource
import selectors
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STAMP = re.compile(rb'"s(?:tate)?":"(\d{16})"[,}]')
ENTITIES = 2000
SAMPLED = 25  # every so many clients read what they get


def own(number: int, clients: int) -> dict[str, Any]:
    """What a client asks for that is only about its own share of the entities."""
    share = max(1, ENTITIES // clients)
    ids = [f"sensor.s{index}" for index in range(number * share, (number + 1) * share)]
    return {"type": "subscribe_entities", "entity_ids": ids}


SCENARIOS = {
    "own entities": (own, True),
    "every entity, compressed, coalesced": (lambda *_: {"type": "subscribe_entities"}, True),
    "every state_changed, whole, coalesced": (
        lambda *_: {"type": "subscribe_events", "event_type": "state_changed"},
        True,
    ),
    "every entity, compressed, a frame each": (lambda *_: {"type": "subscribe_entities"}, False),
}


# --- the clients, in a process of their own ---------------------------------------------------------------------------


def masked(message: Any) -> bytes:
    """One client frame; a mask of zeros leaves the text as it is."""
    payload = json.dumps(message).encode()
    size = len(payload)
    head = bytes([0x81, 0x80 | size]) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    return head + bytes(4) + payload


def opened(
    host: str, port: int, path: str, token: str, wanted: dict[str, Any], coalesce: bool
) -> socket.socket:
    """A client that has signed in and subscribed."""
    client = socket.create_connection((host, port), timeout=60)
    key = base64.b64encode(os.urandom(16)).decode()
    client.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    features = {"features": {"coalesce_messages": 1} if coalesce else {}}
    client.sendall(masked({"type": "auth", "access_token": token}))
    client.sendall(masked({"id": 1, "type": "supported_features", **features}))
    client.sendall(masked({"id": 2, **wanted}))
    seen = b""
    while b'"id":2,' not in seen.replace(b" ", b""):
        got = client.recv(1 << 20)
        if not got:
            raise ConnectionError(seen[-500:])
        seen += got
    client.setblocking(False)
    return client


def listen(address: tuple[str, int, str, str], scenario: str, count: int, seconds: float, pipe: Any) -> None:
    """Hold the clients for so long; tell how late messages were."""
    wanted, coalesce = SCENARIOS[scenario]
    host, port, path, token = address
    selector = selectors.DefaultSelector()
    for number in range(count):
        client = opened(host, port, path, token, wanted(number, count), coalesce)
        selector.register(client, selectors.EVENT_READ, bytearray() if number % SAMPLED == 0 else None)
    pipe.send("ready")
    buffer = memoryview(bytearray(1 << 20))
    late: list[float] = []
    received = lost = 0
    end = time.time() + seconds + 2
    while time.time() < end:
        for key, _ in selector.select(0.1):
            try:
                size = key.fileobj.recv_into(buffer)  # type: ignore[union-attr]
            except OSError:
                size = 0
            if size == 0:
                lost += 1
                selector.unregister(key.fileobj)
                continue
            received += size
            if key.data is not None:
                now = time.time()
                text = bytes(key.data) + bytes(buffer[:size])
                found = None
                for found in STAMP.finditer(text):
                    late.append(now - int(found[1]) / 1e6)
                key.data[:] = text[found.end() if found else 0 :][-200:]
    late = sorted(value for value in late if 0 <= value < seconds + 2)

    def at(share: float) -> float | None:
        return round(1000 * late[int(share * (len(late) - 1))], 1) if late else None

    pipe.send(
        {
            "lost_clients": lost,
            "read_messages": len(late),
            "mib_per_s": round(received / seconds / 2**20, 1),
            "ms_p50": at(0.5),
            "ms_p99": at(0.99),
            "ms_max": at(1.0),
        }
    )


# --- the hub ----------------------------------------------------------------------------------------------------------


@dataclass
class Server:
    """What is measured: where it listens, a token for it, and how one of its states is set."""

    url: str
    token: str
    set_state: Callable[[str, str], object]


async def measure(server: Server, scenario: str, options: argparse.Namespace) -> dict[str, Any]:
    """One scenario against a running hub."""
    context = multiprocessing.get_context("spawn")
    near, far = context.Pipe()
    host, port = server.url.removeprefix("http://").split(":")
    address = (host, int(port), "/api/websocket", server.token)
    clients = context.Process(target=listen, args=(address, scenario, options.clients, options.seconds, far))
    clients.start()
    await asyncio.to_thread(near.recv)
    used, began, done = resource.getrusage(resource.RUSAGE_SELF), time.time(), 0
    while (now := time.time()) < began + options.seconds:
        due = int((now - began) * options.changes)
        while done < due:
            server.set_state(f"sensor.s{done % ENTITIES}", str(int(time.time() * 1e6)))
            done += 1
        await asyncio.sleep(0.0005)
    after, wall = resource.getrusage(resource.RUSAGE_SELF), time.time() - began
    result = await asyncio.to_thread(near.recv)
    clients.join()
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    return {
        "scenario": scenario,
        "clients": options.clients,
        "changes_per_s": round(done / wall),
        "core_share": round(cpu / wall, 2),
        **result,
    }


async def run(options: argparse.Namespace) -> None:
    """Every scenario, one after the other, against one server."""
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        async with (home_assistant if options.home_assistant else this_hub)(Path(folder)) as server:
            for scenario in options.scenario or SCENARIOS:
                os.sched_setaffinity(0, cores[1:] or cores)  # inherited by the clients
                task = asyncio.ensure_future(measure(server, scenario, options))
                await asyncio.sleep(0.5)
                os.sched_setaffinity(0, cores[:1])
                print(json.dumps(await task), flush=True)


@asynccontextmanager
async def this_hub(folder: Path) -> AsyncIterator[Server]:
    """A hub with the entities, in this process."""
    from dataclasses import replace

    from hub.api import Entity
    from hub.runtime.hub import Hub

    config = folder / "config"
    config.mkdir()
    (config / "configuration.yaml").write_text("hub: {name: Benchmark}\n")
    hub = Hub(config, folder / "data", port=0)
    await hub.start()
    house = hub.homeassistant.house
    house.limits = replace(house.limits, sockets=10_000)
    for index in range(ENTITIES):
        hub.states.declare(Entity(id=f"sensor.s{index}", name=f"Sensor {index}", unit="s"))
    yield Server(hub.url, hub.token, hub.states.set)
    await hub.stop()


@asynccontextmanager
async def home_assistant(folder: Path) -> AsyncIterator[Server]:
    """Home Assistant with its http and websocket_api and the same entities, in this process."""
    from homeassistant import auth, loader
    from homeassistant.bootstrap import async_load_base_functionality
    from homeassistant.config_entries import ConfigEntries
    from homeassistant.core import HomeAssistant
    from homeassistant.setup import async_setup_component

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    hass = HomeAssistant(str(folder))
    hass.config.config_dir = str(folder)
    loader.async_setup(hass)
    hass.config_entries = ConfigEntries(hass, {})
    await async_load_base_functionality(hass)
    hass.auth = await auth.auth_manager_from_config(hass, [{"type": "homeassistant"}], [])
    listening = {"http": {"server_host": ["127.0.0.1"], "server_port": port}}
    for name in ("http", "websocket_api"):
        if not await async_setup_component(hass, name, listening):
            raise RuntimeError(f"Home Assistant could not set up {name}")
    user = await hass.auth.async_create_system_user("Benchmark", group_ids=["system-admin"])
    token = hass.auth.async_create_access_token(await hass.auth.async_create_refresh_token(user))
    await hass.async_start()
    told = {"friendly_name": "Sensor", "unit_of_measurement": "s"}
    for index in range(ENTITIES):
        hass.states.async_set(f"sensor.s{index}", "0", told)
    yield Server(f"http://127.0.0.1:{port}", token, lambda one, text: hass.states.async_set(one, text, told))
    await hass.async_stop()


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--changes", type=int, default=2000, help="state changes a second")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--home-assistant", action="store_true")
    parser.add_argument("--scenario", action="append", choices=SCENARIOS)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
