"""The facade clip in the guest's data folder: rendered once, in a child process, and kept."""

import asyncio
import json
import shutil
import sys
from pathlib import Path

from hub.api import NotReady

from .settings import Facade

RECIPE = "facade.recipe.json"  # of the clip that lies there: the same recipe needs no rendering
VERSION = 1  # of the renderer; a new one renders anew


async def provide(folder: Path, facade: Facade) -> bool:
    """Make sure that the clip is there; returns whether it had to be rendered. NotReady when that failed."""
    recipe = json.dumps({"version": VERSION, **facade.as_plain()}, sort_keys=True)
    if (folder / "facade.mp4").is_file() and read_or_nothing(folder / RECIPE) == recipe:
        return False
    clear_leftovers(folder)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "integrations.demo.render", str(folder), json.dumps(facade.as_plain()),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl+C is for the hub, which ends this itself
    )  # fmt: skip
    try:
        _nothing, errors = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        last = errors.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise NotReady(f"the facade clip could not be rendered: {' '.join(last) or process.returncode}")
    (folder / RECIPE).write_text(recipe)
    return True


def clear_leftovers(folder: Path) -> None:
    """Remove what a rendering left that was killed together with its hub."""
    for left in folder.glob("rendering-*"):
        shutil.rmtree(left, ignore_errors=True)


def read_or_nothing(path: Path) -> str:
    """The file's text, '' when there is none."""
    try:
        return path.read_text()
    except OSError:
        return ""
