"""The C parser's node trees, bounded."""

from __future__ import annotations

from typing import Any, NoReturn

from yaml import MappingNode, Node, ScalarNode
from yaml._yaml import CParser

from hub.config.limits import Limits

# What `Composer.resolve` says of a node; compared by identity on the hot path.
TEXT = "text"
PLAIN = "plain"
MAPPING = "mapping"
SEQUENCE = "sequence"


class ExcessError(Exception):
    """The text is larger, deeper or more entangled than the limits allow."""

    def __init__(self, problem: str, remedy: str, node: Node | None) -> None:
        super().__init__(problem)
        self.problem, self.remedy, self.node = problem, remedy, node


class Composer(CParser):
    """The C parser with a cheap resolver, stopped as soon as the text gets too deep or too large."""

    def __init__(self, text: str, limits: Limits) -> None:
        super().__init__(text)
        self.limits = limits
        self.nodes = 0
        self.depth = 0
        self.deepest = 0

    def resolve(self, kind: type[Node], value: str | None, implicit: Any) -> str:
        """Called by the C parser for each node without a tag of its own."""
        if kind is ScalarNode:
            return PLAIN if implicit[0] else TEXT
        return MAPPING if kind is MappingNode else SEQUENCE

    def descend_resolver(self, parent: Node | None, index: object) -> None:
        """Called by the C parser before each node; its own recursion knows no bound."""
        self.nodes += 1
        self.depth += 1
        if self.depth > self.deepest:
            self.deepest = self.depth
            if self.depth > self.limits.depth + 1:
                refuse_depth(self.limits, parent)
        if self.nodes > self.limits.nodes:
            raise ExcessError(
                f"the file holds more than {self.limits.nodes:,} values", "split or thin it out", parent
            )

    def ascend_resolver(self) -> None:
        """Called by the C parser after each node."""
        self.depth -= 1


def refuse_depth(limits: Limits, node: Node | None) -> NoReturn:
    """Stop at a node that lies too deep."""
    raise ExcessError(
        f"nested deeper than {limits.depth} levels",
        "flatten it, and let no alias (*name) contain itself",
        node,
    )


def compose(text: str, limits: Limits) -> tuple[Node | None, Composer]:
    """The node tree of a text, with the parser that counted it; raises YAMLError or ExcessError."""
    composer = Composer(text, limits)
    try:
        return composer.get_single_node(), composer
    finally:
        composer.dispose()


def position_of(node: Node) -> tuple[int, int]:
    """Line and column of a node's start, both from 1."""
    return node.start_mark.line + 1, node.start_mark.column + 1
