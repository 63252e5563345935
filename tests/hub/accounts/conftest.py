from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.hub.accounts.bench import Bench


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path / "data")
    await bench.open()
    yield bench
    await bench.close()
