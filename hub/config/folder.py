"""The config folder: what lies inside it, and the text of its files."""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from hub.config.faults import Fault

SECRETS = "secrets.yaml"
SUFFIX = ".yaml"
FORGOTTEN_SUFFIX = ".yml"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
SAVE_AS = "save it as UTF-8 (in the editor: Save as, Encoding, UTF-8)"


class ConfigUnreadable(Exception):
    """The configuration can't be read at all: `problem` and `remedy` say why."""

    def __init__(self, file: str, problem: str, remedy: str) -> None:
        super().__init__(f"{file}: {problem}; {remedy}")
        self.file, self.problem, self.remedy = file, problem, remedy


class RefusedError(Exception):
    """A file that can't be used; line and column are 0 when the whole file is meant."""

    def __init__(self, problem: str, remedy: str, line: int = 0, column: int = 0) -> None:
        super().__init__(problem)
        self.problem, self.remedy, self.line, self.column = problem, remedy, line, column

    def fault(self, file: str, path: str = "") -> Fault:
        """The refusal as a fault of a file."""
        return Fault(file, self.line, self.column, path, self.problem, self.remedy)


@dataclass(frozen=True, slots=True)
class Content:
    """A file as it was read."""

    file: str
    path: Path
    sha256: str
    raw: bytes


class Folder:
    """The config folder as the user typed it; no file outside of it is ever read but the main one."""

    def __init__(self, typed: Path) -> None:
        self.typed = typed
        try:
            self.root = typed.resolve()
            found = self.root.is_dir()
        except (OSError, RuntimeError, ValueError) as error:
            raise ConfigUnreadable(str(typed), f"can't be opened ({error})", "check the path") from error
        if not found:
            raise ConfigUnreadable(str(typed), "no such folder", "name the folder with configuration.yaml")
        self._prefix = os.path.join(self.root, "")
        self._typed_prefix = "" if str(typed) == "." else os.path.join(typed, "")

    def shown(self, path: Path) -> str:
        """The path as the user would type it."""
        absolute = str(path)
        if not absolute.startswith(self._prefix):
            return absolute
        return f"{self._typed_prefix}{absolute[len(self._prefix) :]}"

    def inside(self, beside: Path, argument: str) -> Path:
        """The path an include means, seen from the file `beside`; raises RefusedError when it leads outside."""
        if os.path.isabs(argument) or argument.startswith("~"):
            raise RefusedError("leads out of the config folder", "name it relative to this file")
        try:
            lexical = Path(os.path.normpath(beside.parent / argument))
        except (OSError, ValueError) as error:
            raise RefusedError("is not a usable path", "name a file in the folder") from error
        self.confirm(lexical)
        return lexical

    def confirm(self, path: Path) -> None:
        """Raise RefusedError when a path leads out of the folder, be it through a link."""
        try:
            inside = path.is_relative_to(self.root) and path.resolve().is_relative_to(self.root)
        except (OSError, RuntimeError, ValueError) as error:
            raise RefusedError("is not a usable path", "name a file in the folder") from error
        if not inside:
            raise RefusedError("leads out of the config folder", "move the file into the folder")

    def read(self, path: Path, most_bytes: int) -> Content:
        """The bytes of a file; raises RefusedError when it can't be read or is too large."""
        try:
            # Without O_NONBLOCK a named pipe would hold the hub for ever.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise RefusedError("no such file", "create it or mend the name") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise RefusedError(f"can't be read ({reason})", "check its permissions") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise RefusedError("is not a file", "name a YAML file")
        with os.fdopen(descriptor, "rb") as file:
            try:
                raw = file.read(most_bytes + 1)
            except OSError as error:
                raise RefusedError(f"can't be read ({error.strerror})", "check the disk") from error
        if len(raw) > most_bytes:
            raise RefusedError(f"is larger than {most_bytes:,} bytes", "split it into several files")
        return Content(self.shown(path), path, sha256(raw).hexdigest(), raw)

    def find(self, directory: Path, most: int) -> tuple[list[Path], list[Path]]:
        """The YAML files below a folder in order, and the ones whose name keeps them from being read."""
        if not directory.is_dir():
            raise RefusedError("no such folder", "create it or mend the name")
        wanted: list[Path] = []
        forgotten: list[Path] = []
        for path in walk(directory):
            (wanted if path.suffix == SUFFIX else forgotten).append(path)
            if len(wanted) + len(forgotten) > most:
                raise RefusedError(f"holds more than {most:,} files", "include fewer")
        return wanted, forgotten


def walk(directory: Path) -> Iterator[Path]:
    """The YAML files below a folder, hidden ones and secrets aside, sorted within each folder."""
    for folder, subfolders, files in os.walk(directory):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith((SUFFIX, FORGOTTEN_SUFFIX)) and not name.startswith(".") and name != SECRETS:
                yield Path(folder, name)


def decode(raw: bytes) -> str:
    """The text of a file; raises RefusedError naming the byte that is not UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if raw.startswith(UTF_16):
            raise RefusedError("the file is saved as UTF-16", SAVE_AS, 1, 1) from error
        start = raw.rfind(b"\n", 0, error.start) + 1
        column = len(raw[start : error.start].decode("utf-8", "replace").removeprefix("\ufeff")) + 1
        encoding = "; it looks saved as GBK (ANSI)" if looks_like_gbk(raw) else ""
        raise RefusedError(
            f"the byte 0x{raw[error.start]:02X} at offset {error.start} is not UTF-8{encoding}",
            SAVE_AS,
            raw.count(b"\n", 0, error.start) + 1,
            column,
        ) from error


def looks_like_gbk(raw: bytes) -> bool:
    """Whether the bytes make sense in the encoding Chinese Windows saves by default."""
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True
