"""A link that keeps what a guest does with it, and a provider of many moods."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp import web

from hub.api import (
    Address,
    Area,
    Call,
    Channel,
    Delivery,
    Directory,
    Event,
    Evidence,
    Letter,
    Notice,
    Person,
    Severity,
)

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)  # in Shanghai
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class FakeMemory(dict[str, Any]):
    """A guest's memory: what is put is what comes back, as JSON."""

    def put(self, key: str, value: Any) -> None:
        self[key] = json.loads(json.dumps(value))

    def delete(self, key: str) -> None:
        self.pop(key, None)


class FakeInbox:
    """Letters by person."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def put(self, letter: Letter) -> "asyncio.Future[None]":
        self.letters.append(letter)
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


class NoReceipts:
    """Takes how far deliveries came, and forgets it."""

    def queued(self, key: str, **_what: str) -> None:
        pass

    def came(self, key: str, stage: str) -> None:
        pass

    async def since(self, _when: datetime, _limit: int) -> list[Any]:
        return []


class FakeLink:
    """What `Link` offers of the hub, in memory."""

    def __init__(self, directory: Directory, media_dir: Path, session: aiohttp.ClientSession) -> None:
        self.name = "notify"
        self.moment = NOON
        self.http = session
        self.media_dir = media_dir
        self.log = logging.getLogger("hub.guest.notify")
        self.site = SimpleNamespace(
            directory=directory,
            zone=ZoneInfo("Asia/Shanghai"),
            language="zh-CN",
            url="",
            receipts=NoReceipts(),
        )
        self.channels: dict[str, Channel] = {}
        self.actions: dict[str, Callable[[Call], Any]] = {}
        self.problems: dict[str, str] = {}
        self.emitted: list[Event] = []
        self.held = ""
        self.public_http = session
        self.memory = FakeMemory()
        self.inbox = FakeInbox()
        self.routes: list[tuple[str, str]] = []

    def now(self) -> datetime:
        return self.moment

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        receipt = asyncio.get_running_loop().create_future()
        receipt.set_result(None)
        yield SimpleNamespace(receipt=receipt)

    def route(self, method: str, path: str, _handler: Any, *, access: str) -> None:
        ours = {"/a/{token}": "public", "/api/v1/notices/preview": "edit automation"}
        assert access == ours.get(path, "signed_in")
        self.routes.append((method, path))

    def review(self, _delivery: Delivery) -> str | None:
        return self.held or None

    def problem(self, key: str, text: str, remedy: str = "") -> None:
        self.problems[key] = f"{text}; {remedy}"

    def clear(self, key: str) -> None:
        self.problems.pop(key, None)

    def emit(self, event: Event) -> None:
        self.emitted.append(event)

    def action(self, name: str, handler: Callable[[Call], Any]) -> None:
        self.actions[name] = handler

    def on(self, _event_class: type[Event], _handler: Callable[[Any], object]) -> None:
        pass

    def follow(self, _port: type[Any], _handler: Callable[[Any], object]) -> None:
        pass

    def on_timer(self, _handler: Callable[..., object]) -> None:
        pass

    def ready(self) -> None:
        pass


Mood = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Received:
    """One request as the provider saw it."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Provider:
    """A real HTTP server; `mood` answers, `received` keeps all that came."""

    url: str = ""
    mood: Mood | None = None
    received: list[Received] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.received.append(Received(request.path, dict(request.headers), await request.read()))
        assert self.mood is not None
        return await self.mood(request)

    def answer(
        self, status: int = 200, body: str = "", kind: str = "application/json", **headers: str
    ) -> None:
        """Answer everything like this from now on."""

        async def mood(_request: web.Request) -> web.StreamResponse:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return web.Response(status=status, text=body, content_type=kind, headers=named)

        self.mood = mood

    def hang(self) -> None:
        """Take requests and never answer."""

        async def mood(_request: web.Request) -> web.StreamResponse:
            await asyncio.Event().wait()
            raise AssertionError

        self.mood = mood

    def cut(self) -> None:
        """Take requests and break the connection."""

        async def mood(request: web.Request) -> web.StreamResponse:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()

        self.mood = mood

    def cut_in_the_middle(self) -> None:
        """Begin a good answer and break off."""

        async def mood(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Length": "100"})
            await response.prepare(request)
            await response.write(b'{"code": 0')
            assert request.transport is not None
            request.transport.abort()
            return response

        self.mood = mood

    def flood(self) -> None:
        """Answer 200 with a body without end."""

        async def mood(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            while True:
                await response.write(b" " * 65536)

        self.mood = mood


def delivery(
    *,
    key: str = "run1/0/wang/duty",
    severity: Severity = Severity.critical,
    language: str = "zh-CN",
    **options: Any,
) -> Delivery:
    """One delivery to Wang Fang."""
    person = Person(id="wang_fang", name="王芳", language=language)
    notice = Notice(
        title="高空抛物",
        message="1 号楼 12 层疑似抛物，请立即查看。",
        severity=severity,
        evidence=(
            Evidence(kind="clip", path="falling/1.mp4"),
            Evidence(kind="picture", path="falling/1.jpg"),
        ),
        cause="alarm-1",
        at=NOON,
        url="https://hub.example.org/alarm/1",
    )
    return Delivery(key=key, person=person, address=Address(channel="duty", options=options), notice=notice)


AREAS = (
    Area(id="linli", name="邻里花园"),
    Area(id="b1", name="1 号楼", parent="linli"),
    Area(id="b2", name="2 号楼", parent="linli"),
)


def person(
    person_id: str, *channels: str, role: str = "grid_worker", area: str = "b1", language: str = "zh-CN"
) -> Person:
    """A person with channels that need no address, or `name=address`."""
    addresses = []
    for channel in channels:
        name, _, to = channel.partition("=")
        addresses.append(Address(channel=name, options={"to": to} if to else {}))
    return Person(
        id=person_id,
        name=person_id,
        roles=(role,),
        areas=(area,),
        language=language,
        addresses=tuple(addresses),
    )
