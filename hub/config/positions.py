"""Where a value was written: looked up in the file only when someone asks."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from yaml import MappingNode, Node, SequenceNode, YAMLError

from hub.config.composing import ExcessError, compose, position_of
from hub.config.faults import Path
from hub.config.folder import Folder, RefusedError, decode
from hub.config.limits import Limits
from hub.config.parsed import Parsed
from hub.config.parsing import key_of

FILES_KEPT = 4

Index = dict[tuple[type, object], tuple[Node, Node]]


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


class Tree:
    """The nodes of one file, indexed where someone looked."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.indexes: dict[int, Index] = {}

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """Line and column of a path, or of the nearest part that is there."""
        found = (self.root, self.root)
        for step in path:
            child = self.step(found[1], step)
            if child is None:
                return position_of(found[1])
            found = child
        return position_of(found[0] if key else found[1])

    def step(self, node: Node, step: Any) -> tuple[Node, Node] | None:
        """Key and value node one step below a node; a list item is its own key."""
        if isinstance(node, SequenceNode):
            inside = isinstance(step, int) and 0 <= step < len(node.value)
            return (node.value[step], node.value[step]) if inside else None
        if not isinstance(node, MappingNode):
            return None
        index = self.indexes.get(id(node))
        if index is None:
            index = self.indexes[id(node)] = index_of(node)
        return index.get((type(step), step))


def index_of(node: MappingNode) -> Index:
    """The entries of a mapping by type and key, those it merges in (`<<`) after its own."""
    index: Index = {}
    visited: set[int] = set()
    pending = deque([node])
    while pending:
        mapping = pending.popleft()
        if id(mapping) in visited:
            continue
        visited.add(id(mapping))
        for key, value in mapping.value:
            word = key_of(key)
            index.setdefault((type(word), word), (key, value))
            if word == "<<":
                merged = value.value if isinstance(value, SequenceNode) else [value]
                pending.extend(other for other in merged if isinstance(other, MappingNode))
    return index


class Locator:
    """Finds positions by composing files again; keeps the trees of the last few files."""

    def __init__(self, folder: Folder, limits: Limits) -> None:
        self.folder, self.limits = folder, limits
        self.trees: OrderedDict[Source, Tree | None] = OrderedDict()

    def locate(self, place: Place, *, key: bool = False) -> Position:
        """The position of a value, or of its key."""
        source, path = place.key if key and place.key is not None else (place.source, place.path)
        tree = self.tree(source)
        return Position(source.file, *(tree.find(path, key=key) if tree else (0, 0)))

    def tree(self, source: Source) -> Tree | None:
        """The nodes of a file; None when it has changed since, or holds none."""
        if source not in self.trees:
            root = self.compose(source)
            self.trees[source] = Tree(root) if root is not None else None
            if len(self.trees) > FILES_KEPT:
                self.trees.popitem(last=False)
        self.trees.move_to_end(source)
        return self.trees[source]

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
        """Let go of the trees."""
        self.trees.clear()
