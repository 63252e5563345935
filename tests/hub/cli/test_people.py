"""`hub people` on a site without a running hub."""

import asyncio
import json
from pathlib import Path

import pytest

from hub.store.store import Store
from hub.testing.clock import ManualClock
from tests.hub.cli.conftest import hub

SITE = """\
areas: [{id: b3, name: 3 号楼}]
people:
  persons:
    - {id: wang, name: 王芳, roles: [grid_worker], areas: [b3], phone: "13800138000", channels: {mail: w.f@example.org}}
    - {id: li, name: 李强, roles: [grid_worker]}
    - {id: sun, name: 孙悦, roles: [resident], household: b3-u2-1203}
  rosters:
    grid:
      shifts: {day: 08:00-20:00}
      week: {daily: {day: wang}}
people imported: {persons: !include_dir_merge_list people.d}
"""
TABLE = "姓名,电话,楼栋,单元,房号\n周平,13900139000,3,2,1204\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "configuration.yaml").write_text(SITE, encoding="utf-8")
    (tmp_path / "people.d").mkdir()
    (tmp_path / "zhou.csv").write_bytes(TABLE.encode("gb18030"))
    return tmp_path


def test_people_are_listed_with_masked_contacts(config: Path) -> None:
    done = hub("people", "list", "-c", config)
    assert done.exit_code == 0
    assert "138****8000, mail w***@example.org" in done.stdout
    assert "13800138000" not in done.stdout
    listed = json.loads(hub("people", "list", "-c", config, "--role", "resident", "--json").stdout)
    assert [person["id"] for person in listed] == ["sun"]
    listed = json.loads(hub("people", "list", "-c", config, "--area", "b3", "--json").stdout)
    assert [person["id"] for person in listed] == ["wang", "sun"]


def test_one_person_is_shown_with_the_place_in_the_files(config: Path) -> None:
    done = hub("people", "show", "wang", "-c", config)
    assert f"written: {config}/configuration.yaml:4" in done.stdout
    assert "grid/day" in done.stdout
    assert "13800138000" not in done.stdout
    wrong = hub("people", "show", "wag", "-c", config)
    assert (wrong.exit_code, wrong.stderr) == (
        1,
        "hub people: there is no person 'wag'; did you mean 'wang'?\n",
    )


def test_an_audience_is_previewed_with_reasons(config: Path) -> None:
    done = hub(
        "people", "resolve", "role:grid_worker on_duty area:b3", "--at", "2026-11-24 12:00", "-c", config
    )
    assert done.exit_code == 0
    assert "grid_worker; answers for b3; on duty (grid/day until 11-24 20:00)" in done.stdout
    assert "li" not in done.stdout.split()
    done = hub("people", "resolve", "role:grid_worker on_duty", "--at", "2026-11-24 22:00", "-c", config)
    assert "nobody is on duty for 'role:grid_worker on_duty'" in done.stderr
    assert "li" in done.stdout.split()
    told = json.loads(hub("people", "resolve", "residents of b3", "-c", config, "--json").stdout)
    assert [person["id"] for person in told["persons"]] == ["sun"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["resolve", "role:grid_wroker"], 1, "did you mean 'grid_worker'?"),
        (["resolve", "role:guard"], 1, "it means nobody"),
        (["resolve", "everyone", "--at", "soon"], 2, "'soon' is no time"),
        (["roster", "gird"], 1, "did you mean 'grid'?"),
        (["show", "wang", "-c", "/nowhere"], 2, "hub people:"),
    ],
)
def test_what_can_not_be_done_says_why(config: Path, arguments: list[str], code: int, told: str) -> None:
    given = arguments if "-c" in arguments else [*arguments, "-c", str(config)]
    done = hub("people", *given)
    assert done.exit_code == code
    assert told in done.stderr


def test_who_is_on_duty(config: Path) -> None:
    done = hub("people", "duty", "--at", "2026-11-24 12:00", "-c", config)
    assert "wang" in done.stdout
    assert (
        "nobody is on duty by roster 'grid'"
        in hub("people", "duty", "--at", "2026-11-24 22:00", "-c", config).stderr
    )


def test_a_roster_goes_to_a_calendar_and_comes_back(config: Path) -> None:
    done = hub(
        "people",
        "roster",
        "grid",
        "--from",
        "2026-11-24",
        "--days",
        "2",
        "-o",
        config / "grid.ics",
        "-c",
        config,
    )
    assert done.stdout == f"{config}/grid.ics: 2 duties\n"
    changed = SITE.replace(
        "      shifts: {day: 08:00-20:00}\n      week: {daily: {day: wang}}", "      calendar: grid.ics"
    )
    (config / "configuration.yaml").write_text(changed, encoding="utf-8")
    assert "wang" in hub("people", "duty", "--at", "2026-11-25 12:00", "-c", config).stdout
    assert "wang" not in hub("people", "duty", "--at", "2026-11-26 12:00", "-c", config).stdout


def test_an_import_is_tried_then_done_and_the_second_changes_nothing(config: Path) -> None:
    file, path = config / "zhou.csv", config / "people.d" / "zhou.yaml"
    done = hub("people", "import", file, "--dry-run", "-c", config)
    assert "1 added" in done.stdout
    assert not path.exists()
    assert hub("people", "import", file, "-c", config).exit_code == 0
    before = path.read_bytes(), path.stat().st_mtime_ns
    done = hub("people", "import", file, "-c", config)
    assert "0 added, 0 changed, 1 unchanged" in done.stdout
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert "周平" in hub("people", "resolve", "household:b3-u2-1204", "-c", config).stdout


def test_faults_of_a_table_are_told_and_nothing_is_written(config: Path) -> None:
    (config / "bad.csv").write_text("姓名,电话\n周平,1.39E+10\n", encoding="utf-8")
    done = hub("people", "import", config / "bad.csv", "-c", config)
    assert done.exit_code == 1
    assert "bad.csv:2:2: 电话: Excel has cut the number" in done.stdout
    assert list((config / "people.d").iterdir()) == []
    told = json.loads(hub("people", "import", config / "bad.csv", "-c", config, "--json").stdout)
    assert told["faults"][0]["column"] == 2


def test_a_folder_that_the_hub_does_not_read_is_said_so(config: Path) -> None:
    (config / "configuration.yaml").write_text(SITE.partition("people imported")[0], encoding="utf-8")
    done = hub("people", "import", config / "zhou.csv", "-c", config)
    assert "people imported: {persons: !include_dir_merge_list people.d}" in done.stdout


def test_a_person_is_exported_erased_and_the_erasure_proved(config: Path) -> None:
    hub("people", "import", config / "zhou.csv", "-c", config)
    zhou = json.loads(hub("people", "resolve", "household:b3-u2-1204", "-c", config, "--json").stdout)[
        "persons"
    ][0]["id"]

    async def live() -> None:
        store = await Store.open(config / ".hub", ManualClock())
        with store.units.open() as unit:
            store.memory("cases").put("case/1", {"assignee": zhou, "note": "周平 13900139000"})
        await unit.receipt
        await store.close()

    asyncio.run(live())
    document = json.loads(hub("people", "export", zhou, "-c", config).stdout)
    assert document["person"]["phone"] == "13900139000"
    assert document["records"]["events.db/memory"][0]["value"]["assignee"] == zhou
    receipt = config / "receipt.json"
    done = hub("people", "erase", zhou, "--yes", "--receipt", receipt, "-c", config)
    assert done.exit_code == 0
    assert "zhou.yaml: the entry was taken out" in done.stderr
    assert "周平" not in (config / "people.d" / "zhou.yaml").read_text(encoding="utf-8")
    done = hub("people", "verify", receipt, "--person", zhou, "-c", config)
    assert (done.exit_code, done.stdout.startswith("sound: erased at ")) == (0, True)
    receipt.write_text(receipt.read_text().replace("erased-", "erased_"))
    assert hub("people", "verify", receipt, "-c", config).exit_code == 1


def test_what_was_written_by_hand_is_named(config: Path) -> None:
    async def live() -> None:
        await (await Store.open(config / ".hub", ManualClock())).close()

    asyncio.run(live())
    done = hub("people", "erase", "li", "--yes", "-c", config)
    assert done.exit_code == 0
    assert f"still to do: {config}/configuration.yaml:5: take the entry out" in done.stderr


def test_who_has_duties_is_not_erased_from_under_the_roster(config: Path) -> None:
    done = hub("people", "erase", "wang", "--yes", "-c", config)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "rosters name the person (grid); take them out first" in done.stderr
