"""`hub notify`: the channels of a site, and a test notice over one of them; no running hub is needed."""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from hub.api import (
    Address,
    AuthFailed,
    ConfigError,
    Delivery,
    DeliveryRefused,
    HubError,
    Notice,
    Person,
    Severity,
    TooEarly,
    did_you_mean,
    new_id,
)

if TYPE_CHECKING:
    from hub.api import Channel, ReadSection
    from integrations.notify.fakes.alone import Alone

UNREADABLE = 2
INSIDE = ("inbox", "web_push")  # they live in the running hub's data
_config = click.option(
    "--config",
    "-c",
    type=click.Path(path_type=Path, file_okay=False),
    default=lambda: Path() if Path("configuration.yaml").is_file() else Path("config"),
    help="Folder of configuration.yaml. [default: here, or ./config]",
)


@click.group()
def notify() -> None:
    """Look at the ways people are reached, and try them."""


@notify.command("list")
@_config
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def list_(config: Path, as_json: bool) -> None:
    """List the channels: their type, their limit a minute, how many people they reach."""
    read = _read(config)
    rows = []
    for name, channel in read.config["channels"].items():
        reached = sum(any(address.channel == name for address in it.addresses) for it in _people(read))
        limit = channel["settings"].get("per_minute") if isinstance(channel["settings"], Mapping) else None
        rows.append({"channel": name, "type": channel["type"], "per_minute": limit, "people": reached})
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    width = max(len(str(row["channel"])) for row in rows)
    for row in rows:
        limit = f"{row['per_minute']} a minute" if row["per_minute"] else "no limit"
        click.echo(f"{row['channel']:<{width}}  {row['type']:<12}  {limit:<15}  {row['people']} people")


@notify.command("test")
@click.argument("channel")
@_config
@click.option(
    "--person", default="", help="Id of the recipient. [default: the first whom the channel reaches]"
)
@click.option(
    "--dry-run", is_flag=True, help="Ask a fake of the provider on this machine, in each of its moods."
)
def test(channel: str, config: Path, person: str, dry_run: bool) -> None:
    """Send a marked test notice over CHANNEL; print what the provider said and whether it counts as delivered.

    Exit status: 0 delivered, 1 not, 2 the channel or the person can't be used.
    """
    read = _read(config)
    configured = read.config["channels"].get(channel)
    if configured is None:
        known = read.config["channels"]
        hint = did_you_mean(channel, known) or f"there are {', '.join(sorted(known))}"
        _stop(f"there is no channel '{channel}' under 'notify: channels:'; {hint}")
    if dry_run:
        sys.exit(asyncio.run(_rehearse(channel, configured["type"], read)))
    sys.exit(asyncio.run(_send(channel, configured, read, person)))


def _read(config: Path) -> "ReadSection":
    from hub.api import read_section

    try:
        return read_section(config, "notify")
    except ConfigError as error:
        _stop(str(error))


def _stop(text: str) -> NoReturn:
    click.echo(f"hub notify: {text}", err=True)
    sys.exit(UNREADABLE)


def _people(read: "ReadSection") -> list[Person]:
    return [person for person in read.directory.persons.values() if person.active]


async def _send(name: str, configured: Mapping[str, Any], read: "ReadSection", wanted: str) -> int:
    from integrations.notify.fakes.alone import alone
    from integrations.notify.kinds import KINDS

    kind = KINDS.get(configured["type"])
    if kind is None or kind.name in INSIDE:
        _stop(f"'{configured['type']}' needs the running hub: send a notice with the action notify.send")
    person, address = _recipient(name, kind, read, wanted)
    async with alone(read.place.zone, read.place.language, read.directory) as link:
        sender = kind.open(configured["settings"], link.as_link)
        return await _try(link, sender, _notice(name, person, address, link), configured["settings"])


def _recipient(name: str, kind: "Channel", read: "ReadSection", wanted: str) -> tuple[Person, Address]:
    import voluptuous as vol

    reached = [it for it in _people(read) if any(address.channel == name for address in it.addresses)]
    person = next((it for it in reached if not wanted or it.id == wanted), None)
    try:
        if person is None and not wanted:
            return Person(id="nobody", name=""), Address(channel=name, options=kind.address({}))
        if person is None:
            _stop(
                f"'{wanted}' is not reached over '{name}'; it reaches {', '.join(it.id for it in reached) or 'nobody'}"
            )
        given = next(address for address in person.addresses if address.channel == name)
        return person, Address(channel=name, options=kind.address(dict(given.options)))
    except vol.Invalid as error:
        _stop(
            f"nobody is reached over '{name}' ({error.error_message}); give a person 'channels: [{name}: ...]'"
        )


def _notice(name: str, person: Person, address: Address, link: "Alone") -> Delivery:
    chinese = person.language.startswith("zh")
    notice = Notice(
        title="测试通知" if chinese else "Test notice",
        message=f"这是邻里发出的测试，无需处理。渠道：{name}"
        if chinese
        else f"This is a test of Linli Hub; nothing is to be done. Channel: {name}",
        severity=Severity.info,
        at=link.now(),
    )
    return Delivery(key=f"test/{new_id()}/{person.id}/{name}", person=person, address=address, notice=notice)


async def _try(link: "Alone", sender: Any, delivery: Delivery, settings: Any) -> int:
    """Send, and print what came of it."""
    from integrations.notify.options import secrets_in
    from integrations.notify.provider import masked

    hidden = [*secrets_in(settings), *map(str, delivery.address.options.values())]
    told, code = await fate(sender, delivery)
    click.echo(f"{delivery.address.channel} -> {delivery.person.id}: {masked(told, hidden)}")
    if link.heard:
        status, body = link.heard[-1]
        click.echo(
            f"the provider said: {status} {masked(' '.join(body.split())[:300], hidden) or '(nothing)'}"
        )
    return code


async def fate(sender: Any, delivery: Delivery) -> tuple[str, int]:
    """What became of a delivery in words, and the exit status."""
    try:
        receipt = await sender.send(delivery)
    except AuthFailed as error:
        return f"NOT DELIVERED, an admin must mend the settings; the hub would wait: {error}", 1
    except DeliveryRefused as error:
        return f"NOT DELIVERED, and never will be: {error}", 1
    except TooEarly as error:
        return f"NOT DELIVERED yet; the hub would wait: {error}", 1
    except HubError as error:
        return f"NOT DELIVERED; the hub would try again: {error}", 1
    return f"DELIVERED{f', receipt {receipt}' if receipt else ''}", 0


async def _rehearse(name: str, kind_name: str, read: "ReadSection") -> int:
    """Every mood of the fake, each with a fresh sender; exit status 0 when only the good one delivered."""
    from integrations.notify.fakes import FAKES, Mood, serve
    from integrations.notify.fakes.alone import alone
    from integrations.notify.kinds import KINDS

    if kind_name not in FAKES:
        _stop(f"there is no fake of '{kind_name}'; there are {', '.join(sorted(FAKES))}")
    kind, sound = KINDS[kind_name], True
    for mood in Mood:
        async with alone(read.place.zone, read.place.language, read.directory) as link:
            fake = FAKES[kind_name](link.now)
            async with serve(fake, mood) as server:
                fake.introduce(link.memory, server.url, "wang_fang")
                settings = kind.schema(fake.settings(server.url) | {"timeout": 2})
                person = Person(id="wang_fang", name="王芳", language=read.place.language)
                address = Address(
                    channel=name, options=kind.address({"to": fake.address} if fake.address else {})
                )
                sender = kind.open(settings, link.as_link)
                told, code = await fate(sender, _notice(name, person, address, link))
        sound = sound and (code == 0) == (mood is Mood.good)
        click.echo(f"{mood:<13} {told}")
        for shown in fake.shown if mood is Mood.good else ():
            click.echo("".join(f"              | {line}\n" for line in shown.splitlines()), nl=False)
    return 0 if sound else 1
