"""`hub events`: the journal of alarms, and what happens right now."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

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
from hub.model.printing import visible_json, visible_line


@click.group()
def events() -> None:
    """Look at events: the journal of alarms, and a live view of everything."""


@events.command()
@click.argument("event_id", required=False)
@config_option
@data_option
@click.option("--kind", default="", help="Only this kind, such as cover_opened.")
@click.option("--since", type=click.DateTime(), default=None, help="Only from this local time on.")
@click.option("--limit", default=50, show_default=True, help="At most so many, the newest ones.")
@json_option
def show(
    event_id: str | None,
    config: Path,
    data: Path | None,
    kind: str,
    since: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show alarms from the journal, oldest first; with an EVENT_ID, that one in full.

    Reads the data folder, so that it works whether the hub runs or not.
    """
    from hub.store.database import StoreError
    from hub.store.reading import Reading

    try:
        reading = Reading(data_dir(config, data))
        if event_id is not None:
            _show_one(reading.alarm(event_id), event_id)
            return
        found = reading.alarms(kind=kind, since=since.astimezone() if since else None, limit=limit)
    except StoreError as error:
        click.echo(f"hub events: {error}", err=True)
        raise SystemExit(EXIT_UNREADABLE) from None
    if as_json:
        print_json([{"seq": row.seq, "kind": row.kind, **json.loads(row.body)} for row in found])
        return
    rows = [
        [_local(row.at), _severity(row.severity), row.kind, row.source, row.area, row.id] for row in found
    ]
    print_table(rows, ["time", "severity", "kind", "source", "area", "id"])


@events.command()
@config_option
@data_option
@click.option("--kind", default="", help="Only this kind.")
@json_option
def tail(config: Path, data: Path | None, kind: str, as_json: bool) -> None:
    """Print every event of the running hub as it happens, until Ctrl+C."""
    from hub.cli.client import Client

    try:
        for event in Client(data_dir(config, data)).lines("events"):
            if event.get("missed_before"):
                click.echo(f"({event['missed_before']} events were too quick to show)", err=True)
            if not kind or event["kind"] == kind:
                click.echo(visible_json(json.dumps(event, ensure_ascii=False)) if as_json else _line(event))
    except KeyboardInterrupt:
        return  # Ctrl+C is how it is meant to end


def _show_one(row: Any, event_id: str) -> None:
    if row is None:
        click.echo(f"hub events: the journal has no alarm '{event_id}'", err=True)
        raise SystemExit(EXIT_FAULTS)
    print_json({"seq": row.seq, "kind": row.kind, **json.loads(row.body)})


def _local(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _severity(number: int) -> str:
    from hub.model.events import Severity

    return Severity(number).name


def _line(event: dict[str, Any]) -> str:
    shown = {
        key: value
        for key, value in event.items()
        if key not in ("kind", "at", "id", "source", "missed_before") and value not in ("", None, [], {})
    }
    if event["kind"] == "state_changed":
        old, new = event["old"], event["new"]
        shown = {"from": old and old["state"], "to": new["state"]}
    text = " ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in shown.items())
    at = _local(datetime.fromisoformat(event["at"]))
    said = visible_line(f"{event['source']} {text}".rstrip())
    return f"{at} {click.style(visible_line(event['kind']), bold=True)} {said}"
