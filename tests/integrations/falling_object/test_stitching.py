import numpy as np
import pytest

from integrations.falling_object.candidates import Blob
from integrations.falling_object.stitching import Pieces, leads_to, misses_of, union
from integrations.falling_object.tracks import Place, Track

from .scene import FPS, fall_path

TIMES = np.arange(0, 2.0, 1 / FPS)


def track(begin: float, end: float, *, aside: float = 0.0, terminal: float = 20.0) -> Track:
    """What was seen of a fall between two times after the release."""
    path = fall_path((1.0, 25.0, 0.2), (0.3, 0.2, 0.5), terminal, TIMES)
    places = [
        Place(
            Blob(float(t), 0.0, 0.0, 9.0, 50.0, 3.0, 3.0, 9.0), float(p[0]) + aside, float(p[1]), 0.03, 0.03
        )
        for t, p in zip(TIMES, path, strict=True)
        if begin <= t <= end and np.isfinite(p[0])
    ]
    return Track(places, [0] * (len(places) - 2), [0] * (len(places) - 2), looks=len(places), watched=3.0)


@pytest.mark.parametrize("gap", [0.05, 0.3, 0.7])
def test_a_piece_leads_to_its_rest(gap: float) -> None:
    begin, rest = track(0.0, 0.6), track(0.6 + gap, 1.9)
    assert leads_to(begin, rest)
    whole = union(begin, rest)
    assert whole.places == begin.places + rest.places
    assert whole.watched == begin.watched
    assert whole.looks >= len(whole.places) - 1
    assert whole.density == pytest.approx(len(whole.places) / (1.9 * FPS), abs=0.12)


def test_what_overlaps_is_cut() -> None:
    begin, rest = track(0.0, 1.0), track(0.7, 1.9)
    whole = union(begin, rest)
    times = [place.blob.t for place in whole.places]
    assert times == sorted(set(times))


@pytest.mark.parametrize("other", [track(0.9, 1.9, aside=4.0), track(0.2, 0.5), track(1.9, 2.0)])
def test_other_tracks_are_not_its_rest(other: Track) -> None:
    assert not leads_to(track(0.0, 0.6), other)


def test_many_pieces_are_compared_as_each_by_itself() -> None:
    begins = [track(0.0, 0.6), track(0.3, 1.2), track(0.0, 0.5, aside=0.4), track(0.0, 0.08)]
    rests = [track(0.8, 1.9), track(0.9, 1.9, aside=1.0)]
    pairs = [(begin, rest) for begin in begins for rest in rests]
    alone = [misses_of([pair])[0] for pair in pairs]
    assert misses_of(pairs) == pytest.approx(alone)
    assert sum(np.isfinite(alone)) >= 4


def test_pieces_are_forgotten_after_a_while() -> None:
    pieces = Pieces()
    pieces.keep(track(0.0, 0.6))
    assert [len(whole.places) for whole in pieces.unions(track(0.8, 1.9))]
    late = track(0.8, 1.9)
    late.places = [
        Place(Blob(place.blob.t + 9, 0.0, 0.0, 9.0, 50.0, 3.0, 3.0, 9.0), place.across, place.up, 0.03, 0.03)
        for place in late.places
    ]
    assert list(pieces.unions(late)) == []
    assert list(pieces.unions(track(0.8, 1.9))) == []
