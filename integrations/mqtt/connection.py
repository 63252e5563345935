"""One connection to a broker, from CONNECT to its end, driven by the hub's loop without a thread of its own.

paho-mqtt speaks the protocol; the loop tells it when the socket can be read or written. Not reading is what holds
a broker back that sends faster than the hub handles.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from hub.api import AuthFailed, ConfigError, NotReady

from .settings import Settings, Tls

SESSION_SECONDS = 7 * 24 * 3600  # MQTT 5: how long the broker keeps messages for a hub that is away
READS_IN_A_ROW = 200  # packets, before other work of the loop gets its turn
WRONG_PROTOCOL, WRONG_CLIENT_ID = 132, 133
WRONG_CREDENTIALS = frozenset({134, 135, 138, 140})

OnMessage = Callable[[MQTTMessage], None]


@dataclass(frozen=True, slots=True)
class Granted:
    """The broker's answer to a subscription: whether it was taken, and its reason."""

    topic_filter: str
    taken: bool
    reason: str


class Connection:
    """Opened once, closed once; `ended` holds the reason when the broker or the network ended it."""

    def __init__(self, settings: Settings, client_id: str, on_message: OnMessage, *, folder: Path) -> None:
        self._settings, self._folder = settings, folder
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[str] = self._loop.create_future()
        self._connected: asyncio.Future[bool] = self._loop.create_future()
        self._publishing: dict[int, asyncio.Future[None]] = {}
        self._subscribing: dict[int, tuple[Sequence[str], asyncio.Future[list[Granted]]]] = {}
        self._socket: Any = None
        self._reading = self._paused = self._writing = self._flushing = False
        self._received = 0
        self._context: Context | None = None
        self._on_message = on_message
        self._five = settings.protocol == "5"
        self._client = self._make_client(client_id)

    def _make_client(self, client_id: str) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=None if self._five else False,
            protocol=MQTTProtocolVersion.MQTTv5 if self._five else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = self._settings.patience
        client.max_inflight_messages_set(100)
        if self._settings.username:
            client.username_pw_set(self._settings.username, self._settings.password)
        if self._settings.status_topic:
            client.will_set(self._settings.status_topic, b"offline", qos=1, retain=True)
        client.on_connect = self._take_connack
        client.on_disconnect = self._take_disconnect
        client.on_subscribe = self._take_suback
        client.on_publish = self._take_puback
        client.on_message = self._take_message
        client.on_socket_close = self._forget_socket
        client.on_socket_register_write = self._want_write
        return client

    # --- beginning and end ------------------------------------------------------------------------------

    async def open(self) -> bool:
        """Connect; returns whether the broker kept our session. NotReady, AuthFailed or ConfigError otherwise."""
        if self._settings.tls is not None:
            self._context = tls_context(self._settings.tls, self._folder)
            self._client.tls_set_context(self._context)
        try:
            async with asyncio.timeout(self._settings.patience):
                await self._reach()
                return await self._connected
        except ssl.SSLCertVerificationError as error:
            raise NotReady(
                f"the broker's certificate is not trusted ({error.verify_message}); name its CA under tls: ca:"
            ) from error
        except TimeoutError as error:
            raise NotReady(f"no answer from {self._place} within {self._settings.patience:g} s") from error
        except OSError as error:
            raise NotReady(f"{self._place} can't be reached: {error}") from error

    @property
    def _place(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    async def _reach(self) -> None:
        """Resolve, connect and shake hands in a thread, as these block; everything after runs in the loop."""
        reached: asyncio.Future[None] = self._loop.create_future()

        def done(error: Exception | None) -> None:
            if reached.cancelled():
                close_quietly(self._client.socket())
            elif error is None:
                reached.set_result(None)
            else:
                if self._context is not None:
                    close_quietly(self._context.last)  # paho forgets it when the handshake fails
                reached.set_exception(error)

        def connect() -> None:
            outcome: Exception | None = None
            try:
                self._client.connect(
                    self._settings.host,
                    self._settings.port,
                    self._settings.keepalive,
                    clean_start=False if self._five else 3,
                    properties=self._connect_properties(),
                )
            except OSError as error:
                outcome = error
            except ValueError as error:
                outcome = NotReady(f"{self._place} can't be reached: {error}")
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(done, outcome)

        # A daemon thread, not the loop's executor: a broker that hangs must not hold up the hub's end.
        threading.Thread(target=connect, name="mqtt connect", daemon=True).start()
        await reached
        self._socket = self._client.socket()
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._flush()
        self._watch_reading()

    def _connect_properties(self) -> Properties | None:
        if not self._five:
            return None
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_SECONDS
        properties.ReceiveMaximum = min(self._settings.max_pending, 65535)
        properties.MaximumPacketSize = self._settings.max_payload + 70_000  # topic and properties come on top
        return properties

    async def close(self) -> None:
        """Say goodbye, so that the broker drops the last will, and close the socket."""
        if self._socket is not None:
            self._client.disconnect()
            self._flush()
        self._end("closed")

    def cut(self) -> None:
        """Close the socket without a goodbye."""
        self._end("cut")

    def _end(self, reason: str) -> None:
        sock = self._socket
        self._forget_socket()
        close_quietly(sock)
        if not self.ended.done():
            self.ended.set_result(reason)
        if self._connected.done():
            lost = NotReady(f"the connection to the broker ended: {reason}")
        else:
            protocol = self._settings.protocol
            lost = NotReady(
                f"{self._place} hung up on us ({reason}); is it a broker, and does it speak MQTT {protocol}?"
            )
        waiting: list[asyncio.Future[Any]] = [self._connected, *self._publishing.values()]
        waiting += [future for _filters, future in self._subscribing.values()]
        self._publishing.clear()
        self._subscribing.clear()
        for future in waiting:
            if not future.done():
                future.set_exception(lost)
                future.exception()  # nobody may be waiting any more

    def check(self) -> None:
        """Send pings and notice a silent broker; to be called every few seconds."""
        if self._socket is not None:
            self._client.loop_misc()

    # --- reading and writing ----------------------------------------------------------------------------

    def pause(self) -> None:
        """Stop reading; what the broker sends waits in the network."""
        self._paused = True
        self._watch_reading()

    def resume(self) -> None:
        """Read again."""
        self._paused = False
        self._watch_reading()
        if self._socket is not None:
            self._loop.call_soon(self._read)  # TLS may hold decrypted bytes that no poll will announce

    def _watch_reading(self) -> None:
        wanted = self._socket is not None and not self._paused
        if wanted and not self._reading:
            self._loop.add_reader(self._socket, self._read)
        elif self._reading and not wanted and self._socket is not None:
            self._loop.remove_reader(self._socket)
        self._reading = wanted

    def _read(self) -> None:
        for _ in range(READS_IN_A_ROW):
            if self._socket is None or self._paused:
                return
            before = self._received
            self._client.loop_read()
            if self._received == before:
                return
        self._loop.call_soon(self._read)

    def _want_write(self, *_: Any) -> None:
        if self._socket is not None and not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if self._socket is None:
            return
        self._client.loop_write()
        waiting = self._socket is not None and self._client.want_write()
        if waiting and not self._writing:
            self._loop.add_writer(self._socket, self._flush)
        elif self._writing and not waiting and self._socket is not None:
            self._loop.remove_writer(self._socket)
        self._writing = waiting

    def _forget_socket(self, *_: Any) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._socket, self._reading, self._writing = None, False, False

    # --- what the hub says ------------------------------------------------------------------------------

    def acknowledge(self, mid: int) -> None:
        """Tell the broker that a QoS 1 message is handled."""
        if self._socket is not None:
            self._client.ack(mid, 1)

    def tell(self, topic: str, payload: bytes) -> None:
        """Publish a retained message without waiting for anything."""
        if self._socket is not None:
            self._client.publish(topic, payload, qos=0, retain=True)

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> None:
        """Publish; for QoS 1 wait for the broker's acknowledgement."""
        if self._socket is None:
            raise NotReady("there is no connection to the broker")
        info = self._client.publish(topic, payload, qos=qos, retain=retain)
        if qos == 0:
            return
        future = self._publishing[info.mid] = self._loop.create_future()
        try:
            await future
        finally:
            self._publishing.pop(info.mid, None)

    def subscribe(self, filters: Sequence[tuple[str, int]]) -> "asyncio.Future[list[Granted]]":
        """Ask for messages; the future holds the broker's answer for each filter."""
        future: asyncio.Future[list[Granted]] = self._loop.create_future()
        wanted: Any = list(filters)
        if self._five:
            wanted = [(topic_filter, SubscribeOptions(qos=qos)) for topic_filter, qos in filters]
        _code, mid = self._client.subscribe(wanted)
        if mid is None or self._socket is None:
            future.set_exception(NotReady("there is no connection to the broker"))
            future.exception()
        else:
            self._subscribing[mid] = ([topic_filter for topic_filter, _qos in filters], future)
        return future

    def unsubscribe(self, filters: Sequence[str]) -> None:
        """Want no more of these."""
        if self._socket is not None and filters:
            self._client.unsubscribe(list(filters))

    # --- what the broker says ---------------------------------------------------------------------------

    def _take_connack(self, _client: Any, _data: Any, flags: Any, code: ReasonCode, _properties: Any) -> None:
        if self._connected.done():
            return
        if not code.is_failure:
            self._connected.set_result(flags.session_present)
        elif code.value in WRONG_CREDENTIALS:
            self._connected.set_exception(AuthFailed(f"{self._place} refused username and password: {code}"))
        elif code.value == WRONG_PROTOCOL:
            self._connected.set_exception(
                ConfigError(f"{self._place} does not speak MQTT {self._settings.protocol}; change protocol:")
            )
        elif code.value == WRONG_CLIENT_ID:
            self._connected.set_exception(
                ConfigError(
                    f"{self._place} refused the client id; set a plain client_id: of letters and digits"
                )
            )
        else:
            self._connected.set_exception(NotReady(f"{self._place} refused the connection: {code}"))

    def _take_disconnect(
        self, _client: Any, _data: Any, _flags: Any, code: ReasonCode, _properties: Any
    ) -> None:
        self._end(str(code))

    def _take_suback(
        self, _client: Any, _data: Any, mid: int, codes: list[ReasonCode], _properties: Any
    ) -> None:
        filters, future = self._subscribing.pop(mid, ((), None))
        if future is not None and not future.done():
            granted = zip(filters, codes, strict=False)
            future.set_result([Granted(name, not code.is_failure, str(code)) for name, code in granted])

    def _take_puback(self, _client: Any, _data: Any, mid: int, code: ReasonCode, _properties: Any) -> None:
        future = self._publishing.get(mid)
        if future is None or future.done():
            return
        if code is not None and code.is_failure:
            future.set_exception(NotReady(f"the broker refused the message: {code}"))
        else:
            future.set_result(None)

    def _take_message(self, _client: Any, _data: Any, message: MQTTMessage) -> None:
        self._received += 1
        self._on_message(message)


class Context(ssl.SSLContext):
    """Remembers the socket it wrapped, so that it can be closed whoever loses it."""

    last: ssl.SSLSocket | None = None

    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:
        """As the original."""
        self.last = super().wrap_socket(*args, **options)
        return self.last


def tls_context(tls: Tls, folder: Path) -> Context:
    """The checks of the broker's certificate and the hub's own one; ConfigError names the file that is wrong."""
    try:
        context = Context(ssl.PROTOCOL_TLS_CLIENT)
        if tls.ca:
            context.load_verify_locations(folder / tls.ca)
        else:
            context.load_default_certs()
        if tls.cert:
            context.load_cert_chain(folder / tls.cert, folder / tls.key if tls.key else None)
    except OSError as error:
        raise ConfigError(
            f"tls: ca, cert or key can't be used: {error}; paths are relative to {folder}"
        ) from error
    if tls.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def close_quietly(sock: Any) -> None:
    """Close a socket that may be gone already."""
    if sock is not None:
        sock.close()
