"""A config folder written from a mapping of file names to contents."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from hub.config import Cache, Document, Limits, load

Files = Mapping[str, str | bytes]
Load = Callable[..., Document]


def write(folder: Path, files: Files) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`config`, as someone standing beside it would type it."""
    (tmp_path / "config").mkdir()
    monkeypatch.chdir(tmp_path)
    return Path("config")


@pytest.fixture
def read(folder: Path) -> Load:
    """Writes the files and loads them; a lone text is the main file."""

    def read_files(
        files: Files | str | bytes,
        *,
        environ: Mapping[str, str] | None = None,
        cache: Cache | None = None,
        limits: Limits | None = None,
    ) -> Document:
        write(folder, files if isinstance(files, Mapping) else {"configuration.yaml": files})
        return load(folder, environ=environ or {}, cache=cache, limits=limits)

    return read_files


def faults_of(document: Document) -> list[str]:
    return [str(fault) for fault in document.faults.sorted()]
