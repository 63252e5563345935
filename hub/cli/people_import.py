"""What `hub people import` does: reads a table, tells every fault, and writes people.d."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli.options import EXIT_FAULTS, EXIT_UNREADABLE, print_json
from hub.config import did_you_mean
from hub.model.printing import visible_line
from hub.people.importing import FOLDER, Imported, Merged, merge, present_entries, read_persons, write_file
from hub.people.table import TableFault, read_table

if TYPE_CHECKING:
    from hub.people.files import PeopleFiles

_MOST_NAMED = 10


def import_people(
    people: "PeopleFiles",
    config: Path,
    file: Path,
    *,
    dry_run: bool,
    into: str,
    role: str,
    email_channel: str,
    remove_missing: bool,
    as_json: bool,
) -> int:
    """Import a file; the exit status."""
    if role not in people.directory.roles:
        hint = did_you_mean(role, people.directory.roles)
        raise click.BadParameter(f"there is no role '{role}'; {hint or 'add it under people: roles:'}")
    path = config / FOLDER / f"{_name(into or file.stem)}.yaml"
    try:
        present = present_entries(path)
        table = read_table(file.read_bytes())
    except TableFault as fault:
        click.echo(f"{file}{f':{fault.line}' if fault.line else ''}: {fault}", err=True)
        return EXIT_UNREADABLE
    except (OSError, ValueError) as error:
        click.echo(f"hub people: {error}", err=True)
        return EXIT_UNREADABLE
    own = {str(entry.get("id", "")) for entry in present}
    found = read_persons(
        table,
        str(file),
        people.directory,
        role=role,
        elsewhere=people.directory.persons.keys() - own,
        place=lambda person: _place(people, person),
        email=email_channel,
    )
    if found.faults:
        return _refuse(found, as_json)
    merged = merge(present, found.persons, remove=remove_missing)
    written = not dry_run and write_file(path, merged.text)
    if as_json:
        _print(path, found, merged, written)
        return 0
    click.echo(f"{path}: {merged.added} added, {merged.changed} changed, {merged.unchanged} unchanged")
    _tell_what_is_left_out(found, merged, remove_missing)
    if dry_run:
        click.echo("dry run: nothing was written")
    elif not _is_read(people, path):
        click.echo("the hub does not read that folder yet; add to configuration.yaml, then `hub check`:")
        click.echo(f"  people imported: {{persons: !include_dir_merge_list {FOLDER}}}")
    elif written:
        click.echo("`hub reload` lets the running hub take it")
    return 0


def _print(path: Path, found: Imported, merged: Merged, written: bool) -> None:
    print_json(
        {
            "ok": True,
            "file": str(path),
            "written": written,
            "added": merged.added,
            "changed": merged.changed,
            "unchanged": merged.unchanged,
            "missing": merged.missing,
            "ignored": found.ignored,
        }
    )


def _tell_what_is_left_out(found: Imported, merged: Merged, removed: bool) -> None:
    if found.ignored:
        click.echo(visible_line(f"not kept: columns {', '.join(found.ignored[:_MOST_NAMED])}"))
    if merged.missing:
        named = ", ".join(merged.missing[:_MOST_NAMED]) + (
            " ..." if len(merged.missing) > _MOST_NAMED else ""
        )
        done = "removed" if removed else "kept (--remove-missing removes them)"
        click.echo(f"{len(merged.missing)} of an earlier import are not in the file and were {done}: {named}")


def _refuse(found: Imported, as_json: bool) -> int:
    if as_json:
        print_json({"ok": False, "faults": [fault.as_dict() for fault in found.faults]})
    for fault in () if as_json else found.faults:
        click.echo(visible_line(str(fault)))
    click.echo(f"{len(found.faults)} faults; nothing was written", err=True)
    return EXIT_FAULTS


def _name(text: str) -> str:
    """A plain file name, whatever the spreadsheet is called."""
    plain = re.sub(r"[^\w-]+", "-", text).strip("-_")[:60]
    return plain or "people"


def _place(people: "PeopleFiles", person: str) -> str:
    place = people.place_of(person)
    return f"{place.file}:{place.line}" if place else "another file"


def _is_read(people: "PeopleFiles", path: Path) -> bool:
    """Whether the configuration includes the file, or others of its folder."""
    folder = path.parent.resolve()
    return any(Path(source.file).resolve().parent == folder for source in people.document.files)
