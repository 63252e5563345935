"""What the workers of the tests do in their own processes."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from hub.plugins.worker_child import Pipe


def echo(pipe: Pipe, config: dict[str, Any]) -> None:
    """Answer each message; say first who we are."""
    name = Path("/proc/self/comm").read_text().strip()
    pipe.send({"config": config, "pid": os.getpid(), "nice": os.nice(0), "name": name})
    while not pipe.stopping.is_set():
        pipe.beat()
        message = pipe.receive(0.05)
        if message is not None:
            pipe.send({"echo": message})


def crash(pipe: Pipe, config: dict[str, Any]) -> None:
    """Live as often as the file of lives says, then echo."""
    with open(config["lives"], "a+") as lives:
        lives.write("x")
        lives.seek(0)
        count = len(lives.read())
    if count <= config["crashes"]:
        raise ValueError(f"life {count} went wrong")
    echo(pipe, config)


def segfault(pipe: Pipe, _config: dict[str, Any]) -> None:
    """Die as a decoder does."""
    pipe.beat()
    signal.raise_signal(signal.SIGSEGV)


def hang(pipe: Pipe, _config: dict[str, Any]) -> None:
    """Make no progress, and bear being asked to end."""
    pipe.send({"pid": os.getpid()})
    while True:
        time.sleep(1)


def dawdle(pipe: Pipe, _config: dict[str, Any]) -> None:
    """Make no progress, but end when told to."""
    pipe.send({"pid": os.getpid()})
    pipe.stopping.wait()


def freeze(pipe: Pipe, _config: dict[str, Any]) -> None:
    """Stop the whole process, its heart too."""
    pipe.send({"pid": os.getpid()})
    os.kill(os.getpid(), signal.SIGSTOP)


def leak(pipe: Pipe, _config: dict[str, Any]) -> None:
    """Hold more and more."""
    held = []
    while not pipe.stopping.is_set():
        held.append(bytearray(os.urandom(1024) * 8192))
        pipe.beat()
        time.sleep(0.02)


def shout(pipe: Pipe, config: dict[str, Any]) -> None:
    """Send something of a given size, and print."""
    print("said on stdout", flush=True)  # noqa: T201 - as a library might
    sys.stderr.write("said on stderr\n")
    try:
        pipe.send("x" * config["size"])
    except ValueError as error:
        pipe.send({"refused": str(error)})
    while not pipe.stopping.is_set():
        pipe.beat()
        time.sleep(0.05)


def chatter(pipe: Pipe, _config: dict[str, Any]) -> None:
    """Print without end."""
    for number in range(2000):
        print(f"line {number}", "y" * 100)  # noqa: T201 - as above
    pipe.send("printed")
    while not pipe.stopping.is_set():
        pipe.beat()
        time.sleep(0.05)
