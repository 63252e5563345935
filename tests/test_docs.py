"""Nothing that an admin or an author can use goes unmentioned: hooks, events, actions, channels, verbs, options."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest

import hub.api
import hub.testing.plugin
from hub.cli.describe import describe_core, describe_integration
from hub.cli.main import cli
from hub.model import errors, events
from hub.plugins import hookspecs
from hub.plugins.integration import Integration
from hub.plugins.link import Link
from hub.plugins.manager import Manager
from hub.testing.kit import HubKit

ROOT = Path(__file__).parent.parent
WORD = re.compile(r"[A-Za-z0-9_.-]+")
BUILT_IN = tuple(name for name in Manager().names())
# Of the link and the kit, for the hub's own use.
INNER = {"undo", "actions", "event_classes"}


@cache
def words_of(*pages: Path) -> frozenset[str]:
    """Every word of the pages, also the parts between dots."""
    found = [word for page in pages for word in WORD.findall(page.read_text(encoding="utf-8"))]
    return frozenset(part for word in found for part in (word, word.strip("."), *word.split(".")))


def docs() -> tuple[Path, ...]:
    return (*sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("README*.md")))


def pages_of(name: str) -> tuple[Path, ...]:
    """Where an integration is documented."""
    folder = ROOT / "automations" if name == "automation" else ROOT / "integrations" / name
    readme = folder / "README.md"
    return (*docs(), *([readme] if readme.is_file() else []))


def described(name: str) -> dict[str, Any]:
    return describe_core() if name == "hub" else describe_integration(Manager().load(name))


def options(schema: Any) -> Iterator[str]:
    """Every key that a JSON Schema names, at any depth."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "properties" and isinstance(value, dict):
                yield from value
                for inner in value.values():
                    yield from options(inner)
            elif key not in ("default", "const", "enum", "required"):
                yield from options(value)
    elif isinstance(schema, list):
        for inner in schema:
            yield from options(inner)


def missing(names: Iterator[str] | list[str], words: frozenset[str]) -> list[str]:
    return sorted({name for name in names if name not in words})


@pytest.mark.parametrize("name", ["hub", *BUILT_IN])
def test_every_event_is_documented(name: str) -> None:
    words = words_of(*pages_of(name))
    told = [event["name"] for event in described(name)["events"]]
    by_class = {events.kind_of(word): word for word in words if word[:1].isupper()}
    assert missing([kind for kind in told if kind not in by_class], words) == []


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_action_and_its_data_are_documented(name: str) -> None:
    words = words_of(*pages_of(name))
    actions = described(name)["actions"]
    assert missing([action["name"] for action in actions], words) == []
    assert missing([key for action in actions for key in options(action["data"])], words) == []


@pytest.mark.parametrize("name", ["hub", *BUILT_IN])
def test_every_option_is_documented(name: str) -> None:
    assert missing(list(options(described(name)["options"])), words_of(*pages_of(name))) == []


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_channel_and_analyzer_with_its_options_is_documented(name: str) -> None:
    words, told = words_of(*pages_of(name)), described(name)
    for part in (*told["channels"], *told["analyzers"]):
        assert missing([part["name"]], words) == []
        assert missing([*options(part["options"]), *options(part.get("address"))], words) == []


@pytest.mark.parametrize("name", sorted({*BUILT_IN} - {"automation"}))
def test_every_built_in_integration_has_a_page_and_an_example(name: str) -> None:
    folder = ROOT / "integrations" / name
    for file in ("README.md", "example.yaml"):
        assert len((folder / file).read_text(encoding="utf-8")) > 100


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, f"{path} {name}")


def test_every_verb_and_its_options_are_documented() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in docs())
    words = words_of(*docs())
    undocumented: list[str] = []
    for path, command in commands(cli, "hub"):
        if f"`{path}" not in text:
            undocumented.append(path)
        for parameter in command.params:
            long = [name for name in parameter.opts if name.startswith("--")]
            undocumented += [f"{path} {name}" for name in long if name not in words]
    assert undocumented == []


def written_for_authors() -> frozenset[str]:
    return words_of(ROOT / "docs" / "integrations.md")


def public(thing: type) -> list[str]:
    return [name for name in vars(thing) if not name.startswith("_") and name not in INNER]


def test_every_hook_is_documented() -> None:
    hooks = [name for name in vars(hookspecs) if name.startswith("hub_")]
    assert len(hooks) >= 2
    assert missing(hooks, written_for_authors()) == []


@pytest.mark.parametrize("thing", [Link, HubKit])
def test_all_of_the_link_and_of_the_kit_is_documented(thing: type) -> None:
    assert missing(public(thing), written_for_authors()) == []


def test_every_field_of_a_declaration_is_documented() -> None:
    for declared in (Integration, hub.api.Action, hub.api.Channel, hub.api.Analyzer):
        fields = [field.name for field in dataclasses.fields(declared)]
        assert missing(fields, written_for_authors()) == []


def test_every_error_is_documented() -> None:
    named = [name for name, thing in vars(errors).items() if inspect.isclass(thing)]
    assert missing(named, written_for_authors()) == []


def test_every_port_is_documented() -> None:
    ports = importlib.import_module("hub.plugins.ports")
    own = [n for n, t in vars(ports).items() if inspect.isclass(t) and t.__module__ == ports.__name__]
    assert missing(own, written_for_authors()) == []


def test_every_fixture_is_documented() -> None:
    fixtures = re.findall(
        r"^    (?:async )?def (\w+)|^def (\w+)", inspect.getsource(hub.testing.plugin), re.MULTILINE
    )
    names = [inner or outer for inner, outer in fixtures]
    assert {"hub", "clock", "check_integration"} <= set(names)
    assert missing(names, written_for_authors()) == []


def test_what_the_pages_link_to_is_there() -> None:
    broken: list[str] = []
    for page in (
        *docs(),
        *ROOT.glob("automations/README.md"),
        *ROOT.glob("integrations/*/README.md"),
        *ROOT.glob("examples/*/README.md"),
    ):
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_headings_that_pages_point_to_within_themselves_are_there() -> None:
    for page in docs():
        text = page.read_text(encoding="utf-8")
        headings = {
            re.sub(r"[^\w\- ]", "", line).strip().lower().replace(" ", "-")
            for line in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        }
        assert [anchor for anchor in re.findall(r"\]\(#([^)]+)\)", text) if anchor not in headings] == []


def test_every_module_of_the_published_kit_says_what_it_is_for() -> None:
    for found in pkgutil.iter_modules(hub.testing.__path__, "hub.testing."):
        assert importlib.import_module(found.name).__doc__
