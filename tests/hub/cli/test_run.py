"""`hub run` in processes of its own: signals, refusals, systemd."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.hub.cli.conftest import PATIENCE, Running
from tests.hub.packages import Shelf


def run(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A `hub run` that is expected to refuse."""
    command = [sys.executable, "-m", "hub", "run", str(config), "--port", "0", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def one_line(text: str) -> str:
    (line,) = text.splitlines()
    assert "Traceback" not in line
    return line


def test_a_hub_reloads_at_sighup_ends_at_sigterm_and_tells_systemd(
    tmp_path: Path, bell_on_path: Path
) -> None:
    config = tmp_path / "config"
    config.mkdir()
    file = config / "configuration.yaml"
    file.write_text("bell:\n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(PATIENCE)
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        started = Running(config, environ=environ)

        def until(wanted: str) -> str:
            while True:
                told = systemd.recv(4096).decode()
                if told.startswith(wanted):
                    return told

        assert until("READY=1") == f"READY=1\nSTATUS=ready at {started.url}"
        until("WATCHDOG=1")
        file.write_text("bell: {tone: d}\n")
        started.process.send_signal(signal.SIGHUP)
        until("RELOADING=1")
        until("READY=1")
        file.write_text("bull:\n")
        started.process.send_signal(signal.SIGHUP)
        until("RELOADING=1")
        until("READY=1")
        until("WATCHDOG=1")
        before = time.monotonic()
        assert started.end() == 0
        assert time.monotonic() - before < 10
        until("STOPPING=1")
    log = started.errors.read_text()
    assert '\\"changed\\": [\\"bell\\"]' in log
    assert "not reloaded, nothing was changed" in log
    assert "did you mean 'bell'?" in log
    assert "Traceback" not in log
    assert not (config / ".hub" / "control.json").exists()


def test_what_the_hub_keeps_is_for_its_user_alone(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "configuration.yaml").write_text("notify:\n")
    data = config / ".hub"
    data.mkdir(mode=0o755)
    started = Running(config)
    open_to_others = [path for path in data.rglob("*") if path.stat().st_mode & 0o077]
    assert started.end() == 0
    assert (data / "events.db").exists()
    assert open_to_others == []


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_a_file_that_was_cut_off_stops_nobody(tmp_path: Path, text: str) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "configuration.yaml").write_text("notify:\n")
    started = Running(config)
    (config / "configuration.yaml").write_text(text)
    started.process.send_signal(signal.SIGHUP)
    started.until_said("the file is empty")
    (config / "configuration.yaml").write_text("notify:\n")
    started.process.send_signal(signal.SIGHUP)
    started.until_said('\\"unchanged\\": [\\"notify\\"]')
    assert started.end() == 0


def test_a_storm_of_sighups_is_few_reloads(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "configuration.yaml").write_text("notify:\n")
    started = Running(config)
    (config / "configuration.yaml").write_text("notify:\n" + "# long\n" * 100_000)
    for _ in range(300):
        started.process.send_signal(signal.SIGHUP)
    started.until_said("reloaded")
    assert started.end() == 0
    assert started.errors.read_text().count("reloaded") < 30


EAGER = '''\
    """Asks for a reload while the hub still starts."""

    import asyncio
    import os
    import signal
    from collections.abc import Iterable
    from typing import Any

    import voluptuous as vol

    from hub.api import Integration, Link, hookimpl


    async def run(link: Link, _config: Any) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0.1)
        link.ready()
        await asyncio.Event().wait()


    @hookimpl
    def hub_integrations() -> Iterable[Integration]:
        yield Integration(name="eager", run=run, schema=vol.Schema(object))
'''


def test_a_reload_that_is_asked_for_too_early_comes_when_the_hub_is_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(tmp_path / "site", monkeypatch)
    shelf.install("eager", EAGER)
    monkeypatch.setenv("PYTHONPATH", str(shelf.folder), prepend=os.pathsep)
    config = tmp_path / "config"
    config.mkdir()
    (config / "configuration.yaml").write_text("eager:\n")
    started = Running(config)
    started.until_said("reloaded")
    assert started.end() == 0


def test_sigint_is_a_clean_end_too(tmp_path: Path) -> None:
    (tmp_path / "configuration.yaml").write_text("{}\n")
    started = Running(tmp_path, "--log-format", "text", "--log-level", "debug")
    assert started.end(signal.SIGINT) == 0
    assert "Traceback" not in started.errors.read_text()


def test_a_second_hub_on_the_same_data_and_one_on_the_same_port_are_refused(tmp_path: Path) -> None:
    (tmp_path / "configuration.yaml").write_text("{}\n")
    started = Running(tmp_path)
    try:
        second = run(tmp_path)
        assert (second.returncode, second.stdout) == (1, "")
        assert f"is in use by another hub (process {started.process.pid})" in one_line(second.stderr)
        port = started.url.rpartition(":")[2]
        third = run(tmp_path, "--data", str(tmp_path / "other"), "--port", port)
        assert third.returncode == 1
        assert "address already in use; choose another with --port" in one_line(third.stderr)
    finally:
        assert started.end() == 0


def test_faults_are_printed_and_nothing_is_started(tmp_path: Path) -> None:
    (tmp_path / "configuration.yaml").write_text("notyfy:\nhub: {nam: x}\n")
    done = run(tmp_path)
    assert done.returncode == 1
    assert (
        "configuration.yaml:1:1: notyfy: there is no integration 'notyfy'; did you mean 'notify'?"
        in done.stderr
    )
    assert "2 faults; the hub was not started" in done.stderr
    assert not (tmp_path / ".hub").exists()


@pytest.mark.parametrize(
    "arguments", [["--port", "70000"], ["--port", "x"], ["--log-level", "loud"], ["--nonsense"]]
)
def test_misspelt_options_are_status_2(tmp_path: Path, arguments: list[str]) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_what_can_not_be_read_is_status_2(tmp_path: Path) -> None:
    done = run(tmp_path / "nowhere")
    assert done.returncode == 2
    assert "configuration.yaml" in one_line(done.stderr)


def test_a_data_folder_that_can_not_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "configuration.yaml").write_text("{}\n")
    (tmp_path / "file").write_text("")
    done = run(tmp_path, "--data", str(tmp_path / "file" / "data"))
    assert done.returncode == 1
    assert str(tmp_path / "file") in one_line(done.stderr)


def test_a_hub_told_to_stop_while_it_starts_stops(tmp_path: Path) -> None:
    (tmp_path / "configuration.yaml").write_text("mqtt: {broker: 'mqtt://127.0.0.1:9'}\n")
    command = [sys.executable, "-m", "hub", "run", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not (tmp_path / ".hub" / "control.json").exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        _out, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert os.listdir(tmp_path / ".hub")
    assert not (tmp_path / ".hub" / "control.json").exists()
