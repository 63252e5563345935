"""What the README says is all there is, and the example works."""

import re
from pathlib import Path

import pytest

import automations
from automations import actions, conditions, library, plan, triggers
from automations.functions import furnish
from automations.rules import Language, check
from automations.sandbox import Bounded
from automations.switching import ACTIONS
from hub.testing.checking import check_integration
from tests.automations.conftest import known_names

README = (Path(automations.__file__).parent / "README.md").read_text(encoding="utf-8")
PROSE = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
IN_CODE = set(re.findall(r"[\w.]+", " ".join(re.findall(r"`([^`]+)`", PROSE))))


def missing(names):
    return sorted(name for name in names if name not in IN_CODE)


def test_every_trigger_condition_and_action_is_described():
    assert missing(triggers.platforms()) == []
    assert missing(conditions.kinds()) == []
    assert missing(key for key in actions._READERS if key not in ("and", "or", "not")) == []
    assert missing(plan.MODES) == []


def test_every_function_and_filter_is_described():
    environment = Bounded()
    furnish(environment)
    names = {*environment.globals, *environment.filters} - {"_step", "_concatenated"}
    assert missing(names) == []


def test_the_library_and_the_actions_are_described():
    for name in library.names():
        entry = library.load(name)
        assert entry is not None
        assert missing([name, *entry.options]) == []
    assert missing(action.name for action in ACTIONS) == []
    assert missing(key for action in ACTIONS for key in map(str, action.schema.schema)) == []


UNKNOWN = "quite_another"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("rule", {UNKNOWN: 1, "triggers": [], "actions": []}),
        *(
            ("trigger", {"triggers": [{"trigger": kind, UNKNOWN: 1}], "actions": []})
            for kind in triggers.platforms()
        ),
        *(
            ("condition", {"conditions": [{"condition": kind, UNKNOWN: 1}], "triggers": [], "actions": []})
            for kind in conditions.kinds()
        ),
    ],
)
def test_editors_are_told_the_keys_that_there_are(name, written):
    known = known_names()
    remedies = [finding.remedy for finding in check([written], known) if finding.path[-1] == UNKNOWN]
    assert len(remedies) == 1
    keys = set(remedies[0].removeprefix("it knows ").split(", "))
    shape = Language().json_schema()["$defs"][name]
    told = shape.get("properties") or shape["anyOf"][-1]["properties"]
    unsupported = {
        "stored_traces",
        "category",
        "labels",
        "context",
    }  # taken over from Home Assistant, without effect
    assert keys <= {*told, *unsupported}


async def test_the_guest_bears_its_life(hub):
    await check_integration(hub, "automation")
