"""Validators for schemas, named as in Home Assistant's `cv`; each raises voluptuous.Invalid("what; remedy")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import voluptuous as vol

from hub.config.basic import (
    LONGEST_STRING,
    Number,
    OneOf,
    Text,
    boolean,
    ensure_list,
    integer,
    latitude,
    longitude,
    name,
    number,
    one_of,
    percentage,
    port,
    positive_float,
    positive_int,
    string,
)
from hub.config.english import show
from hub.config.times import TimePeriod, positive_time_period, time_of_day, time_period

__all__ = [
    "Number",
    "OneOf",
    "PathInside",
    "Text",
    "TimePeriod",
    "boolean",
    "ensure_list",
    "entity_id",
    "entity_ids",
    "identifier",
    "integer",
    "latitude",
    "longitude",
    "name",
    "number",
    "one_of",
    "path_inside",
    "percentage",
    "port",
    "positive_float",
    "positive_int",
    "positive_time_period",
    "slug",
    "string",
    "time_of_day",
    "time_period",
    "url",
]

LONGEST_URL = 2048
SLUG = re.compile(r"[a-z0-9]+(?:_+[a-z0-9]+)*")
IDENTIFIER = re.compile(r"[a-z0-9]+(?:[-_]+[a-z0-9]+)*")
NOT_IN_A_SLUG = re.compile(r"[^a-z0-9]+")


def slug(value: Any) -> str:
    """Lower case letters, digits and single underscores between them."""
    return shaped(value, SLUG, "_", "a slug")


def identifier(value: Any) -> str:
    """As a slug, with hyphens allowed: `b3-u2`; numbers become text."""
    return shaped(value, IDENTIFIER, "-", "an id")


def shaped(value: Any, pattern: re.Pattern[str], joint: str, kind: str) -> str:
    """Text that fits a pattern; the error proposes what would."""
    text = name(value)
    if pattern.fullmatch(text):
        return text
    proposed = NOT_IN_A_SLUG.sub(joint, text.lower()).strip(joint)
    remedy = f"write '{proposed}'" if proposed else "use lower case letters, digits and _"
    raise vol.Invalid(f"{show(text)} is not {kind}; {remedy}")


def entity_id(value: Any) -> str:
    """`domain.object_id`, made lower case."""
    text = name(value).strip().lower()
    domain, dot, object_id = text.partition(".")
    if dot and SLUG.fullmatch(domain) and SLUG.fullmatch(object_id):
        return text
    raise vol.Invalid(f"{show(value)} is not an entity id; write one like binary_sensor.front_door")


def entity_ids(value: Any) -> list[str]:
    """Entity ids: a list, or one text with commas."""
    words = value.split(",") if isinstance(value, str) else ensure_list(value)
    return [entity_id(word) for word in words]


def url(value: Any) -> str:
    """An http or https address."""
    text = Text(1, LONGEST_URL)(value)
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or any(letter.isspace() for letter in text):
        raise vol.Invalid(f"{show(text)} is not a web address; write one like https://example.org/path")
    return text


@dataclass(frozen=True, slots=True)
class PathInside:
    """A path that stays inside a folder, links followed; to an absolute Path that need not exist."""

    folder: Path

    def __call__(self, value: Any) -> Path:
        """The path; raises Invalid."""
        text = Text(1, LONGEST_STRING)(value)
        root = self.folder.resolve()
        try:
            path = (root / text).resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise vol.Invalid(f"{show(text)} is not a usable path; name a file in {self.folder}") from error
        if not path.is_relative_to(root):
            raise vol.Invalid(f"{show(text)} leads out of {self.folder}; name a file inside of it")
        return path

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of what it takes."""
        return {"type": "string"}


def path_inside(folder: Path) -> PathInside:
    """A path that stays inside a folder."""
    return PathInside(folder)
