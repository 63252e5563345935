"""Web routes of guests: a table that the web floor serves, so that they come and go with their guest."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from hub.kernel.bus import Undo

Access = Literal["public", "local"]
ACCESSES: tuple[str, ...] = ("public", "local")


@dataclass(frozen=True, slots=True)
class Route:
    """One route; `access` says who may call: "public" anyone, "local" the machine's own admin."""

    method: str
    path: str
    handler: Callable[..., Awaitable[Any]]
    access: str
    owner: str


class Routes:
    """Exact paths by method. A route without a named access can't be added: deny by default."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, str], Route] = {}

    def add(
        self, method: str, path: str, handler: Callable[..., Awaitable[Any]], *, access: str, owner: str
    ) -> Undo:
        """Serve `path` until the undo."""
        if access not in ACCESSES:
            raise ValueError(f"route {path}: access '{access}' is none of {', '.join(ACCESSES)}")
        if not path.startswith("/"):
            raise ValueError(f"route '{path}': a path begins with /")
        key = (method.upper(), path)
        if key in self._routes:
            raise ValueError(f"route {method} {path} is already served by '{self._routes[key].owner}'")
        route = self._routes[key] = Route(method.upper(), path, handler, access, owner)

        def undo() -> None:
            if self._routes.get(key) is route:
                del self._routes[key]

        return undo

    def find(self, method: str, path: str) -> Route | None:
        """The route for exactly this method and path; HEAD is answered by GET."""
        if method == "HEAD":
            return self._routes.get(("HEAD", path)) or self._routes.get(("GET", path))
        return self._routes.get((method, path))

    def methods(self, path: str) -> list[str]:
        """Methods served at a path; none when nothing is there."""
        own = {method for method, served in self._routes if served == path}
        return sorted(own | {"OPTIONS"} | ({"HEAD"} if "GET" in own else set())) if own else []

    def all(self) -> list[Route]:
        """Every route there is."""
        return list(self._routes.values())
