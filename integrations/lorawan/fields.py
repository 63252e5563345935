"""Picking typed, bounded values out of someone else's JSON."""

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

LARGEST = 256 * 1024  # bytes of one message
LONGEST_TEXT = 128
LONGEST_PAYLOAD = 255  # bytes of a LoRa frame
MOST_GATEWAYS = 64
MOST_VALUES = 500  # of an object that a network server decoded
DEEPEST = 8
AHEAD = timedelta(minutes=10)  # a server clock may run before ours by so much
EUI = re.compile(r"[0-9A-Fa-f]{16}\Z")

Fields = Mapping[str, Any]


class EnvelopeFault(ValueError):
    """The message is not what its topic promises; the text says where and what was expected."""


def document(payload: bytes) -> Fields:
    """The JSON object of a message; protobuf is recognised and named."""
    if len(payload) > LARGEST:
        raise EnvelopeFault(f"the message has {len(payload)} bytes; at most {LARGEST} are read")
    text = payload.lstrip(b" \t\r\n\xef\xbb\xbf")
    if not text.startswith(b"{"):
        raise EnvelopeFault(_not_json(payload))
    try:
        found = json.loads(text, parse_constant=_refuse)
    except RecursionError as error:
        raise EnvelopeFault("the JSON is nested too deeply") from error
    except ValueError as error:
        raise EnvelopeFault(f"broken JSON: {error}") from error
    assert isinstance(found, dict)  # noqa: S101 - it begins with a brace and json.loads accepted it
    return found


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is no JSON number")


def _not_json(payload: bytes) -> str:
    if payload[:1] == b"\x0a" and len(payload) > 2 and payload[1] <= LONGEST_TEXT:
        return "this looks like protobuf: set the network server's MQTT integration to JSON (json = true)"
    return "the message is empty" if not payload.strip() else "the message is no JSON object"


def part(fields: Fields, key: str, *, needed: bool = False) -> Fields:
    """A nested object; {} when it is missing and not needed."""
    found = fields.get(key)
    if found is None and not needed:
        return {}
    if not isinstance(found, dict):
        raise EnvelopeFault(f"{key} must be an object, not {_shown(found)}")
    return found


def parts(fields: Fields, key: str) -> list[Fields]:
    """A list of objects; [] when it is missing. Only the first few dozen are looked at."""
    found = fields.get(key)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found[:MOST_GATEWAYS]):
        raise EnvelopeFault(f"{key} must be a list of objects, not {_shown(found)}")
    return found[:MOST_GATEWAYS]


def text(fields: Fields, key: str) -> str:
    """A text, shortened, without control characters; '' when it is missing."""
    found = fields.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise EnvelopeFault(f"{key} must be text, not {_shown(found)}")
    return clean(found)


def clean(found: str) -> str:
    """Shortened, printable, and writable as UTF-8."""
    kept = "".join(letter for letter in found[:LONGEST_TEXT] if letter.isprintable())
    return kept.encode("utf-8", "replace").decode("utf-8")


def whole(fields: Fields, key: str, largest: int) -> int:
    """A whole number from 0 to `largest`; 0 when it is missing."""
    found = fields.get(key)
    if found is None:
        return 0
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= largest:
        raise EnvelopeFault(f"{key} must be a whole number from 0 to {largest}, not {_shown(found)}")
    return found


def measured(fields: Fields, key: str) -> float | None:
    """A finite number; None when it is missing."""
    found = fields.get(key)
    if found is None:
        return None
    # A sane signal is a few hundred at most; the bound also keeps huge integers from overflowing a float.
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not -1e6 < found < 1e6:
        raise EnvelopeFault(f"{key} must be a number, not {_shown(found)}")
    return float(found) if math.isfinite(found) else None


def flag(fields: Fields, key: str) -> bool:
    """A truth; False when it is missing."""
    found = fields.get(key)
    if found is not None and not isinstance(found, bool):
        raise EnvelopeFault(f"{key} must be true or false, not {_shown(found)}")
    return bool(found)


def eui(found: str, where: str) -> str:
    """A device's EUI-64 in upper-case hexadecimal digits."""
    if not EUI.match(found):
        raise EnvelopeFault(f"{where} must have 16 hexadecimal digits, not {found[:40]!r}")
    return found.upper()


def octets(fields: Fields, key: str) -> bytes:
    """Base64 bytes of a frame; b'' when they are missing."""
    found = fields.get(key)
    if found is None:
        return b""
    if not isinstance(found, str):
        raise EnvelopeFault(f"{key} must be base64 text, not {_shown(found)}")
    try:
        data = base64.b64decode(found, validate=True)
    except (binascii.Error, ValueError) as error:
        raise EnvelopeFault(f"{key} is no base64: {error}") from error
    if len(data) > LONGEST_PAYLOAD:
        raise EnvelopeFault(f"{key} has {len(data)} bytes; a LoRa frame holds at most {LONGEST_PAYLOAD}")
    return data


def moment(fields: Fields, key: str, now: datetime) -> datetime | None:
    """An ISO 8601 time in UTC, never later than now; None when missing or told by an absurd clock."""
    found = fields.get(key)
    if found is None:
        return None
    if not isinstance(found, str):
        raise EnvelopeFault(f"{key} must be a time, not {_shown(found)}")
    # Servers write nanoseconds; six digits are what a datetime holds (and 3.11 reads more or fewer anyway).
    text = re.sub(r"(\.\d{6})\d+", r"\1", found[:64])
    try:
        at = datetime.fromisoformat(text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise EnvelopeFault(f"{key} is no time: {found[:40]!r}") from error
    if at.year < 2000 or at > now + AHEAD:
        return None
    return min(at, now)


def small(found: object) -> bool:
    """Whether an object someone else decoded is small enough to keep."""
    left = MOST_VALUES

    def fits(value: object, depth: int) -> bool:
        nonlocal left
        left -= 1
        if left < 0 or depth > DEEPEST:
            return False
        if isinstance(value, dict):
            return all(len(key) <= LONGEST_TEXT and fits(item, depth + 1) for key, item in value.items())
        if isinstance(value, list):
            return all(fits(item, depth + 1) for item in value)
        if isinstance(value, float):
            return math.isfinite(value)
        return (
            abs(value) < 2**63 if isinstance(value, int) else not isinstance(value, str) or len(value) <= 1024
        )

    return fits(found, 0)


def _shown(found: object) -> str:
    if isinstance(found, str):
        return repr(found[:40])
    return str(found) if isinstance(found, (bool, float, type(None))) else type(found).__name__
