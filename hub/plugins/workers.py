"""Worker processes: work that would block the loop, in a supervised child that is replaced when it fails.

A child is spawned afresh (never forked), told its task over a socket, and must beat: it is killed and started
again, with growing pauses, when it is silent, when its task makes no progress, or when it holds too much memory.
"""

import asyncio
import json
import logging
import os
import random
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hub.kernel.clock import Clock
from hub.model.errors import NotReady
from hub.plugins.worker_child import LONGEST_LINE

if TYPE_CHECKING:
    from hub.plugins.site import Site

Log = logging.Logger | logging.LoggerAdapter[Any]
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds before a child is started again
ASKED_PATIENCE, TERMINATED_PATIENCE = 2.5, 1.5  # seconds; together with the kill, a stop takes at most 5
LOG_LINES, LOG_SECONDS = 200, 60.0  # a child that says more is cut short
LONGEST_LOG_LINE = 2000
PAGE = os.sysconf("SC_PAGE_SIZE")
MEBIBYTE = 1024 * 1024


def ignore(_what: Any) -> None:
    """For those who do not want to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSpec:
    """What a child shall do and may use; `config` goes over a socket, never over the command line."""

    name: str
    target: str  # "package.module:function", called in the child as function(pipe, config)
    config: Mapping[str, Any] = field(default_factory=dict)  # JSON-able
    memory_limit_mib: int = 1024  # resident; above it the child is replaced
    heartbeat_seconds: float = 10.0  # silence, or a task without progress, of that length ends the child
    start_seconds: float = 30.0  # for its imports
    nice: int = 5
    on_end: Callable[[str], object] = ignore  # told in the loop each time that a child ended, and why


class Worker:
    """One task kept running in a child process, from `start` to `stop`."""

    def __init__(
        self,
        spec: WorkerSpec,
        on_message: Callable[[Any], object],
        *,
        clock: Clock,
        log: Log,
        report: Callable[[str | None], object] = ignore,
        fail: Callable[[BaseException], object] = ignore,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`report` hears once why it broke, and None once it has healed; `fail`, what `on_message` raised."""
        self.spec = spec
        self.restarts = 0
        self._on_message, self._clock, self._log = on_message, clock, log
        self._report, self._fail, self._chance = report, fail, chance
        self._child: Child | None = None
        self._broken = False
        self._stopping = False
        self._keeping: asyncio.Task[None] | None = None
        self._stop: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
        return self._child.process.pid if self._child is not None else None

    @property
    def ready(self) -> bool:
        """Whether the child has begun its task."""
        return self._child is not None and self._child.ready

    def start(self) -> None:
        """Begin; the child is there a little later."""
        self._keeping = asyncio.get_running_loop().create_task(self._keep(), name=f"worker {self.spec.name}")
        self._keeping.add_done_callback(self._kept)

    def send(self, message: Any) -> None:
        """Hand the child a JSON-able message; NotReady while there is no child that would read it."""
        if self._child is None or not self._child.ready:
            raise NotReady(f"worker '{self.spec.name}' is not running just now")
        self._child.send({"message": message})

    def stop_soon(self) -> None:
        """Begin to stop, without waiting for the end."""
        if self._stop is None:
            self._stopping = True
            self._stop = asyncio.get_running_loop().create_task(self._end(), name=f"stop {self.spec.name}")

    async def stop(self) -> None:
        """Ask the child to end, then terminate, then kill it: over within 5 seconds."""
        self.stop_soon()
        if self._stop is not None:
            await asyncio.shield(self._stop)

    async def _end(self) -> None:
        child = self._child
        if child is not None:
            await child.end()
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})

    async def _keep(self) -> None:
        failures = 0
        while not self._stopping:
            born = self._clock.monotonic()
            reason = await self._live()
            if self._stopping:
                return
            self.spec.on_end(reason)
            if not self._broken:
                self._broken = True
                self._log.warning("worker %s: %s; it is started again", self.spec.name, reason)
                self._report(reason)
            failures = 1 if self._clock.monotonic() - born > LONGEST_PAUSE else failures + 1
            await self._clock.sleep(pause_after(failures, self._chance()))
            self.restarts += 1

    async def _live(self) -> str:
        """One child from birth to death; why it ended."""
        try:
            child = self._child = await spawn(self.spec, self._log)
        except OSError as error:
            return f"could not be started: {error}"
        watching = asyncio.get_running_loop().create_task(self._watch(child))
        try:
            await self._read(child)
            return await child.bury()
        finally:
            watching.cancel()
            child.close()
            self._child = None

    async def _read(self, child: "Child") -> None:
        while line := await child.line():
            told: dict[str, Any] = json.loads(line)
            child.heard = self._clock.monotonic()
            if "message" in told:
                self._on_message(told["message"])
            elif "beat" in told:
                self._weigh(child, told["beat"])
            elif "ready" in told:
                child.ready, child.born = True, child.heard

    def _weigh(self, child: "Child", idle: float) -> None:
        """Judge a beat: does the task get on, and what does it hold?"""
        held = child.resident() // MEBIBYTE
        if idle > self.spec.heartbeat_seconds:
            child.condemn(f"its task made no progress for {idle:.0f} s", stacks=True)
        elif held > self.spec.memory_limit_mib:
            child.condemn(f"it held {held} MiB of memory; {self.spec.memory_limit_mib} are allowed")
        elif self._broken and child.heard - child.born >= self.spec.heartbeat_seconds:
            self._broken = False
            self._log.info("worker %s: runs again", self.spec.name)
            self._report(None)

    async def _watch(self, child: "Child") -> None:
        """Notice silence; all else is judged by what the child says."""
        child.heard = self._clock.monotonic()
        while True:
            await self._clock.sleep(self.spec.heartbeat_seconds / 4)
            patience = self.spec.heartbeat_seconds if child.ready else self.spec.start_seconds
            silent = self._clock.monotonic() - child.heard
            if silent > patience:
                child.condemn(f"it was silent for {silent:.0f} s", stacks=True)

    def _kept(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._fail(error)


class Child:
    """One process and the socket to it."""

    def __init__(
        self,
        process: Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        name: str,
        log: Log,
    ) -> None:
        self.process = process
        self.ready = False
        self.born = self.heard = 0.0  # seconds of the hub's clock: began its task, was last heard
        self._reader, self._writer, self._name, self._log = reader, writer, name, log
        self._verdict = ""
        self._last_words = ""
        self._logging = asyncio.get_running_loop().create_task(self._relay())

    def send(self, line: dict[str, Any]) -> None:
        """Queue one line; NotReady when the child has not read for long."""
        data = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        if (
            self._writer.is_closing()
            or self._writer.transport.get_write_buffer_size() + len(data) > LONGEST_LINE
        ):
            raise NotReady(f"worker '{self._name}' does not read its messages")
        self._writer.write(data)

    async def line(self) -> bytes:
        """The next line; b"" when the child hung up or sent more than a line may hold."""
        try:
            return await self._reader.readline()
        except ValueError:
            self.condemn(f"it sent a line of more than {LONGEST_LINE} bytes")
        except ConnectionError:
            pass  # it died before it had read all; its end tells the reason
        return b""

    def resident(self) -> int:
        """Bytes of memory that the child holds; 0 when it is gone."""
        try:
            with open(f"/proc/{self.process.pid}/statm", "rb") as numbers:
                return int(numbers.read().split()[1]) * PAGE
        except (FileNotFoundError, ProcessLookupError):
            return 0

    def condemn(self, verdict: str, *, stacks: bool = False) -> None:
        """End it for a reason; with `stacks`, it first writes into the log where each thread stands."""
        if self._verdict:
            return
        self._verdict = verdict
        if stacks:
            self._signal(signal.SIGUSR1)
            asyncio.get_running_loop().call_later(0.3, self.kill)
        else:
            self.kill()

    def kill(self) -> None:
        """End it at once, if it still lives."""
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """Let go of it: hang up, and kill it if it still lives."""
        self.kill()
        self._writer.close()
        self._logging.cancel()

    async def bury(self) -> str:
        """Wait until the process is gone; why it went."""
        if not await self._gone_within(1.0):
            self.kill()
        code = await self.process.wait()
        await asyncio.wait({self._logging}, timeout=1.0)
        if self._verdict:
            return self._verdict
        if code < 0:
            return f"it was ended by {signal.Signals(-code).name}"
        return f"it ended with status {code}" + (f": {self._last_words}" if self._last_words else "")

    async def end(self) -> None:
        """Ask, terminate, kill; returns when it is gone."""
        self._verdict = "it was stopped"
        if not self._writer.is_closing():
            self._writer.write(b'{"stop":true}\n')
        if await self._gone_within(ASKED_PATIENCE):
            return
        self._signal(signal.SIGTERM)
        if not await self._gone_within(TERMINATED_PATIENCE):
            self._log.warning("worker %s: did not stop when asked and was killed", self._name)
            self.kill()
            await self.process.wait()

    async def _gone_within(self, seconds: float) -> bool:
        # Real seconds, not the hub's clock: processes do not live by a clock that tests turn.
        try:
            await asyncio.wait_for(self.process.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _signal(self, number: signal.Signals) -> None:
        if self.process.returncode is None:
            self.process.send_signal(number)

    async def _relay(self) -> None:
        """Bring what the child prints into the hub's log; no more than LOG_LINES a minute."""
        output = self.process.stdout
        assert output is not None  # noqa: S101 - asked for in spawn
        loop = asyncio.get_running_loop()
        until, left = loop.time() + LOG_SECONDS, LOG_LINES
        async for line in lines_of(output):
            if loop.time() > until:
                until, left = loop.time() + LOG_SECONDS, LOG_LINES
            level, text = parse_log_line(line)
            self._last_words = text or self._last_words
            left -= 1
            if text and left > 0:
                self._log.log(level, "worker %s: %s", self._name, text)
            elif left == 0:
                self._log.warning("worker %s: says too much; the rest of this minute is left out", self._name)


async def lines_of(output: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Lines as they come; of overlong ones the pieces."""
    rest = b""
    while chunk := await output.read(65536):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line
        if len(rest) > LONGEST_LOG_LINE:
            yield rest
            rest = b""
    if rest:
        yield rest


def parse_log_line(line: bytes) -> tuple[int, str]:
    """Level and text of a child's line: `<30>text` as its logging writes, anything else as a warning."""
    text = line[:LONGEST_LOG_LINE].decode("utf-8", "replace").rstrip()
    if text.startswith("<") and text[1:3].isdigit() and text[3:4] == ">":
        return int(text[1:3]), text[4:]
    return logging.WARNING, text


def pause_after(failures: int, chance: float) -> float:
    """Seconds to wait after so many failures in a row: 1, 2, 4 ... 60, less up to half by chance (0 to 1)."""
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 10)) * (1 - 0.5 * chance))


async def spawn(spec: WorkerSpec, log: Log) -> Child:
    """Start a fresh interpreter on the task; OSError when the machine can't."""
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            # -P and our own path: what lies in the folder that the hub was started in must not be imported.
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-u", "-P", "-m", "hub.plugins.worker_child",
                str(theirs.fileno()), str(os.getpid()), spec.name,
                stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, pass_fds=(theirs.fileno(),),
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)},
            )  # fmt: skip
        reader, writer = await asyncio.open_connection(sock=ours, limit=LONGEST_LINE)
    except BaseException:
        ours.close()
        raise
    child = Child(process, reader, writer, spec.name, log)
    child.send(
        {
            "name": spec.name, "target": spec.target, "config": spec.config, "nice": spec.nice,
            "beat_seconds": spec.heartbeat_seconds / 4, "log_level": log.getEffectiveLevel(),
        }
    )  # fmt: skip
    return child


async def start_worker(
    spec: WorkerSpec, on_message: Callable[[Any], object], *, site: "Site", owner: str
) -> Worker:
    """Start a guest's worker; its troubles are the guest's problem `OWNER.worker.NAME`."""
    problem = f"{owner}.worker.{spec.name}"

    def report(reason: str | None) -> None:
        if reason is None:
            site.problems.clear(problem, source=owner)
        else:
            site.problems.raise_(
                problem,
                f"worker {spec.name}: {reason}",
                "it is started again by itself; see the log",
                source=owner,
            )

    def fail(error: BaseException) -> None:
        site.fail_guest(owner, error)

    log = logging.getLogger(f"hub.guest.{owner}")
    worker = Worker(spec, on_message, clock=site.clock, log=log, report=report, fail=fail)
    worker.start()
    return worker
