from hypothesis import given
from hypothesis import strategies as st

from integrations.camera.recent import Recent

FULL_HD = 1920 * 1080 * 3 // 2


def test_a_fall_is_shown_from_the_scene_before_it_until_now() -> None:
    recent: Recent[int] = Recent(FULL_HD)
    for number in range(500):
        recent.put(number * 0.04, number)
    shown = recent.around(17.5)
    assert 14.5 < shown[0][0] <= 17.3
    assert all(t > 17.3 for t, _frame in shown[1:])
    assert shown[-1][0] > 19.6
    assert len(shown) >= 7
    assert recent.around(16.2)[0][0] <= 16.0
    assert recent.around(-5.0)[0][0] < 13


@given(st.lists(st.floats(0.001, 3.0), max_size=150), st.integers(1, 40_000_000), st.floats(-5, 200))
def test_what_is_kept_is_little_and_in_order(steps: list[float], frame_bytes: int, started: float) -> None:
    recent: Recent[float] = Recent(frame_bytes)
    t = 0.0
    for step in steps:
        t += step
        recent.put(t, t)
    shown = recent.around(started)
    assert len(shown) <= 16
    assert len(shown) * frame_bytes <= 48 * 1024 * 1024 + 7 * frame_bytes
    assert [item[0] for item in shown] == sorted(item[0] for item in shown)
    assert bool(shown) is bool(steps)
