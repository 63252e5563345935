"""The analyzers of one camera, each loaded by its import path; one that fails costs only itself."""

import importlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.api import Found, FrameAnalyzer
from integrations.camera.picture import Picture

LARGEST = 16_384  # pixels of a drawing's side
REST = 10.0  # container seconds until an analyzer that failed gets another chance
Tell = Callable[[str, str], object]  # the analyzer's name, and what is wrong with it ("": nothing any more)
log = logging.getLogger("camera.analysis")


@dataclass(slots=True)
class _Seat:
    """One analyzer's place; empty while it rests."""

    name: str
    target: str
    settings: Mapping[str, Any]
    analyzer: FrameAnalyzer | None = None
    rests_until: float | None = None  # None: for ever


class Analysis:
    """Feeds each picture to each analyzer. Made anew for each connection, as the stream's clock starts anew."""

    def __init__(self, camera: Mapping[str, Any], analyzers: Sequence[Mapping[str, Any]], tell: Tell) -> None:
        self._camera, self._tell = camera, tell
        self._seats = [_Seat(item["name"], item["target"], item["settings"]) for item in analyzers]
        for seat in self._seats:
            self._fill(seat)

    def feed(self, luma: Picture, t: float, key_frame: bool) -> list[Found]:
        """What they found by now, in this picture or before."""
        for seat in self._seats:
            if seat.analyzer is None and seat.rests_until is not None and t >= seat.rests_until:
                self._fill(seat)
        return self._ask(lambda analyzer: analyzer.feed(luma, t, key_frame), t)

    def finish(self) -> list[Found]:
        """The stream is over: what they can still say."""
        return self._ask(lambda analyzer: analyzer.finish(), 0.0)

    def _ask(self, question: Callable[[FrameAnalyzer], Iterable[Found]], t: float) -> list[Found]:
        found: list[Found] = []
        for seat in self._seats:
            if seat.analyzer is None:
                continue
            try:
                found += question(seat.analyzer)
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


def drawn(found: Found, pictures: Callable[[], Iterator[tuple[float, Picture]]], now: Picture) -> Picture:
    """The picture that shows what was found; that of `now` when it can't be drawn."""
    if found.draw is None:
        return now
    try:
        picture: Picture = found.draw(pictures())
    except Exception:
        # The same edge: a drawing that fails must not hold back what was found.
        log.exception("what was found (%s) could not be drawn", found.kind)
        return now
    shape: tuple[int, ...] = getattr(picture, "shape", ())
    if len(shape) != 3 or shape[2] != 3 or not 0 < max(shape) <= LARGEST or picture.dtype != now.dtype:
        log.error("the drawing of %s is no BGR picture", found.kind)
        return now
    return picture
