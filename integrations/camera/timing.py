"""How sane a stream's clock is, judged by the times of its pictures and of their arrival. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

LEAST_FOR_DRIFT = 3.0  # seconds of stream: less says nothing about a rate
GAP_TIMES, GAP_SECONDS = 3.0, 0.3  # a step is a gap when it is longer than usual by both


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What the times say; rates in pictures a second, steps in seconds."""

    fps: float  # pictures over the time they span
    usual_fps: float  # by the usual step: higher than `fps` where pictures are missing
    seconds: float
    gaps: int
    longest_step: float
    backwards: int  # steps that go back or stand still
    drift: float | None  # 0.01: the stream's clock runs 1 % fast against ours; None: can't be told


def judged(times: Sequence[float], arrivals: Sequence[float] = ()) -> Timing:
    """The timing of pictures at container `times`; `arrivals` are ours, for streams that come as they happen."""
    steps = [after - before for before, after in pairwise(times)]
    forward = [step for step in steps if step > 0]
    usual = median(forward) if forward else 0.0
    sane = [step for step in forward if step <= max(GAP_TIMES * usual, usual + GAP_SECONDS)]
    return Timing(
        fps=len(forward) / sum(forward) if forward else 0.0,
        usual_fps=1 / usual if usual else 0.0,
        seconds=sum(forward),
        gaps=len(forward) - len(sane),
        longest_step=max(forward, default=0.0),
        backwards=len(steps) - len(forward),
        drift=_drift(times, arrivals) if len(sane) == len(steps) else None,
    )


def _drift(times: Sequence[float], arrivals: Sequence[float]) -> float | None:
    """By the least delayed pictures of the first and the last third: networks only ever add delay."""
    third = len(times) // 3
    if not arrivals or not third or times[-1] - times[0] < LEAST_FOR_DRIFT:
        return None
    late = [arrival - t for t, arrival in zip(times, arrivals, strict=True)]
    begin = min(range(third), key=late.__getitem__)
    end = min(range(len(times) - third, len(times)), key=late.__getitem__)
    passed = arrivals[end] - arrivals[begin]
    return (times[end] - times[begin]) / passed - 1 if passed > 0 else None
