"""`hub outbox`: durable calls that wait or were given up."""

from pathlib import Path

import click

from hub.cli.client import Client
from hub.cli.options import (
    EXIT_FAULTS,
    EXIT_UNREADABLE,
    config_option,
    data_dir,
    data_option,
    json_option,
    print_json,
    print_table,
)

STATES = ("pending", "dead", "done", "dropped")


@click.group()
def outbox() -> None:
    """Look at and mend the outbox: notices and other calls that must arrive."""


@outbox.command("list")
@config_option
@data_option
@click.option("--state", type=click.Choice(STATES), multiple=True, help="[default: pending and dead]")
@click.option("--limit", default=100, show_default=True, help="At most so many of each state.")
@json_option
def list_(config: Path, data: Path | None, state: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List calls that wait (pending) or were given up (dead).

    Reads the data folder, so that it works whether the hub runs or not.
    """
    from hub.store.database import StoreError
    from hub.store.reading import Reading

    try:
        reading = Reading(data_dir(config, data))
        found = [row for wanted in state or ("pending", "dead") for row in reading.calls(wanted, limit)]
    except StoreError as error:
        click.echo(f"hub outbox: {error}", err=True)
        raise SystemExit(EXIT_UNREADABLE) from None
    if as_json:
        print_json(
            [
                {
                    "key": row.key,
                    "state": row.state,
                    "action": row.action,
                    "lane": row.lane,
                    "attempts": row.attempts,
                    "due": row.due.isoformat(),
                    "last_error": row.last_error,
                }
                for row in found
            ]
        )
        return
    rows = [
        [
            row.state,
            row.action,
            row.lane,
            str(row.attempts),
            row.due.astimezone().strftime("%m-%d %H:%M:%S"),
            row.key,
            row.last_error,
        ]
        for row in found
    ]
    print_table(rows, ["state", "action", "lane", "tries", "due", "key", "last error"])


@outbox.command()
@click.argument("keys", nargs=-1, required=True)
@config_option
@data_option
@json_option
def retry(keys: tuple[str, ...], config: Path, data: Path | None, as_json: bool) -> None:
    """Try calls again now, also ones that were given up. The hub must be running."""
    _act("retry", keys, config, data, as_json)


@outbox.command()
@click.argument("keys", nargs=-1, required=True)
@config_option
@data_option
@click.confirmation_option("--yes", prompt="These will never be delivered. Drop them?")
@json_option
def drop(keys: tuple[str, ...], config: Path, data: Path | None, as_json: bool) -> None:
    """Give calls up for good. The hub must be running."""
    _act("drop", keys, config, data, as_json)


def _act(what: str, keys: tuple[str, ...], config: Path, data: Path | None, as_json: bool) -> None:
    code, body = Client(data_dir(config, data)).request("POST", "outbox", {"do": what, "keys": list(keys)})
    if code != 200:
        click.echo(f"hub outbox: {body.get('detail') or body.get('title')}", err=True)
        raise SystemExit(EXIT_FAULTS)
    if as_json:
        print_json(body)
    else:
        click.echo(f"{what}: {len(body['done'])}")
        for key in body["unknown"]:
            click.echo(f"there is no call '{key}' to {what}", err=True)
    if body["unknown"]:
        raise SystemExit(EXIT_FAULTS)
