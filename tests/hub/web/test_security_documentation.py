"""The threat model names tests: each must be there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NAMED = sorted(
    set(re.findall(r"(tests/[\w/]+\.py)::(\w+)", (ROOT / "docs/security.md").read_text(encoding="utf-8")))
)


def test_the_threat_model_names_tests() -> None:
    assert len(NAMED) > 25


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_test_that_the_threat_model_names_is_there(file: str, name: str) -> None:
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")
