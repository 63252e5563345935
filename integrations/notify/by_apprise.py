"""Channel `apprise`: some hundred more services through the library of that name, which is an extra.

Of 16 of its services that were tried, 15 report success when the provider answers 200 with an error inside: what this
channel calls delivered may never have arrived. Take it for what no other channel here reaches, and never alone.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import voluptuous as vol

from hub.api import Channel, ConfigError, Delivery, DeliveryFailed, Link, Sender, Severity
from integrations.notify.bucket import Bucket
from integrations.notify.fitting import compose
from integrations.notify.options import limits
from integrations.notify.provider import is_urgent
from integrations.notify.terminal import no_options
from integrations.notify.wording import headline

MOST_TEXT = 2000  # bytes; each service cuts at its own limit, too
KINDS: Mapping[Severity, str] = {
    Severity.info: "info",
    Severity.warning: "warning",
    Severity.critical: "failure",
}


@dataclass(frozen=True, slots=True)
class AppriseSender:
    """Hands notices to one service of Apprise's."""

    library: ModuleType
    settings: Mapping[str, Any]
    bucket: Bucket

    async def send(self, delivery: Delivery) -> str:
        """Send; Apprise says yes or no and nothing more."""
        self.bucket.take(urgent=is_urgent(delivery))
        service = self.library.Apprise()
        if not service.add(self.settings["url"]):
            raise DeliveryFailed("Apprise does not understand the address")
        sent = await service.async_notify(
            title=headline(delivery.notice, delivery.person.language),
            body=compose(delivery, MOST_TEXT).partition("\n")[2] or delivery.notice.title or "…",
            notify_type=KINDS[delivery.notice.severity],
        )
        if not sent:  # True, False or None; since 2.0 an object that counts as one of them
            raise DeliveryFailed("Apprise says that its service did not take it")
        return ""


def open_apprise(settings: Mapping[str, Any], link: Link) -> Sender:
    """A sender to one service; ConfigError when the library or the service is not there."""
    try:
        apprise = importlib.import_module("apprise")  # loads a hundred services: only where it is used
    except ImportError as error:
        raise ConfigError(
            "channels of type 'apprise' need an extra: pip install 'linli-hub[apprise]'"
        ) from error
    if not apprise.Apprise().add(settings["url"]):
        raise ConfigError("Apprise does not understand the address of this channel; see its list of services")
    return AppriseSender(apprise, settings, Bucket(((settings["per_minute"], 60.0),), link.now))


_ADDRESS = vol.All(
    str,
    vol.Match(
        r"^[a-z0-9]{1,30}://\S{1,1500}$", msg="an address of Apprise's such as discord://id/token is needed"
    ),
)
APPRISE = Channel(
    name="apprise",
    summary="Other services, through Apprise (an extra); most of them report success on an error in a 200",
    schema=vol.Schema({vol.Required("url"): _ADDRESS, **limits(60)}),
    address=no_options,
    open=open_apprise,
    shared=True,
)
