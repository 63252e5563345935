import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from integrations.falling_object.candidates import Blob
from integrations.falling_object.judgement import Rejection
from integrations.falling_object.suspects import A_DAY, SuspectShelf
from integrations.falling_object.tracks import Place

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LUMA = np.full((480, 640), 90, dtype=np.uint8)


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=7)
        return self.now


def rejection(lead: float = 0.8, drop: float = 9.0) -> Rejection:
    blobs = [Blob(0.04 * i, 100.0, 40.0 + 10 * i, 9.0, 50.0, 3.0, 3.0, 9.0) for i in range(10)]
    places = tuple(Place(blob, 1.0, 20.0 - drop * i / 9, 0.1, 0.1) for i, blob in enumerate(blobs))
    return Rejection("gathers no speed", places, lead)


def test_what_came_near_is_suspicious() -> None:
    assert rejection().suspicious
    assert not rejection(lead=0.2).suspicious
    assert not rejection(drop=1.0).suspicious


def test_a_suspect_is_a_picture_and_a_few_words(tmp_path: Path) -> None:
    SuspectShelf(tmp_path / "suspects", Hands()).put(rejection(), LUMA)
    (words,) = (tmp_path / "suspects" / "2026-05-01").glob("*.json")
    told = json.loads(words.read_text())
    assert told["reason"] == "gathers no speed"
    assert told["trajectory"][0] == [0.0, 100.0, 40.0]
    picture = cv2.imread(str(words.with_suffix(".jpg")))
    assert picture is not None
    assert picture.shape == (480, 640, 3)


def test_suspects_are_kept_a_week(tmp_path: Path) -> None:
    hands = Hands()
    shelf = SuspectShelf(tmp_path, hands)
    for day in range(10):
        hands.now = NOON + timedelta(days=day)
        shelf.put(rejection(), LUMA)
    assert sorted(day.name for day in tmp_path.iterdir()) == [f"2026-05-{day:02d}" for day in range(3, 11)]


def test_only_so_many_a_day(tmp_path: Path) -> None:
    shelf = SuspectShelf(tmp_path, Hands())
    for _ in range(A_DAY + 5):
        shelf.put(rejection(), LUMA)
    assert len(list(tmp_path.glob("*/*.json"))) == A_DAY


def test_a_folder_that_can_not_be_written_costs_no_more_than_the_suspect(tmp_path: Path) -> None:
    (tmp_path / "suspects").write_text("a file")
    SuspectShelf(tmp_path / "suspects", Hands()).put(rejection(), LUMA)
    assert (tmp_path / "suspects").read_text() == "a file"
