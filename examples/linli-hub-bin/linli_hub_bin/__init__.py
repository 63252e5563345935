"""Waste bins: how full they are, and an alarm when one must be emptied."""

from collections.abc import Iterable

from hub.api import Action, Broker, Entity, Integration, Reference, hookimpl
from linli_hub_bin.events import BinEmptied, BinFull
from linli_hub_bin.guest import fill_entity, run
from linli_hub_bin.section import EMPTIED, SECTION, BinConfig

__all__ = ["BinEmptied", "BinFull", "hub_integrations"]


def entities(bins: list[BinConfig]) -> Iterable[Entity]:
    """What the section brings to life, so that rules about it can be checked before anything runs."""
    return [fill_entity(one) for one in bins]


def references(bins: list[BinConfig]) -> Iterable[Reference]:
    """The areas that bins are said to stand in; `hub check` tells those that do not exist."""
    return [
        Reference(path=("bins", number, "area"), what="area", name=one.area)
        for number, one in enumerate(bins)
        if one.area
    ]


@hookimpl
def hub_integrations() -> Iterable[Integration]:
    """Declare `bin`."""
    yield Integration(
        name="bin",
        summary="Waste bins: how full they are, and an alarm when one must be emptied.",
        run=run,
        schema=SECTION,
        events=(BinFull, BinEmptied),
        actions=(Action(name="bin.emptied", summary="Note that the crew has emptied a bin", schema=EMPTIED),),
        needs=(Broker,),
        entities=entities,
        references=references,
    )
