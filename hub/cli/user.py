"""`hub user`: accounts, their tokens, sessions and invitations, whether the hub runs or not."""

import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from hub.cli.asking import Ask, give_up, placed
from hub.cli.options import print_json, print_table

WELCOME_PAGE = "/welcome#"
_TAKEN = re.compile(r"\A-([a-z0-9][a-z0-9_-]+)\Z")


@click.group()
def user() -> None:
    """Make and change accounts, and what signs in: sessions, tokens, invitations.

    Works while the hub runs and while it is stopped.
    """


@user.command()
@click.argument("name")
@click.option("--person", default="", help="Id in people.yaml of whom the account is.")
@click.option("--role", "roles", multiple=True, help="Besides those of the person; may be given again.")
@click.option("--invite", "by_link", is_flag=True, help="Ask for no password: print a one-time link.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--no-password", is_flag=True, help="For a program that has tokens and never signs in.")
@click.option(
    "--oidc", default="", help="Signs in through the provider, as this e-mail address, name or sub."
)
@placed
def add(
    ask: Ask,
    as_json: bool,
    name: str,
    person: str,
    roles: tuple[str, ...],
    by_link: bool,
    password_stdin: bool,
    no_password: bool,
    oidc: str,
) -> None:
    """Make the account NAME.

    Asks for a password on a terminal; with an empty one, or without a terminal, prints a one-time link by which its
    owner chooses one.
    """
    password = _password(password_stdin, ask_for_it=not (by_link or no_password or oidc))
    given = {"name": name, "person": person, "roles": list(roles)}
    if password is None and not (no_password or oidc):
        _print_link(ask, ask("invite", **given), as_json)
        return
    account = ask("add", password=password, **given)
    if oidc:
        account = ask("oidc", name=account["name"], value=oidc)
    if as_json:
        print_json(account)
    else:
        click.echo(
            f"added {account['name']}{' as ' + ', '.join(account['roles']) if account['roles'] else ''}"
        )


@user.command("list")
@placed
def list_(ask: Ask, as_json: bool) -> None:
    """List accounts."""
    found = ask("list")
    if as_json:
        print_json(found)
        return
    rows = [
        [
            item["name"],
            item["person"],
            ", ".join(item["roles"]),
            _how(item),
            str(item["sessions"]),
            str(item["tokens"]),
            _local(item["used"]),
        ]
        for item in found
    ]
    print_table(rows, ["name", "person", "roles", "signs in", "sessions", "tokens", "last used"])


@user.command()
@click.argument("name")
@placed
def disable(ask: Ask, as_json: bool, name: str) -> None:
    """Let NAME sign in no more, and end everything they have open at once."""
    _say(ask("disable", name=name), as_json, "disabled {name}")


@user.command()
@click.argument("name")
@placed
def enable(ask: Ask, as_json: bool, name: str) -> None:
    """Let NAME sign in again."""
    _say(ask("enable", name=name), as_json, "enabled {name}")


@user.command()
@click.argument("name")
@click.confirmation_option("--yes", prompt="The account, its sessions and tokens will be gone. Go on?")
@placed
def remove(ask: Ask, as_json: bool, name: str) -> None:
    """Forget NAME with all sessions and tokens."""
    _say(ask("remove", name=name), as_json, "removed {removed}")


class RolesCommand(click.Command):
    """A command that takes `-guard` for a role to take away, not for options."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """As click does, with `-guard` made to look like an argument."""
        return super().parse_args(context, [_TAKEN.sub(r"+-\1", arg) for arg in args])


@user.command(cls=RolesCommand)
@click.argument("name")
@click.argument("changes", nargs=-1, required=True)
@placed
def role(ask: Ask, as_json: bool, name: str, changes: tuple[str, ...]) -> None:
    """Give and take roles: `hub user role NAME +admin -guard`."""
    if strange := [change for change in changes if not change.startswith("+") or len(change) < 2]:
        raise click.UsageError(f"'{strange[0]}': write +ROLE to give a role, -ROLE to take one")
    taken = [change[2:] for change in changes if change.startswith("+-")]
    told = ask("role", name=name, add=[c[1:] for c in changes if not c.startswith("+-")], remove=taken)
    _say(told | {"roles_text": ", ".join(told["roles"]) or "no roles"}, as_json, "{name}: {roles_text}")


@user.command()
@click.argument("name")
@click.argument("person", default="")
@placed
def link(ask: Ask, as_json: bool, name: str, person: str) -> None:
    """Link NAME to the person PERSON of people.yaml, or to nobody."""
    _say(ask("link", name=name, person=person), as_json, "{name} is linked to '{person}'")


@user.command()
@click.argument("name")
@click.argument("value", default="")
@placed
def oidc(ask: Ask, as_json: bool, name: str, value: str) -> None:
    """Let NAME sign in through the provider as VALUE: an e-mail address, name or sub; without it no more."""
    _say(ask("oidc", name=name, value=value), as_json, "{name} signs in through the provider as '{oidc}'")


@user.command()
@click.argument("name")
@click.option("--link", "by_link", is_flag=True, help="Print a one-time link instead.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@placed
def password(ask: Ask, as_json: bool, name: str, by_link: bool, password_stdin: bool) -> None:
    """Give NAME another password, or a one-time link by which they choose one. Ends their sessions."""
    new = _password(password_stdin, ask_for_it=not by_link)
    told = ask("password", name=name, password=new)
    if new is None:
        _print_link(ask, told, as_json)
    else:
        _say(told, as_json, "{name} has another password")


@user.command("code-off")
@click.argument("name")
@placed
def code_off(ask: Ask, as_json: bool, name: str) -> None:
    """Ask NAME for no second factor any more, as when a phone is lost."""
    _say(ask("code-off", name=name), as_json, "{name} needs no code any more")


@user.command()
@click.option("--role", "roles", multiple=True, help="What the invited becomes; may be given again.")
@click.option("--person", default="", help="Id in people.yaml of who is invited.")
@click.option("--name", default="", help="The account's name; otherwise the invited chooses it.")
@click.option("--days", type=float, default=None, help="How long the link is good. [default: 7]")
@click.option("--qr", type=click.Path(path_type=Path, dir_okay=False), help="Write a QR code (.png or .svg).")
@placed
def invite(
    ask: Ask,
    as_json: bool,
    roles: tuple[str, ...],
    person: str,
    name: str,
    days: float | None,
    qr: Path | None,
) -> None:
    """Print a one-time link by which somebody makes an account of their own."""
    told = ask("invite", roles=list(roles), person=person, name=name, days=days)
    _print_link(ask, told, as_json, qr)


@user.command()
@placed
def invitations(ask: Ask, as_json: bool) -> None:
    """List links that are still good; withdraw one with `hub user revoke ID`."""
    found = ask("invitations")
    if as_json:
        print_json(found)
        return
    rows = [
        [
            item["id"],
            item["purpose"],
            item["name"],
            item["person"],
            ", ".join(item["roles"]),
            _local(item["expires"]),
        ]
        for item in found
    ]
    print_table(rows, ["id", "purpose", "name", "person", "roles", "good until"])


@user.command()
@click.argument("name")
@click.option("--label", required=True, help="What the token is for, such as Node-RED.")
@click.option(
    "--scope", "scopes", multiple=True, help="Limit it to VERB or VERB:KIND, such as see or operate:entity."
)
@click.option("--days", type=float, default=None, help="How long it is good. [default: ten years]")
@placed
def token(
    ask: Ask, as_json: bool, name: str, label: str, scopes: tuple[str, ...], days: float | None
) -> None:
    """Print a long-lived token of NAME, once: nothing else goes to standard output."""
    made = ask("token", name=name, label=label, scopes=list(scopes), days=days)
    if as_json:
        print_json(made)
        return
    click.echo(made["token"])
    click.echo(f"good until {_local(made['expires'])}; end it with `hub user revoke {made['id']}`", err=True)


@user.command()
@click.argument("name", default="")
@placed
def tokens(ask: Ask, as_json: bool, name: str) -> None:
    """List long-lived tokens, of NAME or of all."""
    _print_sessions(ask("sessions", name=name, kinds=["token"]), as_json)


@user.command()
@click.argument("name", default="")
@placed
def sessions(ask: Ask, as_json: bool, name: str) -> None:
    """List open sessions of browsers and clients, of NAME or of all."""
    _print_sessions(ask("sessions", name=name, kinds=["console", "client"]), as_json)


@user.command()
@click.argument("ids", nargs=-1)
@click.option("--all-of", default="", help="Every session and token of this account.")
@placed
def revoke(ask: Ask, as_json: bool, ids: tuple[str, ...], all_of: str) -> None:
    """End sessions, tokens or invitations by their ids."""
    if bool(ids) == bool(all_of):
        raise click.UsageError("name ids, or an account with --all-of")
    told = [ask("revoke", id=one) for one in ids] if ids else [ask("revoke", name=all_of)]
    ended = [one for item in told for one in item["revoked"]]
    if as_json:
        print_json({"revoked": ended})
    else:
        click.echo(f"ended: {len(ended)}")


@user.command()
@placed
def bans(ask: Ask, as_json: bool) -> None:
    """List who must wait after wrong passwords."""
    found = ask("bans")
    if as_json:
        print_json(found)
        return
    print_table([[i["what"], str(i["wrong"]), _local(i["until"])] for i in found], ["who", "wrong", "until"])


@user.command()
@click.argument("what", default="")
@placed
def unban(ask: Ask, as_json: bool, what: str) -> None:
    """Let the account or network address WHAT try again at once; without it, everybody."""
    told = ask("unban", what=what)
    if as_json:
        print_json(told)
    else:
        click.echo("\n".join(f"lifted: {who}" for who in told["lifted"]) or "nobody was banned")


def _password(from_stdin: bool, *, ask_for_it: bool) -> str | None:
    """What is typed or piped in; None for none."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not ask_for_it or not sys.stdin.isatty():
        return None
    typed = click.prompt(
        "Password (empty for a one-time link)",
        hide_input=True,
        confirmation_prompt=True,
        default="",
        show_default=False,
        err=True,
    )
    return typed or None


def _print_link(ask: Ask, told: dict[str, Any], as_json: bool, qr: Path | None = None) -> None:
    link = f"{ask.url}{WELCOME_PAGE}{told['code']}"
    if qr is not None:
        import segno

        try:
            segno.make(link).save(str(qr), scale=8)
        except (OSError, ValueError) as error:
            give_up(f"{qr} could not be written: {error}; name a file that ends in .png or .svg")
    if as_json:
        print_json(told | {"url": link})
        return
    click.echo(link)
    click.echo(f"good once, until {_local(told['expires'])}", err=True)
    if sys.stdout.isatty():
        import segno

        segno.make(link).terminal(compact=True)


def _print_sessions(found: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    rows = [
        [
            item["id"],
            item["account"],
            item["kind"],
            item["label"],
            item["address"],
            "all" if item["scopes"] is None else ", ".join(item["scopes"]),
            _local(item["used"]),
            _local(item["expires"]),
        ]
        for item in found
    ]
    print_table(rows, ["id", "account", "kind", "label", "address", "scopes", "last used", "good until"])


def _say(told: dict[str, Any], as_json: bool, text: str) -> None:
    if as_json:
        print_json(told)
    else:
        click.echo(text.format(**told))


def _how(account: dict[str, Any]) -> str:
    if account["disabled"]:
        return "disabled"
    if account["oidc"]:
        return f"provider: {account['oidc']}"
    if not account["password"]:
        return "by tokens only"
    return "password and code" if account["second_factor"] else "password"


def _local(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
