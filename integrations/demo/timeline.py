"""When the simulated covers report, open and close; pure, so that a test can read the whole day."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

OPEN_ANGLE = 93.0  # degrees: thrown over
REST_ANGLE = 0.8  # degrees: no lid lies quite flat


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Seconds from the start: the first opening, the time between openings (0: only one), the time open."""

    covers: int
    heartbeat: float = 30.0
    after: float = 10.0
    every: float = 60.0
    open_for: float = 30.0


@dataclass(frozen=True, slots=True)
class Report:
    """One uplink that is due: seconds from the start, which cover, how far it is tilted."""

    at: float
    cover: int
    angle: float


def reports(rhythm: Rhythm) -> Iterator[Report]:
    """Every report in order of time, without end: heartbeats of all, and one cover after the other opening."""
    if not rhythm.covers:
        return
    angles = [REST_ANGLE] * rhythm.covers
    # (when, order among equals, cover, angle; None: a heartbeat)
    due: list[tuple[float, int, int, float | None]] = []
    for cover in range(rhythm.covers):
        # Spread over the first moments: each cover is known before the first one opens.
        due.append((rhythm.after * 0.5 * (cover + 1) / rhythm.covers, cover, cover, None))
    due.append((rhythm.after, rhythm.covers, 0, OPEN_ANGLE))
    order = rhythm.covers
    heapq.heapify(due)
    while due:
        at, _order, cover, angle = heapq.heappop(due)
        order += 1
        if angle is None:
            heapq.heappush(due, (at + rhythm.heartbeat, order, cover, None))
        else:
            angles[cover] = angle
            for following in _following(rhythm, at, cover, angle):
                order += 1
                heapq.heappush(due, (following.at, order, following.cover, following.angle))
        yield Report(at, cover, angles[cover])


def _following(rhythm: Rhythm, at: float, cover: int, angle: float) -> Iterator[Report]:
    """What an opening brings with it: the closing, and the next cover's opening."""
    if angle == OPEN_ANGLE:
        yield Report(at + rhythm.open_for, cover, REST_ANGLE)
        if rhythm.every:
            yield Report(at + rhythm.every, (cover + 1) % rhythm.covers, OPEN_ANGLE)
