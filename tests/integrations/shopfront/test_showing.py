"""Nobody is recognisable in what is kept, and what was left is."""

import cv2
import numpy as np

from integrations.shopfront.showing import Album, Passers, jpeg, marked, opened, smaller

from .pavement import light, person, pictures, thing


def sharpness(picture: np.ndarray) -> float:
    """How much there is to recognise where the passer is."""
    return float(cv2.Laplacian(picture[60:150, 68:92], cv2.CV_32F).var())


def test_who_walks_by_is_a_smear_and_what_stands_there_stays_sharp() -> None:
    passers, box = Passers(), (150, 100, 180, 125)
    for _t, picture in pictures(40, thing(10), person(20, 60, 40, 2)):
        passers.note(picture)
    hidden = passers.hide(picture, [box])
    assert sharpness(hidden) < sharpness(picture) / 10
    assert np.array_equal(hidden[100:125, 150:180], picture[100:125, 150:180])
    assert np.array_equal(hidden[150:, 250:], picture[150:, 250:])


def test_who_stands_for_a_minute_is_hidden_all_the_time() -> None:
    passers = Passers()
    for _t, picture in pictures(90, person(20, 200, 80)):
        passers.note(picture)
    assert sharpness(passers.hide(picture)) < sharpness(picture) / 10


def test_a_change_of_light_hides_nothing() -> None:
    passers = Passers()
    for _t, picture in pictures(40, light(20, 90, 0.8)):
        passers.note(picture)
    hidden = passers.hide(picture)
    assert np.mean(np.any(hidden != picture, axis=2)) < 0.2


def test_the_album_gives_the_last_picture_before_a_moment() -> None:
    album = Album()
    for t, picture in pictures(45, thing(30)):
        album.note(picture, t)
    before, after = opened(album.before(25.0)), opened(album.before(44.0))
    assert before is not None
    assert after is not None
    assert np.abs(before[112, 165].astype(int) - after[112, 165]).max() > 40
    assert album.before(-5.0) == album.before(0.0)
    assert Album().before(0.0) == b""


def test_pictures_are_stored_at_a_bearable_size_and_marked() -> None:
    large = np.full((1080, 1920, 3), 120, np.uint8)
    small = smaller(large)
    assert small.shape == (720, 1280, 3)
    zone = [(100, 100), (1800, 100), (1800, 1000)]
    shown = marked(small, 1920, (300, 300, 600, 600), zone, "before 2026-03-01 08:00:00", there=True)
    assert shown.shape[1] == 1280
    assert shown.shape[0] > 720
    assert np.any((shown[:720] != 120).any(axis=2)[190:410, 190:410])
    assert opened(jpeg(shown)) is not None
    assert opened(b"no jpeg") is None
