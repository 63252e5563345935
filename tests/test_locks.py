"""A newcomer's first command installs what the locks name: nothing that the hub needs may be missing there."""

import json
import re
from configparser import ConfigParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent


def declared(*extras: str) -> list[Requirement]:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    texts = [
        setup["options"]["install_requires"],
        *(setup["options.extras_require"][name] for name in extras),
    ]
    build = (ROOT / "requirements" / "build.in").read_text(encoding="utf-8")
    return [Requirement(line) for text in (*texts, build) for line in text.split("\n") if line.strip()]


def locked(name: str) -> dict[str, str]:
    return versions_in(ROOT / "requirements" / f"{name}.lock")


def versions_in(lock: Path) -> dict[str, str]:
    text = lock.read_text(encoding="utf-8")
    return {canonicalize_name(name): version for name, version in re.findall(r"^(\S+?)==(\S+)", text, re.M)}


@pytest.mark.parametrize(("lock", "extras"), [("run", ["broker"]), ("test", ["broker", "test"])])
def test_every_package_that_is_declared_is_locked(lock: str, extras: list[str]) -> None:
    versions = locked(lock)
    missing = [str(wanted) for wanted in declared(*extras) if not is_met(wanted, versions)]
    assert missing == [], "run script/lock"


def is_met(wanted: Requirement, versions: dict[str, str]) -> bool:
    version = versions.get(canonicalize_name(wanted.name))
    return version is not None and wanted.specifier.contains(version)


def test_every_client_that_is_tried_is_locked() -> None:
    folder = ROOT / "tests" / "clients"
    lines = [
        line.partition("#")[0] for line in (folder / "python" / "requirements.in").read_text().split("\n")
    ]
    versions = versions_in(folder / "python" / "requirements.lock")
    assert [line for line in lines if line.strip() and not is_met(Requirement(line), versions)] == []
    wanted = json.loads((folder / "node" / "package.json").read_text())["dependencies"]
    packages = json.loads((folder / "node" / "package-lock.json").read_text())["packages"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
