"""Packages and labelled sections merged into one configuration; conflicts name both places."""

from __future__ import annotations

from typing import Any

from hub.config.faults import Fault, Faults, Path, path_text
from hub.config.including import Branch
from hub.config.positions import Locator, Place

HUB = "hub"
PACKAGES = "packages"
SPELLINGS = {"homeassistant": HUB}


class Merger:
    """Merges branches; containers are copied once, when they are first changed."""

    def __init__(self, faults: Faults, locator: Locator) -> None:
        self.faults, self.locator = faults, locator
        self.owned: dict[int, Any] = {}

    def assemble(self, root: Branch) -> tuple[dict[str, Any], Place]:
        """The whole configuration out of the main file: sections united, packages merged in."""
        data, place = self.sections(root)
        hub = data.get(HUB)
        if not isinstance(hub, dict) or PACKAGES not in hub:
            return data, place
        packages = (hub[PACKAGES], place.child(HUB).child(PACKAGES))
        data[HUB] = {key: value for key, value in hub.items() if key != PACKAGES}
        for name, package in self.each_package(packages):
            self.add_package(name, package, (data, place))
        return data, place

    def sections(self, branch: Branch) -> tuple[dict[str, Any], Place]:
        """The sections of a file; `automation kitchen:` joins `automation:`, `homeassistant:` is `hub:`."""
        data, place = branch
        united: dict[str, Any] = {}
        home = Place(place.source, place.path, broken=place.broken, key=place.key)
        if data is not None and not isinstance(data, dict):
            self.blame(place, "expected sections at the top of the file", "write 'name:' lines")
            return united, home
        for key, value in (data or {}).items():
            words = str(key).split()
            section = SPELLINGS.get(words[0], words[0]) if words else str(key)
            self.merge((united, home), section, (value, with_key(place, key)), (section,))
        return united, home

    def each_package(self, packages: Branch) -> list[tuple[str, Branch]]:
        """Name and content of each package."""
        data, place = packages
        if not isinstance(data, dict):
            if data is not None:
                self.blame(
                    place, "expected a mapping of packages", "write packages: !include_dir_named packages"
                )
            return []
        return [(str(name), (content, with_key(place, name))) for name, content in data.items()]

    def add_package(self, name: str, package: Branch, whole: Branch) -> None:
        """Merge one package into the whole."""
        content, place = package
        if content is not None and not isinstance(content, dict):
            self.blame(place, f"the package '{name}' holds no sections", "write 'section:' lines")
            return
        sections, home = self.sections(package)
        hub = sections.get(HUB)
        if isinstance(hub, dict) and PACKAGES in hub:
            self.blame(
                home.child(HUB).child(PACKAGES), "a package can't bring packages", "list it in the main file"
            )
            sections[HUB] = {key: value for key, value in hub.items() if key != PACKAGES}
        for section, value in sections.items():
            self.merge(whole, section, (value, with_key(home, section)), (section,))

    def merge(self, target: Branch, key: Any, addition: Branch, trail: Path) -> None:
        """Put an addition under a key: mappings are united, lists appended, anything else must not clash."""
        data, place = target
        value, origin = addition
        if is_empty(data.get(key)):
            if key not in data or not is_empty(value):
                data[key] = value
                place.children[key] = origin
            return
        if is_empty(value):
            return
        present = data[key]
        home = place.children.setdefault(key, with_key(place, key))
        if isinstance(present, dict) and isinstance(value, dict):
            data[key] = self.own(present)
            for inner, deeper in value.items():
                self.merge((data[key], home), inner, (deeper, with_key(origin, inner)), (*trail, inner))
        elif isinstance(present, list) or isinstance(value, list):
            self.append((data, place), key, addition)
        elif type(present) is not type(value) or present != value:
            first = self.locator.locate(home, key=True)
            problem = f"'{path_text(trail)}' is set already at {first.file}:{first.line}:{first.column}"
            self.blame(origin, problem, "keep one of the two")

    def append(self, target: Branch, key: Any, addition: Branch) -> None:
        """Add items to a list; a single value counts as a list of one."""
        data, place = target
        present, home = data[key], place.children[key]
        if not isinstance(present, list):
            wrapped = Place(home.source, home.path, {0: home}, home.key)
            present, home = [present], wrapped
            place.children[key] = home
        items = data[key] = self.own(present)
        value, origin = addition
        if not isinstance(value, list):
            home.children[len(items)] = origin
            items.append(value)
            return
        for index, item in enumerate(value):
            home.children[len(items)] = origin.child(index)
            items.append(item)

    def own(self, container: Any) -> Any:
        """A copy of a container that may be changed; the same one when it is ours already."""
        if id(container) in self.owned:
            return container
        copy = container.copy()
        self.owned[id(copy)] = copy
        return copy

    def blame(self, place: Place, problem: str, remedy: str) -> None:
        """Note a fault at a place."""
        position = self.locator.locate(place, key=True)
        self.faults.add(Fault(*position, path_text(place.path), problem, remedy))


def with_key(place: Place, step: Any) -> Place:
    """The place one step further, knowing where its key stands."""
    child = place.child(step)
    child.key = child.key or (child.source, child.path)
    return child


def is_empty(value: Any) -> bool:
    """Whether a section says nothing yet."""
    return value is None or value == {} or value == []
