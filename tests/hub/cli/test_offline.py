"""The verbs that need no hub: check, describe, help, versions, misspelt words."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result

from hub import __version__
from hub.cli.main import VERBS
from tests.hub.cli.conftest import hub


def check(folder: Path, text: str, *options: str) -> Result:
    (folder / "configuration.yaml").write_text(text, encoding="utf-8")
    return hub("check", folder, *options)


def test_a_clean_configuration(site: Path) -> None:
    done = hub("check", site)
    assert (done.exit_code, done.output) == (0, f"{site}: clean, 1 integration\n")
    assert json.loads(hub("check", site, "--json").output) == {"ok": True, "faults": []}


def test_faults_are_printed_with_place_and_remedy(tmp_path: Path) -> None:
    done = check(tmp_path, "notyfy:\nhttp: {server_prt: 1}\n")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f"{tmp_path}/configuration.yaml:1:1: notyfy: there is no integration 'notyfy'; did you mean 'notify'?",
        f"{tmp_path}/configuration.yaml:2:8: http.server_prt: unknown key 'server_prt'; did you mean 'server_port'?",
    ]
    assert done.stderr == "2 faults\n"


def test_faults_for_programs(tmp_path: Path) -> None:
    done = check(tmp_path, "notyfy:\n", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told["ok"] is False
    assert told["faults"] == [
        {
            "file": f"{tmp_path}/configuration.yaml",
            "line": 1,
            "column": 1,
            "path": "notyfy",
            "problem": "there is no integration 'notyfy'",
            "remedy": "did you mean 'notify'?",
            "severity": "fault",
        }
    ]


@pytest.mark.parametrize(
    "text", ["a: [", "\x00", "a: !!python/object/apply:os.system ['true']\n", "&a [*a]\n"]
)
def test_broken_yaml_is_a_fault(tmp_path: Path, text: str) -> None:
    done = check(tmp_path, text)
    assert done.exit_code == 1
    assert f"{tmp_path}/configuration.yaml" in done.stdout


def test_what_can_not_be_read_is_status_2(tmp_path: Path) -> None:
    done = hub("check", tmp_path)
    assert done.exit_code == 2
    assert "configuration.yaml" in done.stderr
    told = json.loads(hub("check", tmp_path / "nowhere", "--json").stdout)
    assert told["ok"] is False
    assert told["unreadable"]


def test_describe_lists_everything_that_could_be_configured(bell_on_path: Path) -> None:
    text = hub("describe").output
    for name in ("hub", "bell", "mqtt", "camera", "notify"):
        assert f"\n{name} " in text
    assert "A bell for these tests." in text
    listed = {item["name"]: item for item in json.loads(hub("describe", "--json").output)}
    assert listed["bell"]["events"][0]["fields"]["times"] == {"type": "int", "required": False}
    assert listed["bell"]["actions"][0]["data"]["required"] == ["part"]
    assert listed["bell"]["options"]["properties"]["tone"]["default"] == "a"
    assert {"hub", "http", "history", "auth"} == set(listed["hub"]["options"])


def test_describe_shows_an_integration_an_event_and_an_action_in_full(bell_on_path: Path) -> None:
    text = hub("describe", "bell").output
    assert "alarm bell_rang: A bell rang at a door." in text
    assert "times: int (optional)" in text
    assert "action bell.mend: Send for the smith" in text
    assert "tone:" in text
    (event,) = json.loads(hub("describe", "bell_rang", "--json").output)
    assert event["alarm"] is True
    assert hub("describe", "bell.mend").output.startswith("bell.mend  Send for the smith\n")
    several = json.loads(hub("describe", "bell_rang", "hub_started", "--json").output)
    assert [item["name"] for item in several] == ["bell_rang", "hub_started"]


def test_describe_suggests_what_was_meant(bell_on_path: Path) -> None:
    done = hub("describe", "bell_rung")
    assert done.exit_code == 1
    assert "there is no 'bell_rung'; did you mean 'bell_rang'?" in done.stderr


def test_the_version() -> None:
    assert hub("--version").output == f"hub, version {__version__}\n"
    command = [sys.executable, "-m", "hub", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"hub, version {__version__}\n"


def test_a_misspelt_verb_is_status_2_with_a_suggestion() -> None:
    done = hub("stauts")
    assert done.exit_code == 2
    assert "did you mean 'status'?" in done.stderr
    assert hub("zzz").exit_code == 2
    assert hub("run", "--hots", "x").exit_code == 2


@pytest.mark.parametrize("verb", [*VERBS])
def test_every_verb_teaches(verb: str) -> None:
    done = hub(verb, "--help")
    assert done.exit_code == 0
    assert len(done.output.splitlines()) > 5


def test_help_lists_the_verbs_and_tells_where_to_begin() -> None:
    text = hub("--help").output
    assert "Begin with `hub check config`" in text
    assert "Exit status: 0 done" in text
    for verb in (*VERBS, "detect", "camera"):
        assert f"\n  {verb} " in text
