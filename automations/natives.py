"""What a template's text means as a value: "23.5" a number, "[1, 2]" a list, "True" a truth, the rest text."""

import re
from ast import literal_eval
from typing import Any

_NUMERIC = re.compile(r"[+-]?(?!0\d)\d*(?:\.\d*)?")
_LONGEST = 16 * 1024
_DEEPEST = 50
_WORDS: dict[str, bool | None] = {"True": True, "False": False, "None": None}


def native(text: str) -> Any:
    """The value of a rendered text, by Home Assistant's rules (which are Python's literals)."""
    text = text.strip()
    if not text:
        return text
    first = text[0]
    if first in "0123456789+-.":
        return _number(text)
    if first in "[({":
        return _collection(text)
    return _WORDS.get(text, text)


def _number(text: str) -> Any:
    if len(text) > 40 or not _NUMERIC.fullmatch(text):
        return text
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def _collection(text: str) -> Any:
    if len(text) > _LONGEST or _depth(text) > _DEEPEST:
        return text
    try:
        value = literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text
    return text if isinstance(value, (str, bytes, complex, int, float)) else value


def _depth(text: str) -> int:
    depth = deepest = 0
    for letter in text:
        if letter in "[({":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in "])}":
            depth -= 1
    return deepest
