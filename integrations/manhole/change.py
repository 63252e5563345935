"""What a cover's machine says, and the memory it lives by."""

import types
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that became different. With `alarm` a person must act; each kind once in an episode.

    Kinds: tilted, opened, missing, closed; flooded, drained; damaged, mended; offline, online; battery_low,
    battery_ok; calibrated, calibration_failed, calibration_unconfirmed; maintenance_started, maintenance_ended.
    """

    kind: str
    at: datetime
    episode: str = ""  # the same from the first sign to the end
    alarm: bool = False
    reason: str = ""
    angle: float | None = None  # degrees from the baseline
    reading: str = ""  # id of the reading that showed it; '' when time did


def to_plain(state: Any) -> dict[str, Any]:
    """A region's dataclass as JSON can hold it."""
    return {item.name: _plain(getattr(state, item.name)) for item in fields(state)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def from_plain(kind: type[T], plain: Mapping[str, Any]) -> T:
    """The region again; a field that an older version didn't write gets its default."""
    key: Any = kind
    hints = _hints(key)
    return kind(**{key: _typed(hints[key], value) for key, value in plain.items() if key in hints})


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _typed(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(one for one in get_args(hint) if one is not type(None))
    if hint is datetime:
        return datetime.fromisoformat(value)
    if get_origin(hint) is tuple:
        return tuple(_typed(get_args(hint)[0], item) for item in value)
    return value
