"""Channel `web_push`: notices in people's browsers, encrypted for each of them (RFC 8030, 8291, 8292)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from hub.api import (
    AuthFailed,
    Channel,
    Delivery,
    DeliveryFailed,
    DeliveryRefused,
    HubError,
    Link,
    Sender,
    Severity,
    derive_id,
)
from integrations.notify import schema as valid
from integrations.notify.bucket import Bucket
from integrations.notify.exchange import ask
from integrations.notify.fitting import body_of, cut, in_json
from integrations.notify.mail import mailbox
from integrations.notify.options import limits
from integrations.notify.provider import encode, is_urgent
from integrations.notify.push_crypto import authorization, encrypt, private_key, to_bytes
from integrations.notify.subscriptions import PushRoutes, Subscription, Subscriptions, is_own
from integrations.notify.terminal import no_options
from integrations.notify.verdict import Answer, judge
from integrations.notify.wording import headline

MOST_TITLE, MOST_BODY, MOST_URL = 400, 2400, 600  # bytes
TTL = 24 * 3600  # seconds that a push service keeps a message for a browser that is off
URGENCIES: Mapping[Severity, str] = {
    Severity.info: "normal",
    Severity.warning: "high",
    Severity.critical: "high",
}


class Gone(DeliveryRefused):
    """The browser unsubscribed, or was deleted."""


def payload(delivery: Delivery) -> bytes:
    """What the page's service worker shows; `tag` is the same for each attempt, so that it shows once."""
    notice = delivery.notice
    return encode(
        {
            "title": cut(headline(notice, delivery.person.language), MOST_TITLE, in_json),
            "body": body_of(delivery, MOST_BODY, in_json),
            "url": notice.url if in_json(notice.url) <= MOST_URL else "",
            "tag": derive_id(delivery.key),
            "severity": notice.severity.name,
            "language": delivery.person.language,
        }
    )


@dataclass(frozen=True, slots=True)
class WebPushSender:
    """Sends to every browser of a person; it has arrived when one push service has taken it."""

    link: Link
    settings: Mapping[str, Any]
    bucket: Bucket
    subscriptions: Subscriptions

    async def send(self, delivery: Delivery) -> str:
        """Send; the receipt is the number of browsers. Browsers that are gone are forgotten."""
        person = delivery.person.id
        browsers = self.subscriptions.of(person)
        if not browsers:
            raise DeliveryRefused(f"'{person}' has no browser subscribed")
        taken, failed = 0, list[HubError]()
        for browser in browsers:
            self.bucket.take(urgent=is_urgent(delivery))
            try:
                await self._push(browser, delivery)
                taken += 1
            except Gone:
                await self.subscriptions.remove(person, browser.endpoint)
            except HubError as error:
                failed.append(error)
        if taken:
            return f"{taken} of {len(browsers)}"
        if failed:
            # What may still arrive is tried again, whatever became of the other browsers.
            raise next((error for error in failed if isinstance(error, DeliveryFailed)), failed[0])
        raise DeliveryRefused(f"'{person}' has no browser subscribed any more")

    async def _push(self, browser: Subscription, delivery: Delivery) -> None:
        key = private_key(self.subscriptions.private_key)
        now, severity = self.link.now(), delivery.notice.severity
        headers = {
            "Authorization": authorization(key, browser.endpoint, self.settings["subject"], now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(TTL),
            "Urgency": URGENCIES[severity],
            "Topic": derive_id(delivery.key)[:32],
        }
        body = encrypt(payload(delivery), to_bytes(browser.p256dh), to_bytes(browser.auth))
        # The address came from a browser: of hosts inside, only those that the admin named are asked.
        own = is_own(browser.endpoint, tuple(self.settings["services"]))
        session = self.link.http if own else self.link.public_http
        answer = await ask(session, "POST", browser.endpoint, body, headers, self.settings["timeout"])
        self._judge(answer)

    def _judge(self, answer: Answer) -> None:
        if answer.status in (404, 410):
            raise Gone("the browser is not subscribed any more")
        if answer.status in (401, 403):
            raise AuthFailed(f"the push service answered {answer.status}: it does not take the hub's key")
        if answer.status == 201:
            return
        judge(answer, self.link.now())
        raise DeliveryFailed(f"the push service answered {answer.status}, which is not 'created'")


def open_web_push(settings: Mapping[str, Any], link: Link) -> Sender:
    """A sender to everybody's browsers."""
    bucket = Bucket(((settings["per_minute"], 60.0),), link.now)
    return WebPushSender(link, settings, bucket, Subscriptions(link))


def serve_push(link: Link, senders: Mapping[str, Sender]) -> None:
    """The routes by which people subscribe their browsers, where a channel is for it."""
    for name, sender in senders.items():
        if isinstance(sender, WebPushSender):
            PushRoutes(link, sender.subscriptions, name, tuple(sender.settings["services"])).add()
            return


def _subject(value: Any) -> str:
    """Whom a push service writes to when something is wrong."""
    text = value.removeprefix("mailto:") if isinstance(value, str) else value
    return valid.web_address(text) if isinstance(text, str) and "://" in text else f"mailto:{mailbox(text)}"


def _service(value: Any) -> str:
    return valid.web_address(value).rstrip("/")


WEB_PUSH = Channel(
    name="web_push",
    summary="Notices in people's browsers (Web Push)",
    schema=vol.Schema(
        {
            vol.Required("subject"): _subject,
            vol.Optional("services", default=list): vol.All([_service], vol.Length(max=20)),
            **limits(3000),
        }
    ),
    address=no_options,
    open=open_web_push,
)
