from collections.abc import Iterator

import pytest

from integrations.camera.load import (
    BEHIND,
    CALM_S,
    EVERY_SECOND,
    EVERYTHING,
    GAPS,
    TEXTS,
    Burden,
    Share,
)

STEP = 0.04


def play(
    burden: Burden,
    seconds: float,
    *,
    work: float,
    begin: float = 0.0,
    clock: float = 1.0,
    in_flight: bool = False,
) -> Iterator[tuple[float, bool]]:
    """A camera whose pictures take `work` seconds each: its delay, and whether it must skip. A skip catches up."""
    t, now = begin, begin
    while t < begin + seconds:
        t += STEP
        arrives = begin + (t - begin) / clock
        wait = max(0.0, arrives - now)
        now += wait
        burden.waited(wait, now)
        skip = burden.must_skip(t, now, in_flight=in_flight)
        yield now - arrives, skip
        if skip:
            t = max(t, begin + (now - begin) * clock)
        now += work


def test_a_camera_that_keeps_up_does_without_nothing() -> None:
    burden = Burden()
    assert not any(skip for _late, skip in play(burden, 60, work=0.02))
    assert burden.step == EVERYTHING
    assert all(burden.may_look(in_flight=False) for _ in range(10))


def test_a_camera_that_falls_behind_first_leaves_every_second_picture_then_gaps() -> None:
    burden, steps = Burden(), []
    for _late, _skip in play(burden, 60, work=0.05):
        steps.append(burden.step)
    assert sorted(set(steps)) == [EVERYTHING, EVERY_SECOND, GAPS]
    assert steps == sorted(steps)


def test_delay_stays_bounded_however_short_the_processor_is() -> None:
    assert max(late for late, _skip in play(Burden(), 120, work=0.4)) < BEHIND + 2.0


def test_what_is_in_flight_is_followed_in_every_picture() -> None:
    burden = Burden()
    list(play(burden, 10, work=0.05))
    assert burden.step != EVERYTHING
    assert sum(burden.may_look(in_flight=False) for _ in range(20)) == 10
    assert all(burden.may_look(in_flight=True) for _ in range(20))


def test_something_in_flight_puts_off_the_gap() -> None:
    first = {}
    for in_flight in (False, True):
        lateness = play(Burden(), 120, work=0.05, in_flight=in_flight)
        first[in_flight] = next(late for late, skip in lateness if skip)
    assert first[True] > first[False] + 2


@pytest.mark.parametrize("clock", [0.6, 0.95, 1.05, 1.6])
def test_a_wrong_clock_is_no_shortage(clock: float) -> None:
    burden = Burden()
    assert not any(skip for _late, skip in play(burden, 120, work=0.005, clock=clock))
    assert burden.step == EVERYTHING


def test_steps_are_taken_back_one_by_one_after_calm() -> None:
    burden = Burden()
    list(play(burden, 30, work=0.06))
    assert burden.step == GAPS
    burden.restart()
    steps = []
    for _late, _skip in play(burden, 3 * CALM_S, work=0.005, begin=32.0):
        steps.append(burden.step)
    assert steps[0] == GAPS
    assert sorted(set(steps)) == [EVERYTHING, EVERY_SECOND, GAPS]
    assert burden.step == EVERYTHING


def test_every_step_has_its_words() -> None:
    assert [bool(TEXTS[step]) for step in (EVERYTHING, EVERY_SECOND, GAPS)] == [False, True, True]


def test_the_share_is_of_what_came_since_the_last_report() -> None:
    share = Share(came=200, looked=100)
    assert share.per_cent() == 50.0
    assert share.per_cent() is None
    assert Share(came=10, looked=11).per_cent() == 100.0
