"""What the pages about people show can be used as it stands."""

import re
from pathlib import Path

import pytest

from hub.config import load
from hub.people import load_directory, parse_audience

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "docs" / "people.md", ROOT / "docs" / "people.zh-CN.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_yaml_of_a_page_is_sound(page: Path, tmp_path: Path) -> None:
    people, rosters, imported = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "people.d").mkdir()
    others = "[{id: zhao_min, name: Z}, {id: li_qiang, name: L, roles: [grid_worker]}]"
    (tmp_path / "people.d" / "others.yaml").write_text(others)
    (tmp_path / "guards.ics").write_text("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n")
    text = (
        f"areas: [{{id: b1}}, {{id: b3}}]\n{people}{rosters.replace('people:', 'people rosters:')}{imported}"
    )
    (tmp_path / "configuration.yaml").write_text(text, encoding="utf-8")
    document = load(tmp_path, environ={})
    directory, faults = load_directory(
        document.data["areas"], document.data["people"], document, folder=tmp_path
    )
    assert [str(fault) for fault in (*document.faults, *faults)] == []
    assert set(directory.rosters) == {"grid", "guards"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_audiences_of_a_page_can_be_read(page: Path) -> None:
    table = page.read_text(encoding="utf-8").partition("\n| `person:")[2].partition("\n\n")[0]
    written = re.findall(r"`([^`]+)`", "`person:" + table)
    assert len(written) >= 8
    for expression in written:
        assert parse_audience(re.sub(r"\{\{.*?\}\}", "b3", expression)).alternatives


def test_the_sample_community_has_somebody_on_duty_at_any_time() -> None:
    from datetime import UTC, datetime, timedelta

    document = load(ROOT / "config", environ={})
    directory, faults = load_directory(document.data["areas"], document.data["people"], document)
    assert faults == []
    start = datetime(2026, 3, 1, tzinfo=UTC)
    assert all(len(directory.on_duty(start + timedelta(hours=hour))) == 1 for hour in range(72))
