"""Channel `feishu`: a bot in a Feishu or Lark group, with signed requests.

https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from hub.api import Channel, Delivery, Link, Sender
from integrations.notify.fitting import compose, in_json
from integrations.notify.options import bot_address, credential, gateway, limits, mention, secrets_of
from integrations.notify.provider import Dialect, Gateway, Group, encode, is_urgent

MOST_TEXT = 18_000  # bytes; the whole body may have 20 KiB
DIALECT = Dialect(
    code=("code", "StatusCode"),  # older servers answer only the second
    said=("msg", "StatusMessage"),
    # Address unknown, signature or clock wrong, our address not allowed, keyword missing, bot stopped.
    settings=frozenset([19001, 19021, 19022, 19024, 19036]),
    never=frozenset([9499, 19002, 230025]),
    rests={11232: 5.0, 11233: 60.0},
)


def sign(timestamp: int, secret: str) -> str:
    """HMAC-SHA256 of nothing, under seconds and secret as its key, in Base64."""
    return base64.b64encode(
        hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    ).decode()


@dataclass(frozen=True, slots=True)
class FeishuSender:
    """Posts into one group."""

    gateway: Gateway
    settings: Mapping[str, Any]
    group: Group

    async def send(self, delivery: Delivery) -> str:
        """Post once for all who share the group, and once more for each who is mentioned; no receipt."""
        mentioned = delivery.address.options.get("mention", "")
        # Angle brackets would be tags.
        text = compose(delivery, MOST_TEXT, in_json).replace("<", "‹").replace(">", "›")
        text += f'\n<at user_id="{mentioned}"></at>' if mentioned else ""

        async def post() -> str:
            message = {**self._signed(), "msg_type": "text", "content": {"text": text}}
            await self.gateway.ask(self.settings["url"], encode(message), urgent=is_urgent(delivery))
            return ""

        return await self.group.once(delivery, text, post)

    def _signed(self) -> dict[str, str]:
        secret = self.settings.get("secret", "")
        stamp = int(self.gateway.link.now().timestamp())
        return {"timestamp": str(stamp), "sign": sign(stamp, secret)} if secret else {}


def open_feishu(settings: Mapping[str, Any], link: Link) -> Sender:
    """A sender into one group."""
    secrets = (*secrets_of(settings["url"]), settings.get("secret", ""))
    return FeishuSender(gateway(settings, link, DIALECT, secrets, (5, 1.0)), settings, Group())


FEISHU = Channel(
    name="feishu",
    summary="A bot in a Feishu (飞书) or Lark group",
    schema=vol.Schema(
        {
            vol.Required("url"): bot_address(""),
            vol.Optional("secret"): credential,
            **limits(100),
        }
    ),
    address=mention(r"^[A-Za-z0-9_-]{1,64}$"),
    open=open_feishu,
    shared=True,
)
