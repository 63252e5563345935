"""What a schema's error means, in English: what was found, and what would be right."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import voluptuous as vol

from hub.config.complete import (
    KINDS,
    ChoiceInvalid,
    KeyInvalid,
    MismatchInvalid,
    TrippedInvalid,
    UnknownKeyInvalid,
)
from hub.config.faults import did_you_mean

LONGEST_QUOTE = 60
MOST_LISTED = 12
EXPECTED = re.compile(r"expected (?:a |an )?(\w+)(?: or one of .*)?")
TYPES = {kind.__name__: kind for kind in KINDS if kind is not None} | {"dictionary": dict}
REMEDIES = {
    str: "put it in quotes",
    list: "start each item with '- '",
    dict: "write 'key: value' lines",
    bool: "write true or false",
    int: "write digits only",
    float: "write digits, and a point if need be",
}
MEASURES = {
    "value must be ": "is out of range",
    "length of value must be ": "has the wrong length",
}


def describe_error(error: vol.Invalid, value: Any, hidden: str = "") -> tuple[str, str]:
    """What is wrong and what would be right; a value with a `hidden` name is called by that name."""
    found = f"the value of {hidden}" if hidden else show(value)
    message = error.error_message
    if isinstance(error, UnknownKeyInvalid):
        return unknown_key(error)
    if isinstance(error, vol.RequiredFieldInvalid):
        return missing_key(error)
    if isinstance(error, ChoiceInvalid):
        return f"{found} is not one of the choices", choose(value if not hidden else None, error.choices)
    if isinstance(error, MismatchInvalid):
        return f"{found} does not fit", f"write {listed(error.expected, 'or')}"
    if isinstance(error, TrippedInvalid):
        return f"{found} can't be used here ({message})", "see the documentation of this key"
    if isinstance(error, KeyInvalid):
        return f"the key {show(error.path[-1])} is not of the right form", key_remedy(message)
    return describe_value(message, found)


def describe_value(message: str, found: str) -> tuple[str, str]:
    """A value of the wrong type, size or form, or whatever else the schema says of it."""
    expected = EXPECTED.fullmatch(message)
    kind = TYPES.get(expected[1]) if expected else None
    if kind is not None:
        return (
            f"{found} is not {KINDS[kind]}" if kind is not bool else f"{found} is neither true nor false",
            REMEDIES[kind],
        )
    for start, problem in MEASURES.items():
        if message.startswith(start):
            return f"{found} {problem}", f"it must be {message.removeprefix(start)}"
    if message.startswith("does not match regular expression"):
        return f"{found} is not of the right form", f"it must match {message.rpartition(' ')[2]}"
    if message in ("not a valid value", "no valid value found", "value is not allowed", "invalid value"):
        return f"{found} is not valid here", ""
    return split_message(message, "")


def split_message(message: str, remedy: str) -> tuple[str, str]:
    """A message of the form "what; remedy", or with a remedy of ours."""
    what, _, then = message.partition("; ")
    return what, then or remedy


def key_remedy(message: str) -> str:
    """What to do about a key its schema refuses."""
    what, _, remedy = message.partition("; ")
    return remedy or what


def unknown_key(error: UnknownKeyInvalid) -> tuple[str, str]:
    """A key nobody knows, with the nearest one or all there are."""
    word = error.path[-1]
    names = sorted(str(key) for key in error.known)
    remedy = did_you_mean(word, names)
    if not remedy and names:
        more = ", ..." if len(names) > MOST_LISTED else ""
        remedy = f"known here: {', '.join(names[:MOST_LISTED])}{more}"
    return f"unknown key {show(word)}", remedy or "remove it"


def missing_key(error: vol.Invalid) -> tuple[str, str]:
    """A key that must be there."""
    key: Any = error.path[-1]
    if error.error_message != "required key not provided":
        return split_message(error.error_message, f"add '{key}: ...'")
    if isinstance(getattr(key, "schema", None), vol.Any):
        names = listed([str(each) for each in key.schema.validators], "or")
        return f"{names} is missing", "add one of them"
    return f"the key '{key}' is missing", f"add '{key}: ...'"


def choose(value: object, choices: Sequence[object]) -> str:
    """The nearest choice, or all of them."""
    remedy = did_you_mean(value, choices)
    if remedy:
        return remedy
    names = [show(choice) for choice in choices]
    if len(names) > MOST_LISTED:
        return f"write {', '.join(names[:MOST_LISTED])}, ..."
    return f"write {listed(names, 'or')}" if names else ""


def listed(words: Iterable[str], conjunction: str) -> str:
    """a, b or c."""
    *most, last = list(dict.fromkeys(words))
    return f"{', '.join(most)} {conjunction} {last}" if most else last


def show(value: Any) -> str:
    """A value as it would be written, shortened; containers by their kind only."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = value if len(value) <= LONGEST_QUOTE else f"{value[:LONGEST_QUOTE]}..."
        return f"'{text}'" if text.isprintable() else json.dumps(text)
    return str(value)[:LONGEST_QUOTE]
