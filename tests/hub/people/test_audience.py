"""Reading audiences."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.people import Audience, AudienceFault, Term, parse_audience


def test_a_term_names_a_person_a_role_or_an_area():
    assert parse_audience("person:wang_fang") == Audience(((Term("person", "wang_fang"),),))


def test_a_blank_means_and():
    assert parse_audience("role:grid_worker  area:b1") == Audience(
        ((Term("role", "grid_worker"), Term("area", "b1")),)
    )


def test_a_list_means_or_and_keeps_each_part_once():
    audience = parse_audience(["person:a", "role:guard", "person:a"])
    assert str(audience) == "person:a, role:guard"


def test_everyone_is_a_word_of_its_own():
    assert parse_audience("everyone") == Audience(((Term("everyone"),),))


def test_a_mapping_means_the_same_as_its_text():
    assert parse_audience({"role": "guard", "area": "b1"}) == parse_audience("role:guard area:b1")
    assert parse_audience([{"role": "guard"}]) == parse_audience(["role:guard"])


def test_a_mapping_with_lists_means_each_of_them():
    assert str(parse_audience({"role": ["guard", "officer"], "area": "b1"})) == (
        "role:guard area:b1, role:officer area:b1"
    )


def test_an_area_that_an_event_left_empty_is_kept():
    assert parse_audience("role:guard area:") == Audience(((Term("role", "guard"), Term("area", "")),))
    assert parse_audience({"role": "guard", "area": None}) == parse_audience("role:guard area:")


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "the audience is empty"),
        ([], "the audience is empty"),
        ({}, "the audience is empty"),
        ("wang_fang", "write 'person:wang_fang', 'role:wang_fang' or 'area:wang_fang'"),
        ("everyon", "did you mean 'everyone'?"),
        ("rolle:guard", "did you mean 'role'?"),
        ("flavour:sweet", "use person:, role:, area:"),
        ("role: guard", "without a blank"),
        ("person:a person:b", "a list means 'or'"),
        ([["role:guard"]], "flat list"),
        (7, "can't be int"),
        (None, "can't be NoneType"),
        ({"role": {"x": 1}}, "plain names"),
        ({"role": "a b"}, "plain names"),
        ("role:" + "x" * 600, "longer than 500"),
        (["role:a"] * 3 + [f"role:{n}" for n in range(2000)], "more than 1000 parts"),
        ({"role": ["r"] * 2000, "area": ["a"] * 2000}, "more than 1000 parts"),
    ],
)
def test_what_is_no_audience_says_what_would_be_right(written, says):
    with pytest.raises(AudienceFault, match=re.escape(says)):
        parse_audience(written)


names = st.from_regex(r"[a-z0-9_]{1,10}", fullmatch=True)
terms = st.one_of(
    st.just("everyone"),
    st.builds("role:{}".format, names),
    st.builds("area:{}".format, names),
    st.builds("role:{} area:{}".format, names, names),
    st.builds("person:{}".format, names),
)


@given(st.lists(terms, min_size=1, max_size=6))
def test_an_audience_reads_back_from_what_it_prints(written):
    audience = parse_audience(written)
    assert parse_audience(str(audience).split(", ")) == audience


plain = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=20)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(plain)
def test_anything_is_an_audience_or_a_clear_fault(written):
    with suppress(AudienceFault):
        assert parse_audience(written).alternatives
