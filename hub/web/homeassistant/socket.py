"""/api/websocket: who a client is, what it may hold open, and how its socket ends."""

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from hub.accounts.permissions import Principal
from hub.web.gate import PRINCIPAL
from hub.web.homeassistant.commands import Commands
from hub.web.homeassistant.connection import Connection
from hub.web.homeassistant.encoding import BadJson, decode, encode
from hub.web.homeassistant.feed import Feed
from hub.web.homeassistant.house import VERSION, House
from hub.web.homeassistant.outlet import Outlet
from hub.web.homeassistant.registry_watch import RegistryWatch
from hub.web.limits import source_of

_TRY_LATER = WSCloseCode.TRY_AGAIN_LATER
_HEARTBEAT = 55.0  # seconds, as Home Assistant
log = logging.getLogger("hub.web.socket")


class Sockets:
    """Every client's socket."""

    def __init__(self, house: House, commands: Commands) -> None:
        self._house, self._commands = house, commands
        self.feed = Feed(house)
        self._open: dict[Connection, web.WebSocketResponse] = {}
        self._strangers: dict[web.WebSocketResponse, str] = {}  # and where they are from
        self._of_account: Counter[str] = Counter()
        self._watch: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._registries = RegistryWatch(house)
        self._period = 0  # of cameras' tokens
        self._deafen = house.on_revoked(self._revoked)

    def __len__(self) -> int:
        return len(self._open)

    @property
    def connections(self) -> list[Connection]:
        """Every signed-in client."""
        return list(self._open)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one client until it goes."""
        socket = web.WebSocketResponse(
            heartbeat=_HEARTBEAT, max_msg_size=self._house.limits.message, compress=False
        )
        source, limits = source_of(request.remote), self._house.limits
        near = sum(one == source for one in self._strangers.values())
        if len(self._strangers) >= limits.strangers or near >= limits.strangers_of_address:
            raise web.HTTPServiceUnavailable(
                text="too many clients are signing in", headers={"Retry-After": "10"}
            )
        await socket.prepare(request)
        transport = request.transport
        if not isinstance(transport, asyncio.WriteTransport):
            return socket
        outlet = Outlet(transport, self._house.limits.pending)
        self._strangers[socket] = source
        try:
            found = await self._sign_in(socket, outlet, request.remote or "", request[PRINCIPAL])
        finally:
            self._strangers.pop(socket, None)
        if found is not None:
            await self._serve(socket, outlet, found)
        return socket

    # --- signing in -------------------------------------------------------------------------------------------------

    async def _sign_in(
        self, socket: web.WebSocketResponse, outlet: Outlet, address: str, known: Principal
    ) -> Principal | None:
        """Who the token says it is; with an empty one, whom the page's own cookie made `known`."""
        outlet.put(encode({"type": "auth_required", "ha_version": VERSION}))
        try:
            async with asyncio.timeout(self._house.limits.sign_in_seconds):
                first = await socket.receive()
        except TimeoutError:
            await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"no auth message in time")
            return None
        token = _token_of(first)
        who = self._house.principal(token, address) if token else known if token == "" else None
        if who is None or not who.signed_in:
            if first.type is WSMsgType.TEXT:
                why = "Invalid access token or password" if token else "Auth message incorrectly formatted"
                outlet.put(encode({"type": "auth_invalid", "message": why}))
                outlet.flush()
            await socket.close(code=WSCloseCode.POLICY_VIOLATION)
            return None
        if self._of_account[who.account] >= self._house.limits.sockets:
            await socket.close(code=_TRY_LATER, message=b"too many sockets of this account")
            return None
        outlet.put(encode({"type": "auth_ok", "ha_version": VERSION}))
        return who

    # --- a signed-in client -------------------------------------------------------------------------------------------

    async def _serve(self, socket: web.WebSocketResponse, outlet: Outlet, who: Principal) -> None:
        connection = Connection(self._house, self.feed, self._commands, outlet, who)
        self._open[connection] = socket
        self._of_account[who.account] += 1
        if self._watch is None:
            self._period = self._house.pictures.period
            self._registries.begin()
            self._watch = asyncio.get_running_loop().create_task(self._keep_checking(), name="sockets")
        try:
            await self._read(socket, connection)
        finally:
            del self._open[connection]
            self._of_account[who.account] -= 1
            outlet.flush()
            outlet.closed = True
            await connection.close()

    async def _read(self, socket: web.WebSocketResponse, connection: Connection) -> None:
        async for message in socket:
            if connection.outlet.closed:
                return  # its session ended, and what it asked for since is not done
            if message.type is not WSMsgType.TEXT:
                await socket.close(code=WSCloseCode.UNSUPPORTED_DATA, message=b"text, please")
                return
            try:
                received = decode(message.data)
            except BadJson:
                await socket.close(code=WSCloseCode.INVALID_TEXT, message=b"no JSON")
                return
            await connection.take(received)

    # --- ends ---------------------------------------------------------------------------------------------------------

    def _revoked(self, session: str) -> None:
        """Close the sockets of a session that ended; from now on nothing is told to them."""
        for connection, socket in self._open.items():
            if connection.who.session == session:
                connection.outlet.closed = True
                task = asyncio.get_running_loop().create_task(_sign_in_again(socket))
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)

    async def _keep_checking(self) -> None:
        while self._open:
            await asyncio.sleep(self._house.limits.check_seconds)
            await self.check()
        self._watch = None

    async def check(self) -> None:
        """Tell of registries and cameras' tokens; a client whose rights changed since it came signs in anew."""
        self._registries.look()
        if self._period != self._house.pictures.period:
            self._period = self._house.pictures.period
            for entity_id in [one for one in self._house.site.states.entities if one.startswith("camera.")]:
                self.feed.tell_picture(entity_id)
        for connection, socket in list(self._open.items()):
            if self._house.current(connection.who) != connection.who:
                connection.outlet.closed = True
                await _sign_in_again(socket)

    async def close(self) -> None:
        """Close every socket: the hub stops."""
        self._deafen()
        if self._watch is not None:
            self._watch.cancel()
        everyone = [*self._open.values(), *self._strangers]
        await asyncio.gather(*(_close(one, WSCloseCode.GOING_AWAY, b"the hub stops") for one in everyone))


async def _sign_in_again(socket: web.WebSocketResponse) -> None:
    await _close(socket, WSCloseCode.POLICY_VIOLATION, b"sign in again")


async def _close(socket: web.WebSocketResponse, code: int, message: bytes) -> None:
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(1):
            await socket.close(code=code, message=message)


def _token_of(message: Any) -> str | None:
    """The token of an auth message; None when it is none."""
    if message.type is not WSMsgType.TEXT:
        return None
    try:
        told = decode(message.data)
    except BadJson:
        return None
    if not isinstance(told, dict) or set(told) - {"type", "access_token", "id"} or told.get("type") != "auth":
        return None
    token = told.get("access_token")
    return token if isinstance(token, str) and len(token) <= 4096 else None
