from hypothesis import given
from hypothesis import strategies as st

from integrations.camera.ring import Piece, Ring


def piece(number: int, *, key: bool = False, size: int = 10, rate: int = 25) -> Piece:
    return Piece(number / rate, number, number, 1, key, bytes(size))


def test_a_clip_begins_with_the_key_frame_at_or_before_the_moment() -> None:
    ring = Ring(seconds=100, most_bytes=10**6)
    for number in range(100):
        ring.put(piece(number, key=number % 25 == 0))
    assert ring.since(2.5)[0].t == 2.0
    assert ring.since(2.0)[0].t == 2.0
    assert len(ring.since(2.0)) == 50
    assert ring.since(-5)[0].t == 0.0


def test_packets_before_the_first_key_frame_are_of_no_use() -> None:
    ring = Ring(seconds=100, most_bytes=10**6)
    ring.put(piece(0))
    assert ring.since(0) == []
    ring.put(piece(1, key=True))
    assert [item.pts for item in ring.since(0)] == [1]


def test_an_endless_group_is_dropped_and_the_next_one_is_kept() -> None:
    ring = Ring(seconds=100, most_bytes=100)
    ring.put(piece(0, key=True))
    for number in range(1, 50):
        ring.put(piece(number))
    assert ring.bytes <= 100
    ring.put(piece(50, key=True))
    assert [item.pts for item in ring.since(0)] == [50]


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 400)), max_size=200),
    st.floats(0.1, 5),
    st.integers(200, 3000),
    st.floats(-1, 10),
)
def test_what_is_kept_is_bounded_whole_and_recent(
    packets: list[tuple[bool, int]], seconds: float, most_bytes: int, since: float
) -> None:
    ring = Ring(seconds, most_bytes)
    for number, (key, size) in enumerate(packets):
        ring.put(piece(number, key=key, size=size))
        assert ring.bytes <= most_bytes
        kept = ring.since(-1)
        assert ring.bytes == sum(len(item.data) for item in kept)
        assert [item.pts for item in kept] == list(range(number - len(kept) + 1, number + 1))
        assert not kept or kept[0].key
    some = ring.since(since)
    assert not some or some[0].key
