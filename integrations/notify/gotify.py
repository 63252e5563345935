"""Channel `gotify`: push messages through a Gotify server of your own. https://gotify.net/api-docs"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import voluptuous as vol

from hub.api import AuthFailed, Channel, Delivery, DeliveryRefused, Link, Sender, Severity
from integrations.notify import schema as valid
from integrations.notify.fitting import body_of, cut
from integrations.notify.options import gateway, limits, no_blank
from integrations.notify.provider import JSON, Dialect, Gateway, encode, is_urgent, mapping_of
from integrations.notify.verdict import Answer
from integrations.notify.wording import headline

MOST_TITLE, MOST_BODY = 400, 16_000  # bytes; a message on a phone's screen needs no more
PRIORITIES: Mapping[Severity, int] = {Severity.info: 4, Severity.warning: 7, Severity.critical: 10}


class Numbered(Dialect):
    """Success is a message's number; an error has an errorCode."""

    def read(self, answer: Answer, now: datetime) -> Mapping[str, Any]:
        """As any dialect, but a number is good."""
        body = mapping_of(answer)
        if body is not None and answer.status == 200 and not {"error", "errorCode"} & set(body):
            number = body.get("id")
            if type(number) is int and number > 0:
                return body
        return Dialect.read(self, answer, now)


DIALECT = Numbered(
    code=("errorCode",),
    said=("errorDescription", "error"),
    good=(),
    settings=frozenset([401, 403]),
    never=frozenset([400, 413]),
)


@dataclass(frozen=True, slots=True)
class GotifySender:
    """Publishes on one Gotify server, as the application of each person."""

    gateway: Gateway
    settings: Mapping[str, Any]

    async def send(self, delivery: Delivery) -> str:
        """Publish; the receipt is the message's id, without which nothing was published."""
        notice = delivery.notice
        token = delivery.address.options["token"]
        message: dict[str, Any] = {
            "title": cut(headline(notice, delivery.person.language), MOST_TITLE),
            "message": body_of(delivery, MOST_BODY),
            "priority": PRIORITIES[notice.severity],
        }
        if notice.url:
            message["extras"] = {"client::notification": {"click": {"url": notice.url}}}
        url = f"{self.settings['url'].rstrip('/')}/message"
        try:
            said = await self.gateway.ask(
                url,
                encode(message),
                {**JSON, "X-Gotify-Key": token},
                urgent=is_urgent(delivery),
                hide=(token,),
            )
        except AuthFailed as error:  # the token is the person's, not the channel's
            raise DeliveryRefused(f"the person's token is refused ({error})") from error
        return str(said["id"])[:100]


def open_gotify(settings: Mapping[str, Any], link: Link) -> Sender:
    """A sender through one server."""
    return GotifySender(gateway(settings, link, DIALECT, ()), settings)


GOTIFY = Channel(
    name="gotify",
    summary="Push messages through your own Gotify server",
    schema=vol.Schema({vol.Required("url"): valid.web_address, **limits(600)}),
    address=valid.address("token", no_blank(100)),
    open=open_gotify,
)
