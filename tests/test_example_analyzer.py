"""A stranger's frame analyzer as its users have it: installed by pip, loaded by name in a camera's worker."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parent.parent / "examples" / "linli-hub-dark"


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


def run(environ: dict[str, str], folder: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_own_tests_pass_in_a_real_worker(installed: dict[str, str], tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(EXAMPLE / "pyproject.toml", tmp_path)
    told = run(installed, tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path))
    assert " passed" in told


def test_the_hub_describes_it_and_checks_a_site_with_it(installed: dict[str, str], tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "linli_hub_dark" / "example.yaml", tmp_path / "configuration.yaml")
    assert "clean, 2 integrations" in run(installed, tmp_path, "-m", "hub", "check", str(tmp_path))
    (described,) = json.loads(run(installed, tmp_path, "-m", "hub", "describe", "dark", "--json"))
    assert [analyzer["name"] for analyzer in described["analyzers"]] == ["dark"]
    assert [event["name"] for event in described["events"]] == ["camera_darkened"]


def test_a_slip_in_its_settings_is_told_where_it_stands(installed: dict[str, str], tmp_path: Path) -> None:
    text = (EXAMPLE / "linli_hub_dark" / "example.yaml").read_text(encoding="utf-8")
    (tmp_path / "configuration.yaml").write_text(text.replace("below: 30", "below: 3000"), encoding="utf-8")
    command = [sys.executable, "-m", "hub", "check", str(tmp_path)]
    done = subprocess.run(command, env=installed, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "dark: value must be at most 255" in done.stdout + done.stderr
