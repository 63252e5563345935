"""When the processor is short: how far one camera falls behind, and what it then does without, step by step. Pure.

Each camera decides for itself; threads share the processor fairly, so that what one gives up all others gain.
"""

from collections import deque
from dataclasses import dataclass

LATE = 1.0  # seconds behind: analyzers get every second picture
BEHIND, BEHIND_IN_FLIGHT = (
    2.5,
    6.0,
)  # pictures are passed over up to the next key frame; later while something falls
WINDOW = 15.0  # seconds; the least delay of the last one or two counts as none
WAITING = (
    0.3  # share of time spent waiting for pictures above which nobody is short of time, whatever clocks say
)
CALM_S = 60.0  # seconds without falling behind, after which one step is taken back
REMEDY = (
    "give the hub more processor cores, move cameras to another machine, or lower the cameras' frame rate or "
    "resolution; docs/performance.md says what a core carries"
)
EVERYTHING, EVERY_SECOND, GAPS = range(3)
TEXTS = {
    EVERYTHING: "",
    EVERY_SECOND: "the processor is short: only every second picture is looked at",
    GAPS: "the processor is short: stretches of the stream are passed over, unseen",
}


@dataclass(slots=True)
class Share:
    """Pictures that came and that were looked at, since the last report."""

    came: int = 0
    looked: int = 0

    def per_cent(self) -> float | None:
        """The share looked at, and a new beginning; None when none came."""
        came, looked = self.came, self.looked
        self.came = self.looked = 0
        return round(100 * min(1.0, looked / came), 1) if came else None


class Burden:
    """One camera's delay and the step it has come to. Times: container seconds `t`, monotonic seconds `now`."""

    def __init__(self) -> None:
        self.step = EVERYTHING
        self._least = self._least_before = float("inf")
        self._window_ends = self._last_late = float("-inf")
        self._waits: deque[tuple[float, float]] = deque()
        self._turn = False

    def restart(self) -> None:
        """Another connection: delays are counted anew, the step stays."""
        self._least = self._least_before = float("inf")
        self._window_ends = float("-inf")
        self._waits.clear()

    def waited(self, seconds: float, now: float) -> None:
        """Note how long the camera's thread waited for what came at `now`."""
        self._waits.append((now, seconds))
        while now - self._waits[0][0] > LATE + BEHIND:
            self._waits.popleft()

    def must_skip(self, t: float, now: float, *, in_flight: bool) -> bool:
        """Judge the delay of the picture of `t`; True when the next ones are to be passed over to catch up."""
        delay = self._delay(t, now)
        short = self._is_short(now)
        if not short or delay < LATE:
            self._relax(now)
            return False
        self._last_late = now
        self.step = max(self.step, EVERY_SECOND)
        if delay < (BEHIND_IN_FLIGHT if in_flight else BEHIND):
            return False
        self.step = GAPS
        return True

    def may_look(self, *, in_flight: bool) -> bool:
        """Whether this picture is to be looked at; what is in flight is followed in every one."""
        self._turn = not self._turn
        return self.step == EVERYTHING or in_flight or self._turn

    def _delay(self, t: float, now: float) -> float:
        delay = now - t
        if now >= self._window_ends:
            self._least_before, self._least, self._window_ends = self._least, delay, now + WINDOW
        self._least = min(self._least, delay)
        return delay - min(self._least, self._least_before)

    def _is_short(self, now: float) -> bool:
        """Whether hardly any time was spent waiting lately."""
        if len(self._waits) < 2 or now - self._waits[0][0] < 0.5:
            return False
        return sum(seconds for _at, seconds in self._waits) < WAITING * (now - self._waits[0][0])

    def _relax(self, now: float) -> None:
        if self.step != EVERYTHING and now - self._last_late > CALM_S:
            self.step, self._last_late = self.step - 1, now
