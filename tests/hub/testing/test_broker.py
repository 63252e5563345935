"""The broker in memory keeps the port's promises, so that what passes with it passes with a real one."""

import asyncio
from collections.abc import Callable

import pytest

from hub.api import Broker, Message, NotReady
from hub.testing.broker import MemoryBroker, matches
from hub.testing.clock import ManualClock


@pytest.fixture
def broker() -> MemoryBroker:
    """A broker of this test's own."""
    return MemoryBroker(ManualClock())


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("wanted", "topic", "fits"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/+", "a/b", True),
        ("a/+", "a", False),
        ("a/+", "a/", True),
        ("+/b", "a/b", True),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("#", "a/b", True),
        ("#", "$SYS/uptime", False),
        ("+/uptime", "$SYS/uptime", False),
        ("$SYS/#", "$SYS/uptime", True),
    ],
)
def test_filters(wanted: str, topic: str, fits: bool) -> None:
    assert matches(wanted, topic) is fits


async def test_it_is_a_broker(broker: MemoryBroker) -> None:
    assert isinstance(broker, Broker)
    assert broker.connected


async def test_a_message_reaches_all_who_subscribed_until_they_undo(broker: MemoryBroker) -> None:
    heard: list[str] = []
    undo = broker.subscribe("a/+", lambda message: heard.append(message.text))
    broker.subscribe("a/b", lambda message: heard.append(message.text.upper()))
    await broker.publish("a/b", "x")
    await turns()
    undo()
    undo()
    await broker.publish("a/b", b"y")
    await turns()
    assert heard == ["x", "X", "Y"]
    assert broker.subscribed == ["a/b"]


async def test_a_message_is_acknowledged_when_all_receipts_are_fulfilled(broker: MemoryBroker) -> None:
    receipt: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    broker.subscribe("a", lambda _message: receipt)
    broker.subscribe("a", lambda _message: None)
    await broker.publish("a", "x")
    await turns()
    assert not broker.sent[0].acknowledged
    receipt.set_result(None)
    await turns()
    assert broker.sent[0].acknowledged


def fails_at_once(_message: Message) -> None:
    raise NotReady("the disk is full")


async def fails_later(_message: Message) -> None:
    await asyncio.sleep(0)
    raise NotReady("the disk is full")


@pytest.mark.parametrize("handler", [fails_at_once, fails_later])
async def test_what_a_handler_fails_at_is_sent_again(
    broker: MemoryBroker, handler: Callable[[Message], None], caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []
    undo = broker.subscribe("a", handler)
    broker.subscribe("a", lambda message: heard.append(message.text))
    await broker.publish("a", "x")
    await turns()
    assert not broker.sent[0].acknowledged
    assert "the disk is full" in caplog.text
    undo()
    broker.redeliver()
    await turns()
    assert broker.sent[0].acknowledged
    broker.redeliver()
    await turns()
    assert heard == ["x", "x"]


async def test_what_nobody_heard_waits_for_the_next_who_subscribes_and_qos_0_does_not(
    broker: MemoryBroker,
) -> None:
    heard: list[str] = []
    await broker.publish("a", "kept", qos=1)
    await broker.publish("a", "lost", qos=0)
    broker.subscribe("a", lambda message: heard.append(message.text))
    broker.redeliver()
    await turns()
    assert heard == ["kept"]


async def test_a_retained_message_comes_with_the_subscription(broker: MemoryBroker) -> None:
    heard: list[tuple[str, bool]] = []
    await broker.publish("a", "old", retain=True)
    await broker.publish("a", "new", retain=True)
    broker.subscribe("a", lambda message: heard.append((message.text, message.retain)))
    await turns()
    assert heard == [("new", True)]


async def test_an_empty_retained_message_clears(broker: MemoryBroker) -> None:
    heard: list[str] = []
    await broker.publish("a", "old", retain=True)
    await broker.publish("a", "", retain=True)
    broker.subscribe("a", lambda message: heard.append(message.text))
    await turns()
    assert heard == []


async def test_without_a_connection_nothing_is_published(broker: MemoryBroker) -> None:
    broker.connected = False
    with pytest.raises(NotReady):
        await broker.publish("a", "x")
    assert broker.sent == []
