"""What may stand under `demo:`."""

import re
from dataclasses import asdict, dataclass
from typing import Any

import voluptuous as vol

from .timeline import Rhythm

MOST_COVERS = 1000
ITEMS = (
    "plastic bag", "T-shirt", "empty bottle", "paper ball", "diaper", "kitchen waste", "full bottle",
    "flower pot", "brick", "apple", "egg",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """One simulated cover, by the ids it has under `lorawan:`."""

    eui: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facade:
    """The clip to be rendered; the same settings give the same clip."""

    seed: int
    duration: float
    size: tuple[int, int]
    item: str
    building: str

    def as_plain(self) -> dict[str, Any]:
        """The settings as JSON can hold them."""
        return {**asdict(self), "size": list(self.size)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoConfig:
    """The cleaned section."""

    covers: tuple[Cover, ...]
    application: str
    rhythm: Rhythm
    facade: Facade | None


def _eui(value: object) -> str:
    text = re.sub(r"[-:\s]", "", value) if isinstance(value, str) else ""
    if not re.fullmatch(r"[0-9A-Fa-f]{16}", text):
        raise vol.Invalid(
            'an EUI has 16 hexadecimal digits, in quotes if they are all decimal: "0012345678901234"'
        )
    return text.upper()


def _seconds(low: float, high: float) -> Any:
    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise vol.Invalid(f"expected seconds from {low:g} to {high:g}")
        return float(value)

    return check


def _cover(value: object) -> Cover:
    if not isinstance(value, dict):
        return Cover(eui=_eui(value), name=_eui(value))
    given = vol.Schema({vol.Required("eui"): _eui, vol.Optional("id", default=""): str})(value)
    return Cover(eui=given["eui"], name=given["id"] or given["eui"])


def _covers(value: object) -> tuple[Cover, ...]:
    covers: list[Cover] = vol.Schema(vol.All([_cover], vol.Length(max=MOST_COVERS)))(value)
    euis = [cover.eui for cover in covers]
    for place, eui in enumerate(euis):
        if eui in euis[:place]:
            raise vol.Invalid(f"the EUI {eui} is there already", path=[place])
    return tuple(covers)


def _whole(low: int, high: int) -> Any:
    return vol.All(int, vol.Range(min=low, max=high, msg=f"expected a whole number from {low} to {high}"))


def _size(value: object) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2 or not all(type(side) is int for side in value):
        raise vol.Invalid("expected width and height, such as [1280, 720]")
    width, height = value
    if not (320 <= width <= 1920 and 240 <= height <= 1080) or width % 2 or height % 2:
        raise vol.Invalid("expected even numbers from [320, 240] to [1920, 1080]")
    return width, height


FACADE = vol.Schema(
    {
        vol.Optional("seed", default=7): _whole(0, 2**31),
        vol.Optional("duration", default=20.0): _seconds(8, 120),
        vol.Optional("size", default=lambda: [1280, 720]): _size,
        vol.Optional("item", default="flower pot"): vol.In(ITEMS),
        vol.Optional("building", default="1"): vol.All(str, vol.Length(min=1, max=20)),
    }
)
SHAPE = vol.Schema(
    {
        vol.Optional("covers", default=list): _covers,
        vol.Optional("application", default="demo"): vol.Match(r"^[A-Za-z0-9_-]{1,64}$"),
        vol.Optional("heartbeat", default=30.0): _seconds(1, 86400),
        vol.Optional("after", default=10.0): _seconds(0, 86400),
        vol.Optional("every", default=60.0): _seconds(0, 86400),
        vol.Optional("open_for", default=30.0): _seconds(1, 86400),
        vol.Optional("facade", default=None): vol.Any(None, FACADE),
    }
)


def check_section(value: object) -> DemoConfig:
    """The section, cleaned; voluptuous.Invalid for what can't work."""
    return config_of(SHAPE({} if value is None else value))


def config_of(given: dict[str, Any]) -> DemoConfig:
    """The section whose parts are right, taken together."""
    if 0 < given["every"] <= given["open_for"] and len(given["covers"]) == 1:
        raise vol.Invalid(
            "one cover can't open again before it has closed; make it longer than open_for", path=["every"]
        )
    covers, facade = given["covers"], given["facade"]
    times = {name: given[name] for name in ("heartbeat", "after", "every", "open_for")}
    return DemoConfig(
        covers=covers,
        application=given["application"],
        rhythm=Rhythm(covers=len(covers), **times),
        facade=Facade(**facade) if facade is not None else None,
    )


SECTION = vol.All(SHAPE, config_of)
