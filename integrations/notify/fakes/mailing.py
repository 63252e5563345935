"""A fake mail server: SMTP with a password, in every mood."""

import asyncio
import base64
import contextlib
from email import message_from_bytes, policy
from types import TracebackType
from typing import Any

from integrations.notify.fakes.answering import Fake, Mood, Refused, Reply, Seen

_HOST = "127.0.0.1"


class MailServer(Fake):
    """One mailbox, and one user who may send."""

    kind = "email"
    address = "wang@example.org"
    secrets = ("ma1l-c0de-0f-the-hub",)
    error = Reply(451, "4.3.0 the queue is full, for <wang@example.org>")
    throttled = Reply(421, "4.7.0 too many messages from you")

    def settings(self, url: str) -> dict[str, Any]:
        """Without encryption: it is on this machine."""
        return {
            "host": _HOST,
            "port": int(url.rpartition(":")[2]),
            "security": "none",
            "from": "邻里 <hub@example.org>",
            "username": "hub@example.org",
            "password": self.secrets[0],
        }

    def take(self, seen: Seen) -> Reply:
        """Its mailbox, and a mail that can be read."""
        if seen.query.get("to") != self.address:
            raise Refused(550, f"5.1.1 no such mailbox {seen.query.get('to')}")
        mail = message_from_bytes(seen.body, policy=policy.default)
        text = mail.get_body(("plain",))
        if not mail["Message-ID"] or text is None:
            raise Refused(554, "5.6.0 no mail")
        self.shown.append(f"{mail['Subject']}\n{text.get_content()}")
        return Reply(250, "2.0.0 queued as 1")


class FakeMailServer:
    """As FakeServer, over SMTP; `url` is smtp://host:port."""

    def __init__(self, fake: Fake, mood: Mood = Mood.good) -> None:
        self.fake, self.mood = fake, mood
        self.url = ""
        self.requests: list[Seen] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> "FakeMailServer":
        self._server = await asyncio.start_server(self._serve, _HOST, 0)
        self.url = f"smtp://{_HOST}:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - this is a coroutine
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, EOFError):
                await self._talk(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mood is Mood.slow:
            await asyncio.Event().wait()
        say = writer.write
        say(b"<html>sign in</html>\r\n" if self.mood is Mood.lying else b"220 fake ESMTP\r\n")
        signed_in, to = False, ""
        while line := (await reader.readline()).decode("utf-8", "replace").strip():
            verb = line[:4].upper()
            if verb == "EHLO":
                say(b"250-fake\r\n250-SMTPUTF8\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n")
            elif verb == "AUTH":
                signed_in = self._knows(line)
                say(b"235 2.7.0 welcome\r\n" if signed_in else b"535 5.7.8 wrong password\r\n")
            elif verb == "MAIL" and self.mood is Mood.throttled:
                say(_line(self.fake.throttled))
            elif verb == "RCPT":
                to = line.partition("<")[2].partition(">")[0]
                say(b"250 2.1.5 ok\r\n" if signed_in else b"530 5.7.0 sign in first\r\n")
            elif verb == "DATA":
                say(b"354 go on\r\n")
                reply = self._take(await reader.readuntil(b"\r\n.\r\n"), to)
                if self.mood is Mood.cut:
                    return
                say(_line(reply))
            else:
                say(b"221 2.0.0 bye\r\n" if verb == "QUIT" else b"250 2.0.0 ok\r\n")
            await writer.drain()

    def _knows(self, line: str) -> bool:
        given = base64.b64decode(line.rpartition(" ")[2]).split(b"\0")
        return given[1:] == [b"hub@example.org", self.fake.secrets[0].encode()]

    def _take(self, raw: bytes, to: str) -> Reply:
        body = raw[:-3].replace(b"\r\n..", b"\r\n.")
        seen = Seen("DATA", "", {"to": to}, "", {}, body)
        self.requests.append(seen)
        if self.mood is Mood.error_inside:
            return self.fake.error
        try:
            return self.fake.take(seen)
        except Refused as refused:
            return refused.reply


def _line(reply: Reply) -> bytes:
    return f"{reply.status} {reply.body}\r\n".encode()
