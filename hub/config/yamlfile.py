"""Loading a config folder: `configuration.yaml` and all it includes, with every fault of every file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hub.config.document import Document
from hub.config.faults import Faults
from hub.config.folder import ConfigUnreadable, Folder, RefusedError
from hub.config.including import Cache, Loader
from hub.config.limits import Limits
from hub.config.merging import Merger
from hub.config.positions import Locator, Place, Source

MAIN = "configuration.yaml"


def load(
    config_dir: Path,
    main: str = MAIN,
    *,
    environ: Mapping[str, str],
    cache: Cache | None = None,
    limits: Limits | None = None,
) -> Document:
    """The configuration in a folder; raises ConfigUnreadable only when there is nothing to read at all."""
    limits = limits or Limits()
    cache = cache if cache is not None else Cache()
    folder = Folder(config_dir)
    faults = Faults()
    locator = Locator(folder, limits)
    loader = Loader(folder, environ, limits, cache, faults, locator)
    source = open_main(loader, folder, main)
    try:
        root = loader.resolve(source, ())
    except RefusedError as error:
        faults.add(error.fault(source.file))
        root = None, Place(source, (), broken=True)
    data, place = Merger(faults, locator).assemble(root)
    cache.keep(loader.used)
    return Document(data, faults, loader.files, frozenset(loader.secrets.values), place, locator)


def open_main(loader: Loader, folder: Folder, main: str) -> Source:
    """The main file, which alone may lie elsewhere: the user named it."""
    path = folder.root / main
    try:
        return loader.open(path)
    except RefusedError as error:
        raise ConfigUnreadable(folder.shown(path), error.problem, error.remedy) from error
