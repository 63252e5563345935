"""The analyzers of one camera, each loaded by its import path; one that fails costs only itself."""

import importlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hub.api import Found, FrameAnalyzer, Pictures
from integrations.camera.picture import Picture

LARGEST = 16_384  # pixels of a drawing's side
MOST_DRAWINGS = 4  # of one find
REST = 10.0  # container seconds until an analyzer that failed gets another chance
Tell = Callable[[str, str], object]  # the analyzer's name, and what is wrong with it ("": nothing any more)
log = logging.getLogger("camera.analysis")


@dataclass(slots=True)
class _Seat:
    """One analyzer's place; empty while it rests."""

    name: str
    target: str
    settings: Mapping[str, Any]
    pause: float = 0.0  # container seconds between two pictures
    colour: bool = False
    due: float = float("-inf")
    analyzer: FrameAnalyzer | None = None
    rests_until: float | None = None  # None: for ever


def seat_of(item: Mapping[str, Any]) -> _Seat:
    """A seat for an analyzer as its declaration wants it; by default every picture, in luma."""
    rate = item.get("pictures_per_second")
    return _Seat(
        item["name"], item["target"], item["settings"],
        pause=1 / rate if rate else 0.0, colour=bool(item.get("colour")),
    )  # fmt: skip


class Analysis:
    """Feeds each picture to each analyzer. Made anew for each connection, as the stream's clock starts anew."""

    def __init__(self, camera: Mapping[str, Any], analyzers: Sequence[Mapping[str, Any]], tell: Tell) -> None:
        self._camera, self._tell = camera, tell
        self._seats = [seat_of(item) for item in analyzers]
        for seat in self._seats:
            self._fill(seat)

    def feed(
        self, luma: Picture, t: float, key_frame: bool, colour: Callable[[], Picture] | None = None,
        chroma: tuple[Picture, Picture] | None = None,
    ) -> list[Found]:  # fmt: skip
        """What they found by now, in this picture or before; `colour` makes BGR of it, for those who want that.

        `chroma`: its colour planes, handed to analyzers that have a method `take_chroma`.
        """
        due = [seat for seat in self._seats if t >= seat.due]
        for seat in due:
            if seat.pause:  # on average, whatever the stream's rate
                seat.due = max(seat.due + seat.pause, t + seat.pause / 2)
            if seat.analyzer is None and seat.rests_until is not None and t >= seat.rests_until:
                self._fill(seat)
        made: list[Picture] = []

        def picture(seat: _Seat) -> Picture:
            if not seat.colour or colour is None:
                return luma
            if not made:
                made.append(colour())
            return made[0]

        def feed(seat: _Seat, analyzer: FrameAnalyzer) -> Iterable[Found]:
            take_chroma = getattr(analyzer, "take_chroma", None)
            if take_chroma is not None:
                take_chroma(chroma)
            return analyzer.feed(picture(seat), t, key_frame)

        return self._ask(due, feed, t)

    @property
    def in_flight(self) -> bool:
        """Whether an analyzer follows something just now that it would lose (it has an attribute `in_flight`)."""
        return any(getattr(seat.analyzer, "in_flight", False) for seat in self._seats)

    @property
    def sees(self) -> bool:
        """Whether there is an analyzer that works."""
        return any(seat.analyzer is not None for seat in self._seats)

    def finish(self) -> list[Found]:
        """The stream is over: what they can still say."""
        return self._ask(self._seats, lambda _seat, analyzer: analyzer.finish(), 0.0)

    def _ask(
        self, seats: Iterable[_Seat], question: Callable[[_Seat, FrameAnalyzer], Iterable[Found]], t: float
    ) -> list[Found]:
        found: list[Found] = []
        for seat in seats:
            if seat.analyzer is None:
                continue
            try:
                found += question(seat, seat.analyzer)
            except Exception as error:  # noqa: BLE001 - an edge: a guest's analyzer must not blind the camera
                self._fail(seat, error, t + REST)
        return found

    def _fill(self, seat: _Seat) -> None:
        try:
            module, _, name = seat.target.partition(":")
            seat.analyzer = getattr(importlib.import_module(module), name)(self._camera, seat.settings)
        except Exception as error:  # noqa: BLE001 - the same edge, while loading; it can't work as configured
            self._fail(seat, error, None)
        else:
            self._tell(seat.name, "")

    def _fail(self, seat: _Seat, error: Exception, rests_until: float | None) -> None:
        seat.analyzer, seat.rests_until = None, rests_until
        log.error("analyzer %s of camera %s failed", seat.name, self._camera["id"], exc_info=error)
        self._tell(seat.name, str(error) or type(error).__name__)


def drawn(found: Found, pictures: Pictures, now: Picture) -> dict[str, Picture]:
    """The pictures that show what was found, by name; that of `now` under "" when it can't be drawn."""
    if found.draw is None:
        return {"": now}
    try:
        made = found.draw(pictures)
        named: dict[str, Picture] = dict(made) if isinstance(made, Mapping) else {"": made}
    except Exception:
        # The same edge: a drawing that fails must not hold back what was found.
        log.exception("what was found (%s) could not be drawn", found.kind)
        return {"": now}
    if not 0 < len(named) <= MOST_DRAWINGS or not all(is_bgr(picture) for picture in named.values()):
        log.error("the drawing of %s is no BGR picture", found.kind)
        return {"": now}
    return named


def is_bgr(picture: Any) -> bool:
    """Whether it is a picture (height, width, 3) that can be stored."""
    shape: tuple[int, ...] = getattr(picture, "shape", ())
    return len(shape) == 3 and shape[2] == 3 and 0 < max(shape) <= LARGEST and picture.dtype == np.uint8
