"""Channels `wecom_bot` and `wecom_app`: a bot in a WeCom group, and messages of an app to its members.

https://developer.work.weixin.qq.com/document/path/91770 (bot), 90236 (app), 90313 (error codes).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import voluptuous as vol

from hub.api import Channel, Delivery, DeliveryRefused, Link, Sender
from integrations.notify import schema as valid
from integrations.notify.fitting import compose
from integrations.notify.options import (
    bot_address,
    credential,
    gateway,
    limits,
    mention,
    no_blank,
    secrets_of,
)
from integrations.notify.provider import (
    AccessToken,
    Dialect,
    Gateway,
    Group,
    Impatient,
    Stale,
    TokenAnswer,
    encode,
    is_urgent,
    token_in,
)

MOST_TEXT = 2048  # bytes, of both
BOT = Dialect(
    settings=frozenset([93000, 93004, 93008, 93017, 40014]),  # address unknown; bot removed or switched off
    never=frozenset([40008, 40033, 40035, 40058, 44004, 45002]),
    rests={45009: 60.0, 45033: 5.0},
)
APP = Impatient(
    settings=frozenset(
        [40001, 40013, 40056, 40091, 41001, 41002, 41004, 41011, 48002, 50001, 50002, 60011, 60020, 301002]
    ),
    never=frozenset([40003, 40008, 40033, 40035, 40058, 44004, 45002, 60111, 81013, 82001]),
    rests={45009: 60.0, 45033: 5.0},
)
TOKEN = TokenAnswer(settings=APP.settings, rests=APP.rests)


@dataclass(frozen=True, slots=True)
class BotSender:
    """Posts into one group."""

    gateway: Gateway
    url: str
    group: Group

    async def send(self, delivery: Delivery) -> str:
        """Post once for all who share the group, and once more for each who is mentioned; no receipt."""
        text = compose(delivery, MOST_TEXT)
        mentioned = delivery.address.options.get("mention", "")
        body: dict[str, Any] = {"content": text} | ({"mentioned_list": [mentioned]} if mentioned else {})

        async def post() -> str:
            payload = encode({"msgtype": "text", "text": body})
            await self.gateway.ask(self.url, payload, urgent=is_urgent(delivery))
            return ""

        return await self.group.once(delivery, f"{mentioned}\n{text}", post)


@dataclass(slots=True)
class AppSender:
    """Sends as one app of the company."""

    gateway: Gateway
    settings: Mapping[str, Any]
    token: AccessToken

    async def send(self, delivery: Delivery) -> str:
        """Send to one member; the receipt is WeCom's `msgid`."""
        token = await self.token.get()
        try:
            body = await self._post(delivery, token)
        except Stale:  # somebody else fetched another one meanwhile
            self.token.forget(token)
            body = await self._post(delivery, await self.token.get())
        for field, what in (
            ("invaliduser", "is not in the app's visible range"),
            ("unlicenseduser", "has no licence"),
        ):
            if body.get(field):
                raise DeliveryRefused(f"WeCom does not reach this member: the id is unknown or {what}")
        return str(body.get("msgid") or "")[:100]

    async def _post(self, delivery: Delivery, token: str) -> Mapping[str, Any]:
        message = {
            "touser": delivery.address.options["user"],
            "msgtype": "text",
            "agentid": self.settings["agent_id"],
            "text": {"content": compose(delivery, MOST_TEXT)},
        }
        url = f"{self.settings['url']}/cgi-bin/message/send?{urlencode({'access_token': token})}"
        return await self.gateway.ask(url, encode(message), urgent=is_urgent(delivery), hide=(token,))


def open_bot(settings: Mapping[str, Any], link: Link) -> Sender:
    """A sender into one group."""
    return BotSender(gateway(settings, link, BOT, secrets_of(settings["url"])), settings["url"], Group())


def open_app(settings: Mapping[str, Any], link: Link) -> Sender:
    """A sender as one app."""
    secret = settings["secret"]
    door = gateway(settings, link, APP, (secret,))

    async def fetch() -> tuple[str, float]:
        asked = urlencode({"corpid": settings["corp_id"], "corpsecret": secret})
        url = f"{settings['url']}/cgi-bin/gettoken?{asked}"
        return token_in(await door.ask(url, None, {}, urgent=True, dialect=TOKEN))

    return AppSender(door, settings, AccessToken(fetch, link.now))


WECOM_BOT = Channel(
    name="wecom_bot",
    summary="A bot in a WeCom (企业微信) group",
    schema=vol.Schema({vol.Required("url"): bot_address("key"), **limits(20)}),
    address=mention(r"^[A-Za-z0-9_.@-]{1,64}$"),
    open=open_bot,
    shared=True,
)
WECOM_APP = Channel(
    name="wecom_app",
    summary="Messages of your own WeCom (企业微信) app to its members",
    schema=vol.Schema(
        {
            vol.Required("corp_id"): no_blank(64),
            vol.Required("agent_id"): vol.All(vol.Coerce(int), vol.Range(min=1)),
            vol.Required("secret"): credential,
            vol.Optional("url", default="https://qyapi.weixin.qq.com"): valid.web_address,
            **limits(600),
        }
    ),
    address=valid.address("user", no_blank(64)),
    open=open_app,
)
