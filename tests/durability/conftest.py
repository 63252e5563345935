"""The stage of the walks, and a neighbour: an installed third-party package that misbehaves as it is told."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.walks.conftest import air, broker, receiver, stand

__all__ = ["air", "broker", "receiver", "stand"]


@pytest.fixture
def neighbour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Install (or change) the package `neighbour`, whose source is given, for hubs that are started from now on."""
    site = tmp_path / "site"
    metadata = site / "neighbour-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: neighbour\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[hub.integrations]\nneighbour = neighbour\n")
    monkeypatch.setenv("PYTHONPATH", str(site))

    def install(source: str) -> None:
        (site / "neighbour.py").write_text(textwrap.dedent(source))

    return install
