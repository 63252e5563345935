"""Where a value was written: looked up in the file only when someone asks."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from yaml import MappingNode, Node, SequenceNode, YAMLError

from hub.config.composing import ExcessError, compose, position_of
from hub.config.faults import Path
from hub.config.folder import Folder, RefusedError, decode
from hub.config.limits import Limits
from hub.config.parsing import Parsed, key_of

FILES_KEPT = 4


class Position(NamedTuple):
    """A place in a file, from 1; line and column are 0 when only the file is known."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was read, as `hub reload` compares it."""

    file: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One file of a document."""

    file: str
    path: FilePath
    sha256: str
    parsed: Parsed


@dataclass(slots=True, eq=False)
class Place:
    """Where a part of the document comes from; children only where they come from somewhere else."""

    source: Source
    path: Path
    children: dict[Any, Place] = field(default_factory=dict)
    key: tuple[Source, Path] | None = None
    broken: bool = False

    def child(self, step: Any) -> Place:
        """The place one step further."""
        return self.children.get(step) or Place(self.source, (*self.path, step))

    def plant(self, path: Path, place: Place) -> None:
        """Say that what lies at `path` below here comes from elsewhere."""
        parent = self
        for step in path[:-1]:
            parent = parent.children.setdefault(step, parent.child(step))
        place.key = place.key or (parent.source, (*parent.path, path[-1]))
        parent.children[path[-1]] = place


class Locator:
    """Finds positions by composing files again; keeps the node trees of the last few files."""

    def __init__(self, folder: Folder, limits: Limits) -> None:
        self.folder, self.limits = folder, limits
        self.roots: OrderedDict[Source, Node | None] = OrderedDict()

    def locate(self, place: Place, *, key: bool = False) -> Position:
        """The position of a value, or of its key."""
        source, path = place.key if key and place.key is not None else (place.source, place.path)
        return self.find(source, path, key=key)

    def find(self, source: Source, path: Path, *, key: bool = False) -> Position:
        """The position of a path in one file, or of the nearest part that is there."""
        node = self.root(source)
        if node is None:
            return Position(source.file, 0, 0)
        found: tuple[Node | None, Node] = (None, node)
        for step in path:
            child = step_into(found[1], step)
            if child is None:
                return Position(source.file, *position_of(found[1]))
            found = child
        marked = found[0] if key and found[0] is not None else found[1]
        return Position(source.file, *position_of(marked))

    def root(self, source: Source) -> Node | None:
        """The node tree of a file; None when it has changed since, or holds none."""
        if source not in self.roots:
            self.roots[source] = self.compose(source)
            if len(self.roots) > FILES_KEPT:
                self.roots.popitem(last=False)
        self.roots.move_to_end(source)
        return self.roots[source]

    def compose(self, source: Source) -> Node | None:
        """The node tree of a file that is still what it was when it was loaded."""
        try:
            content = self.folder.read(source.path, self.limits.file_bytes)
            if content.sha256 != source.sha256:
                return None
            return compose(decode(content.raw), self.limits)[0]
        except (RefusedError, YAMLError, ExcessError):
            return None

    def forget(self) -> None:
        """Let go of the node trees."""
        self.roots.clear()


def step_into(node: Node, step: Any) -> tuple[Node, Node] | None:
    """Key and value node one step below a node; a list item is its own key."""
    if isinstance(node, SequenceNode):
        inside = isinstance(step, int) and 0 <= step < len(node.value)
        return (node.value[step], node.value[step]) if inside else None
    if not isinstance(node, MappingNode):
        return None
    for key, value in node.value:
        if key_of(key) == step and type(key_of(key)) is type(step):
            return key, value
    for key, value in node.value:
        if key_of(key) == "<<":
            merged = value.value if isinstance(value, SequenceNode) else [value]
            for other in merged:
                if other is not node and (found := step_into(other, step)):
                    return found
    return None
