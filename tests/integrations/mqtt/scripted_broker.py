"""A broker by hand: just enough MQTT to answer as a test wishes, also wrongly."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ = 0x10, 0x20, 0x30, 0x40, 0x80, 0x90, 0xC0


def packet(head: int, body: bytes) -> bytes:
    """A packet with its length in front."""
    length, size = b"", len(body)
    while True:
        size, digit = divmod(size, 128)
        length += bytes((digit | (0x80 if size else 0),))
        if not size:
            return bytes((head,)) + length + body


def text(word: str) -> bytes:
    """A string as MQTT writes it."""
    data = word.encode()
    return len(data).to_bytes(2, "big") + data


def publish(topic: bytes, payload: bytes, *, mid: int = 0, five: bool = False) -> bytes:
    """A PUBLISH of QoS 0, or of QoS 1 when it has a number."""
    body = len(topic).to_bytes(2, "big") + topic
    body += mid.to_bytes(2, "big") if mid else b""
    return packet(PUBLISH | (2 if mid else 0), body + (b"\0" if five else b"") + payload)


@dataclass
class ScriptedBroker:
    """Answers each connection the same way and writes down what it got."""

    five: bool = False
    code: int = 0  # of the CONNACK
    answer: bytes | None = None  # sent instead of the CONNACK
    silent: bool = False
    granted: int = 1  # for each filter
    greeting: bytes = b""  # sent after each SUBACK
    port: int = 0
    got: list[tuple[int, bytes]] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def heads(self, kind: int) -> list[bytes]:
        """The bodies of what came of one kind."""
        return [body for head, body in self.got if head & 0xF0 == kind]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.writers.append(writer)
        try:
            while True:
                head, body = await read_packet(reader)
                self.got.append((head, body))
                if not self.silent:
                    writer.write(self.reply(head & 0xF0, body))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def reply(self, kind: int, body: bytes) -> bytes:
        """What goes back for a packet."""
        if kind == CONNECT:
            if self.answer is not None:
                return self.answer
            return packet(CONNACK, bytes((0, self.code)) + (b"\0" if self.five else b""))
        if kind == SUBSCRIBE:
            properties = b"\0" if self.five else b""
            filters = self.count_filters(body[3:] if self.five else body[2:])
            return packet(SUBACK, body[:2] + properties + bytes((self.granted,)) * filters) + self.greeting
        if kind == PINGREQ:
            return packet(0xD0, b"")
        return b""

    @staticmethod
    def count_filters(body: bytes) -> int:
        """How many filters a SUBSCRIBE names."""
        count = 0
        while body:
            body = body[2 + int.from_bytes(body[:2], "big") + 1 :]
            count += 1
        return count


async def read_packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The next packet's first byte and body."""
    head = (await reader.readexactly(1))[0]
    length, shift = 0, 0
    while True:
        digit = (await reader.readexactly(1))[0]
        length |= (digit & 0x7F) << shift
        shift += 7
        if not digit & 0x80:
            return head, await reader.readexactly(length)


@asynccontextmanager
async def listening(
    broker: ScriptedBroker, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[ScriptedBroker]:
    """The broker on a free port, with TLS when there is a context."""
    server = await asyncio.start_server(broker.serve, host, 0, ssl=context)
    broker.port = server.sockets[0].getsockname()[1]
    try:
        yield broker
    finally:
        server.close()
        for writer in broker.writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in broker.writers), return_exceptions=True)
        await server.wait_closed()
