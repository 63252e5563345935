"""One tap takes an alarm on: a signed link in each notice to one person, and the page that it opens.

Opening the page changes nothing, as mail scanners and previews in chats open links too; its button does.
"""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any

from hub.api import Call, Link, Person
from integrations.notify.wording import local_time, one_line, phrase

if TYPE_CHECKING:
    from aiohttp import web

PATH = "/a/"
LASTS = timedelta(days=7)
LONGEST_TOKEN = 700
_SECRET = "link_secret"  # noqa: S105 - of the memory: where it lies
_STYLE = (
    "body{font:1.25rem/1.6 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:34rem;color:#111;background:#fff}"
    "h1{font-size:1.5rem;margin:.5rem 0}p{margin:.6rem 0;white-space:pre-line;overflow-wrap:anywhere}"
    ".said{border-left:.3rem solid #b00;padding-left:.8rem}.state{font-weight:bold}"
    "button{font:inherit;font-weight:bold;width:100%;min-height:4rem;border:0;border-radius:.6rem;"
    "background:#075e3c;color:#fff}"
)
_TITLE, _MESSAGE, _AT = "title", "message", "at"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a link is about: one delivery of the outbox, still good."""

    key: str
    alarm: str
    person: Person
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TapLinks:
    """Makes links and serves their page. A link names one delivery, and is good for nothing but its alarm."""

    link: Link

    def serve(self) -> None:
        """Add the routes."""
        self.link.route("GET", f"{PATH}{{token}}", self.look, access="public")
        self.link.route("POST", f"{PATH}{{token}}", self.take, access="public")

    def for_call(self, call: Call, person: Person) -> str:
        """The link for one delivery; "" when nobody said where the hub is reached, or the person only lives here."""
        site = self.link.site
        if not site.url or not call.alarm or site.directory.only_lives(person):
            return ""
        return f"{site.url}{PATH}{self._token(call.key)}"

    # --- tokens -------------------------------------------------------------------------------------------

    def _secret(self) -> bytes:
        kept = self.link.memory.get(_SECRET)
        if kept is None:
            kept = secrets.token_hex(32)
            self.link.memory.put(_SECRET, kept)
        return bytes.fromhex(kept)

    def _token(self, key: str) -> str:
        signature = hmac.digest(self._secret(), b"take\0" + key.encode(), "sha256")[:16]
        return f"{_text(key.encode())}.{_text(signature)}"

    def _key(self, token: str) -> str | None:
        """The delivery that a token names; None when it is not one of ours."""
        if len(token) > LONGEST_TOKEN or not token.isascii():
            return None
        try:
            key = base64.urlsafe_b64decode(token.partition(".")[0] + "==").decode()
        except ValueError:
            return None
        return key if hmac.compare_digest(self._token(key), token) else None

    async def _find(self, token: str) -> Shown | None:
        key, site = self._key(token), self.link.site
        row = None if key is None else await site.store.outbox.find(key)
        if key is None or row is None or row.action != "notify.deliver" or not row.alarm:
            return None
        person = site.directory.persons.get(json.loads(row.data).get("person", ""))
        if person is None or not person.active or site.directory.only_lives(person):
            return None
        return Shown(key, row.alarm, person, json.loads(row.data)) if self._lasts(row.data) else None

    def _lasts(self, body: str) -> bool:
        return self.link.now() - datetime.fromisoformat(json.loads(body)[_AT]) < LASTS

    # --- the page -----------------------------------------------------------------------------------------

    async def look(self, request: "web.Request") -> "web.Response":
        """What happened and who has it, with a button when nobody has."""
        shown = await self._find(request.match_info["token"])
        return self._gone() if shown is None else self._page(shown)

    async def take(self, request: "web.Request") -> "web.Response":
        """Take the alarm on as the person the link was sent to; once."""
        site = self.link.site
        shown = await self._find(request.match_info["token"])
        if shown is None:
            site.audit.record(
                "acknowledge",
                "alarm",
                address=request.remote or "",
                outcome="refused",
                details={"by": "link"},
            )
            return self._gone()
        with self.link.transaction():
            taken = site.alarms.acknowledge(shown.alarm, shown.person.id)
            site.receipts.came(shown.key, "read")
            if taken:
                site.audit.record(
                    "acknowledge", "alarm", shown.alarm, who=f"link:{shown.person.id}", person=shown.person.id,
                    address=request.remote or "", details={"delivery": shown.key},
                )  # fmt: skip
        await site.store.settled()
        return self._page(shown)

    def _page(self, shown: Shown) -> "web.Response":
        language, site, data = shown.person.language, self.link.site, shown.data
        private = bool(data.get("sensitive"))
        title = phrase("private_title", language) if private else one_line(data.get(_TITLE, ""))
        message = phrase("private_message", language) if private else data.get(_MESSAGE, "")
        found = site.alarms.get(shown.alarm)
        area = site.directory.areas.get(found.area) if found is not None else None
        parts = [f"<h1>{escape(title or phrase('take', language))}</h1>"]
        parts.append(
            f"<p>{escape(' · '.join(filter(None, (area.name if area else '', self._when(data)))))}</p>"
        )
        parts += [f'<p class="said">{escape(message)}</p>'] if message else []
        parts.append(self._state(shown, language))
        return _html("\n".join(parts), title or site.place.name, language)

    def _when(self, data: dict[str, Any]) -> str:
        return local_time(datetime.fromisoformat(data[_AT]), self.link.site.zone)

    def _state(self, shown: Shown, language: str) -> str:
        """Who has the alarm, or the button."""
        found = self.link.site.alarms.get(shown.alarm)
        if found is None:
            return f'<p class="state">{escape(phrase("tap_over", language))}</p>'
        if found.acknowledged_at is None:
            return f'<form method="post"><button type="submit">{escape(phrase("tap_take", language))}</button></form>'
        at = local_time(found.acknowledged_at, self.link.site.zone)
        if found.acknowledged_by == shown.person.id:
            return f'<p class="state">{escape(phrase("tap_mine", language, at=at))}</p>'
        person = self.link.site.directory.persons.get(found.acknowledged_by)
        name = person.name if person else phrase("tap_somebody", language)
        return f'<p class="state">{escape(phrase("tap_theirs", language, who=name, at=at))}</p>'

    def _gone(self) -> "web.Response":
        """Which links are none is told to nobody."""
        language = self.link.site.language
        text = phrase("tap_gone", language)
        return _html(f"<h1>{escape(text)}</h1>", text, language, status=404)


def _html(body: str, title: str, language: str, status: int = 200) -> "web.Response":
    from aiohttp import web

    page = (
        f'<!doctype html><html lang="{escape(language)}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><body>{body}</body></html>"
    )
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    # With no referrer at all, browsers send "Origin: null" with a form, and the guard would refuse it.
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "same-origin"}
    return web.Response(text=page, status=status, content_type="text/html", headers=headers)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
