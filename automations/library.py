"""The shipped rules: `- use: falling_object` among the rules takes them, `with:` sets what they leave open."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hub.api import Finding, did_you_mean

FOLDER = Path(__file__).parent / "library"
_KEYS = ("use", "with", "id", "mode", "initial_state", "enabled")


@dataclass(frozen=True, slots=True)
class LibraryEntry:
    """One file of the library."""

    name: str
    summary: str
    options: dict[str, Any]  # name -> default
    rules: tuple[dict[str, Any], ...]


def names() -> list[str]:
    """Names of all entries."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load(name: str) -> LibraryEntry | None:
    """An entry, None when there is none of that name."""
    if name not in names():
        return None
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    data = yaml.load(text, Loader=yaml.CSafeLoader)  # ten times as fast as Python's, and as safe
    options = {key: option["default"] for key, option in data.get("with", {}).items()}
    return LibraryEntry(name, data["summary"], options, tuple(data["rules"]))


def expand(item: dict[Any, Any], path: tuple[Any, ...]) -> tuple[list[dict[str, Any]], list[Finding]]:
    """The rules that an item with `use:` stands for, and what is wrong with the item."""
    findings = [
        Finding((*path, key), f"'{key}' is no key beside 'use'", did_you_mean(key, _KEYS) or ", ".join(_KEYS))
        for key in item
        if key not in _KEYS
    ]
    name = item["use"]
    entry = load(name) if isinstance(name, str) else None
    if entry is None:
        hint = did_you_mean(name, names()) or f"it has {', '.join(names())}"
        return [], [*findings, Finding((*path, "use"), f"the library has no {name!r}", hint)]
    given = item.get("with") or {}
    if not isinstance(given, dict):
        return [], [
            *findings,
            Finding((*path, "with"), "'with' must be a mapping", "as in with: {language: en}"),
        ]
    for key in given:
        if key not in entry.options:
            hint = did_you_mean(key, entry.options) or f"it has {', '.join(entry.options)}"
            findings.append(Finding((*path, "with", key), f"'{name}' has no option '{key}'", hint))
    return [_filled(rule, entry, given, item) for rule in entry.rules], findings


def _filled(
    rule: dict[str, Any], entry: LibraryEntry, given: dict[Any, Any], item: dict[Any, Any]
) -> dict[str, Any]:
    filled = {**rule, "variables": {**entry.options, **given, **rule.get("variables", {})}}
    filled |= {key: item[key] for key in ("mode", "initial_state", "enabled") if key in item}
    if "id" in item:
        filled["id"] = f"{item['id']}_{rule['id']}" if len(entry.rules) > 1 else str(item["id"])
        filled["alias"] = f"{rule.get('alias', rule['id'])} ({item['id']})"
    return filled
