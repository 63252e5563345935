"""Files that include files: `!include...`, `!secret` and `!env_var` answered, within the config folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path as FilePath
from typing import Any

from hub.config.faults import Fault, Faults, Path, did_you_mean, path_text
from hub.config.folder import SECRETS, SUFFIX, Content, Folder, RefusedError, decode
from hub.config.limits import Limits
from hub.config.parsed import Mistake, Parsed, Tag
from hub.config.parsing import parse
from hub.config.positions import Locator, Place, Source, SourceFile
from hub.config.secretfile import Secrets

# Data with the place it comes from.
Branch = tuple[Any, Place]
Chain = tuple[Source, ...]


class Cache:
    """Parsed texts by their hash, handed from one load to the next."""

    def __init__(self) -> None:
        self.parsed: dict[tuple[str, bool], Parsed] = {}

    def keep(self, used: set[tuple[str, bool]]) -> None:
        """Drop what the last load had no use for."""
        self.parsed = {key: parsed for key, parsed in self.parsed.items() if key in used}


class Loader:
    """Reads the files of one document and puts them together."""

    def __init__(
        self,
        folder: Folder,
        environ: Mapping[str, str],
        limits: Limits,
        cache: Cache,
        faults: Faults,
        locator: Locator,
    ) -> None:
        self.folder, self.limits, self.cache, self.faults = folder, limits, cache, faults
        self.locator = locator
        self.sources: dict[FilePath, Source] = {}
        self.files: list[SourceFile] = []
        self.used: set[tuple[str, bool]] = set()
        self.bytes = 0
        self.nodes = 0
        self.inclusions = 0
        self.exhausted = False
        self.secrets = Secrets(folder, environ, self.open)
        self.answers: dict[str, Callable[[Tag, Chain, Path], Branch]] = {
            "!include": self.include_file,
            "!include_dir_list": self.include_list,
            "!include_dir_merge_list": self.include_merged_list,
            "!include_dir_named": self.include_named,
            "!include_dir_merge_named": self.include_merged_named,
            "!secret": self.answer_secret,
            "!env_var": self.answer_secret,
        }

    def open(self, path: FilePath, *, secret: bool = False) -> Source:
        """A file of the document, read and parsed once; raises RefusedError."""
        source = self.sources.get(path)
        if source is not None:
            return source
        if len(self.sources) >= self.limits.files:
            raise self.exhaust(f"more than {self.limits.files:,} files", "include fewer")
        content = self.folder.read(path, self.limits.file_bytes)
        self.bytes += len(content.raw)
        if self.bytes > self.limits.total_bytes:
            raise self.exhaust(f"more than {self.limits.total_bytes:,} bytes in all", "include less")
        self.files.append(SourceFile(content.file, content.sha256, len(content.raw)))
        source = Source(content.file, path, content.sha256, self.parse(content, secret=secret))
        self.sources[path] = source
        self.report(source)
        return source

    def exhaust(self, problem: str, remedy: str) -> RefusedError:
        """Stop including; the document is too large."""
        self.exhausted = True
        return RefusedError(f"the configuration holds {problem}", remedy)

    def parse(self, content: Content, *, secret: bool) -> Parsed:
        """The parsed text of a file, from the cache when it has not changed."""
        key = (content.sha256, secret)
        self.used.add(key)
        parsed = self.cache.parsed.get(key)
        if parsed is None:
            parsed = self.cache.parsed[key] = parse_bytes(content.raw, self.limits, secret=secret)
        return parsed

    def report(self, source: Source) -> None:
        """Turn the mistakes of a file into faults."""
        for mistake in source.parsed.mistakes:
            self.faults.add(
                Fault(
                    source.file,
                    mistake.line,
                    mistake.column,
                    path_text(mistake.path),
                    mistake.problem,
                    mistake.remedy,
                    mistake.severity,
                )
            )

    def resolve(self, source: Source, chain: Chain) -> Branch:
        """The data of a file with its tags answered; raises RefusedError when that is too much."""
        self.nodes += source.parsed.nodes
        self.inclusions += 1
        if self.nodes > self.limits.nodes:
            raise self.exhaust(f"more than {self.limits.nodes:,} values", "include less")
        if self.inclusions > self.limits.files:
            raise self.exhaust(f"more than {self.limits.files:,} includes", "include fewer")
        chain = (*chain, source)
        place = Place(source, ())
        for tag in source.parsed.rescued:
            self.answer(tag, chain, ())
        answers: dict[Path, Any] = {}
        for path, tag in source.parsed.tags.items():
            answers[path], child = self.answer(tag, chain, path)
            if not path:
                return answers[path], child
            if child.source is not source or child.broken or child.children:
                place.plant(path, child)
        return graft(source.parsed.data, answers), place

    def answer(self, tag: Tag, chain: Chain, path: Path) -> Branch:
        """What a tag stands for; a fault, and nothing, when it can't be had."""
        known = self.answers.get(tag.name)
        if known is not None and not self.exhausted:
            try:
                return known(tag, chain, path)
            except RefusedError as error:
                self.blame(chain[-1], tag, path, error)
        return None, Place(chain[-1], path, broken=True)

    def blame(self, source: Source, tag: Tag, path: Path, error: RefusedError) -> None:
        """Note that a tag could not be answered, where the tag stands."""
        problem = error.problem if self.exhausted or tag.name == "!secret" else f"{tag}: {error.problem}"
        self.faults.add(Fault(source.file, tag.line, tag.column, path_text(path), problem, error.remedy))

    def answer_secret(self, tag: Tag, chain: Chain, path: Path) -> Branch:
        """The value of `!secret` or `!env_var`."""
        return self.secrets.answer(tag, chain[-1]), Place(chain[-1], path)

    def include(self, path: FilePath, chain: Chain, depth: int) -> Branch:
        """Another file of the document."""
        names = [source.path for source in chain]
        if path in names:
            ring = [*(source.file for source in chain[names.index(path) :]), self.folder.shown(path)]
            raise RefusedError(f"the files include each other: {' -> '.join(ring)}", "break the ring")
        if len(chain) >= self.limits.nested_includes:
            raise RefusedError("included too deep, file within file", "include it from further up")
        source = self.open(path)
        if depth + source.parsed.depth > self.limits.depth + 1:
            raise RefusedError(f"nested deeper than {self.limits.depth} levels", "flatten it")
        return self.resolve(source, chain)

    def include_file(self, tag: Tag, chain: Chain, path: Path) -> Branch:
        """`!include`: one file; an empty one is an empty mapping, as in Home Assistant."""
        wanted = self.folder.inside(chain[-1].path, tag.argument)
        if wanted.name == SECRETS:
            raise RefusedError(f"{SECRETS} can't be included", "name one value: !secret NAME")
        try:
            data, place = self.include(wanted, chain, len(path))
        except RefusedError as error:
            if error.problem == "no such file":
                error.remedy = self.similar_file(wanted) or error.remedy
            raise
        return ({} if data is None and not is_gap(place) else data), place

    def similar_file(self, wanted: FilePath) -> str:
        """The remedy for a misspelt file name."""
        try:
            names = sorted(os.listdir(wanted.parent))
        except OSError:
            return ""
        stems = [name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX) and name != SECRETS]
        return did_you_mean(wanted.stem, stems).replace("'?", f"{SUFFIX}'?")

    def include_all(self, tag: Tag, chain: Chain, path: Path) -> list[tuple[FilePath, Branch]]:
        """What the files below a folder hold, in order; nothing, and a fault, for one that can't be read."""
        directory = self.folder.inside(chain[-1].path, tag.argument)
        wanted, forgotten = self.folder.find(directory, self.limits.files)
        for file in forgotten:
            problem, remedy = (
                "is not read: its name does not end in .yaml",
                f"rename it to {file.stem}{SUFFIX}",
            )
            self.faults.add(Fault(self.folder.shown(file), 0, 0, "", problem, remedy, "warning"))
        return [(file, self.include_one(file, tag, chain, path)) for file in wanted]

    def include_one(self, file: FilePath, tag: Tag, chain: Chain, path: Path) -> Branch:
        """One file of a folder; the others go on when it can't be had."""
        try:
            if file.is_symlink():
                self.folder.confirm(file)
            return self.include(file, chain, len(path) + 1)
        except RefusedError as error:
            if self.exhausted:
                raise
            error.problem = f"{self.folder.shown(file)}: {error.problem}"
            self.blame(chain[-1], tag, path, error)
            return None, Place(chain[-1], path, broken=True)

    def include_list(self, tag: Tag, chain: Chain, path: Path) -> Branch:
        """`!include_dir_list`: a list with one item a file."""
        place = Place(chain[-1], path)
        items: list[Any] = []
        for _, (data, child) in self.include_all(tag, chain, path):
            if data is not None or is_gap(child):
                child.key = (child.source, child.path)
                place.children[len(items)] = child
                items.append(data)
        return items, place

    def include_merged_list(self, tag: Tag, chain: Chain, path: Path) -> Branch:
        """`!include_dir_merge_list`: one list out of the lists in the files."""
        place = Place(chain[-1], path)
        items: list[Any] = []
        for _, (data, child) in self.include_all(tag, chain, path):
            if isinstance(data, list):
                for index, item in enumerate(data):
                    place.children[len(items)] = child.child(index)
                    items.append(item)
            elif data is not None:
                self.misfit(child, "the file holds no list", "start each item with '- '")
        return items, place

    def include_named(self, tag: Tag, chain: Chain, path: Path) -> Branch:
        """`!include_dir_named`: a mapping from file names to what is in the files."""
        place = Place(chain[-1], path)
        named: dict[str, Any] = {}
        for file, (data, child) in self.include_all(tag, chain, path):
            child.key = (child.source, child.path)
            if file.stem in named:
                first = place.children[file.stem].source.file
                self.misfit(child, f"{first} has the same name, '{file.stem}'", "rename one of the two")
                continue
            place.children[file.stem] = child
            named[file.stem] = {} if data is None and not is_gap(child) else data
        return named, place

    def include_merged_named(self, tag: Tag, chain: Chain, path: Path) -> Branch:
        """`!include_dir_merge_named`: one mapping out of the mappings in the files."""
        place = Place(chain[-1], path)
        merged: dict[Any, Any] = {}
        for _, (data, child) in self.include_all(tag, chain, path):
            if isinstance(data, dict):
                for key, value in data.items():
                    if key in merged:
                        first = place.children[key].source.file
                        self.misfit(child.child(key), f"'{key}' is in {first} too", "keep one of the two")
                        continue
                    place.children[key] = child.child(key)
                    merged[key] = value
            elif data is not None:
                self.misfit(child, "the file holds no mapping", "write 'key: value' lines")
        return merged, place

    def misfit(self, place: Place, problem: str, remedy: str) -> None:
        """Note that what a file holds does not fit where it is included."""
        position = self.locator.locate(place, key=True)
        self.faults.add(Fault(*position, path_text(place.path), problem, remedy))


def is_gap(place: Place) -> bool:
    """Whether a place holds nothing only because something could not be read."""
    return place.broken or place.path in place.source.parsed.broken


def parse_bytes(raw: bytes, limits: Limits, *, secret: bool) -> Parsed:
    """The bytes of a file parsed, or the mistake that kept them from it."""
    try:
        return parse(decode(raw), limits, secret=secret)
    except RefusedError as error:
        mistake = Mistake(error.line, error.column, (), error.problem, error.remedy)
        return Parsed(None, {}, (mistake,), frozenset({()}), 1, 1)


def graft(data: Any, answers: Mapping[Path, Any]) -> Any:
    """A copy of the data with the values at some paths put in; what lies off these paths is shared."""
    if not answers:
        return data
    below: dict[Any, dict[Path, Any]] = {}
    for path, answer in answers.items():
        if not path:
            return answer
        below.setdefault(path[0], {})[path[1:]] = answer
    copy = data.copy()
    for step, deeper in below.items():
        copy[step] = graft(data[step], deeper)
    return copy
