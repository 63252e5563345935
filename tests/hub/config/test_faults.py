"""Faults: how they read, sort and collect; and what was probably meant."""

import pytest

from hub.config import Fault, Faults, did_you_mean, path_text, what_there_is

FAULT = Fault(
    "config/a.yaml", 5, 15, "where.confidance", "no field 'confidance'", "did you mean 'confidence'?"
)


def test_reads_as_one_line() -> None:
    assert str(FAULT) == (
        "config/a.yaml:5:15: where.confidance: no field 'confidance'; did you mean 'confidence'?"
    )


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("a.yaml", 0, 0, "", "gone"), "a.yaml: gone"),
        (Fault("a.yaml", 0, 0, "x", "gone", "bring it"), "a.yaml: x: gone; bring it"),
        (Fault("a.yaml", 1, 2, "", "gone"), "a.yaml:1:2: gone"),
    ],
)
def test_leaves_out_what_is_unknown(fault: Fault, text: str) -> None:
    assert str(fault) == text


def test_as_a_dictionary() -> None:
    assert FAULT.as_dict() == {
        "file": "config/a.yaml",
        "line": 5,
        "column": 15,
        "path": "where.confidance",
        "problem": "no field 'confidance'",
        "remedy": "did you mean 'confidence'?",
        "severity": "fault",
    }


def test_collects_each_once_and_sorts_by_place() -> None:
    first, second, third = (Fault(file, line, 1, "", "x") for file, line in (("a", 2), ("a", 10), ("b", 1)))
    faults = Faults([third])
    faults.add(second)
    faults.extend([first, third, second])
    assert len(faults) == 3
    assert faults[0] == third
    assert faults.sorted() == [first, second, third]


def test_warnings_are_not_serious() -> None:
    warning = Fault("a", 1, 1, "", "x", severity="warning")
    assert not Faults([warning]).serious
    assert Faults([warning, FAULT]).serious


@pytest.mark.parametrize(
    ("word", "candidates", "answer"),
    [
        ("confidance", ["confidence", "kind"], "did you mean 'confidence'?"),
        ("Entity-ID", ["entity_id", "entity"], "did you mean 'entity_id'?"),
        ("zzz", ["confidence"], ""),
        ("", ["a"], ""),
        ("a", [], ""),
        (5, ["5"], ""),
        ("port", [5, None, "ports"], "did you mean 'ports'?"),
        ("x" * 10_000, ["x"], ""),
    ],
)
def test_guesses_what_was_meant(word: object, candidates: list[str], answer: str) -> None:
    assert did_you_mean(word, candidates) == answer


@pytest.mark.parametrize(
    ("path", "text"),
    [((), ""), (("a",), "a"), (("a", 3, "b"), "a[3].b"), ((0, 1), "[0][1]"), (("a", "b c"), "a.b c")],
)
def test_writes_paths(path: tuple[object, ...], text: str) -> None:
    assert path_text(path) == text


def test_an_unknown_name_is_answered_with_the_nearest_or_with_what_there_is() -> None:
    assert what_there_is("adimn", {"admin", "guard"}) == "did you mean 'admin'?"
    assert what_there_is("b9x", {"north", "east"}) == "there are east, north"
    assert what_there_is("x", []) == "there are none yet"
    assert what_there_is("?", [f"name{n}" for n in range(20)]).endswith(" ...")
