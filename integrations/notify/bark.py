"""Channel `bark`: push messages to iPhones through api.day.app or a Bark server of your own.

https://github.com/Finb/bark-server/blob/master/docs/API_V2.md
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from hub.api import Channel, Delivery, DeliveryFailed, DeliveryRefused, Link, Sender, Severity, derive_id
from integrations.notify import schema as valid
from integrations.notify.fitting import body_of, cut, in_json
from integrations.notify.options import credential, gateway, limits, no_blank
from integrations.notify.provider import JSON, Dialect, Gateway, encode, is_urgent
from integrations.notify.wording import headline

MOST_TITLE, MOST_BODY, MOST_URL = 400, 2400, 600  # bytes; Apple takes 4 KiB with all that belongs to it
LEVELS: Mapping[Severity, str] = {
    Severity.info: "active",
    Severity.warning: "timeSensitive",
    Severity.critical: "critical",  # sounds although the phone is mute
}
DIALECT = Dialect(code=("code",), said=("message",), good=(200,), settings=frozenset([401, 403, 418]))
_GONE = ("device token", "baddevicetoken", "unregistered", "devicetokennotfortopic")


@dataclass(frozen=True, slots=True)
class BarkSender:
    """Pushes through one Bark server."""

    gateway: Gateway
    settings: Mapping[str, Any]

    async def send(self, delivery: Delivery) -> str:
        """Push; Bark gives no receipt. With one `id`, a phone shows a repeated message once."""
        notice = delivery.notice
        key = delivery.address.options["key"]
        message = {
            "device_key": key,
            "title": cut(headline(notice, delivery.person.language), MOST_TITLE, in_json),
            "body": body_of(delivery, MOST_BODY, in_json),
            "level": LEVELS[notice.severity],
            "group": self.settings["group"],
            "id": derive_id(delivery.key),
        }
        if notice.url and in_json(notice.url) <= MOST_URL:
            message["url"] = notice.url
        url = f"{self.settings['url'].rstrip('/')}/push"
        try:
            await self.gateway.ask(
                url, encode(message), self._headers(), urgent=is_urgent(delivery), hide=(key,)
            )
        except DeliveryFailed as error:
            # The server says so in words alone, under the same code as its own troubles.
            if any(word in str(error).lower() for word in _GONE):
                raise DeliveryRefused(f"the phone is not registered any more ({error})") from error
            raise
        return ""

    def _headers(self) -> dict[str, str]:
        if "username" not in self.settings:
            return JSON
        pair = f"{self.settings['username']}:{self.settings.get('password', '')}".encode()
        return {**JSON, "Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def open_bark(settings: Mapping[str, Any], link: Link) -> Sender:
    """A sender through one server."""
    return BarkSender(gateway(settings, link, DIALECT, (settings.get("password", ""),)), settings)


BARK = Channel(
    name="bark",
    summary="Push messages to iPhones through Bark",
    schema=vol.Schema(
        {
            vol.Optional("url", default="https://api.day.app"): valid.web_address,
            vol.Optional("group", default="邻里"): vol.All(str, vol.Length(min=1, max=50)),
            vol.Optional("username"): credential,
            vol.Optional("password"): credential,
            **limits(300),
        }
    ),
    address=valid.address("key", no_blank(100)),
    open=open_bark,
)
