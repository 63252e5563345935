"""What of a sensitive notice shows where others may look: that there is one, and where to read it."""

from dataclasses import replace

from hub.api import Delivery
from integrations.notify.wording import phrase


def discreet(delivery: Delivery, site_url: str) -> Delivery:
    """The delivery without what the notice says: a neutral sentence and the link. Health is nobody else's affair.

    A notice without a link of its own leads to the person's page on the hub, where the site is reached from outside.
    """
    language = delivery.person.language
    neutral = replace(
        delivery.notice,
        title=phrase("private_title", language),
        message=phrase("private_message", language),
        evidence=(),
        url=delivery.notice.url or (f"{site_url}/#/me" if site_url else ""),
    )
    return replace(delivery, notice=neutral)
