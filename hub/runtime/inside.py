"""What the API tells of the running hub itself."""

import asyncio
import shutil
from typing import TYPE_CHECKING, Any

from hub import __version__
from hub.config import Cache, ConfigUnreadable, Fault
from hub.runtime.metrics import resident_bytes
from hub.web.v1.system import GuestView, Inside

if TYPE_CHECKING:
    from hub.runtime.hub import Hub


def inside(hub: "Hub") -> Inside:
    """The hub as its API sees it."""

    async def check() -> list[Any]:
        try:
            # Beside the loop and with a cache of its own: large files take a while.
            read = await asyncio.to_thread(hub.read_files, Cache())
        except ConfigUnreadable as error:
            return [Fault(str(hub.config_dir), 0, 0, "", str(error))]
        return read.faults

    def name_of(account: str) -> str:
        found = hub.accounts.book.accounts.get(account)
        return found.name if found else account

    return Inside(status=lambda: _status(hub), check=check, name_of=name_of)


def _status(hub: "Hub") -> dict[str, Any]:
    place = hub.site.place
    return {
        "version": __version__,
        "name": place.name,
        "time_zone": place.zone.key,
        "language": place.language,
        "ready": hub.ready()[0],
        "memory_mib": round(resident_bytes() / 2**20, 1),
        "loop_lag_worst_s": round(hub.lag.worst, 3),
        "entities": len(hub.states.entities),
        "open_alarms": len(hub.alarms.all()),
        "outbox_pending": hub.store.outbox.pending,
        "outbox_dead": hub.store.outbox.dead,
        "disk_free_mib": shutil.disk_usage(hub.data_dir).free // 2**20,
        "integrations": [
            GuestView(
                name=name, state=guest.state, restarts=guest.restarts, error=guest.error, since=guest.since
            )
            for name, guest in hub.supervisor.guests.items()
        ],
    }
