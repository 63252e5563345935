"""The tree of areas: what lies in what."""

from collections.abc import Iterable, Mapping

from hub.model.things import Area


class Places:
    """Areas by id, with the way from each up to the top. Parents that are not there end the way."""

    def __init__(self, areas: Iterable[Area] = ()) -> None:
        self.areas: Mapping[str, Area] = {area.id: area for area in areas}
        self._ways: dict[str, tuple[str, ...]] = {}

    def way_up(self, area: str) -> tuple[str, ...]:
        """The area itself, then what it lies in, up to the top; nothing for an unknown area."""
        found = self._ways.get(area)
        if found is None:
            found = self._ways[area] = self._climb(area) if area in self.areas else ()
        return found

    def inside(self, area: str, outer: str) -> bool:
        """Whether `area` is `outer` or lies in it."""
        return outer in self.way_up(area)

    def is_private(self, area: str) -> bool:
        """Whether `area` is somebody's home or lies in one."""
        return any(self.areas[outer].kind == "home" for outer in self.way_up(area))

    def _climb(self, area: str) -> tuple[str, ...]:
        way: dict[str, None] = {}
        while area in self.areas and area not in way:
            way[area] = None
            area = self.areas[area].parent
        return tuple(way)
