"""Channel `dingtalk`: a robot in a DingTalk group, with signed requests.

https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import voluptuous as vol

from hub.api import Channel, Delivery, Link, Sender
from integrations.notify.fitting import compose, in_json
from integrations.notify.options import bot_address, credential, gateway, limits, mention, secrets_of
from integrations.notify.provider import Dialect, Gateway, Group, encode, is_urgent

MOST_TEXT = 18_000  # bytes; the whole body may have 20,000
DIALECT = Dialect(
    # 310000: signature, keyword or address does not fit the robot's security settings
    settings=frozenset([310000, 300001, 300005, 400013, 400101, 400102, 400106]),
    never=frozenset([40035, 43004, 400105, 430101, 430102, 430103, 430104]),
    # Past its limit a robot is silenced for ten minutes.
    rests={130101: 600.0, 302033: 600.0, 410100: 600.0},
)


def sign(timestamp: int, secret: str) -> str:
    """HMAC-SHA256 of milliseconds and secret, in Base64."""
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


@dataclass(frozen=True, slots=True)
class DingTalkSender:
    """Posts into one group."""

    gateway: Gateway
    settings: Mapping[str, Any]
    group: Group

    async def send(self, delivery: Delivery) -> str:
        """Post once for all who share the group, and once more for each who is mentioned; no receipt."""
        mentioned = delivery.address.options.get("mention", "")
        text = compose(delivery, MOST_TEXT, in_json) + (f"\n@{mentioned}" if mentioned else "")
        message: dict[str, Any] = {"msgtype": "text", "text": {"content": text}}
        if mentioned:
            message["at"] = {"atUserIds": [mentioned], "isAtAll": False}

        async def post() -> str:
            await self.gateway.ask(self._url(), encode(message), urgent=is_urgent(delivery))
            return ""

        return await self.group.once(delivery, text, post)

    def _url(self) -> str:
        url, secret = self.settings["url"], self.settings.get("secret", "")
        if not secret:
            return str(url)
        stamp = int(self.gateway.link.now().timestamp() * 1000)
        return f"{url}&{urlencode({'timestamp': stamp, 'sign': sign(stamp, secret)})}"


def open_dingtalk(settings: Mapping[str, Any], link: Link) -> Sender:
    """A sender into one group."""
    secrets = (*secrets_of(settings["url"]), settings.get("secret", ""))
    return DingTalkSender(gateway(settings, link, DIALECT, secrets), settings, Group())


DINGTALK = Channel(
    name="dingtalk",
    summary="A robot in a DingTalk (钉钉) group",
    schema=vol.Schema(
        {
            vol.Required("url"): bot_address("access_token"),
            vol.Optional("secret"): credential,  # without it the robot needs a keyword or our address
            **limits(20),
        }
    ),
    address=mention(r"^[A-Za-z0-9_.@$:-]{1,64}$"),
    open=open_dingtalk,
    shared=True,
)
