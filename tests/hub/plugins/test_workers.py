import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.clock import SystemClock
from hub.model.errors import NotReady
from hub.plugins.workers import (
    ASKED_PATIENCE,
    TERMINATED_PATIENCE,
    Worker,
    WorkerSpec,
    parse_log_line,
    pause_after,
)

TARGETS = f"{__package__}.worker_targets"
log = logging.getLogger("tests.workers")


class QuickClock(SystemClock):
    """Real time, but pauses between children are cut short."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        if seconds >= 0.5:
            self.pauses.append(seconds)
        await asyncio.sleep(min(seconds, 0.1))


class Told:
    """What a worker said to its guest."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.reports: list[str | None] = []
        self.ends: list[str] = []
        self.failures: list[BaseException] = []

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(30):
            while not condition():  # noqa: ASYNC110 - what is waited for happens in another process
                await asyncio.sleep(0.02)


@asynccontextmanager
async def working(target: str, told: Told, **options: Any) -> AsyncIterator[Worker]:
    clock = options.pop("clock", None) or QuickClock()
    on_message = options.pop("on_message", told.messages.append)
    spec = WorkerSpec(name="test worker", target=f"{TARGETS}:{target}", on_end=told.ends.append, **options)
    worker = Worker(
        spec, on_message, clock=clock, log=log,
        report=told.reports.append, fail=told.failures.append, chance=lambda: 0.0,
    )  # fmt: skip
    worker.start()
    try:
        yield worker
    finally:
        await worker.stop()


async def test_messages_go_both_ways_to_a_niced_and_named_child() -> None:
    told = Told()
    async with working("echo", told, config={"url": "密码"}) as worker:
        await told.until(lambda: told.messages)
        assert told.messages[0]["config"] == {"url": "密码"}
        assert told.messages[0]["name"] == "test worker"
        assert told.messages[0]["nice"] == min(19, os.nice(0) + 5)
        assert told.messages[0]["pid"] == worker.pid != os.getpid()
        assert "密码" not in " ".join(psutil.Process(worker.pid).cmdline())
        worker.send({"n": 1})
        await told.until(lambda: {"echo": {"n": 1}} in told.messages)
    assert worker.pid is None
    assert not psutil.pid_exists(told.messages[0]["pid"])
    assert told.reports == []


async def test_a_message_to_a_child_that_is_not_there_is_refused() -> None:
    worker = Worker(WorkerSpec(name="none", target="a:b"), print, clock=QuickClock(), log=log)
    with pytest.raises(NotReady, match="'none' is not running"):
        worker.send({})


async def test_a_crashed_child_is_started_again_and_both_are_reported_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told, clock = Told(), QuickClock()
    config = {"lives": str(tmp_path / "lives"), "crashes": 2}
    async with working("crash", told, config=config, clock=clock, heartbeat_seconds=1.0) as worker:
        await told.until(lambda: told.messages)
        assert worker.restarts == 2
        await told.until(lambda: len(told.reports) == 2)
    assert told.reports[0] == "it ended with status 1: ValueError: life 1 went wrong"
    assert told.reports[1] is None
    assert len(told.ends) == 2
    assert clock.pauses == [1.0, 2.0]
    assert "Traceback" in caplog.text


async def test_death_by_signal_is_named() -> None:
    told = Told()
    async with working("segfault", told):
        await told.until(lambda: told.ends)
    assert told.ends[0] == "it was ended by SIGSEGV"


async def test_a_task_without_progress_is_ended_and_its_stacks_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = Told()
    async with working("dawdle", told, heartbeat_seconds=0.6):
        await told.until(lambda: told.ends)
        pid = told.messages[0]["pid"]
        await told.until(lambda: len(told.messages) == 2)
    assert "made no progress" in told.ends[0]
    assert not psutil.pid_exists(pid)
    assert "worker_targets.py" in caplog.text
    assert "in dawdle" in caplog.text


async def test_a_frozen_process_is_noticed_by_its_silence() -> None:
    told = Told()
    async with working("freeze", told, heartbeat_seconds=1.0):
        await told.until(lambda: told.ends)
    assert "silent" in told.ends[0]


async def test_a_leaking_child_is_replaced() -> None:
    told = Told()
    async with working("leak", told, memory_limit_mib=120, heartbeat_seconds=0.8):
        await told.until(lambda: told.ends)
    assert "MiB of memory; 120 are allowed" in told.ends[0]


async def test_an_unknown_target_is_a_reason() -> None:
    told = Told()
    async with working("missing", told):
        await told.until(lambda: told.reports)
    assert "has no attribute 'missing'" in str(told.reports[0])


async def test_a_stop_kills_what_does_not_end_by_itself_within_five_seconds() -> None:
    told = Told()
    async with working("hang", told, heartbeat_seconds=60.0) as worker:
        await told.until(lambda: told.messages)
        await worker.stop()
    assert ASKED_PATIENCE + TERMINATED_PATIENCE < 5
    assert not psutil.pid_exists(told.messages[0]["pid"])
    assert told.ends == []


async def test_stopping_at_once_leaves_nothing_behind() -> None:
    told = Told()
    async with working("echo", told) as worker:
        worker.stop_soon()
        worker.stop_soon()
    assert worker.pid is None
    children = psutil.Process().children()
    assert not [child for child in children if child.status() != psutil.STATUS_ZOMBIE]


async def test_a_guest_that_can_not_take_a_message_fails_and_the_child_ends() -> None:
    told = Told()

    def refuse(message: Any) -> None:
        told.messages.append(message)
        raise RuntimeError("no")

    async with working("echo", told, on_message=refuse):
        await told.until(lambda: told.failures)
        await told.until(lambda: not psutil.pid_exists(told.messages[0]["pid"]))
    assert str(told.failures[0]) == "no"


@pytest.mark.parametrize("size", [5_000_000, 4_000_000])
async def test_lines_are_bounded_and_prints_are_logged(size: int, caplog: pytest.LogCaptureFixture) -> None:
    told = Told()
    async with working("shout", told, config={"size": size}):
        await told.until(lambda: told.messages)
    if size > 4 * 1024 * 1024:
        assert "at most 4194304" in told.messages[0]["refused"]
    else:
        assert len(told.messages[0]) == size
    assert "said on stdout" in caplog.text
    assert "said on stderr" in caplog.text


async def test_a_child_that_prints_without_end_is_cut_short(caplog: pytest.LogCaptureFixture) -> None:
    told = Told()
    async with working("chatter", told):
        await told.until(lambda: "says too much" in caplog.text)
        await told.until(lambda: told.messages)
    assert caplog.text.count("line ") == 199


def test_a_child_dies_with_a_hub_that_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "hub_stand_in.py"
    program.write_text(
        "import asyncio, logging, sys\n"
        "from hub.kernel.clock import SystemClock\n"
        "from hub.plugins.workers import Worker, WorkerSpec\n"
        "async def main():\n"
        f"    spec = WorkerSpec(name='orphan', target='{TARGETS}:hang', heartbeat_seconds=60)\n"
        "    say = lambda message: print(message['pid'], flush=True)\n"
        "    worker = Worker(spec, say, clock=SystemClock(), log=logging.getLogger())\n"
        "    worker.start()\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
    command = [sys.executable, program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as hub:
        assert hub.stdout is not None
        child = psutil.Process(int(hub.stdout.readline()))
        hub.send_signal(signal.SIGKILL)
        psutil.wait_procs([child], timeout=5)
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_pauses_grow_from_one_second_to_sixty(failures: int, chance: float) -> None:
    pause = pause_after(failures, chance)
    assert 0.5 <= pause <= 60
    assert pause_after(failures + 1, chance) >= pause


@given(st.binary(max_size=3000))
def test_any_output_becomes_a_log_line(line: bytes) -> None:
    level, text = parse_log_line(line)
    assert 0 <= level <= 99
    assert len(text) <= 2000


def test_the_levels_of_the_child_are_kept() -> None:
    assert parse_log_line(b"<20>decoder: begun\n") == (logging.INFO, "decoder: begun")
    assert parse_log_line(b"Traceback") == (logging.WARNING, "Traceback")
