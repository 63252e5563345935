"""The session at a real broker: what comes, what is acknowledged, what comes again."""

import asyncio
from typing import Any

import pytest

from hub.api import ActionRefused, AuthFailed, Broker, Message, NotReady, Outcome
from integrations.mqtt import deliveries
from integrations.mqtt.embedded import EmbeddedBroker

from .stand_ins import Hearing, RememberingDesk, ShelfInMemory, running, session, until


async def test_session_is_the_port(server: EmbeddedBroker) -> None:
    assert isinstance(session(server), Broker)


async def test_published_message_reaches_who_subscribed(server: EmbeddedBroker) -> None:
    heard, other = Hearing(), Hearing()
    async with running(session(server)) as broker:
        broker.subscribe("a/+/c", heard)
        broker.subscribe("z", other)
        await broker.subscribed()
        await broker.publish("a/b/c", "井盖", qos=1)
        await broker.publish("a/b/c", b"\xff", qos=0)
        await until(lambda: len(heard.messages) == 2)
    by_qos = {message.qos: message for message in heard.messages}
    assert by_qos[1].topic == "a/b/c"
    assert by_qos[1].text == "井盖"
    assert by_qos[1].at.tzinfo is not None
    assert by_qos[0].payload == b"\xff"
    assert other.messages == []


async def test_retained_message_is_sent_to_the_late_subscriber(server: EmbeddedBroker) -> None:
    first, second = Hearing(), Hearing()
    async with running(session(server)) as broker:
        await broker.publish("state", "on", retain=True)
        while not first.messages:  # nats-server answers a moment before it has the message for newcomers
            undo = broker.subscribe("state", first)
            await broker.subscribed()
            await asyncio.sleep(0.05)
            undo()
        broker.subscribe("state", second)
        await until(lambda: bool(second.messages))
    assert second.messages[0].retain


async def test_birth_and_goodbye_are_retained_under_the_status_topic(server: EmbeddedBroker) -> None:
    heard = Hearing()
    async with running(session(server, "listener", status_topic="")) as listener:
        listener.subscribe("linli/status", heard)
        await listener.subscribed()
        async with running(session(server, "hub")):
            await until(lambda: heard.payloads == [b"online"])
        await until(lambda: heard.payloads == [b"online", b"offline"])


async def test_last_will_tells_of_a_cut_hub(server: EmbeddedBroker) -> None:
    heard = Hearing()
    async with running(session(server, "listener", status_topic="")) as listener:
        listener.subscribe("linli/status", heard)
        await listener.subscribed()
        async with running(session(server, "hub")) as hub:
            assert hub._connection is not None
            hub._connection._socket.close()
            await until(lambda: b"offline" in heard.payloads)


async def test_message_without_a_receipt_comes_again_in_the_next_life(server: EmbeddedBroker) -> None:
    never: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    first, second = Hearing(), Hearing()

    def stuck(message: Message) -> asyncio.Future[Outcome]:
        first(message)
        return never

    async with running(session(server)) as broker:
        broker.subscribe("alarm", stuck)
        await broker.subscribed()
        await broker.publish("alarm", "cover open")
        await until(lambda: len(first.messages) == 1)
    async with running(session(server)) as broker:
        broker.subscribe("alarm", second)
        await until(lambda: len(second.messages) == 1)
    assert second.payloads == [b"cover open"]


async def test_message_with_a_receipt_does_not_come_again(server: EmbeddedBroker) -> None:
    first, second = Hearing(), Hearing()

    async def kept(message: Message) -> None:
        first(message)

    async with running(session(server)) as broker:
        broker.subscribe("alarm", kept)
        await broker.subscribed()
        await broker.publish("alarm", "one")
        await until(lambda: len(first.messages) == 1)
        await broker.publish("elsewhere", "so that the acknowledgement is through")
    async with running(session(server)) as broker:
        broker.subscribe("alarm", second)
        await broker.subscribed()
        await broker.publish("alarm", "two")
        await until(lambda: len(second.messages) == 1)
        assert second.payloads == [b"two"]


async def test_messages_of_the_time_away_are_waiting(server: EmbeddedBroker) -> None:
    heard = Hearing()
    async with running(session(server)) as broker:
        broker.subscribe("alarm", heard)
        await broker.subscribed()
    async with running(session(server, "device")) as device:
        for number in range(50):
            await device.publish("alarm", str(number))
    again = session(server)
    again.expect({"alarm": 1})
    async with running(again):
        await asyncio.sleep(0.05)  # the broker sends before anyone subscribed
        again.subscribe("alarm", heard)
        await until(lambda: len(heard.messages) >= 50)
    assert {int(payload) for payload in heard.payloads} == set(range(50))


async def test_cut_connection_is_made_again_and_nothing_is_missed(server: EmbeddedBroker) -> None:
    heard, desk = Hearing(), RememberingDesk()
    async with running(session(server, desk=desk)) as broker:
        broker.subscribe("alarm", heard)
        await broker.subscribed()
        assert broker._connection is not None
        broker._connection.cut()
        await until(lambda: not broker.connected)
        async with running(session(server, "device")) as device:
            await device.publish("alarm", "while away")
        await until(lambda: heard.payloads == [b"while away"])
        assert broker.connected
    assert "connection" in desk.seen
    assert desk.open == {}


async def test_restarted_broker_is_found_again(server: EmbeddedBroker) -> None:
    heard = Hearing()
    async with running(session(server)) as broker:
        broker.subscribe("alarm", heard)
        await broker.subscribed()
        await server.stop()
        await until(lambda: not broker.connected)
        with pytest.raises(NotReady):
            await broker.publish("alarm", "nobody there")
        await server.start()
        await until(lambda: broker.connected)
        await broker.publish("alarm", "there again")
        await until(lambda: heard.payloads == [b"there again"])


async def test_wrong_password_is_an_auth_failure(server: EmbeddedBroker) -> None:
    with pytest.raises(AuthFailed, match="username and password"):
        async with running(session(server, password="wrong")):
            pass


async def test_silent_port_is_no_fault_but_a_problem(server: EmbeddedBroker) -> None:
    desk = RememberingDesk()
    port = server.port
    await server.stop()
    async with running(session(server, desk=desk, port=port)) as broker:
        assert not broker.connected
        assert "can't be reached" in desk.open["connection"]
    await server.start()


async def test_too_large_a_payload_is_refused_before_it_is_sent(server: EmbeddedBroker) -> None:
    async with running(session(server, max_payload=100)) as broker:
        with pytest.raises(ActionRefused, match="101 bytes"):
            await broker.publish("a", b"x" * 101)
        with pytest.raises(ActionRefused, match="space"):
            await broker.publish("a b", b"")
        with pytest.raises(ActionRefused, match="wildcard"):
            await broker.publish("a/#", b"")
        await broker.publish("a", b"x" * 100)


async def test_too_large_a_message_is_dropped_and_said(server: EmbeddedBroker) -> None:
    heard, desk = Hearing(), RememberingDesk()
    narrow = session(server, desk=desk, max_payload=100)
    async with running(session(server, "device")) as device, running(narrow) as broker:
        broker.subscribe("a", heard)
        await broker.subscribed()
        await device.publish("a", b"x" * 101)
        await device.publish("a", b"x" * 100)
        await until(lambda: len(heard.messages) == 1)
    assert len(heard.messages[0].payload) == 100
    assert "101 bytes" in desk.open["dropped"]


async def test_flood_is_held_back_and_nothing_of_it_is_lost(server: EmbeddedBroker) -> None:
    heard = Hearing()
    waiting: list[asyncio.Future[Outcome]] = []

    def slow(message: Message) -> asyncio.Future[Outcome]:
        heard(message)
        waiting.append(asyncio.get_running_loop().create_future())
        return waiting[-1]

    async with (
        running(session(server, "device")) as device,
        running(session(server, max_pending=20)) as broker,
    ):
        broker.subscribe("flood", slow, qos=0)
        await broker.subscribed()
        for number in range(200):
            await device.publish("flood", str(number), qos=0)
        await until(lambda: len(heard.messages) == 20)
        await asyncio.sleep(0.05)
        assert len(heard.messages) == 20
        while len(heard.messages) < 200 or waiting:
            for future in waiting:
                future.set_result(Outcome())
            waiting.clear()
            await asyncio.sleep(0)
    assert sorted(int(payload) for payload in heard.payloads) == list(range(200))


async def test_failing_subscriber_gets_it_again_and_others_are_not_held_up(
    server: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "RETRY_DELAYS", (0.01, 0.01))
    tried: list[bytes] = []
    heard, desk = Hearing(), RememberingDesk()

    def failing(message: Message) -> None:
        tried.append(message.payload)
        if len(tried) < 3:
            raise ZeroDivisionError

    async with running(session(server, desk=desk)) as broker:
        broker.subscribe("a", failing)
        broker.subscribe("#", heard)
        await broker.subscribed()
        await broker.publish("a", "x")
        await until(lambda: len(tried) >= 3)
        await until(lambda: b"x" in heard.payloads)
        await until(lambda: "handler a" not in desk.open)
    assert "handler a" in desk.seen


async def test_message_that_nobody_can_handle_is_set_aside_and_tried_after_a_restart(
    server: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "RETRY_DELAYS", (0.01,))
    shelf, heard = ShelfInMemory(), Hearing()

    def failing(message: Message) -> None:
        raise ZeroDivisionError

    async with running(session(server, shelf=shelf)) as broker:
        broker.subscribe("a", failing)
        await broker.subscribed()
        await broker.publish("a", "poison", retain=False)
        await until(lambda: bool(shelf.values))
    async with running(session(server, shelf=shelf)) as broker:
        broker.subscribe("a", heard)
        await until(lambda: heard.payloads == [b"poison"])
        await until(lambda: not shelf.values)


async def test_restarting_guest_gets_what_came_meanwhile(server: EmbeddedBroker) -> None:
    first, second, other = Hearing(), Hearing(), Hearing()
    async with running(session(server)) as broker:
        undo = broker.subscribe("a", first)
        broker.subscribe("+", other)
        await broker.subscribed()
        undo()
        await broker.publish("a", "meanwhile")
        await until(lambda: bool(other.messages))
        assert first.messages == []
        broker.subscribe("a", second)
        await until(lambda: b"meanwhile" in second.payloads)


async def test_full_disk_leaves_the_message_with_the_broker(
    server: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "RETRY_DELAYS", (0.01,))
    shelf, heard = ShelfInMemory(full=True), Hearing()
    broken: dict[str, Any] = {"tries": 0}

    async def failing(message: Message) -> None:
        broken["tries"] += 1
        raise NotReady("the disk is full")

    async with running(session(server, shelf=shelf)) as broker:
        broker.subscribe("a", failing)
        await broker.subscribed()
        await broker.publish("a", "must not be lost")
        await until(lambda: broken["tries"] >= 2)
    async with running(session(server)) as broker:
        broker.subscribe("a", heard)
        await until(lambda: heard.payloads == [b"must not be lost"])


async def test_refused_subscription_is_a_problem(server: EmbeddedBroker) -> None:
    desk = RememberingDesk()
    async with running(session(server, desk=desk)) as broker:
        broker.subscribe("has a space", Hearing())
        await broker.subscribed()
        await until(lambda: "filter has a space" in desk.open)
