"""The table of WebSocket commands: each with what its message may hold and who may send it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import voluptuous as vol

from hub.accounts.grants import KINDS, VERBS

if TYPE_CHECKING:
    from hub.web.homeassistant.connection import Connection

Message = Mapping[str, Any]
Handler = Callable[["Connection", Message], Awaitable[Any] | Any]
SIGNED_IN = "signed_in"


@dataclass(frozen=True, slots=True)
class Command:
    """One command: `access` is "signed_in" or "VERB KIND", for those who may do that with some thing of the kind.

    The handler's result is the answer; it then asks about the very things.
    """

    name: str
    access: str
    schema: vol.Schema
    handler: Handler


class Commands:
    """Commands by name. One without a declared access can't be added."""

    def __init__(self) -> None:
        self.all: dict[str, Command] = {}

    def add(
        self, name: str, handler: Handler, *, access: str, fields: Mapping[Any, Any] | None = None
    ) -> None:
        """Serve a command."""
        verb, _, kind = access.partition(" ")
        if access != SIGNED_IN and (verb not in VERBS or kind not in KINDS):
            raise ValueError(f"command {name}: access '{access}' is neither '{SIGNED_IN}' nor 'VERB KIND'")
        if name in self.all:
            raise ValueError(f"command {name} is there already")
        schema = vol.Schema({"id": whole_number, vol.Required("type"): str, **(fields or {})})
        self.all[name] = Command(name, access, schema, handler)


def whole_number(value: Any) -> int:
    """A whole number above 0; true is none."""
    if type(value) is not int or value < 1:
        raise vol.Invalid("expected a positive whole number")
    return value


def text(value: Any) -> str:
    """A text of at most 255 characters."""
    if not isinstance(value, str) or len(value) > 255:
        raise vol.Invalid("expected a text of at most 255 characters")
    return value


def mapping(value: Any) -> dict[str, Any]:
    """A mapping; null stands for an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise vol.Invalid("expected a dictionary")
    return value
