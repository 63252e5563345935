"""Channel `inbox`: the notice stays in the hub, where the person reads it on the console; and its routes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from hub.api import Channel, Delivery, Letter, Link, Sender, Severity, derive_id, plain
from integrations.notify.provider import notice_key
from integrations.notify.terminal import no_options

PATH = "/api/v1/me/notices"
MOST_PAGE = 100


def letter_of(delivery: Delivery) -> Letter:
    """The notice as it lies in the inbox: one, over however many channels it goes out."""
    notice, person = delivery.notice, delivery.person.id
    return Letter(
        id=derive_id(f"{notice_key(delivery)}/{person}"),
        person=person,
        key=delivery.key,
        at=notice.at,
        severity=int(notice.severity),
        title=notice.title,
        message=notice.message,
        url=notice.url,
        evidence=json.dumps(plain(notice.evidence), ensure_ascii=False),
        cause=notice.cause,
    )


@dataclass(frozen=True, slots=True)
class InboxSender:
    """Puts notices into inboxes."""

    link: Link

    async def send(self, delivery: Delivery) -> str:
        """Keep it; it has arrived when it is on the disk."""
        letter = letter_of(delivery)
        await self.link.inbox.put(letter)
        return letter.id


def open_inbox(_settings: Mapping[str, Any], link: Link) -> Sender:
    """A sender into everybody's inbox."""
    return InboxSender(link)


@dataclass(frozen=True, slots=True)
class InboxRoutes:
    """What a signed-in person asks of their own inbox."""

    link: Link

    def add(self) -> None:
        """Serve them."""
        self.link.route("GET", PATH, self.page, access="signed_in")
        self.link.route("POST", f"{PATH}/read", self.read, access="signed_in")

    async def page(self, request: Any) -> Any:
        """{"items", "next", "unread"}, the newest first; `?after=` the `next` before, `limit=`, `unread=true`."""
        from aiohttp import web

        person, asked = self.link.own_person(request, "see"), request.query
        limit = min(max(_number(asked.get("limit", ""), 50), 1), MOST_PAGE)
        before = _number(asked.get("after", ""), 0)
        found = await self.link.inbox.page(
            person,
            limit=limit,
            unread=asked.get("unread") == "true",
            **({"before": before} if before else {}),
        )
        more = str(found[-1].seq) if len(found) == limit else None
        told = {"items": [_told(letter) for letter in found], "next": more}
        return web.json_response(told | {"unread": await self.link.inbox.unread(person)})

    async def read(self, request: Any) -> Any:
        """{"until": seq}: the person has read everything up to that one. Answers {"read", "unread"}."""
        from aiohttp import web

        person = self.link.own_person(request, "edit")
        try:
            until = int((await request.json())["until"])
        except (ValueError, TypeError, KeyError, RecursionError):
            raise web.HTTPBadRequest(
                text='send {"until": the seq of the newest notice that was shown}'
            ) from None
        count = await self.link.inbox.mark_read(person, min(max(until, 0), 2**62))
        return web.json_response({"read": count, "unread": await self.link.inbox.unread(person)})


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else otherwise


def _told(letter: Letter) -> dict[str, Any]:
    return {
        "seq": letter.seq,
        "id": letter.id,
        "at": letter.at.isoformat(),
        "severity": Severity(letter.severity).name,
        "title": letter.title,
        "message": letter.message,
        "url": letter.url,
        "evidence": json.loads(letter.evidence),
        "cause": letter.cause,
        "read_at": None if letter.read_at is None else letter.read_at.isoformat(),
    }


INBOX = Channel(
    name="inbox",
    summary="Notices that stay in the hub and show on the person's own page",
    schema=vol.Schema({}),
    address=no_options,
    open=open_inbox,
    private=True,
    tells="read",
)
