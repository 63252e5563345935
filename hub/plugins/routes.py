"""Web routes: a table that the web floor serves, so that those of guests come and go with their guest."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from hub.accounts.grants import KINDS, VERBS
from hub.kernel.bus import Undo

ACCESSES = ("public", "local", "signed_in")
_PARAMETER = re.compile(r"\{([a-z_]+)(:rest)?\}\Z")


@dataclass(frozen=True, slots=True)
class Route:
    """One route; `access` says who may call.

    "public" anyone, "local" the machine's own admin, "signed_in" anybody with an account, and "VERB KIND" who may do
    that with some thing of the kind: the handler then asks about the very thing. `{name}` in a path stands for one
    part of it, `{name:rest}` at its end for all that follows.
    """

    method: str
    path: str
    handler: Callable[..., Awaitable[Any]]
    access: str
    owner: str


class Routes:
    """Routes by path and method. A route without a named access can't be added: deny by default."""

    def __init__(self) -> None:
        self._exact: dict[str, dict[str, Route]] = {}
        self._shaped: dict[tuple[str, ...], dict[str, Route]] = {}

    def add(
        self, method: str, path: str, handler: Callable[..., Awaitable[Any]], *, access: str, owner: str
    ) -> Undo:
        """Serve `path` until the undo."""
        verb, _, kind = access.partition(" ")
        if access not in ACCESSES and (verb not in VERBS or kind not in KINDS):
            raise ValueError(
                f"route {path}: access '{access}' is none of {', '.join(ACCESSES)}, nor 'VERB KIND' "
                f"with a verb of {', '.join(VERBS)}"
            )
        if not path.startswith("/"):
            raise ValueError(f"route '{path}': a path begins with /")
        served = (
            self._shaped.setdefault(_shape(path), {}) if "{" in path else self._exact.setdefault(path, {})
        )
        method = method.upper()
        if method in served:
            raise ValueError(f"route {method} {path} is already served by '{served[method].owner}'")
        route = served[method] = Route(method, path, handler, access, owner)

        def undo() -> None:
            if served.get(method) is route:
                del served[method]

        return undo

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route for this method and path with its parameters; HEAD is answered by GET, exact paths come first."""
        for served, values in self._served(path):
            route = served.get(method) or (served.get("GET") if method == "HEAD" else None)
            if route is not None:
                return route, values(route)
        return None

    def methods(self, path: str) -> list[str]:
        """Methods served at a path; none when nothing is there."""
        own = {method for served, _ in self._served(path) for method in served}
        return sorted(own | {"OPTIONS"} | ({"HEAD"} if "GET" in own else set())) if own else []

    def all(self) -> list[Route]:
        """Every route there is."""
        tables = (*self._exact.values(), *self._shaped.values())
        return [route for served in tables for route in served.values()]

    def _served(self, path: str) -> list[tuple[dict[str, Route], Callable[[Route], dict[str, str]]]]:
        """What is served at a path, with what tells a route's parameters."""
        found: list[tuple[dict[str, Route], Callable[[Route], dict[str, str]]]] = []
        if exact := self._exact.get(path):
            found.append((exact, lambda _route: {}))
        parts = path.split("/")
        for shape, served in self._shaped.items():
            if served and _fits(shape, parts):
                found.append((served, lambda route: _values(route.path.split("/"), parts)))
        return found


def _shape(path: str) -> tuple[str, ...]:
    parts = path.split("/")
    for place, part in enumerate(parts):
        named = _PARAMETER.match(part)
        if ("{" in part) != bool(named) or (named and named.group(2) and place < len(parts) - 1):
            raise ValueError(f"route '{path}': write a whole part as {{name}}, the last one as {{name:rest}}")
    named_parts = [_PARAMETER.match(part) for part in parts]
    return tuple(
        part if named is None else "{*}" if named.group(2) else "{}"
        for part, named in zip(parts, named_parts, strict=True)
    )


def _fits(shape: tuple[str, ...], parts: list[str]) -> bool:
    if shape[-1] == "{*}":
        shape, parts = shape[:-1], parts[: len(shape) - 1] if len(parts) >= len(shape) else []
    return len(shape) == len(parts) and all(
        want == part or (want == "{}" and part) for want, part in zip(shape, parts, strict=True)
    )


def _values(shape: list[str], parts: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for place, part in enumerate(shape):
        named = _PARAMETER.match(part)
        if named:
            found[named.group(1)] = "/".join(parts[place:]) if named.group(2) else parts[place]
    return found
