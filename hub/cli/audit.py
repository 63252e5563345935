"""`hub audit`: who did what, and whether the log of it is whole."""

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

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

if TYPE_CHECKING:
    from hub.store.reading import Reading


@click.group()
def audit() -> None:
    """Look at the audit log: who did what with which thing, about whom, from where."""


@audit.command("list")
@config_option
@data_option
@click.option(
    "--person", default="", help="Only what concerns this person: who looked at their data, and so on."
)
@click.option("--who", default="", help="Only what this account did.")
@click.option("--since", type=click.DateTime(), default=None, help="Only from this local time on.")
@click.option("--limit", default=100, show_default=True, help="At most so many, the newest ones.")
@json_option
def list_(
    config: Path, data: Path | None, person: str, who: str, since: datetime | None, limit: int, as_json: bool
) -> None:
    """List rows of the audit log, oldest first.

    Reads the data folder, so that it works whether the hub runs or not.
    """
    from dataclasses import asdict

    from hub.store.database import StoreError
    from hub.store.reading import Reading

    try:
        found = Reading(data_dir(config, data)).audit(
            person=person, who=who, since=since.astimezone() if since else None, limit=limit
        )
    except StoreError as error:
        raise _unreadable(error) from None
    found.reverse()
    if as_json:
        print_json([asdict(row) | {"at": row.at.isoformat()} for row in found])
        return
    rows = [
        [
            f"{row.seq}",
            row.at.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
            row.who or "-",
            row.verb,
            f"{row.kind} {row.id}".rstrip(),
            row.person,
            row.address,
            row.outcome,
        ]
        for row in found
    ]
    print_table(rows, ["row", "time", "who", "did", "what", "about", "from", "outcome"])


@audit.command()
@config_option
@data_option
@click.option(
    "--expect", default="", metavar="ROW:HASH", help="A row and its hash that were noted elsewhere."
)
@json_option
def verify(config: Path, data: Path | None, expect: str, as_json: bool) -> None:
    """Check that no row of the audit log was changed, taken out, put in or cut off.

    The hash at the end proves it for later: note it elsewhere (the hub's log tells it every hour) and give it with
    --expect. Without such a note, somebody who may write the file could have made a whole new log.
    """
    from dataclasses import asdict

    from hub.store.database import StoreError
    from hub.store.reading import Reading

    began = time.perf_counter()
    try:
        reading = Reading(data_dir(config, data))
        found = reading.verify_audit()
        noted = expect == "" or _stands(reading, expect)
    except StoreError as error:
        raise _unreadable(error) from None
    if as_json:
        print_json(asdict(found) | {"expected": noted})
    elif found.broken_at is not None:
        click.echo(f"hub audit: BROKEN at row {found.broken_at}: {found.reason}", err=True)
        click.echo(f"{found.rows} rows before it are whole; compare with a backup of events.db", err=True)
    else:
        took = time.perf_counter() - began
        click.echo(
            f"{found.rows} rows, {found.first} to {found.last}, are whole ({took:.1f} s); the last hash is {found.head}"
        )
    if not noted:
        click.echo(f"hub audit: BROKEN: the log does not hold {expect}", err=True)
    if found.broken_at is not None or not noted:
        raise SystemExit(EXIT_FAULTS)


def _stands(reading: "Reading", expect: str) -> bool:
    """Whether a row that was noted elsewhere is still what it was."""
    number, _, said = expect.partition(":")
    if not number.isascii() or not number.isdigit() or not said:
        raise click.UsageError("--expect takes a row's number and its hash, such as 1204:9f2c...")
    rows = reading.audit(before=int(number) + 1, limit=1)
    return bool(rows) and rows[0].seq == int(number) and rows[0].hash == said


def _unreadable(error: Exception) -> SystemExit:
    click.echo(f"hub audit: {error}", err=True)
    return SystemExit(EXIT_UNREADABLE)
