"""What a sender needs of a link, without a hub: for the command line and the fakes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import aiohttp

from hub.api import Directory, Link

MOST_HEARD = 4000  # characters of an answer
Heard = list[tuple[int, str]]  # statuses and bodies


class Memory(dict[str, Any]):
    """Keys and values for as long as the command runs."""

    def put(self, key: str, value: Any) -> None:
        """Keep a value."""
        self[key] = value

    def delete(self, key: str) -> None:
        """Forget a key."""
        self.pop(key, None)


class Overheard:
    """A session whose answers are noted as they are read."""

    def __init__(self, session: aiohttp.ClientSession, heard: Heard) -> None:
        self._session, self._heard = session, heard

    @asynccontextmanager
    async def request(self, *asked: Any, **options: Any) -> AsyncIterator[Any]:
        """As the session's."""
        async with self._session.request(*asked, **options) as response:
            self._heard.append((response.status, ""))
            content = SimpleNamespace(iter_chunked=lambda size: self._chunks(response, size))
            yield SimpleNamespace(status=response.status, headers=response.headers, content=content)

    async def _chunks(self, response: aiohttp.ClientResponse, size: int) -> AsyncIterator[bytes]:
        async for chunk in response.content.iter_chunked(size):
            status, text = self._heard[-1]
            self._heard[-1] = (status, (text + chunk.decode("utf-8", "replace"))[:MOST_HEARD])
            yield chunk


class Alone:
    """A link to nothing but the network; `heard` keeps what providers answered."""

    def __init__(
        self, http: aiohttp.ClientSession, zone: ZoneInfo, language: str, directory: Directory, heard: Heard
    ) -> None:
        self.http = self.public_http = http
        self.site = SimpleNamespace(zone=zone, language=language, directory=directory)
        self.memory = Memory()
        self.media_dir = Path()  # a test notice has no pictures
        self.log = logging.getLogger("hub.notify")
        self.heard = heard

    @property
    def as_link(self) -> Link:
        """For who asks for a link."""
        return cast(Link, self)

    def now(self) -> datetime:
        """The real time: providers check it."""
        return datetime.now(UTC)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """Nothing is written down."""
        receipt = asyncio.get_running_loop().create_future()
        receipt.set_result(None)
        yield SimpleNamespace(receipt=receipt)


@asynccontextmanager
async def alone(zone: ZoneInfo, language: str, directory: Directory) -> AsyncIterator[Alone]:
    """A link for one command."""
    heard: Heard = []

    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Alone(cast(aiohttp.ClientSession, Overheard(session, heard)), zone, language, directory, heard)
