"""A loaded configuration: plain data, its faults, and where each part was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hub.config.english import LONGEST_QUOTE
from hub.config.faults import Fault, Faults, Path, Severity, path_text
from hub.config.positions import Locator, Place, Position, SourceFile

HIDDEN = "(hidden)"
SHORTEST_REDACTED = 4
SECRET_TAGS = ("!secret", "!env_var")


@dataclass(slots=True)
class Document:
    """Data of all files together; shared with the cache, so it must not be changed."""

    data: dict[str, Any]
    faults: Faults
    files: list[SourceFile]
    secret_values: frozenset[str]
    _place: Place
    _locator: Locator = field(repr=False)

    def position(self, path: Path = (), *, key: bool = False) -> Position:
        """Where the value at a path (or its key) is written; of the nearest ancestor if it is not."""
        return self._locator.locate(self._find(tuple(path)), key=key)

    def fault(
        self,
        path: Path,
        problem: str,
        remedy: str = "",
        *,
        key: bool = False,
        severity: Severity = "fault",
    ) -> Fault:
        """A fault at a path, without secrets."""
        position = self.position(path, key=key)
        return Fault(*position, path_text(path), self.redact(problem), self.redact(remedy), severity)

    def is_secret(self, path: Path) -> bool:
        """Whether the value at a path, or one it lies in, came from `!secret` or `!env_var`."""
        return bool(self.secret_name(path))

    def secret_name(self, path: Path) -> str:
        """The tag a value came from, as "!secret mqtt_password"; empty for a value in plain sight."""
        place = self._find(tuple(path))
        tags = place.source.parsed.tags
        for length in range(len(place.path) + 1):
            tag = tags.get(place.path[:length])
            if tag is not None and tag.name in SECRET_TAGS:
                return str(tag) if tag.name == "!secret" else f"{tag.name} {tag.argument.split()[0]}"
        return ""

    def is_broken(self, path: Path) -> bool:
        """Whether the value at a path could not be read; a fault says why, and its absence means nothing."""
        place: Place | None = self._place
        for step in path:
            if place is None or place.broken:
                break
            place = place.children.get(step)
        if place is not None and place.broken:
            return True
        found = self._find(tuple(path))
        broken = found.source.parsed.broken
        return any(found.path[:length] in broken for length in range(len(found.path) + 1))

    def has_gaps(self, path: Path) -> bool:
        """Whether the value at a path, or any part of it, could not be read."""
        return self.is_broken(path) or _gaps_below(self._find(tuple(path)))

    def redact(self, text: str) -> str:
        """The text without the values of secrets; short ones would hide half of it and are left."""
        for value in sorted(self.secret_values, key=len, reverse=True):
            if len(value) >= SHORTEST_REDACTED:
                for form in (value, repr(value)[1:-1], value[:LONGEST_QUOTE]):
                    text = text.replace(form, HIDDEN)
        return text

    def forget_positions(self) -> None:
        """Free what locating faults has cached."""
        self._locator.forget()

    def _find(self, path: Path) -> Place:
        place = self._place
        for index, step in enumerate(path):
            child = place.children.get(step)
            if child is None:
                return Place(place.source, (*place.path, *path[index:]), key=None)
            place = child
        return place


def _gaps_below(place: Place) -> bool:
    depth = len(place.path)
    if place.broken or any(path[:depth] == place.path for path in place.source.parsed.broken):
        return True
    return any(_gaps_below(child) for child in place.children.values())
