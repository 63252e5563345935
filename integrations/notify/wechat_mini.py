"""Channel `wechat_mini`: subscription messages of your own WeChat mini-program.

https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import voluptuous as vol

from hub.api import Channel, Delivery, Link, Sender
from integrations.notify import schema as valid
from integrations.notify.fitting import cut, pieces
from integrations.notify.options import credential, gateway, limits, no_blank, piece
from integrations.notify.provider import (
    AccessToken,
    Code,
    Gateway,
    Impatient,
    Stale,
    TokenAnswer,
    encode,
    is_urgent,
    token_in,
)

LONGEST: Mapping[str, int] = {  # characters, by what a field's name begins with
    "thing": 20,
    "letter": 32,
    "character_string": 32,
    "number": 32,
    "phrase": 5,
    "name": 10,
    "time": 24,
    "date": 24,
}
_SETTINGS = frozenset(
    [40001, 40013, 40037, 40125, 40164, 41002, 41004, 41030, 43107, 47003, 48001, 50002, 61024]
)
# 43101: the person refused, or used up what they had agreed to.
_NEVER = frozenset([40003, 43101, 43004, 44990])
_RESTS: Mapping[Code, float] = {45009: 3600.0, 45011: 60.0}
DIALECT = Impatient(settings=_SETTINGS, never=_NEVER, rests=_RESTS)
TOKEN = TokenAnswer(settings=_SETTINGS, rests=_RESTS)
_FIELD = re.compile(rf"(?:{'|'.join(LONGEST)})[0-9]{{1,3}}\Z")


def field(value: Any) -> str:
    """A field of the template, such as thing1."""
    if not isinstance(value, str) or not _FIELD.match(value):
        raise vol.Invalid(f"a field is one of {', '.join(LONGEST)} and its number, as in the template")
    return value


@dataclass(slots=True)
class MiniSender:
    """Sends as one mini-program."""

    gateway: Gateway
    settings: Mapping[str, Any]
    token: AccessToken

    async def send(self, delivery: Delivery) -> str:
        """Send; WeChat gives no receipt. Each message uses up one consent of the person."""
        token = await self.token.get()
        try:
            await self._post(delivery, token)
        except Stale:
            self.token.forget(token)
            await self._post(delivery, await self.token.get())
        return ""

    async def _post(self, delivery: Delivery, token: str) -> None:
        settings, openid = self.settings, delivery.address.options["openid"]
        filled = pieces(delivery, self.gateway.link.site.zone)
        message: dict[str, Any] = {
            "touser": openid,
            "template_id": settings["template"],
            "data": {name: {"value": _fitted(name, filled[of])} for name, of in settings["data"].items()},
            "miniprogram_state": settings["state"],
            "lang": "zh_CN" if delivery.person.language.startswith("zh") else "en_US",
        }
        if settings["page"]:
            message["page"] = settings["page"]
        url = f"{settings['url']}/cgi-bin/message/subscribe/send?{urlencode({'access_token': token})}"
        await self.gateway.ask(url, encode(message), urgent=is_urgent(delivery), hide=(token, openid))


def _fitted(name: str, text: str) -> str:
    return cut(text, LONGEST[name.rstrip("0123456789")], len)


def open_mini(settings: Mapping[str, Any], link: Link) -> Sender:
    """A sender as one mini-program."""
    secret = settings["secret"]
    door = gateway(settings, link, DIALECT, (secret,))
    asked = encode({"grant_type": "client_credential", "appid": settings["app_id"], "secret": secret})

    async def fetch() -> tuple[str, float]:
        """The stable token: fetching it does not end the one that another server of the admin holds."""
        url = f"{settings['url']}/cgi-bin/stable_token"
        return token_in(await door.ask(url, asked, urgent=True, dialect=TOKEN))

    return MiniSender(door, settings, AccessToken(fetch, link.now))


WECHAT_MINI = Channel(
    name="wechat_mini",
    summary="Subscription messages of your WeChat mini-program (微信小程序订阅消息)",
    schema=vol.Schema(
        {
            vol.Required("app_id"): no_blank(64),
            vol.Required("secret"): credential,
            vol.Required("template"): no_blank(100),
            vol.Required("data"): vol.All({field: piece}, vol.Length(min=1, max=20)),
            vol.Optional("page", default=""): vol.All(str, vol.Length(max=300)),
            vol.Optional("state", default="formal"): vol.In(("formal", "trial", "developer")),
            vol.Optional("url", default="https://api.weixin.qq.com"): valid.web_address,
            **limits(600),
        }
    ),
    address=valid.address("openid", no_blank(64)),
    open=open_mini,
)
