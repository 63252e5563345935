"""How `hub user` has its commands carried out: by the running hub, or on the folder of one that is stopped."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from hub.cli.options import EXIT_FAULTS, EXIT_UNREADABLE, config_option, data_dir, data_option, json_option

DEFAULT_URL = "http://127.0.0.1:8130"


def placed(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `ask`, which sends to the hub of these folders, and `as_json`."""

    @wraps(command)
    def with_ask(config: Path, data: Path | None, **rest: Any) -> None:
        command(ask=Ask(config, data_dir(config, data)), **rest)

    return config_option(data_option(json_option(with_ask)))


class Ask:
    """Has commands carried out by the running hub, or on its data folder when none runs."""

    def __init__(self, config: Path, data: Path) -> None:
        self._config, self._data = config, data
        self.url = DEFAULT_URL

    def __call__(self, do: str, **given: Any) -> Any:
        """What the command tells; ends the program with a message when it can't be done."""
        from hub.cli.client import Client, NotRunning
        from hub.model.errors import HubError
        from hub.store.database import StoreError

        try:
            client = Client(self._data)
            code, body = client.request("POST", "users", {"do": do, **given})
            self.url = client.url
        except NotRunning:
            code, body = 0, None
        if code not in (0, 200):
            give_up(body.get("detail") or body.get("title"))
        if code == 200:
            return body
        from hub.cli.userfolder import carry_out

        try:
            return carry_out(self._config, self._data, {"do": do, **given})
        except StoreError as error:
            give_up(error, EXIT_UNREADABLE)
        except HubError as error:
            give_up(error)


def give_up(why: object, status: int = EXIT_FAULTS) -> None:
    """Say why it can't be done, and end."""
    from hub.model.printing import visible_line

    click.echo(f"hub user: {visible_line(str(why))}", err=True)
    raise SystemExit(status)
