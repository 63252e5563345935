"""Channel `serverchan`: ServerChan (Server 酱) to one's WeChat or phone, Turbo (keys SCT...) and 3 (keys sctp...).

https://sct.ftqq.com/sendkey, https://doc.sc3.ft07.com
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import voluptuous as vol

from hub.api import Channel, Delivery, DeliveryFailed, DeliveryRefused, Link, Sender
from integrations.notify import schema as valid
from integrations.notify.fitting import body_of, cut
from integrations.notify.options import gateway, limits
from integrations.notify.provider import Dialect, Gateway, at, is_urgent
from integrations.notify.wording import headline, phrase

MOST_TITLE = 32  # characters
MOST_BODY = 30_000  # bytes; the provider takes 32 KiB
DIALECT = Dialect(code=("code",), said=("message", "info"), never=frozenset([40001]))
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_KEY = re.compile(r"(?:SCT[0-9A-Za-z]{8,100}|sctp(\d{1,12})t[0-9A-Za-z]{4,100})\Z")
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|!~])")


def send_key(value: Any) -> str:
    """A SendKey: SCT... or sctp...t..."""
    if not isinstance(value, str) or not _KEY.match(value):
        raise vol.Invalid("a SendKey begins with SCT or sctp; copy it from sct.ftqq.com or sc3.ft07.com")
    return value


@dataclass(frozen=True, slots=True)
class ServerChanSender:
    """Sends to the account of a person's key."""

    gateway: Gateway
    settings: Mapping[str, Any]

    async def send(self, delivery: Delivery) -> str:
        """Send; the receipt is the `pushid`."""
        notice, language = delivery.notice, delivery.person.language
        key = delivery.address.options["key"]
        lines = [_MARKS.sub(r"\\\1", line) for line in body_of(delivery, MOST_BODY // 2).splitlines()]
        if notice.url:
            lines.append(f"{phrase('more', language)}: <{notice.url}>")
        title = cut(headline(notice, language), MOST_TITLE, len)
        form = urlencode({"title": title, "desp": cut("\n\n".join(lines), MOST_BODY)}).encode()
        try:
            body = await self.gateway.ask(self._url(key), form, FORM, urgent=is_urgent(delivery), hide=(key,))
        except DeliveryRefused as error:
            if "次数" in str(error) or "limit" in str(error).lower():  # one code says many things
                raise DeliveryFailed(str(error)) from error
            raise
        if at(body, "data.errno") not in (None, 0):
            raise DeliveryFailed("the provider answered 0, but an error inside")
        return str(at(body, "data.pushid") or "")[:100]

    def _url(self, key: str) -> str:
        found = _KEY.match(key)
        number = found.group(1) if found else None
        if number is None:
            return f"{self.settings['url']}/{key}.send"
        return f"{self.settings['url_3'].replace('{uid}', number)}/send/{key}.send"


def open_serverchan(settings: Mapping[str, Any], link: Link) -> Sender:
    """A sender for everybody with a key."""
    return ServerChanSender(gateway(settings, link, DIALECT, ()), settings)


SERVERCHAN = Channel(
    name="serverchan",
    summary="ServerChan (Server 酱): to one's WeChat or phone, Turbo and 3",
    schema=vol.Schema(
        {
            vol.Optional("url", default="https://sctapi.ftqq.com"): valid.web_address,
            vol.Optional("url_3", default="https://{uid}.push.ft07.com"): valid.web_address,
            **limits(60),
        }
    ),
    address=valid.address("key", send_key),
    open=open_serverchan,
)
