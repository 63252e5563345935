"""A real broker, a real receiver, a stand for a real hub process, and a clip of a throw."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from integrations.demo.facade import RenderedClip, plan_clip, render_clip
from integrations.mqtt.accounts import Account
from integrations.mqtt.embedded import EmbeddedBroker
from tests.walks import stage


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    """A nats-server of its own: it lives on when the hub is killed."""
    import logging

    feeder = Account(password=stage.PASSWORD, publish=("application/#",), subscribe=("application/#",))
    log = logging.getLogger("broker")
    embedded = EmbeddedBroker(tmp_path / "broker", log=log, users={stage.FEEDER: feeder})
    await embedded.start()
    yield embedded
    await embedded.stop()


@pytest.fixture
def air(broker: EmbeddedBroker) -> Iterator[stage.Air]:
    """Sensors that the broker hears."""
    sender = stage.Air(broker.port)
    yield sender
    sender.stop()


@pytest.fixture
async def receiver() -> AsyncIterator[stage.Receiver]:
    """Listening, and willing."""
    taker = stage.Receiver()
    await taker.start()
    yield taker
    await taker.stop()
    assert taker.forged == 0


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[stage.Stand]:
    """A hub to start; nothing of it is left at the end."""
    made = stage.Stand(tmp_path)
    yield made
    await made.end()


@pytest.fixture(scope="session")
def throw(tmp_path_factory: pytest.TempPathFactory) -> RenderedClip:
    """A brick falls along a facade: five seconds, rendered once."""
    plan = plan_clip(3, size=(960, 540), duration_s=5.0, items=("brick",))
    return render_clip(plan, tmp_path_factory.mktemp("throw"), "throw")
