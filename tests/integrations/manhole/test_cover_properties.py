"""Whatever happens to a cover, in whatever order."""

import json
import math
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.manhole.change import Change
from integrations.manhole.cover import SUMMARIES, Cover
from integrations.manhole.lid import RANK

from .scenes import Scene

angles = st.one_of(st.just(0.0), st.just(7.0), st.just(15.0), st.just(60.0), st.floats(-180, 180))
odd: st.SearchStrategy[Any] = st.sampled_from(
    [None, math.nan, math.inf, -math.inf, 10**400, "", [], {}, True, -1]
)
means = st.fixed_dictionaries(
    {},
    optional={
        "angle": angles,
        "tilt_alarm": st.booleans() | odd,
        "open": st.booleans(),
        "water": st.booleans(),
        "level_mm": st.sampled_from([100, 350, 1700]) | odd,
        "battery_percent": st.sampled_from([5, 25, 90]) | odd,
        "battery_volt": st.sampled_from([3.0, 3.3, 3.6]) | odd,
        "impact_g": st.sampled_from([1.0, 9.0]) | odd,
        "crack": st.booleans(),
        "latitude": st.sampled_from([40.0, 40.1]) | odd,
        "longitude": st.just(116.5),
    },
)
gateways = st.sampled_from([(), ("a",), ("a", "b"), ("c",)])
spans = st.sampled_from([0, 1, 4, 29, 61, 700, 3600, 7 * 3600, 13 * 3600, 26 * 3600])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("report"), means, gateways),
        st.tuples(st.just("wait"), spans),
        st.tuples(st.just("calibrate"), st.booleans(), st.booleans()),
        st.tuples(st.just("maintain"), spans, spans),
        st.tuples(
            st.just("end"),
        ),
        st.tuples(st.just("excuse"), st.booleans()),
    ),
    max_size=25,
)


def carry_out(scene: Scene, step: tuple[Any, ...]) -> list[Change]:
    what, *given_ = step
    if what == "report":
        return scene.report(gateways=given_[1], **given_[0])
    if what == "wait":
        return scene.wait(seconds=given_[0])
    cover = scene.cover
    if what == "calibrate":
        return scene.keep(cover.calibrate(scene.now, confirmed=given_[0], at_once=given_[1]))
    if what == "maintain":
        begins = scene.now + timedelta(seconds=given_[0])
        return scene.keep(cover.maintain(scene.now, begins, begins + timedelta(seconds=given_[1])))
    if what == "end":
        return scene.keep(cover.end_maintenance(scene.now))
    return scene.keep(cover.excuse(given_[0], scene.now))


@given(steps=steps, calibrated=st.booleans())
@settings(max_examples=150, deadline=None)
def test_one_alarm_of_a_kind_in_an_episode_and_graver_ones_later(steps: list[Any], calibrated: bool) -> None:
    scene = Scene(calibrated=calibrated)
    sent: dict[str, list[str]] = {}
    for step in steps:
        for change in carry_out(scene, step):
            assert change.at <= scene.now
            if change.alarm:
                sent.setdefault(change.episode + ("" if change.kind in RANK else change.kind), []).append(
                    change.kind
                )
                assert change.episode
    for kinds in sent.values():
        assert len(set(kinds)) == len(kinds)
        ranks = [RANK.get(kind, 0) for kind in kinds]
        assert ranks == sorted(ranks)


@given(steps=steps, calibrated=st.booleans(), restarts=st.sets(st.integers(0, 25)))
@settings(max_examples=150, deadline=None)
def test_restarts_change_nothing(steps: list[Any], calibrated: bool, restarts: set[int]) -> None:
    steady, shaken = Scene(calibrated=calibrated), Scene(calibrated=calibrated)
    for number, step in enumerate(steps):
        if number in restarts:
            shaken.restart()
        assert carry_out(steady, step) == carry_out(shaken, step)
        assert steady.cover.to_plain() == shaken.cover.to_plain()
        assert steady.cover.deadline() == shaken.cover.deadline()


@given(steps=steps, calibrated=st.booleans(), share=st.floats(0.01, 0.99))
@settings(max_examples=150, deadline=None)
def test_ticks_in_between_change_nothing(steps: list[Any], calibrated: bool, share: float) -> None:
    """A coarse timer and a fine one find the same."""
    coarse, fine = Scene(calibrated=calibrated), Scene(calibrated=calibrated)
    for step in steps:
        if step[0] == "wait":
            fine.wait(seconds=step[1] * share)
            fine.wait(seconds=0)
            fine.wait(seconds=step[1] - step[1] * share)
            fine.now = coarse.now + timedelta(seconds=step[1])
            carry_out(coarse, step)
            fine.keep(fine.cover.tick(fine.now))
        else:
            carry_out(coarse, step)
            carry_out(fine, step)
    assert coarse.said == fine.said
    assert coarse.cover.to_plain() == fine.cover.to_plain()


@given(steps=steps)
@settings(max_examples=100, deadline=None)
def test_it_is_always_sound_and_small(steps: list[Any]) -> None:
    scene = Scene()
    for step in steps:
        carry_out(scene, step)
        assert scene.cover.summary in SUMMARIES
        due = scene.cover.deadline()
        assert due is None or due > scene.now
    text = json.dumps(scene.cover.to_plain(), allow_nan=False)
    assert len(text) < 5000


@given(steps=steps)
@settings(max_examples=100, deadline=None)
def test_when_nothing_is_wrong_any_more_the_summary_says_so(steps: list[Any]) -> None:
    scene = Scene()
    for step in steps:
        carry_out(scene, step)
    scene.cover.excuse(False, scene.now)
    scene.wait(days=3)
    scene.report(angle=0, latitude=40.0, longitude=116.5)
    scene.cover.calibrate(scene.now, at_once=True, confirmed=True)
    scene.cover.end_maintenance(scene.now)
    for _ in range(6):
        scene.report(
            angle=0,
            open=False,
            water=False,
            level_mm=2000,
            battery_percent=90,
            battery_low=False,
            battery_volt=3.6,
        )
        scene.wait(hours=5)
    assert scene.cover.summary == "closed"


def test_an_empty_memory_is_a_new_cover() -> None:
    scene = Scene(calibrated=False)
    assert Cover(scene.cover.settings, {}).to_plain() == Cover(scene.cover.settings).to_plain()
