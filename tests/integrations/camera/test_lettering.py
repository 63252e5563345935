from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import integrations.camera.lettering as module
from integrations.camera.lettering import Lettering, Picture, printable

ORANGE = (0, 165, 255)


def paper() -> Picture:
    return np.full((60, 300, 3), 90, dtype=np.uint8)


def test_chinese_letters_differ_from_one_another_and_from_the_box_of_unknown_ones() -> None:
    pen, seen = Lettering(), []
    for text in ("楼", "层", "龘"):  # the last is not in GB2312
        canvas = paper()
        pen.write(canvas, text, (10, 45), 40, ORANGE)
        seen.append(canvas)
    assert all((one != other).any() for place, one in enumerate(seen) for other in seen[:place])
    assert (seen[0] == ORANGE).all(axis=2).any()


def test_a_rim_makes_letters_readable_on_their_own_colour() -> None:
    canvas = np.full((60, 300, 3), ORANGE, dtype=np.uint8)
    Lettering().write(canvas, "抛物", (10, 45), 40, ORANGE)
    assert canvas.max(axis=2).min() < 60


def test_a_line_is_as_wide_as_it_is_measured() -> None:
    pen, canvas = Lettering(), paper()
    pen.write(canvas, "1号楼12层", (10, 45), 30, ORANGE)
    columns = np.flatnonzero((canvas != 90).any(axis=(0, 2)))
    assert columns.max() - 10 == pytest.approx(pen.width("1号楼12层", 30), abs=6)


@given(st.text(max_size=300), st.tuples(st.integers(-400, 400), st.integers(-400, 400)), st.integers(-5, 500))
def test_any_text_is_written_anywhere_without_harm(text: str, place: tuple[int, int], size: int) -> None:
    Lettering().write(paper(), text, place, size, ORANGE)


def test_marks_that_turn_or_break_lines_are_left_out() -> None:
    assert printable("a\nb\u202ec" + "x" * 500)[:5] == "a b c"
    assert len(printable("x" * 500)) == 200


def test_the_licence_lies_beside_the_font() -> None:
    fonts = Path(module.__file__).parent / "fonts"
    assert "SIL OPEN FONT LICENSE Version 1.1" in (fonts / "OFL.txt").read_text()
    assert (fonts / module.FONT).stat().st_size < 2_000_000
