"""Which frames are new: by device, session and counter, with a memory that can be written down.

A frame heard by several gateways, delivered twice or kept back by a buffer must not count twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

PAST_SESSIONS = 4  # frames of these that come late are old


class Verdict(Enum):
    """What a frame is, seen from those before it."""

    new = "new"
    duplicate = "duplicate"  # this very frame was here
    backward = "backward"  # counted before one that was here, in the same session
    stale = "stale"  # of a session that has ended


@dataclass(frozen=True, slots=True)
class Frames:
    """What is remembered of one device; every step gives a new one."""

    session: str = ""
    f_cnt: int = -1  # the highest so far; -1: none in this session
    past: tuple[str, ...] = ()  # sessions that have ended, last one first
    backward: int = 0  # frames in a row that counted backwards
    joined: str = ""  # the last join's own id

    def take(self, session: str, f_cnt: int, *, relaxed: bool = False) -> tuple["Verdict", "Frames"]:
        """Judge a frame and say what to remember then.

        `relaxed` lets the counter begin again within a session (devices without join that lost their memory).
        """
        if session != self.session:
            if session in self.past:
                return Verdict.stale, self
            return Verdict.new, self._enter(session, f_cnt)
        if f_cnt > self.f_cnt or (relaxed and f_cnt < self.f_cnt):
            return Verdict.new, replace(self, f_cnt=f_cnt, backward=0)
        if f_cnt == self.f_cnt:
            return Verdict.duplicate, self
        return Verdict.backward, replace(self, backward=self.backward + 1)

    def join(self, session: str, marker: str = "") -> "Frames":
        """The device joined: its counter begins again. The same join heard twice changes nothing."""
        if (marker and marker == self.joined) or (session != self.session and session in self.past):
            return self
        return replace(self._enter(session, -1), joined=marker)

    def _enter(self, session: str, f_cnt: int) -> "Frames":
        known = self.f_cnt >= 0 or self.session != ""
        ended = (self.session, *self.past) if known and self.session != session else self.past
        past = tuple(one for one in ended if one != session)[:PAST_SESSIONS]
        return Frames(session, f_cnt, past, joined=self.joined)

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "session": self.session,
            "f_cnt": self.f_cnt,
            "past": list(self.past),
            "backward": self.backward,
            "joined": self.joined,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Frames":
        """What `to_plain` gave; ValueError when it is something else."""
        try:
            return cls(
                str(plain["session"]),
                int(plain["f_cnt"]),
                tuple(str(one) for one in plain["past"])[:PAST_SESSIONS],
                int(plain.get("backward", 0)),
                str(plain.get("joined", "")),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no memory of frames: {error}") from error
