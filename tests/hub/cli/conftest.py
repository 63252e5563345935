"""A real hub in a process of its own, on a small site with a guest of a third party."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli.main import cli
from tests.hub.packages import Shelf

BELL = '''\
    """A bell that rings when it is asked over the web, and an action that is refused."""

    import asyncio
    from collections.abc import Iterable
    from typing import Any

    import voluptuous as vol
    from aiohttp import web

    from hub.api import Action, Alarm, Call, DeliveryRefused, Entity, Integration, Link, Named, Severity, hookimpl


    class BellRang(Alarm, frozen=True, kw_only=True):
        """A bell rang at a door."""

        times: int = 1


    async def run(link: Link, config: Any) -> None:
        sensor = link.entity(Entity(id="binary_sensor.bell", name="Bell"))
        sensor.set(False)

        async def ring(request: web.Request) -> web.Response:
            times = int(request.query.get("times", "1"))
            rang = BellRang(at=link.now(), source="bell", times=times, severity=Severity.critical)
            with link.transaction() as unit:
                link.emit(rang)
                link.actions.start(Call(name="bell.mend", data={"part": "tongue"}, key=f"{rang.id}/mend"))
            await unit.receipt
            sensor.set(not link.states.get("binary_sensor.bell").value)
            return web.json_response({"id": rang.id})

        def mend(call: Call) -> None:
            raise DeliveryRefused("no smith would take it")

        link.route("POST", "/ring", ring, access="public")
        link.action("bell.mend", mend)
        link.ready()
        await asyncio.Event().wait()


    @hookimpl
    def hub_integrations() -> Iterable[Integration]:
        yield Integration(
            name="bell",
            summary="A bell for these tests.",
            run=run,
            schema=vol.Schema({vol.Optional("tone", default="a"): str}),
            events=(BellRang,),
            actions=(
                Action(
                    name="bell.mend",
                    summary="Send for the smith",
                    schema=vol.Schema({vol.Required("part"): str}),
                    durable=True,
                ),
            ),
        )
'''
PATIENCE = 30.0  # seconds


class Running:
    """`hub run` in a process of its own."""

    def __init__(self, config: Path, *arguments: str, environ: dict[str, str] | None = None) -> None:
        self.config = config
        command = [sys.executable, "-m", "hub", "run", str(config), "--port", "0", *arguments]
        self.errors = config.parent / f"stderr-{config.name}"
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, env={**os.environ, **(environ or {})}
            )
        self.url = self._ready()

    def _ready(self) -> str:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline().decode() if ready else ""
        found = re.search(r"ready at (http://\S+)", line)
        assert found, f"{line!r} {self.errors.read_text()}"
        return found[1]

    def until_said(self, text: str) -> None:
        """Wait for a text in its log."""
        until = time.monotonic() + PATIENCE
        while text not in self.errors.read_text():
            assert time.monotonic() < until, self.errors.read_text()
            time.sleep(0.02)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Tell it to end; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.process.communicate()


@pytest.fixture(scope="session")
def bell_on_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The guest `bell`, installed for this process and for those that it starts."""
    with pytest.MonkeyPatch.context() as patch:
        shelf = Shelf(tmp_path_factory.mktemp("site"), patch)
        shelf.install("bell", BELL)
        patch.setenv("PYTHONPATH", str(shelf.folder), prepend=os.pathsep)
        yield shelf.folder
        sys.modules.pop("bell_package", None)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, bell_on_path: Path) -> Path:
    """A config folder with the bell."""
    folder = tmp_path_factory.mktemp("config")
    (folder / "configuration.yaml").write_text("hub: {name: 邻里花园}\nbell:\n  tone: c\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def running(site: Path) -> Iterator[Running]:
    """A hub that runs on it, for the whole module."""
    started = Running(site)
    yield started
    assert started.end() == 0


def hub(*arguments: object) -> Result:
    """One command in this process."""
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], prog_name="hub")
