"""Values as JSON text: checked where they are handed in, so that a row can't fail later."""

import json
from typing import Any

MEBIBYTE = 1024 * 1024

_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def encode(value: Any, what: str, limit: int = MEBIBYTE) -> str:
    """The value as JSON; ValueError names `what` when it is no JSON or longer than `limit` bytes."""
    try:
        text = _encoder.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(
            f"{what} can't be stored: {error}; use text, numbers, booleans, None, lists and dicts of these"
        ) from error
    if not text.isascii() and _broken(text):
        text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    # A character is at most 4 bytes of UTF-8: only long texts need counting.
    if len(text) * 4 > limit and (size := len(text.encode())) > limit:
        raise ValueError(f"{what} takes {size} bytes; the limit is {limit}")
    return text


def _broken(text: str) -> bool:
    """Half a surrogate pair can't be stored as UTF-8, but escaped."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def decode(text: str) -> Any:
    """The value of a text that `encode` made."""
    return json.loads(text)
