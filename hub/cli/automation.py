"""`hub automation`: the running hub's automations, their runs and traces."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from hub.cli.client import Client
from hub.cli.options import (
    EXIT_FAULTS,
    config_option,
    data_dir,
    data_option,
    json_option,
    print_json,
    print_table,
)


@click.group()
def automation() -> None:
    """Look at the running hub's automations."""


@automation.command("list")
@config_option
@data_option
@json_option
def list_(config: Path, data: Path | None, as_json: bool) -> None:
    """List automations: on or off, when they last ran, runs under way, triggers lost."""
    code, body = Client(data_dir(config, data)).request("GET", "automation")
    if code != 200:
        click.echo(
            "hub automation: this hub has no automations; add `automation:` to its configuration", err=True
        )
        raise SystemExit(EXIT_FAULTS)
    if as_json:
        print_json(body)
        return
    rows = [
        [
            item["id"],
            "on" if item["enabled"] else "off",
            item["mode"],
            str(item["current"]),
            str(item["lost"]),
            item["last_triggered"] or "never",
            item["alias"],
        ]
        for item in body
    ]
    print_table(rows, ["id", "state", "mode", "running", "lost", "last triggered", "name"])


@automation.command()
@click.argument("name")
@config_option
@data_option
@json_option
def show(name: str, config: Path, data: Path | None, as_json: bool) -> None:
    """Show one automation (by id or entity id): its plan, runs under way and last traces."""
    code, body = Client(data_dir(config, data)).request("GET", f"automation/show?id={quote(name)}")
    if as_json:
        print_json(body)
    elif code != 200:
        click.echo(f"hub automation: {body.get('detail') or body.get('title')}", err=True)
    else:
        _print(body)
    if code != 200:
        raise SystemExit(EXIT_FAULTS)


def _print(body: dict[str, Any]) -> None:
    import yaml

    click.secho(f"{body['alias']} ({body['id']})", bold=True)
    click.echo(yaml.safe_dump(body, allow_unicode=True, sort_keys=False))
