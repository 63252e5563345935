"""Channel `ntfy`: push messages to phones through ntfy.sh or a server of your own.

Published as JSON to the server's root (https://docs.ntfy.sh/publish/#publish-as-json).
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from hub.api import Channel, Delivery, DeliveryFailed, Link, Sender, Severity, derive_id
from integrations.notify import schema as valid
from integrations.notify.exchange import post
from integrations.notify.verdict import judge
from integrations.notify.wording import headline

MOST_MESSAGE = 4096  # bytes; a longer one would arrive as an attachment
PRIORITIES: Mapping[Severity, int] = {Severity.info: 3, Severity.warning: 4, Severity.critical: 5}
TAGS: Mapping[Severity, str] = {Severity.warning: "warning", Severity.critical: "rotating_light"}
_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}\Z")


def topic(value: Any) -> str:
    """A topic; whoever knows it can read it, so it should be hard to guess."""
    if not isinstance(value, str) or not _TOPIC.match(value):
        raise vol.Invalid("a topic is 1 to 64 letters, digits, - and _")
    return value


def cut(text: str, most: int) -> str:
    """The text's beginning, in at most so many bytes of UTF-8."""
    raw = text.encode()
    return text if len(raw) <= most else raw[: most - 3].decode("utf-8", "ignore") + "…"


def payload(delivery: Delivery) -> dict[str, Any]:
    """The message as ntfy takes it; with one `sequence_id`, a phone shows a repeated message once."""
    notice = delivery.notice
    found: dict[str, Any] = {
        "topic": delivery.address.options["topic"],
        "title": headline(notice, delivery.person.language),
        "message": cut(notice.message or notice.title, MOST_MESSAGE),
        "priority": PRIORITIES[notice.severity],
        "sequence_id": derive_id(delivery.key),
    }
    if notice.severity in TAGS:
        found["tags"] = [TAGS[notice.severity]]
    if notice.url:
        found["click"] = notice.url
    return found


@dataclass(frozen=True, slots=True)
class NtfySender:
    """Publishes on one ntfy server."""

    link: Link
    settings: Mapping[str, Any]

    async def send(self, delivery: Delivery) -> str:
        """Publish; the receipt is ntfy's message id, without which nothing was published."""
        body = json.dumps(payload(delivery), ensure_ascii=False).encode()
        answer = await post(
            self.link.http, self.settings["url"], body, self._headers(), self.settings["timeout"]
        )
        said = judge(answer, self.link.now())
        if not isinstance(said, Mapping) or not isinstance(said.get("id"), str) or not said["id"]:
            raise DeliveryFailed("no ntfy server answered: the answer has no message id")
        return str(said["id"])[:100]

    def _headers(self) -> dict[str, str]:
        found = {"Content-Type": "application/json"}
        if token := self.settings.get("token"):
            found["Authorization"] = f"Bearer {token}"
        elif name := self.settings.get("username"):
            pair = f"{name}:{self.settings.get('password', '')}".encode()
            found["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return found


def open_ntfy(settings: Mapping[str, Any], link: Link) -> Sender:
    """A sender for one server."""
    return NtfySender(link, settings)


_CREDENTIAL = vol.All(
    str, vol.Length(min=1, max=200), vol.Match(r"^[!-~]+$", msg="use plain ASCII, no blanks")
)
NTFY = Channel(
    name="ntfy",
    summary="Push messages to phones through ntfy.sh or your own ntfy server",
    schema=vol.Schema(
        {
            vol.Optional("url", default="https://ntfy.sh"): valid.web_address,
            vol.Exclusive("token", "who", msg="give a token or a username, not both"): _CREDENTIAL,
            vol.Exclusive("username", "who", msg="give a token or a username, not both"): _CREDENTIAL,
            vol.Optional("password"): _CREDENTIAL,
            vol.Optional("timeout", default=10): valid.TIMEOUT,
        }
    ),
    address=valid.address("topic", topic),
    open=open_ntfy,
)
