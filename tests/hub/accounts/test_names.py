"""Names: hostile text is refused, one spelling each, none that passes for another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.accounts.names import LONGEST, NameFault, clean_name, folded, likeness


@pytest.mark.parametrize(
    "name", ["wang", "王丽", "wang.li", "li-2@home", "Ｗａｎｇ", "Ñandú", "владимир", "小王Tom", "陈a1"]
)
def test_names_of_any_script_are_names(name: str) -> None:
    assert clean_name(clean_name(name)) == clean_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "x" * (LONGEST + 1),
        "wang li",
        "wang\x00",
        "wang\u200bli",
        "\u202egnaw",
        "wang\x1b[31m",
        "<script>",
        "../etc",
        "a/b",
        "'; drop table accounts",
        "😀",
        ".hidden",
        "-x",
        "\u0301a",
        "\ud800",
        "раypal",  # Cyrillic p and a
        "οwner",  # Greek o
        "王вася",
        7,
        None,
    ],
)
def test_what_is_no_name_is_refused(name: object) -> None:
    with pytest.raises(NameFault):
        clean_name(name)


@given(st.text(max_size=300))
def test_any_text_is_a_clean_name_or_a_fault(text: str) -> None:
    folded(text)
    likeness(text)
    try:
        name = clean_name(text)
    except NameFault:
        return
    assert name == clean_name(name)
    assert name.isprintable()
    assert " " not in name
    assert 1 <= len(name) <= LONGEST


@pytest.mark.parametrize(
    ("one", "other"), [("admin", "ADMIN"), ("admin", "ａｄｍｉｎ"), ("straße", "STRASSE"), ("wang", " wang ")]
)
def test_spellings_of_one_name_fold_together(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("owner", "оwner"),
        ("ocean", "осеаn"),
        ("bob1", "bobl"),
        ("b0b", "bob"),
        ("andre", "andré"),
        ("modern", "modem"),
    ],
)
def test_names_that_look_the_same_are_alike(one: str, other: str) -> None:
    assert likeness(one) == likeness(other)


def test_other_names_are_not_alike() -> None:
    names = ["wang", "wang2", "li", "王丽", "王莉", "zhang.wei", "zhang.wen"]
    assert len({likeness(name) for name in names}) == len(names)
