"""`hub status` and `hub reload`: of the hub that runs on this machine."""

from pathlib import Path

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
from hub.model.printing import visible_line


@click.command()
@config_option
@data_option
@json_option
def status(config: Path, data: Path | None, as_json: bool) -> None:
    """Show how the running hub is doing: integrations, outbox, open problems."""
    _code, body = Client(data_dir(config, data)).request("GET", "status")
    if as_json:
        print_json(body)
        return
    click.echo(
        f"{body['name']} {body['version']} at {body['url']}, {'ready' if body['ready'] else 'starting'}"
    )
    click.echo(
        f"{body['entities']} entities, {body['memory_mib']} MiB, outbox: {body['outbox']['pending']} waiting, "
        f"{body['outbox']['dead']} given up\n"
    )
    rows = [
        [name, guest["state"], str(guest["restarts"]), guest["error"]]
        for name, guest in body["integrations"].items()
    ]
    print_table(rows, ["integration", "state", "restarts", "last error"])
    for problem in body["problems"]:
        remedy = f" -> {problem['remedy']}" if problem["remedy"] else ""
        said = visible_line(f"! {problem['id']}: {problem['text']}{remedy}")
        click.secho(f"\n{said}", fg="yellow")


@click.command()
@config_option
@data_option
@json_option
def reload(config: Path, data: Path | None, as_json: bool) -> None:
    """Let the running hub take the changed files; files with faults change nothing.

    Exit status 1 when there are faults, which are printed.
    """
    code, body = Client(data_dir(config, data)).request("POST", "reload")
    if as_json:
        print_json(body)
    elif code == 422:
        for fault in body["faults"]:
            click.echo(visible_line(fault["text"]))
        click.echo(f"{len(body['faults'])} faults; nothing was changed", err=True)
    else:
        for what in ("started", "stopped", "changed", "needs_restart"):
            if body.get(what):
                click.echo(f"{what.replace('_', ' ')}: {', '.join(body[what])}")
        if not any(body.get(what) for what in ("started", "stopped", "changed", "needs_restart")):
            click.echo("nothing has changed")
    if code != 200:
        raise SystemExit(EXIT_FAULTS)
