"""JSON in and out: quick for what is ours, and never at a loss for what guests and strangers put in."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from enum import Enum
from typing import Any

import msgspec

from hub.model.errors import HubError

DEEPEST = 64  # levels of what comes in, and of what is mended on its way out
MOST_DIGITS = 308  # of a number that comes in: beyond it, other programs see infinity


class BadJson(HubError):
    """What came is no JSON, or JSON beyond all bounds."""


def encode(value: Any) -> bytes:
    """The value as JSON: NaN as null, half surrogate pairs as question marks, what JSON does not know as text."""
    try:
        return msgspec.json.encode(value, enc_hook=_plain)
    except (UnicodeEncodeError, RecursionError, TypeError, ValueError, OverflowError):
        return msgspec.json.encode(_mended(value, 0), enc_hook=_plain)


def decode(text: bytes | str) -> Any:
    """What the JSON says; BadJson."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError) as error:
        raise BadJson(str(error) or "malformed JSON") from error
    _bound(value, 0)
    return value


def _bound(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise BadJson(f"JSON deeper than {DEEPEST} levels")
    if value.__class__ is dict:
        for item in value.values():
            _bound(item, depth + 1)
    elif value.__class__ is list:
        for item in value:
            _bound(item, depth + 1)
    elif value.__class__ is int and value.bit_length() > MOST_DIGITS * 3.33:
        raise BadJson(f"a number of more than {MOST_DIGITS} digits")


def _plain(value: Any) -> Any:
    """What JSON does not know."""
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)


def _mended(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        return None
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Mapping):
        return {_mended(str(key), depth): _mended(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_mended(item, depth + 1) for item in value]
    if value is None or isinstance(value, (bool, int, float, msgspec.Raw)):
        return value
    return _mended(str(value), depth)
