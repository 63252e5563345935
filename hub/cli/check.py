"""`hub check`: every fault of every file, without connecting to anything."""

import os
from pathlib import Path

import click

from hub.cli.options import EXIT_FAULTS, EXIT_UNREADABLE, config_argument, json_option, print_json
from hub.model.printing import visible_line


@click.command()
@config_argument
@json_option
def check(config: Path, as_json: bool) -> None:
    """Check the files in the folder CONFIG and print every fault.

    Each line says file:line:column: where in the file: what is wrong; what would be right. Nothing is started,
    connected to or changed. Exit status 0 when clean, 1 with faults, 2 when the files can't be read.
    """
    from hub.config import ConfigUnreadable
    from hub.plugins.configuration import read_configuration
    from hub.plugins.manager import Manager

    try:
        configuration = read_configuration(config, Manager(), environ=os.environ)
    except ConfigUnreadable as error:
        if as_json:
            print_json({"ok": False, "unreadable": str(error), "faults": []})
        else:
            click.echo(f"hub check: {error}", err=True)
        raise SystemExit(EXIT_UNREADABLE) from None
    faults = configuration.faults
    bad = sum(fault.severity == "fault" for fault in faults)
    if as_json:
        print_json({"ok": not bad, "faults": [fault.as_dict() for fault in faults]})
    else:
        for fault in faults:
            click.echo(f"{visible_line(str(fault))}{' (warning)' if fault.severity == 'warning' else ''}")
        if bad:
            click.echo(f"{bad} fault{'s' if bad > 1 else ''}", err=True)
        else:
            sections = len(configuration.sections)
            click.echo(f"{config}: clean, {sections} integration{'s' if sections != 1 else ''}")
    if bad:
        raise SystemExit(EXIT_FAULTS)
