"""`hub camera calibrate`: takes a picture, opens the page, and waits until the admin is done."""

import asyncio
import importlib
import os
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from integrations.camera.calibration import included_calibration
from integrations.camera.looking import WANTING, refuse, settings_of, with_source_options
from integrations.camera.named import folders_of, of_address, of_configuration, of_file

if TYPE_CHECKING:
    from hub.api import Analyzer
    from integrations.camera.calibrate.work import Work

VERB = "calibrate"


@click.command(VERB)
@click.argument("name")
@click.option("--url", help="Take the picture from this address, for a camera that is not configured yet.")
@click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False), help="Take the picture from this video."
)
@click.option("--at", type=click.FloatRange(0, 86_400), default=0.0, help="Seconds into a file.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write instead.")
@click.option("--analyzer", default="falling_object", show_default=True, help="Whose calibration it is.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=0, help="Of the page. [default: any that is free]"
)
@click.option("--open/--no-open", "opens", default=True, help="Open the page in this machine's browser.")
@with_source_options
def calibrate(
    name: str, url: str | None, file: Path | None, at: float, out: Path | None, analyzer: str, port: int, opens: bool,
    config: Path, data: Path | None, **options: Any,
) -> None:  # fmt: skip
    """Show the hub where floors and columns are in the picture of the camera NAME.

    Takes a picture and opens a page on this machine (127.0.0.1): mark floor slabs, column edges or known points, see
    the grid drawn back, save. The file is calibrations/NAME.yaml in the configuration's folder; one that is there is
    kept beside it. Exit status: 0 saved, 1 ended without saving, 2 there is no picture or calibrator to be had.
    """
    from hub.api import ConfigError
    from integrations.camera.source import StreamFault

    try:
        camera, folders, analyzers = source_of(name, url, file, config, data, options)
        work = prepare(name, camera, folders, at, calibrator_of(analyzer, analyzers), config, out)
    except ConfigError as error:
        refuse(VERB, str(error))
    except StreamFault as fault:
        refuse(VERB, fault.text, fault.remedy)
    try:
        asyncio.run(serve(work, port, opens))
    except OSError as error:
        refuse(VERB, f"port {port} can't be opened: {error.strerror}", "give another --port")
    except KeyboardInterrupt:
        click.echo(err=True)
    end(work)


def source_of(
    name: str, url: str | None, file: Path | None, config: Path, data: Path | None, options: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Path], Mapping[str, "Analyzer"]]:
    """The camera, the folders of its file, and the analyzers that are configured."""
    if url:
        return {**of_address(url, settings_of(**options)), "id": name}, [], {}
    if file:
        camera, folders = of_file(file)
        return {**camera, "id": name}, folders, {}
    camera, section = of_configuration(name, config)
    for (
        fault
    ) in section.faults:  # a calibration that is not there yet, or can't be read, is what is to be mended
        click.echo(f"hub camera {VERB}: warning: {fault}", err=True)
    return camera, folders_of(config, data), section.analyzers


def calibrator_of(name: str, analyzers: Mapping[str, "Analyzer"]) -> Any:
    """The function that fits sketches for this analyzer; ConfigError when it needs none."""
    from hub.api import ConfigError, find_analyzer

    declared = analyzers.get(name) or find_analyzer(name)
    if not declared.calibrator:
        raise ConfigError(f"the analyzer '{name}' needs no calibration")
    module, _, attribute = declared.calibrator.partition(":")
    return getattr(importlib.import_module(module), attribute)


def prepare(
    name: str, camera: Mapping[str, Any], folders: list[Path], at: float, calibrator: Any, config: Path,
    out: Path | None,
) -> "Work":  # fmt: skip
    """Take the picture and gather what is known."""
    from integrations.camera.calibrate.beginning import first_sheet
    from integrations.camera.calibrate.saving import FOLDER, overruled
    from integrations.camera.calibrate.work import Work
    from integrations.camera.picture import jpeg
    from integrations.camera.probing import take_picture

    check_name(name)
    picture = take_picture(camera, folders, at)
    size = (picture.shape[1], picture.shape[0])
    sheet, notices = first_sheet(camera, included_calibration(camera, config), size)
    configured = (config / "configuration.yaml").is_file()
    return Work(
        name=name, size=size, jpeg=jpeg(picture), first=sheet, notices=notices, calibrator=calibrator,
        fixed_masks=camera["masks"], config=config, overruled=overruled(camera),
        path=out or (config / FOLDER / f"{name}.yaml" if configured else None),
    )  # fmt: skip


def check_name(name: str) -> None:
    """The name becomes a file's: nothing but a camera's id will do. ConfigError otherwise."""
    import voluptuous as vol

    from hub.api import ConfigError
    from integrations.camera.settings import identifier

    try:
        identifier(name)
    except vol.Invalid as error:
        raise ConfigError(f"'{name:.60}': {error.msg}") from error


async def serve(work: "Work", port: int, opens: bool) -> None:
    """Serve the page until the admin says that it is done."""
    from integrations.camera.calibrate.server import Page

    page = Page(work)
    runner = await page.serve(port)
    try:
        click.echo(f"Open this link (it works once): {page.link}", err=True)
        if opens and has_screen():
            await asyncio.to_thread(webbrowser.open, page.link)
        await page.finished.wait()
    finally:
        await runner.cleanup()


def has_screen() -> bool:
    """Whether a browser could show anything: over SSH it would start in the terminal."""
    return sys.platform in ("darwin", "win32") or any(
        os.environ.get(key) for key in ("DISPLAY", "WAYLAND_DISPLAY")
    )


def end(work: "Work") -> None:
    """Say what became of it."""
    from integrations.camera.calibrate.saving import line_for

    if not work.saved:
        click.echo("Nothing was saved.", err=True)
        sys.exit(WANTING)
    if work.path is None:
        click.echo(work.saved[-1], nl=False)
        return
    click.echo(
        f"{work.path} is written. In the camera's section: {line_for(work.path, work.config)}", err=True
    )
    if work.overruled:
        click.echo(f"Remove there what would overrule it: {', '.join(work.overruled)}", err=True)
