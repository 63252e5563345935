"""The connection before brokers that answer as they like: MQTT 5, refusals, garbage, silence, TLS."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest

from hub.api import AuthFailed, ConfigError, Message, NotReady, Outcome
from hub.kernel.clock import SystemClock
from integrations.mqtt import session as session_module
from integrations.mqtt.aside import Aside
from integrations.mqtt.connection import SESSION_SECONDS, Connection, tls_context
from integrations.mqtt.session import MqttBroker
from integrations.mqtt.settings import Settings, Tls

from .scripted_broker import CONNECT, PUBACK, PUBLISH, ScriptedBroker, listening, packet, publish
from .stand_ins import LOG, Hearing, RememberingDesk, ShelfInMemory, running, until

CERTIFICATES = Path(__file__).parent / "certificates"


def settings(broker: ScriptedBroker, **changes: Any) -> Settings:
    known: dict[str, Any] = {
        "port": broker.port,
        "protocol": "5" if broker.five else "3.1.1",
        "patience": 5.0,
    }
    return Settings(**{**known, **changes})


def connection(broker: ScriptedBroker, **changes: Any) -> Connection:
    return Connection(settings(broker, **changes), "linli-1", lambda _message: None, folder=CERTIFICATES)


def client(broker: ScriptedBroker, desk: RememberingDesk | None = None, **changes: Any) -> MqttBroker:
    return MqttBroker(
        settings(broker, **changes), "linli-1", clock=SystemClock(), aside=Aside(ShelfInMemory()),
        desk=desk or RememberingDesk(), log=LOG, folder=CERTIFICATES,
    )  # fmt: skip


async def test_five_asks_for_a_session_that_lasts_and_for_no_more_than_it_can_hold() -> None:
    async with listening(ScriptedBroker(five=True)) as broker:
        opened = connection(broker, max_pending=77, max_payload=1000)
        assert not await opened.open()
        await opened.close()
    (connect,) = broker.heads(CONNECT)
    assert connect[2:7] == b"MQTT\x05"
    assert not connect[7] & 0b10  # clean start
    assert b"\x11" + SESSION_SECONDS.to_bytes(4, "big") in connect  # session expiry interval
    assert b"\x21" + (77).to_bytes(2, "big") in connect  # receive maximum
    assert b"\x27" in connect  # maximum packet size


async def test_three_asks_for_a_session_that_lasts() -> None:
    async with listening(ScriptedBroker()) as broker:
        opened = connection(broker)
        await opened.open()
        await opened.close()
    (connect,) = broker.heads(CONNECT)
    assert connect[2:7] == b"MQTT\x04"
    assert not connect[7] & 0b10  # clean session


async def test_five_receives_and_acknowledges_in_order() -> None:
    greeting = b"".join(publish(b"a", str(mid).encode(), mid=mid, five=True) for mid in (5, 6, 7))
    futures: list[asyncio.Future[Outcome]] = []

    def take(message: Message) -> asyncio.Future[Outcome]:
        futures.append(asyncio.get_running_loop().create_future())
        return futures[-1]

    async with (
        listening(ScriptedBroker(five=True, greeting=greeting)) as broker,
        running(client(broker)) as hub,
    ):
        hub.subscribe("a", take)
        await until(lambda: len(futures) == 3)
        for future in reversed(futures):
            assert broker.heads(PUBACK) == []
            future.set_result(Outcome())
            await asyncio.sleep(0.02)
        await until(lambda: len(broker.heads(PUBACK)) == 3)
    assert [int.from_bytes(body[:2], "big") for body in broker.heads(PUBACK)] == [5, 6, 7]


@pytest.mark.parametrize(
    ("five", "code", "error"),
    [
        (False, 1, NotReady),
        (False, 2, ConfigError),
        (False, 3, NotReady),
        (False, 4, AuthFailed),
        (False, 5, AuthFailed),
        (True, 0x84, ConfigError),
        (True, 0x85, ConfigError),
        (True, 0x86, AuthFailed),
        (True, 0x87, AuthFailed),
        (True, 0x88, NotReady),
        (True, 0x8A, AuthFailed),
        (True, 0x97, NotReady),
    ],
)
async def test_refusal_says_what_to_do_next(five: bool, code: int, error: type[Exception]) -> None:
    async with listening(ScriptedBroker(five=five, code=code)) as broker:
        opened = connection(broker)
        with pytest.raises(error):
            await opened.open()
        opened.cut()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\xff" * 64,
        b"\x20\xff\xff\xff\xff\xff\x01",
        b"\x20\x00",
        b"\x20\x02",
        packet(0x20, b"\x00\x2a"),
        packet(0xF0, b""),
        publish(b"a", b"before the answer")[:4],
    ],
)
async def test_garbage_is_no_answer(answer: bytes) -> None:
    async with listening(ScriptedBroker(answer=answer)) as broker:
        opened = connection(broker, patience=0.3)
        with pytest.raises(NotReady):
            await opened.open()
        opened.cut()


async def test_silence_is_given_up() -> None:
    async with listening(ScriptedBroker(silent=True)) as broker:
        opened = connection(broker, patience=0.1)
        with pytest.raises(NotReady, match=r"within 0\.1 s"):
            await opened.open()
        opened.cut()


async def test_refusal_after_it_has_worked_does_not_end_the_guest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "SHORTEST_PAUSE", 0.01)
    desk = RememberingDesk()
    async with listening(ScriptedBroker()) as broker, running(client(broker, desk)) as hub:
        broker.code = 5
        broker.writers[0].close()
        await until(lambda: "refused" in desk.open.get("connection", ""))
        broker.code = 0
        await until(lambda: hub.connected)
    assert desk.open == {}


@pytest.mark.parametrize(
    "hostile",
    [
        publish(b"\xff\xfe", b"topic is no UTF-8"),
        publish(b"\xff\xfe", b"topic is no UTF-8", mid=9),
        publish(b"a/#", b"wildcard"),
        publish(b"x" * 60_000, b"long topic"),
        publish(b"/".join([b"a"] * 30_000), b"deep topic"),
    ],
)
async def test_hostile_message_does_not_keep_the_next_one_away(hostile: bytes) -> None:
    heard = Hearing()
    good = publish(b"good", b"after", mid=10)
    async with listening(ScriptedBroker(greeting=hostile + good)) as broker, running(client(broker)) as hub:
        hub.subscribe("#", Hearing())
        hub.subscribe("good", heard)
        await until(lambda: bool(heard.messages))
        await until(lambda: b"\x00\x0a" in broker.heads(PUBACK))


@pytest.mark.parametrize(
    "hostile", [packet(PUBLISH, b""), packet(PUBLISH, b"\xff\xffa"), packet(PUBACK, b""), b"\x00\x00"]
)
async def test_broken_packet_costs_the_connection_and_no_more(hostile: bytes) -> None:
    async with listening(ScriptedBroker()) as broker, running(client(broker)) as hub:
        broker.writers[0].write(hostile)
        await until(lambda: len(broker.heads(CONNECT)) >= 2 or hub.connected)
        await until(lambda: hub.connected)
        hub.subscribe("a", heard := Hearing())
        await hub.subscribed()
        await until(lambda: hub.connected)
        broker.writers[-1].write(publish(b"a", b"x"))
        await until(lambda: bool(heard.messages))


async def test_every_filter_of_a_large_site_is_asked_for() -> None:
    async with listening(ScriptedBroker()) as broker, running(client(broker)) as hub:
        for number in range(1000):
            hub.subscribe(f"device/{number}", Hearing())
        await hub.subscribed()
        asked = sum(ScriptedBroker.count_filters(body[2:]) for body in broker.heads(0x80))
    assert asked == 1000


@pytest.fixture
def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "ca.pem", CERTIFICATES / "key.pem")
    return context


async def test_trusted_certificate_is_taken(server_context: ssl.SSLContext) -> None:
    heard = Hearing()
    greeting = b"".join(publish(b"a", b"x" * 5000, mid=mid) for mid in range(1, 300))
    tls = Tls(ca="ca.pem")

    async def take(message: Message) -> None:
        heard(message)

    async with listening(ScriptedBroker(greeting=greeting), server_context) as broker:  # noqa: SIM117 - its port
        async with running(client(broker, host="localhost", tls=tls, max_pending=7)) as hub:
            hub.subscribe("a", take)
            await until(lambda: len(heard.messages) == 299)
            await until(lambda: len(broker.heads(PUBACK)) == 299)


@pytest.mark.parametrize(("tls", "host"), [(Tls(), "127.0.0.1"), (Tls(ca="ca.pem"), "127.0.0.2")])
async def test_other_certificate_is_not_trusted(server_context: ssl.SSLContext, tls: Tls, host: str) -> None:
    async with listening(ScriptedBroker(), server_context, host) as broker:
        opened = connection(broker, host=host, tls=tls)
        with pytest.raises(NotReady, match="tls: ca:"):
            await opened.open()
        opened.cut()


async def test_insecure_takes_any_certificate(server_context: ssl.SSLContext) -> None:
    async with listening(ScriptedBroker(), server_context) as broker:
        opened = connection(broker, host="localhost", tls=Tls(insecure=True))
        await opened.open()
        await opened.close()


@pytest.mark.parametrize(
    "tls", [Tls(ca="missing.pem"), Tls(cert="missing.pem"), Tls(cert="ca.pem", key="ca.pem")]
)
def test_wrong_certificate_file_is_a_clear_error(tls: Tls) -> None:
    with pytest.raises(ConfigError, match="tls:"):
        tls_context(tls, CERTIFICATES)
