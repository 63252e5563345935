"""Channel `log`: shows notices in the hub's own log, for the first day and for the control room's screen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from hub.api import Channel, Delivery, Link, Sender
from integrations.notify.wording import headline, local_time, phrase


def show(delivery: Delivery, when: str) -> str:
    """A notice as people read it on a terminal; the recipient by id only."""
    notice, language = delivery.notice, delivery.person.language
    lines = [f"{headline(notice, language)}  → {delivery.person.id}"]
    lines += [f"    {line}" for line in notice.message.splitlines()]
    if notice.evidence:
        shown = ", ".join(item.path or item.text for item in notice.evidence)
        lines.append(f"    {phrase('evidence', language)}: {shown}")
    if notice.url:
        lines.append(f"    {phrase('more', language)}: {notice.url}")
    lines.append(f"    {when}")
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class LogSender:
    """Writes to the log."""

    link: Link

    async def send(self, delivery: Delivery) -> str:
        """Show the notice; it has arrived when it is in the log."""
        when = local_time(delivery.notice.at, self.link.site.zone)
        self.link.log.info("%s", show(delivery, when), extra={"delivery": delivery.key})
        return ""


def open_log(_settings: Mapping[str, Any], link: Link) -> Sender:
    """A sender into this hub's log."""
    return LogSender(link)


def no_options(value: Any) -> dict[str, Any]:
    """The log needs no address."""
    if value:
        raise vol.Invalid("the log channel takes no address; write just its name")
    return {}


LOG = Channel(
    name="log",
    summary="Shows notices in the hub's log and on its terminal",
    schema=vol.Schema({}),
    address=no_options,
    open=open_log,
    shared=True,
)
