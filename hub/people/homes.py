"""Homes that are written as a household only: b3-u2-1203 is the home 1203 in unit b3-u2 of building b3."""

from collections.abc import Mapping

from hub.model.things import Area


def home_of(household: str, areas: Mapping[str, Area]) -> list[Area]:
    """The areas to add for a household, outermost first; none when nothing that it could lie in is known."""
    parts = household.split("-")
    known = next((count for count in range(len(parts) - 1, 0, -1) if "-".join(parts[:count]) in areas), 0)
    if not known or not all(parts):
        return []
    made = []
    for count in range(known + 1, len(parts) + 1):
        own, parent = "-".join(parts[:count]), "-".join(parts[: count - 1])
        last = count == len(parts)
        number = parts[count - 1].removeprefix("u")
        label = parts[count - 1] if last or not number.isdigit() else f"{number}单元"
        kind = "home" if last else "unit" if number.isdigit() else "place"
        made.append(Area(id=own, name=label, parent=parent, kind=kind))
    return made
