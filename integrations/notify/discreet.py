"""What of a sensitive notice shows where others may look: that there is one, and where to read it."""

from dataclasses import replace

from hub.api import Delivery
from integrations.notify.wording import phrase


def discreet(delivery: Delivery) -> Delivery:
    """The delivery without what the notice says: a neutral sentence and the link. Health is nobody else's affair."""
    language = delivery.person.language
    neutral = replace(
        delivery.notice,
        title=phrase("private_title", language),
        message=phrase("private_message", language),
        evidence=(),
    )
    return replace(delivery, notice=neutral)
