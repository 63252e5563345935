from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.packages import Shelf


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """Where a test installs packages of third parties."""
    import sys

    before = set(sys.modules)
    yield Shelf(tmp_path / "site", monkeypatch)
    for name in set(sys.modules) - before:
        if name.partition(".")[0].endswith("_package"):
            del sys.modules[name]
