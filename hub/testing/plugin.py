"""The pytest plugin: fixture `hub` (a HubKit) and its parts."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hub.model.events import Event
    from hub.model.people import Delivery
    from hub.testing.broker import MemoryBroker
    from hub.testing.clock import ManualClock
    from hub.testing.kit import HubKit

try:
    from pytest_asyncio import fixture as async_fixture
except ImportError:  # the plugin is installed with the hub, also where nobody tests guests
    async_fixture = None  # type: ignore[assignment]

if async_fixture is not None:

    @async_fixture
    async def hub(tmp_path: Path) -> "AsyncIterator[HubKit]":
        """A hub to start: `await hub.start(yaml)`; stopped at the end of the test."""
        from hub.testing.kit import HubKit

        kit = HubKit(tmp_path)
        yield kit
        await kit.stop()
        await kit.broker.close()


@pytest.fixture
def clock(hub: "HubKit") -> "ManualClock":
    """The hub's clock, turned by hand."""
    clock: ManualClock = hub.clock
    return clock


@pytest.fixture
def events(hub: "HubKit") -> "list[Event]":
    """All events since the start."""
    return hub.events


@pytest.fixture
def deliveries(hub: "HubKit") -> "list[Delivery]":
    """What the channel `collect` was given."""
    return hub.deliveries


@pytest.fixture
def broker(hub: "HubKit") -> "MemoryBroker":
    """The hub's broker in memory."""
    return hub.broker
