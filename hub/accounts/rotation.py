"""How a console session's secret changes: each serves half an hour, and a former one that comes back is a stolen one.

A new secret is handed out with an answer; it comes into force when the browser first uses it, so that an answer that
was lost signs nobody out. The one before then serves a minute longer, for requests that were under way.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

from hub.accounts.records import Session

TURN = timedelta(minutes=30)  # a secret serves so long
GRACE = timedelta(minutes=1)  # for requests under way
IDLE = {"console": timedelta(days=7), "client": timedelta(days=90)}  # without use a session ends
LASTS = {"console": timedelta(days=30), "client": timedelta(days=3650), "token": timedelta(days=3650)}
SPENT_KEPT = 32  # former secrets that are known again
SEEN_EVERY = timedelta(minutes=5)  # how exactly the last use is known


class Shown(Enum):
    """What a secret that was shown means for its session."""

    good = "good"
    over = "over"  # the session's time is past
    stolen = "stolen"  # a former secret: somebody else has it, or had


def judge(session: Session, digest: str, now: datetime) -> Shown:
    """What showing this secret means."""
    if is_over(session, now):
        return Shown.over
    if digest in (session.digest, session.waiting):
        return Shown.good
    under_way = not session.waiting and now < session.changed + GRACE
    return Shown.good if under_way and digest in session.spent[-1:] else Shown.stolen


def is_over(session: Session, now: datetime) -> bool:
    """Whether its time is past: at its end, or after long disuse."""
    idle = IDLE.get(session.kind)
    return now >= session.expires or (idle is not None and now >= session.used + idle)


def advance(session: Session, digest: str, now: datetime) -> Session:
    """The session after a good secret was shown: the waiting one comes into force."""
    if not digest or digest != session.waiting:
        return session
    spent = (*session.spent, session.digest)[-SPENT_KEPT:]
    return replace(session, digest=digest, waiting="", spent=spent, changed=now)


def is_due(session: Session, digest: str, now: datetime) -> bool:
    """Whether the next secret should be handed out to who shows this one."""
    served = now - session.changed
    return digest == session.digest and served >= (GRACE if session.waiting else TURN)


def hand_out(session: Session, following: str, now: datetime) -> Session:
    """The session with the next secret on its way; one that was on its way and never used is a former one."""
    lost = (session.waiting,) if session.waiting else ()
    spent = (*session.spent, *lost)[-SPENT_KEPT:]
    return replace(session, waiting=following, spent=spent, changed=now)
