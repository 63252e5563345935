from pathlib import Path

import pytest

from hub.api import ConfigError, find_analyzer, read_section

CAMERA = """
hub: {name: test}
falling_object:
camera:
  - {id: gate, file: a.mp4}
"""


def test_a_section_is_read_as_its_guest_would_get_it(tmp_path: Path) -> None:
    (tmp_path / "configuration.yaml").write_text(CAMERA)
    section = read_section(tmp_path, "camera")
    assert section.config[0]["transport"] == "tcp"
    assert section.faults == ()
    assert section.analyzers["falling_object"].calibrator


def test_faults_of_other_sections_are_no_matter(tmp_path: Path) -> None:
    (tmp_path / "configuration.yaml").write_text(CAMERA + "nobody_has_this:\n")
    assert read_section(tmp_path, "camera").faults == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hub: {name: test}\n", "no section 'camera:'"),
        (CAMERA + "  - {id: gate, file: b.mp4}\n", "second camera"),
        (None, "configuration.yaml"),
    ],
)
def test_what_cannot_be_read_says_why(text: str | None, words: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "configuration.yaml").write_text(text)
    with pytest.raises(ConfigError, match=words):
        read_section(tmp_path, "camera")


def test_an_analyzer_is_found_without_a_configuration() -> None:
    assert find_analyzer("falling_object").target.startswith("integrations.falling_object")
    for name in ("nobody", "camera"):
        with pytest.raises(ConfigError, match=name):
            find_analyzer(name)
