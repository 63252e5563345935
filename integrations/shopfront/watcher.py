"""Looks after the zones of one camera: which things stand there, since when, and when they are gone. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from integrations.shopfront.ground import Ground, Look, clean
from integrations.shopfront.item import AROUND, Item, grown, item_of
from integrations.shopfront.judging import NARROW, Verdict, depth, grey_change, judge
from integrations.shopfront.light import Values
from integrations.shopfront.window import Mask, Picture, Window, window_of
from integrations.shopfront.zones import Zone

BORN = 12.0  # seconds for which something must have been still to be looked at as a thing
SURE = 30.0  # seconds of stillness after which light, and what was taken away, become the ground
BORING = 300.0  # seconds after which what stands outside of the zones becomes the ground
GONE = 12.0  # seconds for which a thing must not be seen to be gone
ODD = 25.0  # seconds after which what stands in a thing's place is taken for what is left of it
LEFT = 0.35  # share of a thing that must be left then
STAGGERED = 7.0  # seconds between the first and the last part of a grey patch: a shadow that moves
TOGETHER, NEAR = 25.0, 6  # seconds and pixels between parts that are one thing
SMALLER = 0.6  # of the least size: measured things are a little smaller than they are
LEAST_PIXELS = 14
IN_ZONE = 0.4  # share of a thing that must lie in the zone
LOST_AFTER, UNTOLD_LOST_AFTER = (
    4 * 3600.0,
    1200.0,
)  # seconds until a thing that can't be found again is forgotten
NOT_THERE, THERE = 0.2, 0.6  # share of a thing that differs from a ground which never had it
TRY_AGAIN = 10.0  # seconds between two tries to find it
Closed = Callable[[Zone, float], float | None]


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to tell about a thing."""

    kind: Literal["left", "cleared"]
    item: Item
    zone: Zone
    t: float  # container seconds: when it was put there, or when it was gone
    share: float  # of the zone


class Watcher:
    """One camera's zones; `closed(zone, t)` says since when the zone must be clear, None when it need not be."""

    def __init__(self, zones: Sequence[Zone], closed: Closed = lambda _zone, _t: float("-inf")) -> None:
        self.zones, self._closed = tuple(zones), closed
        self.window: Window | None = None
        self.items: list[Item] = []
        self.look: Look | None = None
        self.changed = False  # whether there is something that should survive a restart
        self.size: tuple[int, int] = (0, 0)

    def open(self, width: int, height: int) -> None:
        """Begin with pictures of this size; ValueError when a zone lies outside of them."""
        self.size = (width, height)
        self.window = window_of([zone.points for zone in self.zones], width, height)
        self.ground = Ground(self.window.width, self.window.height)
        self.masks = [self.window.mask(zone.points) for zone in self.zones]
        self.areas = [max(1, int(np.count_nonzero(mask))) for mask in self.masks]
        self.items, self._scene, self._tried = [], 0, 0.0

    def feed(self, picture: Picture, t: float) -> list[Told]:
        """Take one picture (BGR); what there is to tell by now."""
        height, width = picture.shape[:2]
        if (width, height) != self.size:
            self.open(width, height)
        assert self.window is not None  # noqa: S101 - opened above
        self.look = look = self.ground.look(self.window.cut(picture), t)
        if self.ground.scene != self._scene:
            self._recognise(t, look)
        if look is None:
            return []
        for item in [item for item in self.items if not item.lost]:
            item.follow(self.ground.followed)
        self._find_again(look)
        told = [one for item in list(self.items) if not item.lost for one in self._attend(item, look)]
        self._unite()
        self.ground.keep(look, self._frozen())
        self._search(look)
        return told + [one for item in list(self.items) for one in self._tell(item, look)]

    def share(self, item: Item) -> float:
        """Of its zone that a thing covers."""
        inside = np.count_nonzero(item.mask & self.masks[item.zone])
        return float(inside) / self.areas[item.zone]

    def _frozen(self) -> Mask:
        mask = np.zeros(self.ground.shape, dtype=bool)
        for item in self.items:
            if not item.lost:
                mask |= item.mask
        return grown(mask, AROUND) if mask.any() else mask

    # --- things that are known ----------------------------------------------------------------------------

    def _attend(self, item: Item, look: Look) -> list[Told]:
        state = item.seen(look)
        if state == "present":
            item.gone_since = item.odd_since = None
            return []
        if state == "absent":
            item.gone_since = look.t if item.gone_since is None else item.gone_since
            return self._end(item) if look.t - item.gone_since >= GONE else []
        item.gone_since = None
        item.odd_since = look.t if item.odd_since is None else item.odd_since
        if look.t - item.odd_since >= ODD:
            self._reform(item, look)
        return []

    def _end(self, item: Item) -> list[Told]:
        self.items.remove(item)
        self.changed = True
        if not item.told:
            return []
        gone = item.gone_since or 0.0
        return [Told("cleared", item, self.zones[item.zone], gone, self.share(item))]

    def _reform(self, item: Item, look: Look) -> None:
        """Something else is there for a while: part of the thing, or another in its place."""
        still = item.mask & (self.ground.seen > BORN) & look.changed
        if np.count_nonzero(still) < LEFT * np.count_nonzero(item.mask):
            return
        since = item.since if item.told else self._since(still)
        fresh = item_of(still, since, item.zone, self.ground.long, self.ground.still)  # type: ignore[arg-type]
        item.redraw(fresh, since)
        item.odd_since = None

    def _recognise(self, t: float, look: Look | None) -> None:
        """The scene was learned anew, or is a former one again: which things are still in it?"""
        before, self._scene, self._tried = self._scene, self.ground.scene, t
        known = self.ground.scenes
        for item in self.items:
            if not item.lost:
                item.looks[before] = (item.clean, item.dirty)
            item.gone_since = item.odd_since = None
            if self._scene in item.looks:
                (item.clean, item.dirty), item.lost = item.looks[self._scene], False
                item.forget_moves()
            elif look is not None:
                self._look_at(item, look)
            else:
                assert self.ground.long is not None  # noqa: S101 - it was just learned
                self._look_for(item, self.ground.long)
            item.looks = {scene: pair for scene, pair in item.looks.items() if scene in known}

    def _look_at(self, item: Item, look: Look) -> None:
        """A thing of another scene, in a former one that is known without it."""
        share = float(look.changed[item.mask].mean())
        # What hides the whole scene, a truck that is back, shows no difference either.
        gone = share < NOT_THERE and item.recognised(look.values) == "absent"
        item.lost = share < THERE and not gone
        if item.lost:
            return
        assert self.ground.long is not None  # noqa: S101 - there is a look
        item.clean = self.ground.long[item.place].copy()
        if share >= THERE:
            item.dirty = look.values[item.place].copy()
        item.forget_moves()

    def _find_again(self, look: Look) -> None:
        """Look for lost things now and then; some are hidden only for a while."""
        if look.t - self._tried < TRY_AGAIN:
            return
        self._tried = look.t
        for item in [item for item in self.items if item.lost]:
            self._look_for(item, look.values)
            if item.lost and look.t - item.since > (LOST_AFTER if item.told else UNTOLD_LOST_AFTER):
                self.items.remove(item)

    def _look_for(self, item: Item, now: Values) -> None:
        """Put a thing back before its ground if it is there; it is lost while that can't be told."""
        state = item.recognised(now)
        item.lost = state == "hidden"
        if state != "present":
            return
        part = item.mask[item.place]
        change = (now[item.place] - item.dirty)[part]
        light = np.array([np.median(channel) for channel in change.T], np.float32)
        item.clean, item.dirty = item.clean + light, now[item.place].copy()
        item.forget_moves()
        self.ground.lay(item.place, grown(part, 1), item.clean)

    # --- things that are new ------------------------------------------------------------------------------

    def _search(self, look: Look) -> None:
        """New still patches: things, or the ground in another light."""
        still = (self.ground.seen >= BORN) & (self.ground.empty <= 0)
        for item in self.items:
            still &= ~item.mask
        still = clean(still)
        if not still.any():
            return
        _count, labels, stats, _middles = cv2.connectedComponentsWithStats(
            still.astype(np.uint8), connectivity=8
        )
        for number in range(1, len(stats)):
            patch = labels == number
            self._consider(patch, int(stats[number, cv2.CC_STAT_AREA]), look)

    def _consider(self, patch: Mask, size: int, look: Look) -> None:
        age = look.t - self._since(patch)
        zone = self._zone_of(patch, size)
        if zone is None:
            if age > BORING:
                self.ground.absorb(patch)
            return
        verdict = self._judge(patch)
        if verdict != "added":
            if age > SURE:
                self._doubt(patch)
                self.ground.absorb(grown(patch, 2) & (self.ground.seen > 0))
            return
        self._add(patch, zone)

    def _doubt(self, patch: Mask) -> None:
        """A part of what was taken away, still earlier than the rest, looks like a thing: only the whole tells."""
        reach = grown(patch, 3)
        for item in [item for item in self.items if not item.told and not item.lost]:
            if np.any(reach & item.mask) and self._judge_item(item, patch) != "added":
                self._give_up(item)

    def _give_up(self, item: Item) -> None:
        """It is no thing: the ground looks like that from now on."""
        self.ground.lay(item.place, grown(item.mask[item.place], 1), item.dirty)
        self.items.remove(item)
        self.changed = True

    def _judge(self, patch: Mask) -> Verdict:
        long = self.ground.long
        assert long is not None  # noqa: S101 - there is a look
        noise = float(np.median(self.ground.noise[..., 0][patch]))
        early, late = np.quantile(self.ground.since[patch], (0.2, 0.8))
        if late - early > STAGGERED and grey_change(self.ground.still - long, patch):
            return "light"
        if depth(patch) < NARROW and any(np.any(grown(patch, 2) & item.mask) for item in self.items):
            return "light"  # the rim of a thing, seen from a pixel aside
        return judge(long, np.where(patch[..., None], self.ground.still, long), patch, noise)

    def _judge_item(self, item: Item, more: Mask | None = None) -> Verdict:
        """What it is by all that was seen of it, with what is `more` of it."""
        long = self.ground.long
        assert long is not None  # noqa: S101 - there is a look
        before, now = long.copy(), long.copy()
        before[item.place], now[item.place] = item.clean, item.dirty
        whole = item.mask
        if more is not None:
            now[more & ~item.mask] = self.ground.still[more & ~item.mask]
            whole = clean(item.mask | more)
        return judge(before, now, whole, float(np.median(self.ground.noise[..., 0][item.mask])))

    def _since(self, patch: Mask) -> float:
        return self.ground.began + float(np.median(self.ground.since[patch]))

    def _zone_of(self, patch: Mask, size: int) -> int | None:
        """The zone that a patch lies in, if it is large enough for it."""
        best: int | None = None
        most = 0
        for number, (mask, area, zone) in enumerate(zip(self.masks, self.areas, self.zones, strict=True)):
            inside = int(np.count_nonzero(patch & mask))
            least = max(LEAST_PIXELS, SMALLER * zone.minimum * area)
            if inside >= least and inside >= IN_ZONE * size and inside > most:
                best, most = number, inside
        return best

    def _add(self, patch: Mask, zone: int) -> None:
        since = self._since(patch)
        near = [item for item in self.items if self._same(item, patch, since)]
        if near:
            self._renew(near[0], patch | near[0].mask, min(since, near[0].since))
            return
        item = item_of(patch, since, zone, self.ground.long, self.ground.still)  # type: ignore[arg-type]
        self.items.append(item)
        self.changed = True

    def _same(self, item: Item, patch: Mask, since: float) -> bool:
        """Whether a patch is a part of a thing: put there together, and close to it."""
        close = bool(np.any(grown(patch, NEAR) & item.mask))
        return not item.lost and close and abs(item.since - since) < TOGETHER

    def _unite(self) -> None:
        """Parts that grew together are one thing; what was told stays told."""
        for item in [item for item in self.items if not item.told]:
            for other in [other for other in self.items if other is not item]:
                if self._same(other, item.mask, item.since):
                    self.items.remove(item)
                    self._renew(other, other.mask | item.mask, min(other.since, item.since), item)
                    break

    def _renew(self, item: Item, patch: Mask, since: float, part: Item | None = None) -> None:
        """More of a thing has been seen: some pixels, or a part that had been taken for a thing of its own."""
        long = self.ground.long
        assert long is not None  # noqa: S101 - there is a look
        still = self.ground.still.copy()
        for known in [item, *([part] if part else [])]:
            still[known.place][known.mask[known.place]] = known.dirty[known.mask[known.place]]
        fresh = item_of(patch, since, item.zone, long, still)
        item.redraw(fresh, since)

    # --- telling ------------------------------------------------------------------------------------------

    def _tell(self, item: Item, look: Look) -> list[Told]:
        zone = self.zones[item.zone]
        closed = self._closed(zone, look.t)
        if item.told or item.lost or closed is None or look.t - max(item.since, closed) < zone.hold:
            return []
        if item.gone_since is not None or item.odd_since is not None or not item.still:
            return []
        if self._judge_item(item) != "added":
            self._give_up(item)
            return []
        item.told = self.changed = True
        return [Told("left", item, zone, item.since, self.share(item))]
