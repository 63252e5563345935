"""Watches one camera's zones, with what belongs to a find: its name for good, its pictures, what it is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Literal

import numpy as np

from integrations.shopfront.item import Item
from integrations.shopfront.naming import Namer
from integrations.shopfront.remembering import load, save
from integrations.shopfront.showing import Album, Box, jpeg, marked, opened, smaller
from integrations.shopfront.watcher import Told, Watcher
from integrations.shopfront.window import Picture
from integrations.shopfront.zones import Zone

SAVE_EVERY, SAVE_CHANGES = 300.0, 20.0  # seconds; what was told is saved at once
CLEAR_OF = 3.0  # seconds before the start at which nobody puts it down yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A find with all that there is to tell; times are container seconds."""

    kind: Literal["left", "cleared"]
    goods: str  # the same for leaving and clearing, also after a restart
    zone: Zone
    at: float
    seen: float
    stayed: float
    share: float
    box: Box
    thing: str
    before: Picture | None
    after: Picture | None


class Keeper:
    """`wall(t)` is container time `t` in seconds since 1970; `memory` is the file that survives restarts."""

    def __init__(
        self,
        zones: Sequence[Zone],
        *,
        zone_of_time: tzinfo = UTC,
        memory: Path | None = None,
        wall: Callable[[float], float] = lambda t: t,
        namer: Namer | None = None,
        ignored: Sequence[str] = (),
    ) -> None:
        self._time_zone, self._memory, self._namer, self._ignored = (
            zone_of_time,
            memory,
            namer,
            frozenset(ignored),
        )
        self._wall = wall
        self._watcher = Watcher(zones, self._closed)
        self._album = Album()
        self._about: dict[int, dict[str, Any]] = {}
        self._started, self._saved, self._told = False, 0.0, False

    def feed(self, picture: Picture, t: float) -> list[Sighting]:
        """Take one picture (BGR) of container time `t`; what there is to tell by now."""
        if not self._started:
            self._start(picture, t)
        elif self._told or t - self._saved >= (SAVE_CHANGES if self._watcher.changed else SAVE_EVERY):
            # Only now, a picture later: what was told then has left this process.
            self._save(t)
        self._album.note(picture, t)
        told = self._watcher.feed(picture, t)
        known = {id(item) for item in self._watcher.items}
        for item in self._watcher.items:
            if id(item) not in self._about:
                self._about[id(item)] = {
                    "goods": self._name(item), "before": self._album.before(item.since - CLEAR_OF)
                }  # fmt: skip
        sightings = [one for find in told for one in self._sighting(find, picture, t)]
        self._told = bool(sightings)
        for gone in [key for key in self._about if key not in known]:
            del self._about[gone]
        return sightings

    def finish(self, t: float) -> None:
        """The stream ended: what is known is kept for the next."""
        if self._started:
            self._save(t)

    def _start(self, picture: Picture, t: float) -> None:
        self._started, self._saved = True, t
        self._watcher.open(picture.shape[1], picture.shape[0])
        if self._memory is None:
            return
        self._about = load(self._memory, self._watcher, t, self._wall(t))

    def _save(self, t: float) -> None:
        self._saved, self._watcher.changed = t, False
        if self._memory is not None:
            save(self._memory, self._watcher, t, self._wall(t), self._about)

    def _name(self, item: Item) -> str:
        """By its zone, place and start: found out once, then kept."""
        ys, xs = np.nonzero(item.mask)
        begun = datetime.fromtimestamp(self._wall(item.since), UTC)
        zone = self._watcher.zones[item.zone].name
        return f"{zone} {begun:%Y-%m-%dT%H:%M:%S}Z {int(xs.mean())},{int(ys.mean())}"

    def _closed(self, zone: Zone, t: float) -> float | None:
        """Since when, in container seconds, the zone must be clear."""
        now = self._wall(t)
        since = zone.closed_since(datetime.fromtimestamp(now, self._time_zone)) if zone.hours else None
        if zone.hours and since is None:
            return None
        return float("-inf") if since is None else t - (now - since.timestamp())

    def _sighting(self, find: Told, picture: Picture, t: float) -> list[Sighting]:
        about, box = self._about[id(find.item)], self._box(find.item)
        left = find.kind == "left"
        if left and self._namer is not None:
            find.item.named = self._namer.name(picture, box)
            if find.item.named in self._ignored:
                find.item.told = False
                find.item.forget_moves()  # asked again when it has held still for a while
                return []
        clean = smaller(self._album.passers.hide(picture, [box] if left else []))
        before = about["before"] if left else about.get("after", b"")
        about["after"] = jpeg(clean)
        stayed = find.t - find.item.since if not left else t - find.item.since
        sighting = Sighting(
            kind=find.kind, goods=about["goods"], zone=find.zone, at=find.t, seen=t, stayed=stayed,
            share=find.share, box=box, thing=find.item.named,
            before=self._marked(before, picture, box, find, find.item.since, there=not left),
            after=self._marked(about["after"], picture, box, find, t, there=left),
        )  # fmt: skip
        return [sighting]

    def _marked(
        self, data: bytes, full: Picture, box: Box, find: Told, t: float, *, there: bool
    ) -> Picture | None:
        picture = opened(data)
        if picture is None:
            return None
        moment = datetime.fromtimestamp(self._wall(t), self._time_zone)
        before = there != (find.kind == "left")
        words = f"{'before' if before else 'after'} {moment:%Y-%m-%d %H:%M:%S}"
        return marked(picture, full.shape[1], box, find.zone.points, words, there=there)

    def _box(self, item: Item) -> Box:
        window = self._watcher.window
        assert window is not None  # noqa: S101 - there is an item
        ys, xs = np.nonzero(item.mask)
        left, top = window.full(int(xs.min()), int(ys.min()))
        right, bottom = window.full(int(xs.max()) + 1, int(ys.max()) + 1)
        return max(0, int(left)), max(0, int(top)), int(right), int(bottom)
