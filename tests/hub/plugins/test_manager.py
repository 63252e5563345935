"""Finding guests: by name, by entry point, and whatever is wrong with them costs only them."""

import sys
from pathlib import Path

import pytest

from hub.api import Address, Delivery, Notice, Person
from hub.plugins.configuration import read_configuration
from hub.plugins.manager import Broken, Manager, Missing
from hub.testing.clock import START
from hub.testing.kit import HubKit
from tests.hub.packages import GUEST, Shelf


def faults_of(folder: Path, text: str) -> list[str]:
    (folder / "configuration.yaml").write_text(text, encoding="utf-8")
    configuration = read_configuration(folder, Manager(), environ={})
    return [str(fault).removeprefix(f"{folder}/") for fault in configuration.faults]


def test_an_installed_package_is_found_by_its_entry_point_and_imported_only_when_named(shelf: Shelf) -> None:
    shelf.install("bell", GUEST)
    manager = Manager()
    assert "bell" in manager.names()
    assert "bell_package" not in sys.modules
    assert manager.load("bell").name == "bell"
    assert manager.load("bell") is manager.load("bell")
    assert "bell_package" in sys.modules


def test_built_in_guests_are_found_by_their_folder() -> None:
    names = Manager().names()
    assert {"camera", "mqtt", "manhole", "notify", "automation"} <= set(names)
    assert names == sorted(names)


@pytest.mark.parametrize("name", ["nothing", "no-such.thing", "", "../etc", "integrations", "hub.api"])
def test_what_is_not_there_is_missing(name: str) -> None:
    with pytest.raises(Missing):
        Manager().load(name)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise RuntimeError('no driver')", "can't be imported: RuntimeError: no driver"),
        ("import a_module_that_is_not_there", "No module named 'a_module_that_is_not_there'"),
        ("def broken(:", "SyntaxError"),
        ("raise SystemExit(3)", "can't be imported: SystemExit: 3"),
        ("", "declares no integration named 'bell'"),
        (GUEST.replace('name="bell"', 'name="ball"'), "declares no integration named 'bell'"),
        (GUEST.replace("def hub_integrations", "def hub_integration"), "implements a hook that does not exist"),
        (GUEST.replace("def hub_integrations()", "def hub_integrations(what)"), "'what'"),
        (GUEST.replace("yield Integration", "1 / 0; yield Integration"), "failed while declaring itself"),
        (GUEST.replace("yield Integration(", "yield dict("), "declares a dict, not an Integration"),
        (GUEST.replace("yield Integration(", "return Integration("), "failed while declaring itself"),
        (GUEST.replace("schema=vol.Schema(object), ", ""), "schema"),
        (GUEST.replace("vol.Schema(object)", "None"), "its schema can't be called"),
        (GUEST.replace("run=run", "run=None"), "its run can't be called"),
        (GUEST.replace("async def run", "def run").replace("await ", ""), "its run is no coroutine function"),
        (GUEST.replace("(BellRang,)", "(int,)"), "'int' among its events is no Event"),
        (GUEST.replace("(BellRang,)", "BellRang"), "its events are no tuple"),
    ],
)  # fmt: skip
def test_a_guest_that_can_not_be_loaded_is_one_fault_at_its_section(
    shelf: Shelf, tmp_path: Path, code: str, said: str
) -> None:
    shelf.install("bell", code)
    with pytest.raises(Broken, match="bell"):
        Manager().load("bell")
    (fault,) = faults_of(tmp_path, "notify:\nbell:\n")
    assert fault.startswith("configuration.yaml:2:1: bell: ")
    assert said in fault


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (("vol.Schema(object)", "lambda value: open('/nowhere')"), "schema"),
        (("events=", "entities=lambda config: 1 / 0, events="), "entities"),
        (("events=", "references=lambda config: 1 / 0, events="), "references"),
        (("events=", "check=lambda config, known: 1 / 0, events="), "check"),
        (("events=", "entities=lambda config: [7], events="), "entities"),
        (("events=", "references=lambda config: [7], events="), "references"),
        (("events=", "check=lambda config, known: [7], events="), "check"),
    ],
)
def test_a_guest_whose_declaration_fails_on_a_section_is_one_fault(
    shelf: Shelf, tmp_path: Path, change: tuple[str, str], place: str
) -> None:
    shelf.install("bell", GUEST.replace(*change))
    (fault,) = faults_of(tmp_path, "notify:\nbell: {a: 1}\n")
    assert fault.startswith("configuration.yaml:2:1: bell: ")
    assert place in fault
    assert "report it to the integration's author" in fault


def test_an_entry_point_must_name_a_module(shelf: Shelf, tmp_path: Path) -> None:
    shelf.install("bell", GUEST, entry="bell_package:run")
    (fault,) = faults_of(tmp_path, "bell:\n")
    assert "entry point 'bell' in hub.integrations names no module" in fault


def test_one_broken_guest_does_not_hide_another(shelf: Shelf) -> None:
    shelf.install("bad", GUEST.replace("def hub_integrations", "def hub_integratoins"))
    shelf.install("bell", GUEST)
    manager = Manager()
    with pytest.raises(Broken, match="hub_integratoins"):
        manager.load("bad")
    assert manager.load("bell").name == "bell"
    with pytest.raises(Broken):
        manager.load("bad")


def test_two_guests_can_not_tell_the_same_kind_or_bring_the_same_action(shelf: Shelf, tmp_path: Path) -> None:
    more = 'events=(BellRang,), actions=(Action(name="bell.ring", summary="", schema=vol.Schema({})),)'
    code = GUEST.replace("events=(BellRang,)", more).replace("import Event,", "import Action, Event,")
    shelf.install("bell", code)
    shelf.install("gong", code.replace('name="bell"', 'name="gong"'))
    faults = faults_of(tmp_path, "bell:\ngong:\n")
    assert len(faults) == 2
    assert "event 'bell_rang' is declared by 'bell' already" in faults[0]
    assert "action 'bell.ring' is declared by 'bell' already" in faults[1]
    assert all(fault.startswith("configuration.yaml:2:1: gong: ") for fault in faults)


def test_the_owner_of_a_module_is_the_guest_that_brought_it(shelf: Shelf) -> None:
    shelf.install("bell", GUEST, files={"deep": "", "guest": GUEST.replace('name="bell"', 'name="gong"')})
    shelf.install("gong", "", entry="bell_package.guest")
    manager = Manager()
    assert manager.owner_of("bell_package.deep") == ""
    manager.load("gong")
    assert manager.owner_of("bell_package.guest") == "gong"
    assert manager.owner_of("bell_package.deep") == "gong"
    manager.load("bell")
    assert manager.owner_of("bell_package.deep") == "bell"
    assert manager.owner_of("bell_package.guest.inner") == "gong"
    assert manager.owner_of("asyncio.events") == ""


REVIEWER = GUEST.replace(
    "    @hookimpl",
    """\
    @hookimpl
    def hub_review_delivery(delivery):
        if delivery.key == "explode":
            raise RuntimeError("broken reviewer")
        return "quiet hours" if delivery.key == "at night" else None


    @hookimpl""",
)


def delivery(key: str) -> Delivery:
    return Delivery(
        key=key,
        person=Person(id="wang", name="王芳"),
        address=Address(channel="log"),
        notice=Notice(title="t", message="m", at=START),
    )


def test_the_first_reason_to_hold_a_delivery_counts_and_a_failing_reviewer_holds_nothing(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.install("bell", REVIEWER)
    manager = Manager()
    assert manager.review(delivery("at night")) is None
    manager.load("bell")
    assert manager.review(delivery("at night")) == "quiet hours"
    assert manager.review(delivery("by day")) is None
    assert manager.review(delivery("explode")) is None
    assert "bell: hub_review_delivery failed" in caplog.text


async def test_an_installed_package_runs_in_a_hub(shelf: Shelf, hub: HubKit) -> None:
    shelf.install("bell", GUEST)
    running = await hub.start("bell:\n")
    assert running.ready()[1]["bell"] == "running"
    assert "bell_rang" in running.site.event_classes
