"""Which camera is meant on the command line: an address, a video file, or the id of one in configuration.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import voluptuous as vol

from hub.api import ConfigError, ReadSection, did_you_mean, read_section
from integrations.camera.calibration import included_calibration, masks_of
from integrations.camera.settings import CAMERA, public_url


def named_camera(
    what: str, config: Path, data: Path | None, given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Path]]:
    """The camera's settings and the folders of its file; `given` are settings of the command line, for addresses.

    ConfigError says what is wrong with the name.
    """
    if "://" in what:
        return of_address(what, given), []
    path = Path(what).expanduser()
    if path.is_file():
        return of_file(path)
    camera, section = of_configuration(what, config)
    if section.faults:
        # A mask may stand in what could not be read: no picture leaves without it.
        raise ConfigError(str(section.faults[0]))
    masks = masks_of(camera, included_calibration(camera, config))
    return {**camera, "masks": masks}, folders_of(config, data)


def of_address(url: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A camera at an address."""
    try:
        camera: dict[str, Any] = CAMERA({"id": "camera", "url": url, **given})
    except vol.Invalid as error:
        raise ConfigError(f"{public_url(url)}: {error.msg}") from error
    return camera


def of_file(path: Path) -> tuple[dict[str, Any], list[Path]]:
    """A camera that plays a file, and the file's folder."""
    if not path.is_file():
        raise ConfigError(f"there is no file '{path}'")
    return {**CAMERA({"id": "camera", "file": "x"}), "file": path.name}, [path.parent]


def of_configuration(name: str, config: Path) -> tuple[dict[str, Any], ReadSection]:
    """The camera of that id in the configuration, and the section it stands in."""
    if not (config / "configuration.yaml").is_file():
        raise ConfigError(f"'{name}' is no address and no file, and there is no {config}/configuration.yaml")
    section = read_section(config, "camera")
    for camera in section.config:
        if camera["id"] == name:
            return camera, section
    hint = did_you_mean(name, [camera["id"] for camera in section.config])
    raise ConfigError(f"there is no camera '{name}' in {config}{f'; {hint}' if hint else ''}")


def folders_of(config: Path, data: Path | None) -> list[Path]:
    """Where cameras' files may lie, as the running hub has it."""
    return [config, data or config / ".hub"]


def default_config() -> Path:
    """The folder of configuration.yaml: here, or ./config."""
    return Path() if Path("configuration.yaml").is_file() else Path("config")
