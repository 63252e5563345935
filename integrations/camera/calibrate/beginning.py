"""What the page begins with: the sheet of an earlier calibration, its points and grid, or nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.camera.calibrate.sheet import Unfit, read_sheet
from integrations.camera.settings import clip_config

NOTHING: dict[str, Any] = {"facade": None, "marks": [], "masks": []}


def first_sheet(
    camera: Mapping[str, Any], included: Mapping[str, Any], size: Sequence[int]
) -> tuple[dict[str, Any], list[str]]:
    """The sheet to begin with for a picture of `size`, and notices: "scaled", "other_size", "unreadable"."""
    clip = clip_config(camera, included)
    notices = []
    try:
        sheet = read_sheet(kept_sheet(included) or sheet_of_points(clip, included))
    except Unfit:
        sheet, notices = read_sheet(NOTHING), ["unreadable"]
    made_for = clip.get("resolution", size)
    if list(made_for) != list(size) and (sheet["marks"] or sheet["masks"]):
        stretch = [now / before for now, before in zip(size, made_for, strict=True)]
        if abs(stretch[0] / stretch[1] - 1) > 0.01:
            return {**sheet, "marks": [], "masks": []}, ["other_size"]
        return scaled(sheet, stretch[0]), ["scaled"]
    return sheet, notices


def kept_sheet(included: Mapping[str, Any]) -> dict[str, Any] | None:
    """The sheet that the page saved itself."""
    sketch = included.get("sketch")
    return (
        {"facade": None, **sketch, "masks": included.get("masks", [])} if isinstance(sketch, dict) else None
    )


def sheet_of_points(clip: Mapping[str, Any], included: Mapping[str, Any]) -> dict[str, Any]:
    """A sheet of what a calibration says that was made by other means: points, and its grid as it is."""
    marks = [
        {"kind": "point", "m": point["m"], "px": [point["px"]]} for point in clip.get("reference_points", ())
    ]
    same = ("grid", "building", "roof_height_m", "balcony_depth_m")
    return {
        "facade": None,
        "kept": {key: clip[key] for key in same if key in clip} if "grid" in clip else None,
        "camera_position": clip.get("camera_position_m_approx"),
        "marks": marks,
        "masks": included.get("masks", []),
    }


def scaled(sheet: Mapping[str, Any], stretch: float) -> dict[str, Any]:
    """The sheet for a picture of another size and the same shape."""

    def moved(points: Sequence[Sequence[float]]) -> list[list[float]]:
        return [[round(value * stretch, 2) for value in point] for point in points]

    return {
        **sheet,
        "marks": [{**item, "px": moved(item["px"])} for item in sheet["marks"]],
        "masks": [{**item, "points": moved(item["points"])} for item in sheet["masks"]],
    }
