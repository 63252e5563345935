"""Channel `webhook`: a signed POST, by Standard Webhooks (https://www.standardwebhooks.com)."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import voluptuous as vol

from hub.api import Channel, Delivery, Link, Sender, plain
from integrations.notify import schema as valid
from integrations.notify.exchange import post
from integrations.notify.verdict import OkField, judge

PREFIX = "whsec_"
MAKE_ONE = (
    'make one with: python3 -c "import base64, secrets; '
    "print('whsec_' + base64.b64encode(secrets.token_bytes(32)).decode())\""
)


def secret(value: Any) -> str:
    """A signing secret: whsec_ and base64 of 24 to 64 bytes."""
    if not isinstance(value, str) or not value.startswith(PREFIX) or not 24 <= len(_key(value)) <= 64:
        raise vol.Invalid(f"a secret is 'whsec_' and base64 of 24 to 64 bytes; {MAKE_ONE}")
    return value


def secrets(value: Any) -> list[str]:
    """One secret, or two while the receiver changes over."""
    listed = value if isinstance(value, list) else [value]
    if not 1 <= len(listed) <= 2:
        raise vol.Invalid("give one secret, or the new and the old one while the receiver changes over")
    return [secret(item) for item in listed]


def _key(text: str) -> bytes:
    try:
        return base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return b""


def sign(message_id: str, timestamp: int, body: bytes, signing: Sequence[str]) -> str:
    """The `webhook-signature` header: HMAC-SHA256 of id.timestamp.body, one a secret."""
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = (hmac.new(_key(text), content, hashlib.sha256).digest() for text in signing)
    return " ".join(f"v1,{base64.b64encode(signature).decode()}" for signature in signatures)


def message_id(key: str) -> str:
    """A delivery's key as `webhook-id`: the same for each attempt. ASCII, and no dot: dots part what is signed."""
    return quote(key, safe="/:@").replace(".", "%2E")


def payload(delivery: Delivery) -> dict[str, Any]:
    """What the receiver gets, as JSON."""
    notice, person = delivery.notice, delivery.person
    return {
        "type": "notice",
        "timestamp": notice.at.isoformat(),
        "data": {
            "key": delivery.key,
            "person": person.id,
            "to": delivery.address.options.get("to", ""),
            "language": person.language,
            "title": notice.title,
            "message": notice.message,
            "severity": notice.severity.name,
            "url": notice.url,
            "evidence": plain(notice.evidence),
            "cause": notice.cause,
        },
    }


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Posts to one receiver."""

    link: Link
    settings: Mapping[str, Any]

    async def send(self, delivery: Delivery) -> str:
        """Deliver; the receipt is the answer's `id`, if it has one."""
        now = self.link.now()
        body = json.dumps(payload(delivery), ensure_ascii=False, separators=(",", ":")).encode()
        settings = self.settings
        answer = await post(
            self.link.http, settings["url"], body, self._headers(delivery.key, now, body), settings["timeout"]
        )
        ok = OkField(settings["ok_field"], tuple(settings["ok_values"])) if settings["ok_field"] else None
        return receipt_of(judge(answer, self.link.now(), ok))

    def _headers(self, key: str, now: datetime, body: bytes) -> dict[str, str]:
        named, stamp = message_id(key), int(now.timestamp())
        return {
            **self.settings["headers"],
            "Content-Type": "application/json",
            "webhook-id": named,
            "webhook-timestamp": str(stamp),
            "webhook-signature": sign(named, stamp, body, self.settings["secret"]),
        }


def receipt_of(body: Any) -> str:
    """The provider's id of the message, where its answer gives one."""
    found = body.get("id") if isinstance(body, Mapping) else None
    return str(found)[:100] if isinstance(found, (str, int)) else ""


def open_webhook(settings: Mapping[str, Any], link: Link) -> Sender:
    """A sender for one receiver."""
    return WebhookSender(link, settings)


WEBHOOK = Channel(
    name="webhook",
    summary="A POST of JSON, signed by Standard Webhooks, to a receiver of your own",
    schema=vol.Schema(
        {
            vol.Required("url"): valid.web_address,
            vol.Required("secret"): secrets,
            vol.Optional("timeout", default=10): valid.TIMEOUT,
            vol.Optional("headers", default=dict): valid.headers,
            vol.Optional("ok_field", default=""): vol.All(str, vol.Length(max=200)),
            vol.Optional("ok_values", default=lambda: [0, True, "ok"]): [vol.Any(bool, int, str)],
        }
    ),
    address=valid.address("to", vol.All(str, vol.Length(max=200)), needed=False),
    open=open_webhook,
)
