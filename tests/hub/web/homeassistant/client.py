"""A client of the compatible API for tests: one socket, its answers and events by id."""

import asyncio
import json
from typing import Any

import aiohttp

from hub.testing.kit import HubKit

YAML = """
hub: {name: Test, latitude: 31.2, longitude: 121.5}
areas:
  - id: b1
    name: Building 1
  - id: b3
    name: Building 3
    areas:
      - id: b3-u1
        name: Unit 1
automation:
  - id: night
    alias: Night
    triggers: [{trigger: state, entity_id: binary_sensor.door}]
    actions: []
"""


class Client:
    """A socket that has signed in."""

    def __init__(self, session: aiohttp.ClientSession, socket: Any) -> None:
        self._session, self.socket = session, socket
        self.id = 0
        self.results: dict[Any, dict[str, Any]] = {}
        self.events: dict[int, list[Any]] = {}
        self.frames: list[Any] = []

    @classmethod
    async def connect(cls, hub: HubKit, token: str | None = None) -> "Client":
        session = aiohttp.ClientSession()
        try:
            socket = await session.ws_connect(hub.hub_of.url + "/api/websocket", heartbeat=None)
            hello = await socket.receive_json()
            assert hello["type"] == "auth_required"
            await socket.send_json({"type": "auth", "access_token": token or hub.hub_of.token})
            answer = await socket.receive_json()
            assert answer["type"] == "auth_ok", answer
        except BaseException:
            await session.close()
            raise
        return cls(session, socket)

    async def send(self, type_: str, **fields: Any) -> int:
        self.id += 1
        await self.socket.send_json({"id": self.id, "type": type_, **fields})
        return self.id

    async def receive(self) -> None:
        """Take one frame."""
        async with asyncio.timeout(5):
            frame = await self.socket.receive()
        assert frame.type is aiohttp.WSMsgType.TEXT, frame
        received = json.loads(frame.data)
        self.frames.append(received)
        for message in received if isinstance(received, list) else [received]:
            if message["type"] == "event":
                self.events.setdefault(message["id"], []).append(message["event"])
            else:
                self.results[message["id"]] = message

    async def command(self, type_: str, **fields: Any) -> dict[str, Any]:
        """The answer to a command, whole."""
        identity = await self.send(type_, **fields)
        while identity not in self.results:
            await self.receive()
        return self.results[identity]

    async def ask(self, type_: str, **fields: Any) -> Any:
        """The result of a command that succeeds."""
        answer = await self.command(type_, **fields)
        assert answer["success"], answer
        return answer["result"]

    async def error(self, type_: str, **fields: Any) -> tuple[str, str]:
        """Code and message of a command that fails."""
        answer = await self.command(type_, **fields)
        assert not answer["success"], answer
        return answer["error"]["code"], answer["error"]["message"]

    async def event(self, subscription: int) -> Any:
        """The next event of a subscription."""
        while not self.events.get(subscription):
            await self.receive()
        return self.events[subscription].pop(0)

    async def close(self) -> None:
        await self.socket.close()
        await self._session.close()
