"""The link to the sensor: how long it has been silent, and whether its gateway excuses it."""

from dataclasses import dataclass
from datetime import datetime

from integrations.manhole.change import Change
from integrations.manhole.settings import CoverSettings


@dataclass(slots=True)
class Silence:
    """When the sensor was heard, and from when its silence counts."""

    heard_at: datetime | None = None
    since: datetime | None = None  # heard, first watched, or its gateway came back
    offline: bool = False
    episode: str = ""
    alarmed: tuple[str, ...] = ()
    excused: bool = False  # its gateway is down
    grace_until: datetime | None = None  # its gateway came back; it may be silent for so long yet

    def watch(self, now: datetime) -> None:
        """Begin to count, once."""
        self.since = self.since or now

    def hear(self, at: datetime, reading: str) -> list[Change]:
        """A report of that time came."""
        self.heard_at = at
        self.since = max(self.since or at, at)
        self.grace_until = None
        if not self.offline:
            return []
        change = Change(kind="online", at=at, episode=self.episode, reading=reading)
        self.offline, self.episode, self.alarmed = False, "", ()
        return [change]

    def excuse(self, excused: bool, now: datetime, settings: CoverSettings) -> None:
        """Its gateway went down or came back; silence counts from then on."""
        if excused == self.excused:
            return
        self.excused = excused
        if not excused:
            self.since = max(self.since or now, now)
            if self.offline and not self.alarmed:
                self.grace_until = now + settings.offline_after

    def missing_at(self, settings: CoverSettings) -> datetime | None:
        """When silence means that a lid which is away is gone."""
        return None if self.excused or self.since is None else self.since + settings.missing_after

    def offline_at(self, settings: CoverSettings) -> datetime | None:
        """When silence means offline, or when the grace ends."""
        if self.offline:
            return None if self.excused else self.grace_until
        return None if self.since is None else self.since + settings.offline_after

    def elapse(self, at: datetime) -> list[Change]:
        """That moment has come."""
        self.grace_until = None
        if self.offline:
            return []
        heard = self.heard_at or self.since or at
        self.offline, self.episode = True, f"silent since {heard.isoformat()}"
        return [Change(kind="offline", at=at, episode=self.episode, reason="silent")]

    def condition(self) -> str | None:
        """The kind of alarm that is due."""
        waits = self.excused or self.grace_until is not None
        return "offline" if self.offline and not self.alarmed and not waits else None
