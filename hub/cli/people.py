"""`hub people`: who lives and works here, who is on duty, who is meant, and what the hub holds about one person."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    from hub.model.people import Person
    from hub.people.files import PeopleFiles

at_option = click.option(
    "--at", "at", default="", metavar="TIME", help="As in '2026-11-24 22:00'. [default: now]"
)


@click.group()
def people() -> None:
    """Look at people and duty rosters, import residents, export or erase one person's data."""


@people.command("list")
@config_option
@data_option
@click.option("--role", default="", help="Only who has this role.")
@click.option("--area", default="", help="Only who lives in or answers for this area.")
@json_option
def list_(config: Path, data: Path | None, role: str, area: str, as_json: bool) -> None:
    """List people; telephone numbers and addresses are masked."""
    found = _read(config, data)
    directory = found.directory
    persons = [
        person
        for person in directory.persons.values()
        if (not role or role in person.roles)
        and (not area or any(directory.places.inside(own, area) for own in (*person.areas, person.household)))
    ]
    if as_json:
        print_json([_as_dict(person) for person in persons])
        return
    rows = [
        [
            person.id,
            person.name if person.active else f"{person.name} (inactive)",
            " ".join(person.roles),
            person.household,
            " ".join(person.areas),
            _contact(person),
        ]
        for person in persons
    ]
    print_table(rows, ["id", "name", "roles", "household", "answers for", "contact"])


@people.command()
@click.argument("person")
@config_option
@data_option
@json_option
def show(person: str, config: Path, data: Path | None, as_json: bool) -> None:
    """Show one person: entry, where it stands in the files, and duties of the next seven days."""
    found = _read(config, data)
    someone = _person(found, person)
    now = datetime.now(UTC)
    duties = [
        duty
        for roster in found.directory.rosters.values()
        for duty in roster.between(now, now + timedelta(days=7))
        if duty.person == person
    ]
    shown = {
        **_as_dict(someone),
        "quiet_hours": [f"{hours.start:%H:%M}-{hours.end:%H:%M}" for hours in someone.quiet],
        "consents": [
            {
                "purpose": consent.purpose,
                "granted": consent.granted.isoformat(),
                "withdrawn": consent.withdrawn.isoformat() if consent.withdrawn else None,
            }
            for consent in someone.consents
        ],
        "duties": [
            f"{duty.roster}/{duty.shift or 'extra'} {_local(duty.start, found)} - {_local(duty.end, found)}"
            for duty in duties
        ],
        "written": _where(found, person),
    }
    if as_json:
        print_json(shown)
        return
    for key, value in shown.items():
        text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        click.echo(_line(f"{key}: {text}"))


@people.command()
@click.argument("expression")
@at_option
@config_option
@data_option
@json_option
def resolve(expression: str, at: str, config: Path, data: Path | None, as_json: bool) -> None:
    """Preview whom an audience means: `hub people resolve 'role:grid_worker on_duty area:b3'`.

    Exit status 1 when it names what there is not, or means nobody.
    """
    from hub.people import AudienceFault

    found = _read(config, data)
    moment = _moment(at, found)
    try:
        audience = found.directory.parse(expression)
    except AudienceFault as fault:
        click.echo(f"hub people: {fault}", err=True)
        raise SystemExit(EXIT_FAULTS) from None
    meant = found.directory.meant(audience, moment)
    why = {person.id: _why(found, person, moment) for person in meant.persons}
    if as_json:
        persons = [{**_as_dict(person), "why": why[person.id]} for person in meant.persons]
        print_json(
            {
                "audience": str(audience),
                "at": moment.isoformat(),
                "persons": persons,
                "unattended": meant.unattended,
            }
        )
    else:
        rows = [[person.id, person.name, why[person.id], _contact(person)] for person in meant.persons]
        print_table(rows, ["id", "name", "why", "contact"])
        for part in meant.unattended:
            click.echo(f"nobody is on duty for '{part}': all of the role are meant instead", err=True)
    if not meant.persons:
        click.echo("it means nobody: a notice to it would go to the admins", err=True)
        raise SystemExit(EXIT_FAULTS)


@people.command()
@at_option
@config_option
@json_option
def duty(at: str, config: Path, as_json: bool) -> None:
    """Who is on duty, now or at another time."""
    found = _read(config, None)
    moment = _moment(at, found)
    duties = found.directory.on_duty(moment)
    names = {person.id: person.name for person in found.directory.persons.values()}
    if as_json:
        print_json(
            [
                {
                    "roster": one.roster,
                    "shift": one.shift,
                    "person": one.person,
                    "start": one.start.isoformat(),
                    "end": one.end.isoformat(),
                    "role": one.role,
                    "areas": one.areas,
                }
                for one in duties
            ]
        )
        return
    rows = [
        [
            one.roster,
            one.shift or "extra",
            one.person,
            names[one.person],
            _local(one.start, found),
            _local(one.end, found),
        ]
        for one in duties
    ]
    print_table(rows, ["roster", "shift", "person", "name", "from", "to"])
    for roster in found.directory.rosters.values():
        if not any(one.roster == roster.id for one in duties):
            click.echo(f"nobody is on duty by roster '{roster.id}'", err=True)


@people.command()
@click.argument("name")
@click.option("--from", "start", default="", help="First day. [default: today]")
@click.option("--days", default=60, show_default=True, type=click.IntRange(1, 1000))
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="File to write. [default: print]"
)
@config_option
def roster(name: str, start: str, days: int, output: Path | None, config: Path) -> None:
    """Export a duty roster as an iCalendar file, for any calendar program."""
    from hub.config import what_there_is
    from hub.people.calendars import write_calendar

    found = _read(config, None)
    if name not in found.directory.rosters:
        hint = what_there_is(name, found.directory.rosters)
        click.echo(f"hub people: there is no roster '{name}'; {hint}", err=True)
        raise SystemExit(EXIT_FAULTS)
    wanted = found.directory.rosters[name]
    first = _moment(start or f"{datetime.now(found.zone):%Y-%m-%d}", found)
    names = {person.id: person.name for person in found.directory.persons.values()}
    duties = wanted.between(first, first + timedelta(days=days))
    raw = write_calendar(wanted.name, duties, names, datetime.now(UTC))
    if output is None:
        click.echo(raw.decode(), nl=False)
    else:
        output.write_bytes(raw)
        click.echo(f"{output}: {len(duties)} duties")


@people.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--dry-run", is_flag=True, help="Check and tell, write nothing.")
@click.option(
    "--into", default="", metavar="NAME", help="Name of the file in people.d. [default: that of FILE]"
)
@click.option("--role", default="resident", show_default=True, help="Role of rows that have none.")
@click.option("--email-channel", default="", metavar="CHANNEL", help="Keep mail addresses, for this channel.")
@click.option(
    "--remove-missing", is_flag=True, help="Take out whom an earlier import brought and FILE lacks."
)
@config_option
@json_option
def import_(
    file: Path,
    dry_run: bool,
    into: str,
    role: str,
    email_channel: str,
    remove_missing: bool,
    config: Path,
    as_json: bool,
) -> None:
    """Import people from a CSV file, as spreadsheets save it, into CONFIG/people.d.

    Columns (Chinese or English titles, in any order): 姓名, 电话, 楼栋, 单元, 房号, 角色, 负责区域, 语言, 编号, 邮箱;
    others are not kept. Every fault is told by line and column, and then nothing is written. The same file a second
    time changes nothing.
    """
    from hub.cli.people_import import import_people

    raise SystemExit(
        import_people(
            _read(config, None),
            config,
            file,
            dry_run=dry_run,
            into=into,
            role=role,
            email_channel=email_channel,
            remove_missing=remove_missing,
            as_json=as_json,
        )
    )


@people.command("export")
@click.argument("person")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="File to write. [default: print]"
)
@config_option
@data_option
def export_(person: str, output: Path | None, config: Path, data: Path | None) -> None:
    """Print all that the hub holds about one person, as one JSON document, nothing masked.

    Works whether the hub runs or not. It may name others, too (who was told of the same alarm): read it before you
    hand it out.
    """
    from hub.people.importing import write_file
    from hub.people.privacy import export
    from hub.store.database import StoreError

    found = _read(config, data)
    someone = _person(found, person)
    try:
        document = export(data_dir(config, data), someone, datetime.now(UTC), _where(found, person))
    except StoreError as error:
        click.echo(f"hub people: {error}", err=True)
        raise SystemExit(EXIT_UNREADABLE) from None
    if output is None:
        print_json(document)
    else:
        write_file(output, json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")
        click.echo(str(output))


@people.command()
@click.argument("person")
@click.option(
    "--receipt", type=click.Path(path_type=Path, dir_okay=False), help="File for the proof. [default: print]"
)
@config_option
@data_option
@click.confirmation_option("--yes", prompt="This can't be taken back. Erase the person's data?")
def erase(person: str, receipt: Path | None, config: Path, data: Path | None) -> None:
    """Take one person out of the hub's databases and of what was imported. The hub must be stopped.

    Prints a signed receipt: give it to the person. `hub people verify` checks it. What stands in files that were
    written by hand is named, to be taken out by hand.
    """
    from hub.cli.people_privacy import erase_person

    found = _read(config, data)
    raise SystemExit(erase_person(found, _person(found, person), config, data_dir(config, data), receipt))


@people.command()
@click.argument("receipt", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--person", default="", help="The id, if known: then the databases are searched for it, too.")
@config_option
@data_option
def verify(receipt: Path, person: str, config: Path, data: Path | None) -> None:
    """Check an erasure's receipt: whether it is this hub's, unchanged, and still true."""
    from hub.cli.people_privacy import verify_receipt

    raise SystemExit(verify_receipt(receipt, person, data_dir(config, data)))


# --- shared -----------------------------------------------------------------------------------------------


def _read(config: Path, data: Path | None) -> "PeopleFiles":
    from hub.config import ConfigUnreadable
    from hub.people.files import read_people
    from hub.store.database import StoreError

    try:
        found = read_people(config, os.environ, data_dir(config, data))
    except (ConfigUnreadable, StoreError) as error:
        click.echo(f"hub people: {error}", err=True)
        raise SystemExit(EXIT_UNREADABLE) from None
    bad = [fault for fault in found.faults if fault.severity == "fault"]
    if bad:
        click.echo(_line(f"hub people: {bad[0]}"), err=True)
        click.echo(f"{len(bad)} faults in the files; `hub check` tells all of them", err=True)
    return found


def _person(found: "PeopleFiles", person: str) -> "Person":
    from hub.config import did_you_mean

    someone = found.directory.persons.get(person)
    if someone is None:
        hint = did_you_mean(person, found.directory.persons) or "`hub people list` lists all"
        click.echo(f"hub people: there is no person '{person}'; {hint}", err=True)
        raise SystemExit(EXIT_FAULTS)
    return someone


def _moment(text: str, found: "PeopleFiles") -> datetime:
    from hub.people.moments import read_moment

    if not text:
        return datetime.now(UTC)
    try:
        return read_moment(text, found.zone)
    except (ValueError, OverflowError):
        raise click.BadParameter(f"'{text}' is no time; write '2026-11-24 22:00'") from None


def _why(found: "PeopleFiles", person: "Person", at: datetime) -> str:
    duties = [one for one in found.directory.on_duty(at) if one.person == person.id]
    parts = [", ".join(person.roles)]
    parts += [f"answers for {', '.join(person.areas)}"] if person.areas else []
    parts += [f"lives in {person.household}"] if person.household else []
    parts += [
        f"on duty ({one.roster}/{one.shift or 'extra'} until {_local(one.end, found)})" for one in duties
    ]
    return "; ".join(part for part in parts if part)


def _where(found: "PeopleFiles", person: str) -> str:
    place = found.place_of(person)
    return f"{place.file}:{place.line}" if place else "nowhere"


def _contact(person: "Person") -> str:
    from hub.people.masking import masked_address, masked_phone

    return ", ".join(
        part for part in (masked_phone(person.phone), *map(masked_address, person.addresses)) if part
    )


def _as_dict(person: "Person") -> dict[str, Any]:
    from hub.people.masking import masked_address, masked_phone

    return {
        "id": person.id,
        "name": person.name,
        "roles": person.roles,
        "areas": person.areas,
        "household": person.household,
        "language": person.language,
        "phone": masked_phone(person.phone),
        "channels": [masked_address(address) for address in person.addresses],
        "active": person.active,
    }


def _local(at: datetime, found: "PeopleFiles") -> str:
    return at.astimezone(found.zone).strftime("%m-%d %H:%M")


def _line(text: str) -> str:
    from hub.model.printing import visible_line

    return visible_line(text)
