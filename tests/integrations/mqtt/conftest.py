"""A real broker for these tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from integrations.mqtt.embedded import EmbeddedBroker

from .stand_ins import LOG


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    """An embedded broker on a free port."""
    embedded = EmbeddedBroker(tmp_path / "broker", log=LOG)
    await embedded.start()
    yield embedded
    await embedded.stop()
