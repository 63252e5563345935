"""Options that several verbs share, and how they print."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from hub.model.printing import visible_json, visible_line

F = TypeVar("F", bound=Callable[..., Any])
EXIT_FAULTS, EXIT_UNREADABLE, EXIT_NOT_RUNNING = 1, 2, 3


def default_config() -> Path:
    """The folder of configuration.yaml: here, or ./config."""
    here = Path()
    return here if (here / "configuration.yaml").is_file() else here / "config"


config_argument = click.argument(
    "config", type=click.Path(path_type=Path, file_okay=False), required=False, default=default_config
)
config_option = click.option(
    "--config",
    "-c",
    type=click.Path(path_type=Path, file_okay=False),
    default=default_config,
    help="Folder of configuration.yaml. [default: here, or ./config]",
)
data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Folder of the hub's own data. [default: CONFIG/.hub]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def data_dir(config: Path, data: Path | None) -> Path:
    """Where the hub keeps its data."""
    return data or config / ".hub"


def print_json(value: Any) -> None:
    """Print one JSON document."""
    click.echo(visible_json(json.dumps(value, ensure_ascii=False, indent=2, default=str)))


def print_table(rows: list[list[str]], header: list[str]) -> None:
    """Print columns that line up; wide characters count as two."""
    table = [[visible_line(cell) for cell in row] for row in (header, *rows)]
    widths = [max(_width(row[column]) for row in table) for column in range(len(header))]
    for row in table:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def _width(text: str) -> int:
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
