"""A camera's calibration where it stands in a file, and the masks that the file brings along."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import voluptuous as vol

from hub.api import ConfigError
from integrations.camera.settings import MASKS

LARGEST_CALIBRATION = 1_000_000  # bytes


def included_calibration(camera: Mapping[str, Any], config_dir: Path) -> Mapping[str, Any]:
    """What stands under `calibration`: included already, or in the JSON file that it names."""
    included: Mapping[str, Any] | str = camera.get("calibration") or {}
    return read_calibration(config_dir / included, camera["id"]) if isinstance(included, str) else included


def masks_of(camera: Mapping[str, Any], included: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The camera's own masks and those of its calibration: what is private stays so, whoever drew it."""
    try:
        drawn: list[dict[str, Any]] = MASKS(included.get("masks", []))
    except vol.Invalid as error:
        raise ConfigError(f"camera {camera['id']}: the masks of its calibration: {error}") from error
    return [*camera["masks"], *drawn]


def read_calibration(path: Path, camera: str) -> dict[str, Any]:
    """A clip's configuration from its JSON file."""
    try:
        if path.stat().st_size > LARGEST_CALIBRATION:
            raise ConfigError(f"camera {camera}: {path} is too large to be a calibration")
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"camera {camera}: {path} can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"camera {camera}: {path} is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"camera {camera}: {path} holds no calibration; give a JSON object")
    return data
