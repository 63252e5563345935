"""The `hub` command: verbs are imported when they are used, so that help is quick."""

import importlib
from collections.abc import Sequence

import click

from hub import __version__

GROUP = "hub.commands"
VERBS = {
    "run": "hub.cli.run:run",
    "check": "hub.cli.check:check",
    "reload": "hub.cli.control:reload",
    "status": "hub.cli.control:status",
    "describe": "hub.cli.describe:describe",
    "events": "hub.cli.events:events",
    "outbox": "hub.cli.outbox:outbox",
    "user": "hub.cli.user:user",
    "audit": "hub.cli.audit:audit",
    "automation": "hub.cli.automation:automation",
    "people": "hub.cli.people:people",
}


class Verbs(click.Group):
    """A click group that imports a verb's module when the verb is asked for."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Our verbs in the order of use, then those that packages add under the entry point group hub.commands."""
        from importlib.metadata import entry_points

        added = sorted({point.name for point in entry_points(group=GROUP)} - set(VERBS))
        return [*VERBS, *added]

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """The verb's command, or None."""
        if name in VERBS:
            module, _, attribute = VERBS[name].partition(":")
            found = getattr(importlib.import_module(module), attribute)
        else:
            from importlib.metadata import entry_points

            points = [point for point in entry_points(group=GROUP) if point.name == name]
            if not points:
                return None
            found = points[0].load()
        if not isinstance(found, click.Command):
            raise click.ClickException(
                f"'{name}' ({GROUP}) is no click command; report it to the package's author"
            )
        return found

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a misspelt verb."""
        try:
            return super().resolve_command(context, args)
        except click.UsageError as error:
            from hub.config import did_you_mean

            hint = did_you_mean(args[0], self.list_commands(context)) if args else ""
            raise click.UsageError(
                f"{error.message.rstrip('.')}{'; ' + hint if hint else ''}", context
            ) from error


@click.command(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 done, 1 faults were found or it could not be done, 2 it could not be read or was misspelt, "
    "3 no hub is running.",
)
@click.version_option(__version__, prog_name="hub")
def cli() -> None:
    """Linli Hub (邻里): an IoT hub for residential communities.

    Begin with `hub check config` and `hub run config`.
    """


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line."""
    cli.main(args=list(args) if args is not None else None, prog_name="hub")
