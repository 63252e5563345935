"""The guest: listens to the sensors, keeps the entities, tells when a bin is full and when it was emptied."""

import asyncio
from functools import partial
from typing import Any

from hub.api import ActionRefused, Broker, Call, Entity, Link, Message, Receipt, derive_id, did_you_mean, slug
from linli_hub_bin.events import BinEmptied, BinFull
from linli_hub_bin.fullness import is_full, percent_full, read
from linli_hub_bin.section import BinConfig


def fill_entity(one: BinConfig) -> Entity:
    """The entity that shows how full a bin is."""
    return Entity(
        id=f"sensor.bin_{slug(one.id)}_fill",
        name=one.name,
        area=one.area,
        unit="%",
        icon="mdi:trash-can",
        state_class="measurement",
    )


class Bin:
    """One bin at work; that it is full is remembered over restarts, so that it is told once."""

    def __init__(self, link: Link, config: BinConfig) -> None:
        self._link, self.config = link, config
        self._fill = link.entity(fill_entity(config))
        known = link.memory.get(config.id, {"full": False, "episode": 0, "percent": 0})
        self._full, self._episode, self._percent = known["full"], known["episode"], known["percent"]

    def take(self, message: Message) -> Receipt | None:
        """One message of its sensor; the broker is told that it arrived when the receipt is fulfilled."""
        try:
            percent = percent_full(read(message.payload), self.config.depth_cm)
        except ValueError as error:
            self._link.problem(self.config.id, f"bin {self.config.id}: {error}", f"look at {message.topic}")
            return None
        self._link.clear(self.config.id)
        self._fill.set(percent)
        full = is_full(self._full, percent, self.config.full_at)
        if full == self._full:
            self._percent = percent
            return None
        return self._turn(full, percent, "")

    def emptied(self, call: Call) -> None:
        """The crew says so."""
        if not self._full:
            raise ActionRefused(f"bin '{self.config.id}' is not full")
        self._turn(False, 0, call.cause)

    def _turn(self, full: bool, percent: int, by: str) -> Receipt:
        """Full or emptied: the event and what is remembered are written together or not at all."""
        before, self._percent, self._full = self._percent, percent, full
        self._episode += full
        source, area = fill_entity(self.config).id, self.config.area
        with self._link.transaction() as unit:
            if full:
                # The same fullness, told twice by an impatient broker, is one alarm: its id says so.
                alarm = derive_id("bin", self.config.id, self._episode)
                at = self._link.now()
                self._link.emit(BinFull(at=at, source=source, area=area, id=alarm, percent=percent))
            else:
                self._link.emit(
                    BinEmptied(at=self._link.now(), source=source, area=area, percent=before, by=by)
                )
            self._link.memory.put(
                self.config.id, {"full": full, "episode": self._episode, "percent": percent}
            )
        return unit.receipt


async def run(link: Link, bins: list[BinConfig]) -> None:
    """Live until the hub ends it; whatever was registered is undone then."""
    broker = await link.need(Broker)
    there = {config.id: Bin(link, config) for config in bins}
    for one in there.values():
        link.keep(broker.subscribe(one.config.topic, one.take))
    link.action("bin.emptied", partial(note_emptied, there))
    link.ready()
    await asyncio.Event().wait()


def note_emptied(there: dict[str, Bin], call: Call) -> Any:
    """The action bin.emptied."""
    name = call.data["bin"]
    if name not in there:
        raise ActionRefused(f"there is no bin '{name}'; {did_you_mean(name, there)}")
    there[name].emptied(call)
