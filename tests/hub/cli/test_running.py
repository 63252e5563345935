"""The verbs that speak to a running hub, against a real one."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hub.cli.conftest import Running, hub


def ring(running: Running, times: int = 1) -> str:
    """Ring the bell; the alarm's id."""
    request = urllib.request.Request(f"{running.url}/ring?times={times}", method="POST")
    with urllib.request.urlopen(request, timeout=10) as response:
        found: str = json.load(response)["id"]
    return found


@pytest.fixture
def said(running: Running) -> Callable[..., Any]:
    """A verb on the running hub, with --json; its answer."""

    def say(*arguments: str, status: int = 0) -> Any:
        done = hub(*arguments, "--config", running.config, "--json")
        assert done.exit_code == status, done.output
        return json.loads(done.stdout)

    return say


def test_status(running: Running, said: Callable[..., Any]) -> None:
    status = said("status")
    assert (status["name"], status["url"], status["ready"]) == ("邻里花园", running.url, True)
    text = hub("status", "-c", running.config).output
    assert f"邻里花园 0.1.0 at {running.url}, ready" in text
    assert "bell         running  0" in text


def test_an_alarm_is_shown_from_the_journal_as_a_table_as_json_and_in_full(
    running: Running, said: Callable[..., Any]
) -> None:
    first, second = ring(running, 2), ring(running, 3)
    found = {row["id"]: row for row in said("events", "show", "--kind", "bell_rang")}
    assert (found[first]["times"], found[second]["times"]) == (2, 3)
    assert found[first]["seq"] < found[second]["seq"]
    assert said("events", "show", "--limit", "1")[0]["id"] == second
    assert said("events", "show", "--kind", "cover_opened") == []
    assert said("events", "show", "--since", "2100-01-01") == []
    text = hub("events", "show", "-c", running.config).output
    assert "critical  bell_rang  bell" in text
    one = hub("events", "show", second, "-c", running.config)
    assert json.loads(one.output)["times"] == 3


def test_an_unknown_alarm_is_told(running: Running) -> None:
    done = hub("events", "show", "nobody", "-c", running.config)
    assert done.exit_code == 1
    assert "the journal has no alarm 'nobody'" in done.stderr


def dead_call(running: Running, said: Callable[..., Any]) -> str:
    key = f"{ring(running)}/mend"
    for _ in range(200):
        if any(row["key"] == key for row in said("outbox", "list", "--state", "dead")):
            return key
    raise AssertionError(said("outbox", "list"))


def test_a_call_that_was_given_up_is_listed_tried_again_and_dropped(
    running: Running, said: Callable[..., Any]
) -> None:
    key = dead_call(running, said)
    row = next(row for row in said("outbox", "list") if row["key"] == key)
    assert (row["state"], row["action"], row["attempts"]) == ("dead", "bell.mend", 1)
    assert "no smith would take it" in row["last_error"]
    text = hub("outbox", "list", "-c", running.config).output
    assert key in text
    assert "no smith would take it" in text
    assert said("outbox", "retry", key)["done"] == [key]
    for _ in range(200):  # it may move from pending to dead between the two readings
        rows = said("outbox", "list", "--state", "dead", "--state", "pending")
        if any(row["key"] == key and row["attempts"] == 2 for row in rows if row["state"] == "dead"):
            break
    assert said("outbox", "drop", key, "--yes") == {"done": [key], "unknown": []}
    assert said("outbox", "list", "--state", "dropped")[-1]["key"] == key


def test_unknown_calls_are_told(running: Running, said: Callable[..., Any]) -> None:
    assert said("outbox", "retry", "nobody", status=1) == {"done": [], "unknown": ["nobody"]}
    done = hub("outbox", "drop", "nobody", "--yes", "-c", running.config)
    assert done.exit_code == 1
    assert "there is no call 'nobody' to drop" in done.stderr


def test_a_drop_wants_to_be_confirmed(running: Running, said: Callable[..., Any]) -> None:
    key = dead_call(running, said)
    done = hub("outbox", "drop", key, "-c", running.config)
    assert done.exit_code == 1
    assert "These will never be delivered" in done.output
    assert key in {row["key"] for row in said("outbox", "list", "--state", "dead")}


def test_a_reload_takes_changes_and_tells_them(running: Running, said: Callable[..., Any]) -> None:
    file = running.config / "configuration.yaml"
    before = file.read_text()
    assert hub("reload", "-c", running.config).output == "nothing has changed\n"
    try:
        file.write_text(before.replace("tone: c", "tone: d") + "notify:\n")
        assert said("reload")["changed"] == ["bell"]
        file.write_text(before.replace("tone: c", "tune: d") + "notyfy:\n")
        done = hub("reload", "-c", running.config)
        assert done.exit_code == 1
        assert "bell.tune: unknown key 'tune'; did you mean 'tone'?" in done.output
        assert "there is no integration 'notyfy'; did you mean 'notify'?" in done.output
        assert "2 faults; nothing was changed" in done.stderr
        assert len(said("reload", status=1)["faults"]) == 2
        file.unlink()
        assert "configuration.yaml" in hub("reload", "-c", running.config).output
    finally:
        file.write_text(before)
    assert hub("reload", "-c", running.config).output == "stopped: notify\nchanged: bell\n"


def test_events_are_told_as_they_happen(running: Running) -> None:
    command = [sys.executable, "-m", "hub", "events", "tail", "-c", str(running.config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as tail:
        assert tail.stdout is not None
        assert tail.stderr is not None
        reader = os.fdopen(os.dup(tail.stdout.fileno()), "r")
        told = ""
        for times in range(1, 400):
            ring(running, times)
            if _readable(tail.stdout.fileno()):
                told = reader.readline()
                break
        tail.send_signal(signal.SIGINT)
        assert tail.wait(10) == 0
        assert tail.stderr.read() == ""
        reader.close()
    assert "bell" in told


def _readable(file: int) -> bool:
    import select

    return bool(select.select([file], [], [], 0.05)[0])


def test_a_tail_of_one_kind_as_json_ends_with_its_reader(running: Running) -> None:
    command = f"{sys.executable} -m hub events tail -c {running.config} --kind bell_rang --json | head -n 1"
    with subprocess.Popen(command, shell=True, stdout=subprocess.PIPE, text=True) as tail:
        assert tail.stdout is not None
        for _ in range(400):
            ring(running, 7)
            if _readable(tail.stdout.fileno()):
                break
        line = json.loads(tail.stdout.readline())
        ring(running)  # its second line finds nobody
        assert tail.wait(10) == 0
    assert (line["kind"], line["times"]) == ("bell_rang", 7)


@pytest.mark.parametrize(
    "verb",
    [
        ["status"],
        ["reload"],
        ["events", "tail"],
        ["outbox", "retry", "x"],
        ["outbox", "drop", "x", "--yes"],
        ["automation", "list"],
        ["automation", "show", "x"],
    ],
)
@pytest.mark.parametrize(
    "left",
    [
        None,
        "",
        "[]",
        '{"url": 7}',
        '{"url": "http://127.0.0.1:9", "token": "x", "pid": 1}',
        '{"url": "nonsense", "token": "x"}',
    ],
)
def test_without_a_running_hub_the_status_is_3_and_the_text_says_what_to_do(
    tmp_path: Path, verb: list[str], left: str | None
) -> None:
    (tmp_path / ".hub").mkdir()
    if left is not None:
        (tmp_path / ".hub" / "control.json").write_text(left)
    done = hub(*verb, "-c", tmp_path)
    assert done.exit_code == 3, done.output
    assert f"no hub is running on {tmp_path}/.hub" in done.stderr
    assert "start it with `hub run`" in done.stderr
    assert "Traceback" not in done.output


def test_another_hub_s_token_is_no_good(running: Running, tmp_path: Path) -> None:
    (tmp_path / "control.json").write_text(json.dumps({"url": running.url, "token": "stale"}))
    done = hub("status", "--data", tmp_path)
    assert done.exit_code == 3
    assert "another program answers" in done.stderr


@pytest.mark.parametrize("verb", [["events", "show"], ["events", "show", "x"], ["outbox", "list"]])
def test_what_reads_the_data_folder_says_when_there_is_none(tmp_path: Path, verb: list[str]) -> None:
    done = hub(*verb, "-c", tmp_path)
    assert done.exit_code == 2
    assert "is this the data folder of a hub that ran?" in done.stderr


def test_automations_of_a_hub_that_has_none(running: Running) -> None:
    done = hub("automation", "list", "-c", running.config)
    assert done.exit_code == 1
    assert "add `automation:` to its configuration" in done.stderr
