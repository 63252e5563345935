"""Web Push: the browsers that people subscribed, and the routes by which they do it themselves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hub.api import ActionRefused, Link
from integrations.notify.push_crypto import is_point, new_key, private_key, public_text, to_bytes

MOST_BROWSERS = 10  # of one person; another one takes the oldest one's place
LONGEST_ENDPOINT = 1000
LARGEST_BODY = 8192
PATH = "/api/v1/me/push"
_KEY = "vapid"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One browser: where its push service takes messages, and the keys that only it can open them with."""

    endpoint: str
    p256dh: str
    auth: str


class Subscriptions:
    """Everybody's browsers, and the hub's own key, in the guest's memory."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @property
    def private_key(self) -> str:
        """The hub's key for VAPID; a new one would end every subscription."""
        found = self._link.memory.get(_KEY)
        if not isinstance(found, str):
            found = new_key()
            self._link.memory.put(_KEY, found)
        return found

    @property
    def public_key(self) -> str:
        """Its public half, for `applicationServerKey`."""
        return public_text(private_key(self.private_key))

    def of(self, person: str) -> list[Subscription]:
        """The person's browsers, the oldest first."""
        return [Subscription(**item) for item in self._link.memory.get(f"push/{person}", [])]

    async def add(self, person: str, added: Subscription) -> None:
        """Keep one; kept when this returns."""
        others = [item for item in self.of(person) if item.endpoint != added.endpoint]
        await self._keep(person, [*others, added][-MOST_BROWSERS:])

    async def remove(self, person: str, endpoint: str) -> None:
        """Forget one; it is no fault if there is none."""
        await self._keep(person, [item for item in self.of(person) if item.endpoint != endpoint])

    async def _keep(self, person: str, browsers: list[Subscription]) -> None:
        listed = [{"endpoint": it.endpoint, "p256dh": it.p256dh, "auth": it.auth} for it in browsers]
        with self._link.transaction() as unit:
            if listed:
                self._link.memory.put(f"push/{person}", listed)
            else:
                self._link.memory.delete(f"push/{person}")
        await unit.receipt


def read_subscription(body: Any, services: tuple[str, ...] = ()) -> Subscription:
    """A browser's PushSubscription as JSON; ActionRefused. `services` are push services besides public ones."""
    keys = body.get("keys") if isinstance(body, Mapping) else None
    endpoint = body.get("endpoint") if isinstance(body, Mapping) else None
    if not isinstance(keys, Mapping) or not isinstance(endpoint, str):
        raise ActionRefused("send the subscription as the browser gives it: endpoint, keys.p256dh, keys.auth")
    if not is_endpoint(endpoint, services):
        raise ActionRefused("the endpoint is no https address of a push service")
    p256dh, auth = _raw(keys.get("p256dh")), _raw(keys.get("auth"))
    if not is_point(p256dh) or len(auth) != 16:
        raise ActionRefused("keys.p256dh or keys.auth is not as a browser makes it")
    return Subscription(endpoint, keys["p256dh"].rstrip("="), keys["auth"].rstrip("="))


def is_endpoint(endpoint: str, services: tuple[str, ...]) -> bool:
    """Whether messages may be sent there."""
    if (
        len(endpoint) > LONGEST_ENDPOINT
        or not endpoint.isascii()
        or not endpoint.isprintable()
        or " " in endpoint
    ):
        return False
    try:
        parts = urlsplit(endpoint)
        sound = bool(parts.hostname) and parts.username is None and (parts.port or 1) > 0
    except ValueError:
        return False
    return sound and (parts.scheme == "https" or is_own(endpoint, services))


def is_own(endpoint: str, services: tuple[str, ...]) -> bool:
    """Whether it lies at a push service that the admin named."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}" in services


def _raw(text: Any) -> bytes:
    try:
        return to_bytes(text.rstrip("=")) if isinstance(text, str) and len(text) < 200 else b""
    except ValueError:
        return b""


@dataclass(frozen=True, slots=True)
class PushRoutes:
    """What a signed-in person asks: the hub's key, adding this browser, removing it."""

    link: Link
    subscriptions: Subscriptions
    channel: str  # the channel's name on this site
    services: tuple[str, ...]

    def add(self) -> None:
        """Serve them."""
        for method, handler in (("GET", self.show), ("POST", self.subscribe), ("DELETE", self.unsubscribe)):
            self.link.route(method, PATH, handler, access="signed_in")

    async def show(self, request: Any) -> Any:
        """{"key", "browsers"}: the public key, and how many browsers the person has subscribed."""
        person = self.link.own_person(request, "see")
        return _json({"key": self.subscriptions.public_key, "browsers": len(self.subscriptions.of(person))})

    async def subscribe(self, request: Any) -> Any:
        """A browser's PushSubscription. From then on the person is reached over the channel, too."""
        person = self.link.own_person(request, "edit")
        try:
            await self.subscriptions.add(person, read_subscription(await _body(request), self.services))
            await self._reach(person)
        except ActionRefused as error:
            return _refusal(str(error))
        return _json({"browsers": len(self.subscriptions.of(person))}, 201)

    async def unsubscribe(self, request: Any) -> Any:
        """{"endpoint"}: forget this browser."""
        person = self.link.own_person(request, "edit")
        body = await _body(request)
        endpoint = body.get("endpoint") if isinstance(body, Mapping) else None
        if not isinstance(endpoint, str):
            return _refusal("name the endpoint")
        await self.subscriptions.remove(person, endpoint)
        return _json({"browsers": len(self.subscriptions.of(person))})

    async def _reach(self, person_id: str) -> None:
        """Let the channel be among the person's own."""
        person = self.link.site.directory.persons[person_id]
        if any(address.channel == self.channel for address in person.addresses):
            return
        there = [{"channel": address.channel, **address.options} for address in person.addresses]
        known = {self.channel, *(item["channel"] for item in there)}
        await self.link.site.preferences.set_channels(person_id, [*there, {"channel": self.channel}], known)


async def _body(request: Any) -> Any:
    raw = await request.read() if (request.content_length or 0) <= LARGEST_BODY else b""
    try:
        return json.loads(raw[: LARGEST_BODY + 1])
    except (ValueError, RecursionError):
        return None


def _json(value: Any, status: int = 200) -> Any:
    from aiohttp import web

    return web.json_response(value, status=status)


def _refusal(detail: str) -> Any:
    from aiohttp import web

    body = {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": detail}
    return web.json_response(body, status=400, content_type="application/problem+json")
