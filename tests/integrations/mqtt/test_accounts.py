"""Accounts of devices: each has its own topics at a real broker, whatever a hostile client tries."""

import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
import pytest_asyncio
import voluptuous as vol
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion

from integrations.mqtt.accounts import Account, account, accounts_of, nats_user, subject_of, subjects_of
from integrations.mqtt.embedded import EmbeddedBroker

from .stand_ins import LOG

REFUSED = 0x80
LONG = "long enough"
USERS = {
    "lamp": Account(password=LONG, publish=("lamp/#",), subscribe=("lamp/#",)),
    "lock": Account(password=LONG, publish=("lock/#",), subscribe=("lock/#",)),
    "bridge": Account(
        password=LONG, publish=("application/+/device/+/event/up",), subscribe=("gateway/a.b/down",)
    ),
    "mute": Account(password=LONG),
}


class Client:
    """A device of someone else's make."""

    def __init__(self, port: int, name: str, password: str = LONG, will: str = "") -> None:
        self.received: list[tuple[str, bytes]] = []
        self.granted: list[int] = []
        self._answered, self._connected = threading.Event(), threading.Event()
        self.gone = threading.Event()
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"{name}-device", protocol=paho.MQTTv311
        )
        self.client.username_pw_set(name, password)
        if will:
            self.client.will_set(will, b"died", qos=1)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_disconnect = lambda *_: self.gone.set()
        self.client.on_message = lambda _c, _u, m: self.received.append((m.topic, bytes(m.payload)))
        self.reason = -1
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self._connected.wait(10)

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.reason = reason.value
        self._connected.set()

    def _on_subscribe(
        self, _client: Any, _data: Any, _mid: int, reasons: list[Any], _properties: Any
    ) -> None:
        self.granted = [reason.value for reason in reasons]
        self._answered.set()

    def subscribe(self, topic: str, qos: int = 1) -> bool:
        """Whether the broker grants it."""
        self._answered.clear()
        self.client.subscribe(topic, qos)
        return self._answered.wait(5) and self.granted[0] < REFUSED

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send, and wait until the broker has seen it."""
        self.client.publish(topic, payload, qos=0, retain=retain)

    def hears(self, count: int, seconds: float = 5.0) -> list[tuple[str, bytes]]:
        """What has come when there are so many, or after a while."""
        until = time.monotonic() + seconds
        while len(self.received) < count and time.monotonic() < until:
            time.sleep(0.01)
        return self.received

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def client(server: EmbeddedBroker, name: str, password: str = LONG, will: str = "") -> Iterator[Client]:
    found = Client(server.port, name, password, will)
    try:
        yield found
    finally:
        found.close()


@pytest_asyncio.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    server = EmbeddedBroker(tmp_path / "broker", log=LOG, users=USERS)
    await server.start()
    yield server
    await server.stop()


async def test_a_device_speaks_and_hears_under_its_own_topics(broker: EmbeddedBroker) -> None:
    with client(broker, "lamp") as lamp:
        assert lamp.reason == 0
        for qos in (0, 1):
            assert lamp.subscribe("lamp/set", qos)
        assert lamp.subscribe("lamp/#")
        assert lamp.subscribe("lamp/+/x")
        lamp.publish("lamp/set", b"on")
        assert lamp.hears(1)[0] == ("lamp/set", b"on")


@pytest.mark.parametrize(
    "topic",
    [
        "#", "+", "+/#", "lock/state", "lock/#", "lamps/x",
        "$SYS/#", "$MQTT/sub/#", "$MQTT/#", "$MQTT/+/x", "$JS/#", "_INBOX/#",
    ],
)  # fmt: skip
@pytest.mark.parametrize("qos", [0, 1])
async def test_a_device_is_refused_other_topics_and_everybody_s(
    broker: EmbeddedBroker, topic: str, qos: int
) -> None:
    with client(broker, "lamp") as lamp:
        assert not lamp.subscribe(topic, qos)
        assert lamp.subscribe("lamp/set"), "the refusal is of that filter alone"


async def test_what_a_device_says_in_another_s_name_is_heard_by_nobody(broker: EmbeddedBroker) -> None:
    with client(broker, "hub", broker.password) as hub:
        assert hub.subscribe("#")
        with client(broker, "lamp") as lamp:
            for topic in (
                "lock/state",
                "lamps",
                "application/1/device/2/event/up",
                "$MQTT/sub/x",
                "linli/status",
            ):
                lamp.publish(topic, b"forged")
            lamp.publish("lock/state", b"forged", retain=True)
            lamp.gone.wait(0.3)
        with client(broker, "lamp") as lamp:
            lamp.publish("lamp/state", b"true")
            assert hub.hears(1)[0] == ("lamp/state", b"true")
        assert [payload for _, payload in hub.received] == [b"true"]
    with client(broker, "lock") as lock:
        assert lock.subscribe("lock/#")
        assert lock.hears(1, 0.3) == [], "nothing was retained either"


async def test_a_last_will_in_another_s_name_is_heard_by_nobody(broker: EmbeddedBroker) -> None:
    with client(broker, "hub", broker.password) as hub:
        assert hub.subscribe("#")
        lamp = Client(broker.port, "lamp", will="lock/state")
        lamp.client.loop_stop()
        sock = lamp.client.socket()
        if sock is not None:
            sock.close()
        assert hub.hears(1, 1.0) == []


async def test_a_bridge_has_the_topics_that_the_files_give_it(broker: EmbeddedBroker) -> None:
    with client(broker, "hub", broker.password) as hub, client(broker, "bridge") as bridge:
        assert hub.subscribe("application/#")
        assert bridge.subscribe("gateway/a.b/down")
        assert not bridge.subscribe("gateway/other/down")
        assert not bridge.subscribe("bridge/#")
        bridge.publish("application/1/device/2/event/up", b"uplink")
        assert hub.hears(1) == [("application/1/device/2/event/up", b"uplink")]


async def test_an_account_without_topics_may_nothing_and_a_wrong_password_does_not_connect(
    broker: EmbeddedBroker,
) -> None:
    with client(broker, "mute") as mute:
        assert mute.reason == 0
        assert not mute.subscribe("mute/x")
    with client(broker, "lamp", "not the password") as stranger:
        assert stranger.reason != 0


# --- as it is written -------------------------------------------------------------------------------------


def test_a_password_alone_is_an_account_of_its_own_topics() -> None:
    found = accounts_of(
        {"lamp": account("long enough"), "gate": account({"password": LONG, "publish": "a/+/up"})}
    )
    assert (found["lamp"].publish, found["lamp"].subscribe) == (("lamp/#",), ("lamp/#",))
    assert (found["gate"].publish, found["gate"].subscribe) == (("a/+/up",), ("gate/#",))
    assert LONG not in repr(found)


@pytest.mark.parametrize(
    "written",
    [
        "short", None, {}, {"password": LONG, "publish": "#"}, {"password": LONG, "subscribe": ["+/x"]},
        {"password": LONG, "publish": "$SYS/#"}, {"password": LONG, "publish": "a//b"},
        {"password": LONG, "publish": "a b"},
        {"password": LONG, "publish": "a/>"}, {"password": LONG, "publish": "a/*/b"}, {"password": LONG, "publish": ""},
        {"password": LONG, "publish": "a/#/b"}, {"password": LONG, "publish": [5]}, {"password": LONG, "may": "a"},
        {"password": LONG, "publish": ["a"] * 51},
    ],
)  # fmt: skip
def test_what_would_be_too_much_or_can_t_be_meant_is_refused(written: Any) -> None:
    with pytest.raises(vol.Invalid):
        account(written)


@pytest.mark.parametrize(
    ("topic", "subjects"),
    [("a/b", ["a.b"]), ("a/#", ["a.>", "a"]), ("a/+/b", ["a.*.b"]), ("a.b/c", ["a//b.c"])],
)
def test_topics_are_told_as_nats_has_them(topic: str, subjects: list[str]) -> None:
    assert subjects_of(topic) == subjects


@given(topic=st.text(max_size=30))
def test_no_topic_becomes_more_than_it_says(topic: str) -> None:
    try:
        subject = subject_of(topic)
    except ValueError:
        return
    assert subject.count(">") == topic.split("/").count("#")
    assert subject.count("*") == topic.split("/").count("+")
    assert nats_user("x", Account(password=LONG))["permissions"]["publish"]["allow"] == ["_none"]
