"""The example package as its users have it: installed by pip, found by its entry point, run by a real hub."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "linli-hub-bin"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process that has the package: built from its sources, without a network."""
    folder = tmp_path_factory.mktemp("example")
    source, target = folder / "source", folder / "site"
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns("*.egg-info", "__pycache__", "build"))
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-index"]
    command += ["--no-build-isolation", "--no-deps", "--target", str(target), str(source)]
    subprocess.run(command, check=True, timeout=100)
    return {**os.environ, "PYTHONPATH": str(target)}


def hub(environ: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "hub", *arguments]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_own_tests_pass_on_the_published_kit(installed: dict[str, str], tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(EXAMPLE / "pyproject.toml", tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(
        command, cwd=tmp_path, env=installed, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_the_hub_describes_it_and_checks_a_site_with_it(installed: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "configuration.yaml").write_text(
        (EXAMPLE / "linli_hub_bin" / "example.yaml").read_text() + "mqtt: {broker: 'mqtt://127.0.0.1:9'}\n"
    )
    assert "clean, 2 integrations" in hub(installed, "check", str(tmp_path))
    (described,) = json.loads(hub(installed, "describe", "bin", "--json"))
    assert [event["name"] for event in described["events"]] == ["bin_full", "bin_emptied"]
    assert described["needs"] == ["Broker"]


def test_a_real_hub_runs_it(installed: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "configuration.yaml").write_text((EXAMPLE / "linli_hub_bin" / "example.yaml").read_text())
    command = [sys.executable, "-c", RUN, str(tmp_path)]
    done = subprocess.run(command, env=installed, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "bin": "running",
        "told": ["bin_full"],
        "file": str(Path(installed["PYTHONPATH"])),
    }


# The hub's own start, with the kit's broker in place of a network.
RUN = """\
import asyncio, json, pathlib, sys
from hub.testing.clock import START
from hub.testing.kit import HubKit


async def run(folder):
    hub = HubKit(folder)
    running = await hub.start((folder / "configuration.yaml").read_text())
    await hub.broker.publish("bins/gate-3", '{"distance_cm": 5}')
    await hub.settle()
    import linli_hub_bin

    told = [event.kind for event in hub.events if event.kind.startswith("bin")]
    place = str(pathlib.Path(linli_hub_bin.__file__).parent.parent)
    print(json.dumps({"bin": running.ready()[1]["bin"], "told": told, "file": place}))
    await hub.stop()


asyncio.run(run(pathlib.Path(sys.argv[1])))
"""
