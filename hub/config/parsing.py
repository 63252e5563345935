"""One YAML text to plain data; `!include`, `!secret` and `!env_var` wait for the loader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yaml import MappingNode, Node, ScalarNode, SequenceNode, YAMLError

from hub.config.composing import (
    MAPPING,
    PLAIN,
    SEQUENCE,
    TEXT,
    ExcessError,
    compose,
    position_of,
    refuse_depth,
)
from hub.config.faults import Path, Severity, did_you_mean
from hub.config.limits import Limits
from hub.config.parsed import TAGS, Mistake, Parsed, Tag, Trail, flatten
from hub.config.scalars import STARTS, is_surprising, plain_scalar
from hub.config.streaming import stream
from hub.config.syntax import explain_syntax, mentioned_includes

STANDARD = "tag:yaml.org,2002:"
MOST_MISTAKES = 200

Build = Callable[[Any, "Trail", int], Any]


def parse(text: str, limits: Limits, *, secret: bool = False) -> Parsed:
    """The plain data of a text; a `secret` text is never quoted in a mistake."""
    streamed = None if secret else stream(text, limits)
    return streamed if streamed is not None else parse_nodes(text, limits, secret=secret)


def parse_nodes(text: str, limits: Limits, *, secret: bool = False) -> Parsed:
    """The plain data of any text, by way of its node tree, which knows the place of every mistake."""
    try:
        root, composer = compose(text, limits)
        builder = Builder(limits, entangled="*" in text and "&" in text, secret=secret)
        data = builder.build(root, (), 0) if root is not None else None
    except (YAMLError, ExcessError) as error:
        return unreadable(error, text)
    return Parsed(
        data=data,
        tags=builder.tags,
        mistakes=tuple(builder.mistakes),
        broken=frozenset(builder.broken),
        nodes=composer.nodes + builder.alias_nodes,
        depth=max(composer.deepest, builder.deepest),
    )


def unreadable(error: YAMLError | ExcessError, text: str) -> Parsed:
    """A text that cannot be read to its end: no data, one mistake, and the files it would have included."""
    if isinstance(error, ExcessError):
        line, column = position_of(error.node) if error.node is not None else (1, 1)
        problem, remedy = error.problem, error.remedy
    else:
        line, column, problem, remedy = explain_syntax(error, text)
    rescued = tuple(Tag(name, argument, line, 1) for name, argument, line in mentioned_includes(text))
    mistake = Mistake(line, column, (), problem, remedy)
    return Parsed(None, {}, (mistake,), frozenset({()}), 1, 1, rescued)


class Builder:
    """Turns one node tree into plain data."""

    def __init__(self, limits: Limits, *, entangled: bool, secret: bool) -> None:
        self.limits = limits
        self.entangled = entangled
        self.secret = secret
        self.tags: dict[Path, Tag] = {}
        self.mistakes: list[Mistake] = []
        self.broken: set[Path] = set()
        self.keys: dict[str, str | int] = {}
        self.seen: set[int] = set()
        self.aliases = 0
        self.alias_nodes = 0
        self.deepest = 0

    def build(self, node: Node, trail: Trail, depth: int) -> Any:
        """The value of a node."""
        tag = node.tag
        if tag is TEXT:
            return node.value
        if tag is PLAIN:
            text = node.value
            return text if text and text[0] not in STARTS else self.scalar(node, trail)
        if tag is MAPPING:
            return self.collection(self.mapping, node, trail, depth)
        if tag is SEQUENCE:
            return self.collection(self.sequence, node, trail, depth)
        return self.tagged(node, trail, depth)

    def scalar(self, node: Node, trail: Trail) -> Any:
        """The value of an unquoted word that may be something else than text."""
        text = node.value
        value = plain_scalar(text)
        if is_surprising(text, value):
            problem = f"{text} is read as the number {value:g}"
            self.note(node, trail, problem, "put it in quotes if it is a name", "warning")
        return value

    def collection(self, build: Build, node: Node, trail: Trail, depth: int) -> Any:
        """A mapping or sequence; one met before is an alias, which is built (and counted) again."""
        if not self.entangled:
            return build(node, trail, depth)
        self.deepest = max(self.deepest, depth + 1)
        if depth >= self.limits.depth:
            refuse_depth(self.limits, node)
        alias = id(node) in self.seen
        self.seen.add(id(node))
        self.aliases += alias
        if self.aliases:
            self.count_alias(len(node.value) + 1, node)
        value = build(node, trail, depth)
        self.aliases -= alias
        return value

    def sequence(self, node: SequenceNode, trail: Trail, depth: int) -> list[Any]:
        """The list a sequence node holds."""
        depth += 1
        return [
            item.value if item.tag is TEXT else self.build(item, (trail, index), depth)
            for index, item in enumerate(node.value)
        ]

    def mapping(self, node: MappingNode, trail: Trail, depth: int) -> dict[str | int, Any]:
        """The dictionary a mapping node holds."""
        result: dict[str | int, Any] = {}
        merged = None
        keys = self.keys
        depth += 1
        for key_node, value_node in node.value:
            key = keys.get(key_node.value) if key_node.tag is PLAIN else None
            if key is None:
                if key_node.tag is PLAIN and key_node.value == "<<":
                    merged = [*(merged or ()), value_node]
                    continue
                key = self.key(key_node, trail)
                if key is None:
                    continue
            if key in result:
                self.duplicate(node, key, key_node, trail)
                continue
            tag = value_node.tag
            result[key] = value_node.value if tag is TEXT else self.build(value_node, (trail, key), depth)
        for other in merged or ():
            self.merge(other, result, trail, depth)
        return result

    def key(self, node: Node, trail: Trail) -> str | int | None:
        """The key a node spells; None (with a mistake noted) when it can't be one."""
        if node.tag is TEXT:
            return str(node.value)
        if node.tag is PLAIN:
            value = plain_scalar(node.value)
            if value.__class__ in (str, int):
                self.keys[node.value] = value
                return value
            shown = "this" if self.secret else node.value or "nothing"
            self.note(node, trail, f"{shown} can't be a key", "put the key in quotes")
            return None
        if isinstance(node, MappingNode) and node.flow_style:
            self.broken.add(flatten(trail))
            problem, remedy = "a template without quotes", 'put quotes around it: "{{ ... }}"'
        else:
            problem, remedy = "a key must be a word", "put the key in quotes"
        self.note(node, trail, problem, remedy)
        return None

    def duplicate(self, node: MappingNode, key: str | int, key_node: Node, trail: Trail) -> None:
        """Note a key that is written twice, naming both places."""
        if len(self.mistakes) >= MOST_MISTAKES:
            return
        first = next(other for other, _ in node.value if other is not key_node and key_of(other) == key)
        line, column = position_of(first)
        self.note(
            key_node,
            (trail, key),
            f"'{key}' is written twice, first on line {line}, column {column}",
            "keep one of the two",
        )

    def merge(self, node: Node, result: dict[str | int, Any], trail: Trail, depth: int) -> None:
        """Fill in what `<<: *name` brings and the mapping does not say itself."""
        if node.tag is SEQUENCE:
            for item in node.value:
                self.merge(item, result, trail, depth + 1)
            return
        if node.tag is not MAPPING or depth > self.limits.depth:
            remedy = "write <<: *name, with &name at a mapping"
            self.note(node, trail, "<< needs the alias of a mapping", remedy)
            return
        pairs = [pair for pair in node.value if key_of(pair[0]) not in result]
        self.count_alias(len(pairs) + 1, node)
        for key, value in self.mapping(MappingNode(MAPPING, pairs), trail, depth).items():
            result.setdefault(key, value)

    def count_alias(self, nodes: int, node: Node) -> None:
        """Add to what aliases repeat; a few lines can stand for billions of values."""
        self.alias_nodes += nodes
        if self.alias_nodes > self.limits.alias_nodes:
            raise ExcessError(
                f"aliases (*name) repeat more than {self.limits.alias_nodes:,} values",
                "write fewer aliases",
                node,
            )

    def tagged(self, node: Node, trail: Trail, depth: int) -> Any:
        """The value of a node with a tag of its own."""
        name = str(node.tag)
        if name in TAGS:
            return self.remember(node, name, trail)
        if name.startswith(STANDARD):
            kind = name.removeprefix(STANDARD)
            if kind == "str" and isinstance(node, ScalarNode):
                return node.value
            if kind == "seq" and isinstance(node, SequenceNode):
                return self.collection(self.sequence, node, trail, depth)
            if kind == "map" and isinstance(node, MappingNode):
                return self.collection(self.mapping, node, trail, depth)
            if kind in ("int", "float", "bool", "null") and isinstance(node, ScalarNode):
                return plain_scalar(node.value)
            name = f"!!{kind}"
        self.broken.add(flatten(trail))
        if self.secret:
            self.note(node, trail, "a value starts with '!'", "put the value in quotes")
            return None
        remedy = did_you_mean(name, TAGS) or "put the value in quotes if it should be text"
        self.note(node, trail, f"unknown tag {name}", remedy)
        return None

    def remember(self, node: Node, name: str, trail: Trail) -> None:
        """Keep a tag for the loader, which knows folders, secrets and the environment."""
        path = flatten(trail)
        argument = node.value.strip() if isinstance(node, ScalarNode) else ""
        if self.secret:
            self.broken.add(path)
            self.note(node, trail, "no tags in the file of secrets", "write the value itself, in quotes")
        elif not argument:
            self.broken.add(path)
            self.note(node, trail, f"{name} needs a name after it", f"write {name} NAME")
        else:
            self.tags[path] = Tag(name, argument, *position_of(node))

    def note(self, node: Node, trail: Trail, problem: str, remedy: str, severity: Severity = "fault") -> None:
        """Remember a mistake at a node, up to as many as anyone would read."""
        if len(self.mistakes) == MOST_MISTAKES:
            return
        if len(self.mistakes) == MOST_MISTAKES - 1:
            problem, remedy, severity = "more mistakes follow", "mend the ones above first", "fault"
        self.mistakes.append(Mistake(*position_of(node), flatten(trail), problem, remedy, severity))


def key_of(node: Node) -> object:
    """The key a node spells, or something equal to no key."""
    if not isinstance(node, ScalarNode):
        return None
    return plain_scalar(node.value) if node.tag is PLAIN else node.value
