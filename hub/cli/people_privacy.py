"""What `hub people erase` and `hub people verify` do."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli.options import EXIT_FAULTS, EXIT_UNREADABLE, print_json
from hub.people.importing import FOLDER, merge, present_entries, write_file
from hub.people.privacy import PrivacyFault, erase, verify
from hub.store.database import StoreError

if TYPE_CHECKING:
    from hub.model.people import Person
    from hub.people.files import PeopleFiles


def erase_person(
    people: "PeopleFiles", person: "Person", config: Path, data: Path, receipt: Path | None
) -> int:
    """Erase in the databases, then in what was imported; the exit status."""
    imported = [path for path in sorted((config / FOLDER).glob("*.yaml")) if _holds(path, person.id)]
    place = people.place_of(person.id)
    by_hand = []
    if place is not None and not any(Path(place.file).resolve() == path.resolve() for path in imported):
        by_hand.append(f"{place.file}:{place.line}: take the entry out, then `hub check`")
    rosters = [roster.id for roster in people.directory.rosters.values() if person.id in roster.persons()]
    if rosters:  # a roster that names nobody's id would keep the hub from starting
        click.echo(
            f"hub people: rosters name the person ({', '.join(rosters)}); take them out first", err=True
        )
        return EXIT_FAULTS
    try:
        proof = erase(data, person, datetime.now(UTC), by_hand)
    except (PrivacyFault, StoreError) as error:
        click.echo(f"hub people: {error}", err=True)
        return EXIT_UNREADABLE
    for path in imported:
        entries = [entry for entry in present_entries(path) if str(entry.get("id")) != person.id]
        write_file(path, merge(entries, []).text)
        click.echo(f"{path}: the entry was taken out; keep the person out of the next table, too", err=True)
    if receipt is None:
        print_json(proof)
    else:
        write_file(receipt, json.dumps(proof, ensure_ascii=False, indent=2) + "\n")
    for line in proof["by_hand"]:
        click.echo(f"still to do: {line}", err=True)
    click.echo("still to do: `hub check`, as a rule may name the person, and start the hub", err=True)
    return 0


def _holds(path: Path, person: str) -> bool:
    try:
        return any(str(entry.get("id")) == person for entry in present_entries(path))
    except ValueError:
        return False


def verify_receipt(path: Path, person: str, data: Path) -> int:
    """Print what is wrong with a receipt; the exit status."""
    try:
        receipt = json.loads(path.read_text(encoding="utf-8"))
        wrong = verify(data, receipt if isinstance(receipt, dict) else {}, person)
    except (OSError, ValueError, StoreError) as error:
        click.echo(f"hub people: {error}", err=True)
        return EXIT_UNREADABLE
    for line in wrong:
        click.echo(line)
    if not wrong:
        more = "; nothing of the person was found" if person else ""
        click.echo(f"sound: erased at {receipt['at']} as {receipt['pseudonym']}{more}")
    return EXIT_FAULTS if wrong else 0
