"""Which frames count, over sessions, restarts and redeliveries."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.lorawan.deduplicate import Frames, Verdict

NEW, AGAIN, BACK, STALE = Verdict.new, Verdict.duplicate, Verdict.backward, Verdict.stale


@pytest.mark.parametrize(
    ("frames", "verdicts"),
    [
        ([("A", 0), ("A", 1), ("A", 5)], [NEW, NEW, NEW]),
        ([("A", 0), ("A", 0)], [NEW, AGAIN]),
        ([("A", 9), ("A", 3), ("A", 10)], [NEW, BACK, NEW]),
        ([("A", 9), ("B", 0), ("B", 0), ("B", 1)], [NEW, NEW, AGAIN, NEW]),
        ([("A", 9), ("B", 0), ("A", 9), ("A", 10), ("B", 1)], [NEW, NEW, STALE, STALE, NEW]),
        ([("", 4), ("", 4), ("", 5)], [NEW, AGAIN, NEW]),
        ([("A", 2**32 - 1), ("A", 0)], [NEW, BACK]),
    ],
)
def test_frames_in_order_of_arrival(frames: list[tuple[str, int]], verdicts: list[Verdict]) -> None:
    memory, found = Frames(), []
    for session, f_cnt in frames:
        verdict, memory = memory.take(session, f_cnt)
        found.append(verdict)
    assert found == verdicts


def test_a_join_begins_the_count_again_once() -> None:
    _, memory = Frames().take("A", 7)
    memory = memory.join("A", "join-2")
    verdict, memory = memory.take("A", 0)
    assert verdict is NEW
    again = memory.join("A", "join-2")
    assert again.take("A", 0)[0] is AGAIN


def test_an_old_join_that_comes_late_changes_nothing() -> None:
    memory = Frames().join("A", "1").join("B", "2")
    _, memory = memory.take("B", 3)
    assert memory.join("A", "1") == memory


def test_a_device_without_joins_may_be_allowed_to_begin_again() -> None:
    _, memory = Frames().take("A", 700)
    assert memory.take("A", 0)[0] is BACK
    verdict, memory = memory.take("A", 0, relaxed=True)
    assert verdict is NEW
    assert memory.take("A", 0, relaxed=True)[0] is AGAIN


def test_frames_that_count_backwards_are_counted() -> None:
    _, memory = Frames().take("A", 700)
    for f_cnt in (0, 1, 2):
        _, memory = memory.take("A", f_cnt)
    assert memory.backward == 3
    assert memory.take("A", 701)[1].backward == 0


def test_the_memory_is_bounded() -> None:
    memory = Frames()
    for number in range(100):
        _, memory = memory.take(f"{number:08X}", 0)
    assert len(json.dumps(memory.to_plain())) < 200
    assert memory.take("00000062", 5)[0] is STALE


@pytest.mark.parametrize(
    "plain", [{}, {"session": "A", "f_cnt": "x", "past": []}, {"session": 1, "f_cnt": 1, "past": 3}]
)
def test_a_memory_that_is_none_is_refused(plain: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Frames.from_plain(plain)


steps = st.lists(
    st.tuples(
        st.sampled_from(["up", "join"]), st.sampled_from(["A", "B", "C"]), st.integers(0, 6), st.booleans()
    ),
    max_size=30,
)


@given(steps=steps)
@settings(max_examples=200, deadline=None)
def test_no_frame_counts_twice_whatever_comes_again_and_restarts_change_nothing(
    steps: list[tuple[str, str, int, bool]],
) -> None:
    """Every frame is delivered twice in a row; between deliveries the memory may be written and read."""
    memory, plain_memory = Frames(), Frames()
    for number, (what, session, f_cnt, restart) in enumerate(steps):
        if restart:
            memory = Frames.from_plain(json.loads(json.dumps(memory.to_plain())))
        if what == "join":
            memory = memory.join(session, str(number))
            plain_memory = plain_memory.join(session, str(number))
            assert memory.join(session, str(number)) == memory
            continue
        verdict, memory = memory.take(session, f_cnt)
        expected, plain_memory = plain_memory.take(session, f_cnt)
        assert verdict is expected
        assert memory.take(session, f_cnt)[0] is not NEW
    assert memory == plain_memory
