"""What one YAML text holds, before the loader answers its tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.config.faults import Path, Severity

TAGS = (
    "!include",
    "!include_dir_list",
    "!include_dir_merge_list",
    "!include_dir_named",
    "!include_dir_merge_named",
    "!secret",
    "!env_var",
)

# A path while it is being walked: (trail of the parent, key), () at the root.
Trail = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Tag:
    """A `!secret` or `!include` met in a file, and where."""

    name: str
    argument: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.name} {self.argument}".rstrip()


@dataclass(frozen=True, slots=True)
class Mistake:
    """A fault that does not know its file yet: the same text may lie in many."""

    line: int
    column: int
    path: Path
    problem: str
    remedy: str = ""
    severity: Severity = "fault"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text holds; `data` is shared between loads and must not be changed."""

    data: Any
    tags: dict[Path, Tag]
    mistakes: tuple[Mistake, ...]
    broken: frozenset[Path]
    nodes: int
    depth: int
    rescued: tuple[Tag, ...] = ()


def flatten(trail: Trail) -> Path:
    """A trail as a path."""
    steps = []
    while trail:
        trail, step = trail
        steps.append(step)
    return tuple(reversed(steps))
