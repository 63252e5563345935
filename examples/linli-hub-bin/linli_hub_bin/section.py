"""The section `bin:` and the data of its action."""

from dataclasses import dataclass
from typing import Any

import voluptuous as vol


@dataclass(frozen=True, slots=True)
class BinConfig:
    """One bin of the section."""

    id: str
    topic: str
    name: str
    area: str
    depth_cm: float
    full_at: int


def bin_of(given: dict[str, Any]) -> BinConfig:
    """A checked bin of the section, with what follows from the rest."""
    return BinConfig(**{"name": f"Bin {given['id']}"} | given)


BIN = vol.Schema(
    {
        vol.Required("id", description="Lower case letters, digits, _ or -"): vol.Match(
            r"[a-z0-9][a-z0-9_-]*$"
        ),
        vol.Required("topic", description="The MQTT topic that its sensor publishes to"): vol.All(
            str, vol.Length(min=1, max=200)
        ),
        vol.Optional("name", description="What people call it"): str,
        vol.Optional("area", default="", description="Where it stands"): str,
        vol.Optional("depth_cm", default=120, description="From the sensor to the bottom"): vol.All(
            vol.Any(int, float), vol.Range(min=10, max=1000)
        ),
        vol.Optional("full_at", default=85, description="Percent from which on it is full"): vol.All(
            int, vol.Range(min=30, max=100)
        ),
    }
)


def bins_of(section: dict[str, Any]) -> list[BinConfig]:
    """The bins of a checked section; each may be there once."""
    bins = [bin_of(given) for given in section["bins"]]
    ids = [one.id for one in bins]
    for number, name in enumerate(ids):
        if name in ids[:number]:
            raise vol.Invalid(f"there are two bins '{name}'; give each its own id", ["bins", number, "id"])
    return bins


SECTION = vol.All(vol.Schema({vol.Required("bins"): [BIN]}), bins_of)
EMPTIED = vol.Schema({vol.Required("bin", description="The bin's id"): str})
