"""Renders the facade clip in a process of its own: `python -m integrations.demo.render FOLDER SETTINGS`."""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

NAMES = ("facade.json", "facade.truth.json", "facade.mp4")
NICENESS = 2  # below the hub itself, but a first look should not have to wait for it


def render(folder: Path, settings: dict[str, Any]) -> None:
    """Write facade.mp4, facade.json and facade.truth.json; each is whole or not there."""
    from integrations.demo.facade import plan_clip, render_clip

    plan = plan_clip(
        settings["seed"],
        size=(settings["size"][0], settings["size"][1]),
        duration_s=settings["duration"],
        items=(settings["item"],),
        building_name=settings["building"],
    )
    with tempfile.TemporaryDirectory(dir=folder, prefix="rendering-") as work:
        render_clip(plan, Path(work), "facade")
        for name in NAMES:
            (Path(work) / name).replace(folder / name)


if __name__ == "__main__":
    os.nice(NICENESS)
    render(Path(sys.argv[1]), json.loads(sys.argv[2]))
