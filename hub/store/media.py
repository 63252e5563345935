"""What is forgotten of the evidence: pictures and clips past their time or beyond their room, the oldest first.

What is past its days goes, as people were promised. Where only room is lacking, evidence of open alarms goes last.
"""

import asyncio
import logging
import os
import re
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from hub.store.clock import Clock, Timer
from hub.store.trouble import Clear, Report

PROBLEM = "store.media"
FULL = "store.media.full"
PART = ".part"  # of a file that is being written
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = len("235959-999")
_STALE = 3600.0  # seconds: nobody writes one file for that long
_FIRST_SWEEP, _NEXT_SWEEP = timedelta(minutes=6), timedelta(hours=1)
_GIBIBYTE = 1 << 30
_MEBIBYTE = 1 << 20
_LAST_MOMENT = 253_402_300_799  # the end of 9999, in seconds since 1970

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepMedia:
    """How long evidence is kept, and how much of it."""

    age: timedelta = timedelta(days=90)
    size: int = 50 * _GIBIBYTE  # bytes

    @classmethod
    def of(cls, history: Mapping[str, int]) -> "KeepMedia":
        """As the section `history:` says."""
        return cls(age=timedelta(days=history["keep_media_days"]), size=history["keep_media_gib"] * _GIBIBYTE)


@dataclass(slots=True)
class MediaSwept:
    """What one sweep did."""

    files: int = 0
    freed: int = 0  # bytes
    left: int = 0  # bytes
    open_files: int = 0  # of those deleted, evidence of open alarms
    faults: list[str] = field(default_factory=list)


class _Found(NamedTuple):
    folder: str
    name: str
    day: date
    size: int
    changed: float  # seconds since 1970

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.name}"

    @property
    def is_part(self) -> bool:
        return self.name.endswith(PART)

    @property
    def moment(self) -> tuple[date, str]:
        """What it is evidence of: a file's name begins with the time of day, to the millisecond."""
        return self.day, self.name[:_MOMENT]


class MediaSweep:
    """One look through the media folder; never follows a link, so that it never leaves it."""

    def __init__(
        self,
        folder: Path,
        now: datetime,
        keep: KeepMedia,
        stop: threading.Event,
        open_at: Iterable[datetime] = (),
    ) -> None:
        self._folder, self._now, self._keep, self._stop = folder, now, keep, stop
        self._open = frozenset(moment_of(at) for at in open_at)
        self._done = MediaSwept()

    def run(self) -> MediaSwept:
        """Delete what is due. Holds the figures of each day and the files of one, however many there are."""
        days: dict[date, int] = {}
        held = 0
        for found in self._files():
            if found.is_part:
                if self._now.timestamp() - found.changed > _STALE:
                    self._delete(found)
            elif self._is_held(found):
                held += found.size
            else:
                days[found.day] = days.get(found.day, 0) + found.size
        self._done.left = held + sum(days.values())
        past, last = self._due(days, held)
        if past or last is not None or self._done.left > self._keep.size:
            self._forget(past, last)
        return self._done

    def _is_past(self, day: date) -> bool:
        return day < (self._now - self._keep.age).date()

    def _is_held(self, found: _Found) -> bool:
        """Evidence of an open alarm that is not past its days."""
        return found.moment in self._open and not self._is_past(found.day)

    def _due(self, days: dict[date, int], held: int) -> tuple[set[date], date | None]:
        """Days that go as a whole, and the one that goes in part; what is held goes with neither."""
        past = {day for day in days if self._is_past(day)}
        left = held + sum(size for day, size in days.items() if day not in past)
        for day in sorted(days.keys() - past):
            if left <= self._keep.size:
                break
            if left - days[day] < self._keep.size:
                return past, day
            past.add(day)
            left -= days[day]
        return past, None

    def _forget(self, past: set[date], last: date | None) -> None:
        of_last: list[_Found] = []
        held: list[_Found] = []
        folders: set[str] = set()
        for found in self._files():
            if found.is_part:
                continue
            if self._is_held(found):
                held.append(found)
            elif found.day in past:
                self._delete(found)
                folders.add(found.folder)
            elif found.day == last:
                of_last.append(found)
        # The names of a day's files begin with the time of day.
        for found in sorted(of_last, key=lambda found: (found.name, found.folder)):
            if self._done.left <= self._keep.size:
                break
            self._delete(found)
        for found in sorted(held, key=lambda found: (found.day, found.name, found.folder)):
            if self._done.left <= self._keep.size:
                break
            self._done.open_files += self._delete(found)
        for folder in folders:
            self._remove_if_empty(folder)

    def _delete(self, found: _Found) -> bool:
        if self._stop.is_set():
            return False
        try:
            os.unlink(found.path)
        except FileNotFoundError:
            pass
        except OSError as error:
            self._fault(found.path, error)
            return False
        self._done.files += 1
        self._done.freed += found.size
        if not found.is_part:
            self._done.left -= found.size
        return True

    def _remove_if_empty(self, folder: str) -> None:
        """A day that is over: nobody is about to write into it."""
        day = _day_of(os.path.basename(folder))
        if day is None or day >= self._now.date() - timedelta(days=1):
            return
        try:
            if not os.listdir(folder):
                os.rmdir(folder)
        except OSError as error:
            self._fault(folder, error)

    def _files(self) -> Iterator[_Found]:
        """Every regular file below the folder."""
        waiting: list[tuple[str, date | None]] = [(str(self._folder), None)]
        while waiting and not self._stop.is_set():
            folder, day = waiting.pop()
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append((entry.path, _day_of(entry.name) or day))
                        else:
                            yield from _file(folder, entry, day)
            except FileNotFoundError:
                continue
            except OSError as error:
                self._fault(folder, error)

    def _fault(self, path: str, error: OSError) -> None:
        if len(self._done.faults) < 3:
            self._done.faults.append(f"{path}: {error.strerror or error}")


def _file(folder: str, entry: os.DirEntry[str], day: date | None) -> Iterator[_Found]:
    try:
        facts = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    if stat.S_ISREG(facts.st_mode):
        yield _Found(folder, entry.name, day or _day_at(facts.st_mtime), facts.st_size, facts.st_mtime)


def moment_of(at: datetime) -> tuple[date, str]:
    """How files name the moment of an alarm."""
    at = at.astimezone(UTC)
    return at.date(), f"{at:%H%M%S}-{at.microsecond // 1000:03d}"


def _day_at(seconds: float) -> date:
    """The day of a moment; a file system may hold any number there, and 1970 to 9999 is what can be told."""
    return datetime.fromtimestamp(min(max(seconds, 0), _LAST_MOMENT), UTC).date()


def _day_of(name: str) -> date | None:
    """The day that a folder is named for."""
    if not _DAY.fullmatch(name):
        return None
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None


class MediaRetention:
    """Sweeps the media folder every hour, in a thread of its own; `stop` ends it."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        keep: KeepMedia,
        report: Report,
        clear: Clear,
        open_at: Callable[[], Iterable[datetime]] = tuple,  # moments of the open alarms
    ) -> None:
        self._folder, self._clock, self._keep, self._open_at = folder, clock, keep, open_at
        self._report, self._clear = report, clear
        self._timer: Timer | None = None
        self._sweeping: asyncio.Task[None] | None = None
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin to wait for the first sweep, some minutes after the start."""
        self._timer = self._clock.call_at(self._clock.now() + _FIRST_SWEEP, self._begin)

    async def stop(self) -> None:
        """Sweep no more; a sweep under way ends at its next file."""
        self._stop.set()
        if self._timer is not None:
            self._timer.cancel()
        if self._sweeping is not None:
            await self._sweeping

    def _begin(self) -> None:
        self._timer = self._clock.call_at(self._clock.now() + _NEXT_SWEEP, self._begin)
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.get_running_loop().create_task(self._sweep(), name="media: sweep")

    async def _sweep(self) -> None:
        sweep = MediaSweep(self._folder, self._clock.now(), self._keep, self._stop, self._open_at())
        done = await asyncio.to_thread(sweep.run)
        if done.files:
            freed, left = done.freed / _MEBIBYTE, done.left / _MEBIBYTE
            log.info("deleted %d old files of evidence, %.1f MiB; %.1f MiB are left", done.files, freed, left)
        if done.open_files:
            text = (
                f"{done.open_files} pictures and clips of open alarms were deleted: there is no room for them"
            )
            self._report(
                FULL, text, "raise `keep_media_gib` under `history:`, or close alarms that are settled"
            )
        else:
            self._clear(FULL)
        if done.faults:
            text = f"old evidence can't be deleted: {'; '.join(done.faults)}"
            remedy = f"make everything under {self._folder} writable for the hub's user"
            self._report(PROBLEM, text, remedy)
        else:
            self._clear(PROBLEM)
