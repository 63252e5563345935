"""Commands about the client's own account: tokens for it, and links that open one path for a short while."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import voluptuous as vol

from hub.accounts.permissions import Principal
from hub.web.homeassistant.commands import SIGNED_IN, Commands, Message, text
from hub.web.homeassistant.connection import Connection
from hub.web.homeassistant.failures import INVALID_FORMAT, Failed

MakeToken = Callable[[Principal, str, timedelta], Awaitable[str]]
SignPath = Callable[[Principal, str, timedelta], str]
LONGEST_LINK = 24 * 3600  # seconds
_DAYS = vol.All(int, vol.Range(min=1, max=3650))


def add_account_commands(commands: Commands, make_token: MakeToken, sign_path: SignPath) -> None:
    """Add them to the table."""

    async def long_lived_token(connection: Connection, message: Message) -> str:
        lasts = timedelta(days=message["lifespan"])
        return await make_token(connection.who, message["client_name"], lasts)

    def signed(connection: Connection, message: Message) -> dict[str, Any]:
        try:
            expires = timedelta(seconds=message["expires"])
            return {"path": sign_path(connection.who, message["path"], expires)}
        except ValueError as error:
            raise Failed(INVALID_FORMAT, str(error)) from error

    commands.add(
        "auth/long_lived_access_token",
        long_lived_token,
        access=SIGNED_IN,
        fields={
            vol.Required("client_name"): text,
            vol.Required("lifespan"): _DAYS,
            vol.Optional("client_icon"): vol.Any(None, text),
        },
    )
    seconds = vol.All(vol.Any(int, float), vol.Range(min=1, max=LONGEST_LINK))
    commands.add(
        "auth/sign_path",
        signed,
        access=SIGNED_IN,
        fields={
            vol.Required("path"): vol.All(str, vol.Length(max=2048)),
            vol.Optional("expires", default=30): seconds,
        },
    )
