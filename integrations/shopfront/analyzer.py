"""The frame analyzer: pictures of a camera in, finds with their pictures out. For camera workers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import cv2

from hub.api import Found
from integrations.shopfront.events import GoodsCleared, GoodsLeft
from integrations.shopfront.keeper import Keeper, Sighting
from integrations.shopfront.naming import open_namer
from integrations.shopfront.settings import zones_of

LEAST_STEP = 0.4  # seconds between two pictures: what moves must have had time to
KINDS = {"left": GoodsLeft.kind, "cleared": GoodsCleared.kind}


class ShopfrontAnalyzer:
    """One camera's zones."""

    def __init__(self, camera: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        detector = settings.get("detector")
        folder = camera.get("state_dir")
        self._late = 0.0  # from container seconds to seconds since 1970
        self._t = float("-inf")
        self._keeper = Keeper(
            zones_of(settings),
            zone_of_time=ZoneInfo(camera.get("zone", "UTC")),
            memory=Path(folder) / "shopfront.npz" if folder else None,
            wall=lambda t: t + self._late,
            namer=open_namer(detector) if detector else None,
            ignored=detector["ignore"] if detector else (),
        )

    def feed(self, luma: Any, t: float, key_frame: bool) -> Iterable[Found]:
        """As the port says. The picture is BGR, as the declaration wants it; in luma less would be found."""
        if 0 <= t - self._t < LEAST_STEP:
            return ()
        self._late, self._t = time.time() - t, t
        picture = cv2.cvtColor(luma, cv2.COLOR_GRAY2BGR) if luma.ndim == 2 else luma
        return [found_of(sighting) for sighting in self._keeper.feed(picture, t)]

    def finish(self) -> Iterable[Found]:
        """As the port says: what stands there is kept for the next stream."""
        self._keeper.finish(self._t)
        return ()


def open_analyzer(camera: Mapping[str, Any], settings: Mapping[str, Any]) -> ShopfrontAnalyzer:
    """The analyzer of a camera; ValueError says what is wrong with its detector."""
    return ShopfrontAnalyzer(camera, settings)


def found_of(sighting: Sighting) -> Found:
    """A sighting as an event's fields."""
    fields: dict[str, Any] = {
        "zone": sighting.zone.name,
        "goods": sighting.goods,
        "share": round(sighting.share, 4),
        "box": list(sighting.box),
        "thing": sighting.thing,
    }
    if sighting.kind == "cleared":
        fields["stayed"] = round(sighting.stayed, 1)
    pictures = {
        name: picture
        for name, picture in (("before", sighting.before), ("after", sighting.after))
        if picture is not None
    }
    return Found(
        kind=KINDS[sighting.kind],
        started=sighting.at,
        ended=sighting.seen,
        fields=fields,
        draw=lambda _pictures: pictures,
        key=sighting.goods,
        clip=False,  # nobody is blurred in the stream's own packets
    )
