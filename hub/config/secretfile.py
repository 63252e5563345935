"""`!secret` and `!env_var`: values the files only name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any, Protocol

from hub.config.faults import did_you_mean
from hub.config.folder import SECRETS, Folder, RefusedError
from hub.config.parsed import Tag
from hub.config.positions import Source


class Open(Protocol):
    """How a file of the document is opened."""

    def __call__(self, path: FilePath, *, secret: bool = False) -> Source:
        """The file, parsed; raises RefusedError."""


class Secrets:
    """Answers the tags and remembers every value given out, so that no log need show one."""

    def __init__(self, folder: Folder, environ: Mapping[str, str], open_source: Open) -> None:
        self.folder, self.environ, self.open = folder, environ, open_source
        self.values: set[str] = set()

    def answer(self, tag: Tag, source: Source) -> Any:
        """The value a tag names; raises RefusedError when there is none."""
        if tag.name == "!env_var":
            return self.variable(tag.argument)
        value = self.secret(tag.argument, source)
        self.values.update(leaves(value))
        return value

    def secret(self, name: str, source: Source) -> Any:
        """The value of a name in the nearest secrets.yaml that has it, beside the file or above it."""
        known: list[str] = []
        for file in self.files(source):
            secrets = file.parsed.data
            if not isinstance(secrets, dict):
                continue
            if (name,) in file.parsed.broken:
                raise RefusedError(f"the secret '{name}' can't be read", f"mend it in {file.file}")
            if name in secrets:
                return secrets[name]
            known += [str(key) for key in secrets]
        remedy = did_you_mean(name, known) or f"write '{name}: ...' into {SECRETS}"
        raise RefusedError(f"no secret is named '{name}'", remedy)

    def files(self, source: Source) -> Iterator[Source]:
        """The files of secrets that a file may use, nearest first."""
        folder = source.path.parent
        while folder.is_relative_to(self.folder.root):
            path = folder / SECRETS
            if path.is_symlink() or path.exists():
                self.folder.confirm(path)
                yield self.open(path, secret=True)
            folder = folder.parent

    def variable(self, argument: str) -> str:
        """The value of an environment variable, or the default written after its name."""
        name, _, default = argument.partition(" ")
        if name in self.environ:
            self.values.add(self.environ[name])
            return self.environ[name]
        if not default.strip():
            raise RefusedError(f"the environment has no {name}", f"set it, or write !env_var {name} DEFAULT")
        return default.strip()


def leaves(value: Any) -> Iterator[str]:
    """The texts and numbers inside a value, as text."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
