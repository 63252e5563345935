"""A guest whose alarms tests raise by hand."""

import asyncio
from typing import Any

import voluptuous as vol

from hub.api import Alarm, Integration, Link, Receipt
from hub.testing.kit import HubKit


class DoorForced(Alarm, frozen=True, kw_only=True):
    """Somebody forced a door."""

    door: str


async def run(link: Link, _config: Any) -> None:
    """Be there."""
    link.ready()
    await asyncio.Event().wait()


TOYS = Integration(
    name="toys",
    summary="Alarms raised by tests.",
    run=run,
    schema=vol.Schema(vol.Any(None, {})),
    events=(DoorForced,),
    entities=None,
)
# What collects is always well; the other channel is the test's.
SITE = """
    testing:
    toys:
    areas: [{id: b1}]
    notify:
      digest: {burst: 1000}  # each door by itself: what is tried here is the way, not the storm
      channels:
        collect: {}
    people:
      persons:
        - {id: mei, name: Mei, roles: guard, areas: b1, channels: [collect]}
    automation:
      - id: forced
        triggers: {trigger: event, event_type: door_forced}
        actions:
          - {action: notify.send, data: {audience: "role:guard", title: "{{ trigger.event.door }}"}}
    """


def force(hub: HubKit, door: str) -> Receipt:
    """Raise the alarm; the receipt is done when it is on the disk."""
    return hub.hub_of.bus.emit(DoorForced(at=hub.clock.now(), source="toys", door=door))


def told(hub: HubKit) -> list[str]:
    """Doors that people were told of over the channel that collects."""
    return sorted(delivery.notice.title for delivery in hub.deliveries)
