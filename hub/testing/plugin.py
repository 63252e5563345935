"""The pytest plugin: fixture `hub` (a HubKit) and its parts."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hub.model.events import Event
    from hub.model.people import Delivery
    from hub.plugins.configuration import Configuration
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


@pytest.fixture
def config(hub: "HubKit") -> "Callable[..., Configuration]":
    """`config(yaml)` reads and checks a configuration as `hub check` does; its `faults` say what is wrong."""
    return hub.read


@pytest.fixture
def settle(hub: "HubKit") -> Callable[[], Awaitable[None]]:
    """`await settle()`: until callbacks have run, units are on the disk and due calls were tried."""
    return hub.settle


@pytest.fixture
def frames() -> Callable[..., Any]:
    """`frames(...)`: times and luma pictures of something that falls; see hub.testing.frames.falling_object."""
    from hub.testing.frames import falling_object

    return falling_object


@pytest.fixture
def check_integration(hub: "HubKit") -> Callable[..., Awaitable[None]]:
    """`await check_integration("name")`: what every integration must bear; see hub.testing.checking."""
    from hub.testing.checking import check_integration

    return partial(check_integration, hub)
