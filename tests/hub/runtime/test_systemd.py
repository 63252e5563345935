"""systemd's protocol, spoken to a real datagram socket."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.runtime.systemd import Systemd


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A service manager's socket and its address as NOTIFY_SOCKET gives it."""
    address = str(tmp_path / "notify") if request.param == "path" else f"@linli-hub-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address.replace("@", "\0", 1) if request.param == "abstract" else address)
        listener.settimeout(5)
        yield listener, address


def test_states_arrive_as_datagrams(manager: tuple[socket.socket, str]) -> None:
    listener, address = manager
    systemd = Systemd({"NOTIFY_SOCKET": address})
    for state in ("READY=1\nSTATUS=ready at http://127.0.0.1:8130", "WATCHDOG=1", "STOPPING=1"):
        assert systemd.notify(state)
        assert listener.recv(4096).decode() == state


@pytest.mark.parametrize(
    "environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "/nowhere/at/all"}, {"NOTIFY_SOCKET": "x" * 500}]
)
def test_without_a_manager_nothing_happens(environ: dict[str, str]) -> None:
    assert not Systemd(environ).notify("READY=1")


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, 0.0),
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, 0.0),
        ({"WATCHDOG_USEC": "soon"}, 0.0),
        ({"WATCHDOG_USEC": "-5"}, 0.0),
        ({"WATCHDOG_USEC": "0"}, 0.0),
    ],
)
def test_the_watchdog_is_fed_twice_as_often_as_systemd_wants(environ: dict[str, str], seconds: float) -> None:
    assert Systemd(environ).watchdog_seconds == seconds
