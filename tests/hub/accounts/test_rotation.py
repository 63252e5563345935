"""The state machine of a console session: its owner stays, a thief is found out."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.accounts.records import Session
from hub.accounts.rotation import (
    GRACE,
    IDLE,
    LASTS,
    SPENT_KEPT,
    TURN,
    Shown,
    advance,
    hand_out,
    is_due,
    is_over,
    judge,
)

START = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


def fresh(kind: str = "console") -> Session:
    return Session(
        id="s",
        account="a",
        kind=kind,
        label="",
        digest="0",
        created=START,
        used=START,
        changed=START,
        expires=START + LASTS[kind],
    )


@dataclass
class Server:
    """What the hub does with a secret that is shown."""

    session: Session | None = field(default_factory=fresh)
    now: datetime = START
    names: Callable[[], int] = field(default_factory=lambda: itertools.count(1).__next__)

    def show(self, secret: str) -> tuple[bool, str]:
        """Whether it was taken, and the next secret if one was handed out."""
        if self.session is None:
            return False, ""
        if judge(self.session, secret, self.now) is not Shown.good:
            self.session = None
            return False, ""
        session, handed = advance(self.session, secret, self.now), ""
        if is_due(session, secret, self.now):
            handed = str(self.names())
            session = hand_out(session, handed, self.now)
        self.session = session
        return True, handed


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.booleans()),  # whether the answer is lost
        st.tuples(st.just("late"), st.just(False)),  # a request that was sent before the last change
        st.tuples(st.just("wait"), st.sampled_from([1, 20, 59, 61, 600, 1799, 1801, 4000])),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_an_owner_whose_answers_get_lost_is_never_signed_out(steps: list[tuple[str, int]]) -> None:
    server, held, former, since = Server(), "0", "0", START
    for what, value in steps:
        if what == "wait":
            server.now += timedelta(seconds=value)
            continue
        # What is under way since before a change arrives within seconds.
        late = what == "late" and server.now < since + GRACE
        taken, handed = server.show(former if late else held)
        assert taken
        if handed and not (what == "ask" and value):
            held, former, since = handed, held, server.now


@settings(max_examples=150, deadline=None)
@given(STEPS, STEPS, st.booleans())
def test_of_an_owner_and_a_thief_only_one_can_go_on(
    before: list[tuple[str, int]], after: list[tuple[str, int]], thief_first: bool
) -> None:
    server, held = Server(), "0"
    for what, value in before:
        if what == "wait":
            server.now += timedelta(seconds=value)
        else:
            held = server.show(held)[1] or held
    copied = held
    holders = {"owner": held, "thief": copied}
    first, second = ("thief", "owner") if thief_first else ("owner", "thief")
    for what, value in after:
        if what == "wait":
            server.now += timedelta(seconds=value)
        else:
            holders[first] = server.show(holders[first])[1] or holders[first]
    moved_on = holders[first] != copied
    if moved_on:  # make sure that the newer one was used, and that nothing is under way
        taken, handed = server.show(holders[first])
        holders[first] = handed or holders[first]
        assert taken
        server.now += GRACE
        assert server.show(holders[second]) == (False, "")
        assert server.show(holders[first]) == (False, ""), "the thief's end is the session's end"


def test_a_secret_changes_after_its_turn_and_only_then() -> None:
    server = Server(now=START + TURN - timedelta(seconds=1))
    assert server.show("0") == (True, "")
    server.now = START + TURN
    assert server.show("0") == (True, "1")
    assert server.show("0") == (True, ""), "requests at once get no further ones"
    assert server.show("1") == (True, "")


def test_a_former_secret_serves_what_was_under_way_and_then_ends_the_session() -> None:
    server = Server(now=START + TURN)
    server.show("0")
    server.show("1")
    server.now += GRACE - timedelta(seconds=1)
    assert server.show("0") == (True, "")
    server.now += timedelta(seconds=1)
    assert server.show("0") == (False, "")
    assert server.show("1") == (False, "")


def test_the_grace_is_not_given_again_when_the_next_secret_is_on_its_way() -> None:
    server = Server(now=START + TURN)
    server.show("0")
    server.show("1")
    server.now += TURN
    assert server.show("1") == (True, "2")
    assert server.show("0") == (False, "")


def test_the_grace_is_for_the_one_before_alone() -> None:
    server = Server(now=START + TURN)
    server.show("0")
    server.show("1")
    server.now += TURN
    assert server.show("1") == (True, "2")
    assert server.show("2") == (True, "")
    assert server.show("1") == (True, "")
    assert server.show("0") == (False, "")


@pytest.mark.parametrize("kind", ["console", "client", "token"])
def test_a_session_ends_at_its_end(kind: str) -> None:
    session = fresh(kind)
    session = Session(
        **{name: getattr(session, name) for name in Session.__slots__} | {"used": session.expires}
    )
    assert not is_over(session, session.expires - timedelta(seconds=1))
    assert is_over(session, session.expires)
    assert judge(session, "0", session.expires) is Shown.over


def test_a_session_that_nobody_uses_ends_and_a_token_does_not() -> None:
    assert judge(fresh(), "0", START + IDLE["console"] - timedelta(seconds=1)) is Shown.good
    assert judge(fresh(), "0", START + IDLE["console"]) is Shown.over
    assert judge(fresh("client"), "0", START + IDLE["client"]) is Shown.over
    assert judge(fresh("token"), "0", START + timedelta(days=3000)) is Shown.good


def test_former_secrets_are_kept_in_bounded_number() -> None:
    server, held = Server(), "0"
    for _ in range(SPENT_KEPT * 2):
        server.now += TURN
        held = server.show(held)[1]
        server.show(held)
    assert server.session is not None
    assert len(server.session.spent) == SPENT_KEPT
