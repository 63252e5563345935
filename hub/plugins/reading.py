"""What the command lines of guests may know of the configuration: one section, and who analyses pictures."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.config.faults import Fault
from hub.model.errors import ConfigError
from hub.people import Directory
from hub.plugins.integration import Analyzer
from hub.plugins.manager import Broken, Manager, Missing
from hub.plugins.site import Place


@dataclass(frozen=True, slots=True)
class ReadSection:
    """A section as its schema cleaned it, faults inside of it that its schema let pass, and all analyzers there are."""

    config: Any
    faults: tuple[Fault, ...]
    analyzers: Mapping[str, Analyzer]
    directory: Directory
    place: Place


def read_section(folder: Path, name: str) -> ReadSection:
    """The section `name` of the configuration in `folder`; ConfigError says why it can't be had."""
    # Reading a configuration loads YAML and every guest that it names: only commands that need it pay.
    from hub.config import ConfigUnreadable
    from hub.plugins.configuration import read_configuration

    try:
        configuration = read_configuration(folder, Manager(), environ=os.environ)
    except ConfigUnreadable as error:
        raise ConfigError(str(error)) from error
    own = tuple(
        fault for fault in configuration.faults if fault.path.startswith(name) and fault.severity == "fault"
    )
    if name not in configuration.sections:
        raise ConfigError(str(own[0]) if own else f"{folder}/configuration.yaml has no section '{name}:'")
    config, analyzers = configuration.sections[name].config, configuration.analyzers()
    return ReadSection(config, own, analyzers, configuration.directory, configuration.place)


def find_analyzer(name: str) -> Analyzer:
    """The analyzer that the integration of the same name declares; ConfigError when there is none."""
    try:
        declared = Manager().load(name).analyzers
    except (Missing, Broken) as error:
        raise ConfigError(f"there is no analyzer '{name}': {error}") from error
    for analyzer in declared:
        if analyzer.name == name:
            return analyzer
    raise ConfigError(f"the integration '{name}' declares no analyzer of that name")
