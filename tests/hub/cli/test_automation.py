"""`hub automation` on a real hub whose rules have run."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub.cli.conftest import Running, hub

RULES = """\
hub: {name: 邻里花园}
bell:
automation:
  - id: ring_back
    alias: 按铃
    triggers:
      - trigger: event
        event_type: bell_rang
    actions:
      - action: bell.mend
        data: {part: "{{ trigger.event.data.times }}"}
  - id: night
    initial_state: false
    triggers: [{trigger: time, at: "03:00:00"}]
    actions: [{delay: 5}]
"""


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory, bell_on_path: Path) -> Iterator[Running]:
    """A hub with two rules, one of which has run."""
    folder = tmp_path_factory.mktemp("ruled")
    (folder / "configuration.yaml").write_text(RULES, encoding="utf-8")
    started = Running(folder)
    request = urllib.request.Request(f"{started.url}/ring?times=4", method="POST")
    urllib.request.urlopen(request, timeout=10).close()
    yield started
    assert started.end() == 0


def said(running: Running, *arguments: str) -> Any:
    done = hub("automation", *arguments, "-c", running.config, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_rules_are_listed(ruled: Running) -> None:
    listed = {rule["id"]: rule for rule in said(ruled, "list")}
    assert (listed["ring_back"]["enabled"], listed["night"]["enabled"]) == (True, False)
    assert listed["ring_back"]["alias"] == "按铃"
    assert listed["ring_back"]["last_triggered"]
    assert listed["night"]["last_triggered"] is None
    table = hub("automation", "list", "-c", ruled.config).output.splitlines()
    assert table[0].split() == ["id", "state", "mode", "running", "lost", "last", "triggered", "name"]
    assert any(line.startswith("ring_back") and line.endswith("按铃") for line in table)
    assert any(line.startswith("night") and "never" in line for line in table)


def test_a_rule_is_shown_by_its_id_and_by_its_entity(ruled: Running) -> None:
    shown = said(ruled, "show", "ring_back")
    assert shown["id"] == "ring_back"
    assert said(ruled, "show", shown["entity_id"])["id"] == "ring_back"
    text = hub("automation", "show", "ring_back", "-c", ruled.config).output
    assert text.startswith("按铃 (ring_back)\n")
    assert "bell.mend" in text


def test_an_unknown_rule_is_told_with_what_was_meant(ruled: Running) -> None:
    done = hub("automation", "show", "ring_bakc", "-c", ruled.config)
    assert done.exit_code == 1
    assert "did you mean 'ring_back'?" in done.stderr


def test_the_call_that_the_rule_made_is_in_the_outbox(ruled: Running) -> None:
    done = hub("outbox", "list", "-c", ruled.config, "--state", "dead", "--state", "pending", "--json")
    assert len([row for row in json.loads(done.stdout) if row["action"] == "bell.mend"]) == 2
