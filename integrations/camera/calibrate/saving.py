"""A calibration as a file of the configuration: its text, its place, and the line that includes it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from integrations.camera.yamltext import yaml_of

FOLDER = "calibrations"
OVERRULING = ("building", "resolution", "reference_points", "camera_position", "roof_height_m", "balcony_depth_m",
              "grid")  # fmt: skip
HEAD = """\
# Where the facade is in the picture of the camera {name}: made by `hub camera calibrate {name}`, which can change it
# again. {judgement}
"""


def text_of(
    name: str, calibration: Mapping[str, Any] | None, sheet: Mapping[str, Any], judgement: str
) -> str:
    """The file's text: what the analyzer reads, the masks, and the sheet to go on from."""
    content = {**(calibration or {}), "masks": sheet["masks"], "sketch": sheet_to_keep(sheet)}
    return HEAD.format(name=name, judgement=judgement) + yaml_of(
        {key: value for key, value in content.items() if value}
    )


def sheet_to_keep(sheet: Mapping[str, Any]) -> dict[str, Any]:
    """What the page needs to go on; masks stand beside it, and only once."""
    return {key: value for key, value in sheet.items() if key != "masks" and value}


def save(path: Path, text: str) -> Path | None:
    """Write the file, whole or not at all; returns where the one before was kept, None when there was none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = None
    if path.exists() and path.read_text(encoding="utf-8") != text:
        kept = unused(path)
        kept.write_bytes(path.read_bytes())
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
    return kept


def unused(path: Path) -> Path:
    """The first name NAME.yaml.1, NAME.yaml.2 ... that is free."""
    number = 1
    while (candidate := path.with_name(f"{path.name}.{number}")).exists():
        number += 1
    return candidate


def line_for(path: Path, config: Path) -> str:
    """The line of the camera's section that brings the calibration."""
    inside = path.resolve().is_relative_to(config.resolve())
    return f"calibration: !include {path.resolve().relative_to(config.resolve()) if inside else path}"


def overruled(camera: Mapping[str, Any]) -> list[str]:
    """Keys of the camera's own section that would overrule the file."""
    return [key for key in OVERRULING if key in camera]
