"""Text from outside on a terminal: everything is seen, nothing is obeyed."""

import json

from hypothesis import given
from hypothesis import strategies as st

from hub.model.printing import visible, visible_json, visible_line

HOSTILE = "a\x1b[2Jb\rc\x9b31m\u202egnp\u2028d"


def test_what_a_terminal_would_obey_is_written_out() -> None:
    assert visible(HOSTILE) == r"a\x1b[2Jb\x0dc\x9b31m\u202egnp\u2028d"
    assert visible("1号楼\t6 层\n05 °C") == "1号楼\t6 层\n05 °C"
    assert visible_line("a\nb\tc") == r"a\nb\tc"


@given(st.text())
def test_a_line_is_one_line_of_harmless_characters(text: str) -> None:
    assert len(visible_line(text).splitlines()) <= 1
    assert not set(visible_line(text)) & {chr(code) for code in (*range(32), *range(0x7F, 0xA0))}


@given(st.text())
def test_json_says_the_same(text: str) -> None:
    said = visible_json(json.dumps({"name": text}, ensure_ascii=False))
    assert json.loads(said) == {"name": text}
    assert "\x9b" not in said
    assert "\u202e" not in said
