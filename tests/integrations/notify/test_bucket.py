"""A channel's tokens: never more than the limit, critical first, and waiting costs little."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.api import TooEarly
from integrations.notify.bucket import Bucket, Throttled
from tests.integrations.notify.fakes import NOON


class Watch:
    def __init__(self) -> None:
        self.moment: datetime = NOON

    def __call__(self) -> datetime:
        return self.moment

    def turn(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def taken(bucket: Bucket, *, urgent: bool) -> bool:
    try:
        bucket.take(urgent=urgent)
    except (TooEarly, Throttled):
        return False
    return True


def test_what_is_critical_finds_tokens_that_others_leave() -> None:
    watch = Watch()
    bucket = Bucket(((20, 60.0),), watch)
    assert [taken(bucket, urgent=False) for _ in range(20)].count(True) == 16
    assert [taken(bucket, urgent=True) for _ in range(20)].count(True) == 4
    with pytest.raises(Throttled) as caught:
        bucket.take(urgent=True)
    assert caught.value.retry_after == 60
    watch.turn(60)
    assert taken(bucket, urgent=True)


def test_those_who_wait_get_moments_one_after_the_other() -> None:
    watch = Watch()
    bucket = Bucket(((10, 60.0),), watch)
    moments = []
    for _ in range(20):
        try:
            bucket.take(urgent=False)
        except TooEarly as error:
            moments.append((error.until - NOON).total_seconds())
    assert len(moments) == 12
    assert moments == sorted(set(moments))
    assert moments[0] >= 60
    assert moments[-1] <= 60 + 12 * 60 / 8


def test_a_shorter_limit_counts_beside_the_longer_one() -> None:
    watch = Watch()
    bucket = Bucket(((100, 60.0), (5, 1.0)), watch)
    assert [taken(bucket, urgent=True) for _ in range(9)].count(True) == 5
    watch.turn(1)
    assert [taken(bucket, urgent=True) for _ in range(9)].count(True) == 5


def test_a_provider_that_wants_peace_has_it() -> None:
    watch = Watch()
    bucket = Bucket(((20, 60.0),), watch)
    bucket.rest(600)
    assert not taken(bucket, urgent=True)
    watch.turn(599)
    assert not taken(bucket, urgent=False)
    watch.turn(2)
    assert taken(bucket, urgent=False)


@settings(max_examples=60, deadline=None)
@given(
    most=st.integers(1, 12),
    steps=st.lists(st.tuples(st.floats(0, 30), st.booleans(), st.integers(1, 15)), max_size=30),
)
def test_no_span_ever_holds_more_than_the_limit(most: int, steps: list[tuple[float, bool, int]]) -> None:
    watch = Watch()
    bucket = Bucket(((most, 60.0),), watch)
    sent: list[datetime] = []
    for wait, urgent, times in steps:
        watch.turn(wait)
        sent += [watch.moment for _ in range(times) if taken(bucket, urgent=urgent)]
    for first in sent:
        within = [at for at in sent if first <= at < first + timedelta(seconds=59.999)]
        assert len(within) <= most


@pytest.mark.parametrize("most", range(1, 7))
def test_even_the_smallest_limit_lets_everyone_through_in_time(most: int) -> None:
    watch = Watch()
    bucket = Bucket(((most, 60.0),), watch)
    for _ in range(5):
        assert taken(bucket, urgent=False)
        watch.turn(61)
