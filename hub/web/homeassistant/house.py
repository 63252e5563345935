"""What every part of the compatible API shares."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from hub.accounts.permissions import Permissions, Principal
from hub.kernel.bus import Undo
from hub.kernel.clock import Clock
from hub.model.events import Named
from hub.plugins.ports import Templates
from hub.plugins.site import Site
from hub.web.homeassistant.amendments import OWNER as AMENDING
from hub.web.homeassistant.amendments import Amendments
from hub.web.homeassistant.contexts import Contexts
from hub.web.homeassistant.shapes import Shapes
from hub.web.homeassistant.views import View, Views
from hub.web.live import LivePictures, PictureTokens

# The release whose wire this is. js-websocket asks for 2022.9, Node-RED for 2023.12.
VERSION = "2025.3.0"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what one caller may hold."""

    sockets: int = 64  # open at once, of one account
    strangers: int = 400  # sockets that have not said who they are
    strangers_of_address: int = 100
    subscriptions: int = 1000  # of one socket
    templates: int = 20  # rendered anew on changes, of one socket
    pending: int = 1 << 20  # bytes a client may be behind before it is dropped
    message: int = 1 << 20  # bytes of one message of a client
    under_way: int = 16  # commands of one socket that wait for something
    sign_in_seconds: float = 10.0
    check_seconds: float = 5.0  # between looks at sockets' rights, cameras' tokens and the registries


class Guest(Protocol):
    """What is told of a running integration."""

    @property
    def state(self) -> str:
        """running, starting, failed ..."""

    @property
    def error(self) -> str:
        """Why it failed, or ""."""


@dataclass(slots=True, kw_only=True)
class House:
    """The running hub as these clients are shown it."""

    site: Site
    permissions: Permissions
    principal: Callable[[str, str], Principal | None]  # token, address -> who; None when the token is bad
    current: Callable[
        [Principal], Principal | None
    ]  # the same caller with the rights of now; None when it is over
    guests: Callable[[], Mapping[str, Guest]]
    check: Callable[[], Awaitable[list[str]]]  # faults of the configuration as it is on the disk
    pictures: PictureTokens
    on_revoked: Callable[[Callable[[str], None]], Undo]  # calls back with the id of each session that ends
    limits: Limits = field(default_factory=Limits)
    templates: Templates | None = None
    listeners: Callable[[str], int] = lambda _name: 0  # how many clients hear events of a type
    amendments: Amendments = field(init=False)
    contexts: Contexts = field(init=False)
    live: LivePictures = field(init=False)
    shapes: Shapes = field(init=False)
    views: Views = field(init=False)

    def __post_init__(self) -> None:
        """Make what the parts share."""
        self.contexts = Contexts()
        self.amendments = Amendments(self.site.memory(AMENDING))
        self.live = LivePictures(self.site)
        self.shapes = Shapes(self.site, self.contexts, self.amendments, self.pictures)
        self.views = Views(self.site, self.permissions)
        self.site.ports.follow(Templates, self._take_templates)

    def _take_templates(self, templates: Templates | None) -> None:
        self.templates = templates

    @property
    def clock(self) -> Clock:
        """The hub's clock."""
        return self.site.clock

    def view(self, who: Principal) -> View:
        """What a principal may see."""
        return self.views.of(who)

    def registry_updated(self, kind: str, identity: str, action: str = "update", area: str = "") -> None:
        """Tell clients that an entry of a registry ("entity", "device", "area") came, changed or went."""
        data = {"action": action, f"{kind}_id": identity}
        name = f"{kind}_registry_updated"
        self.site.bus.emit(Named(at=self.clock.now(), source="api", area=area, name=name, data=data))

    def components(self) -> list[str]:
        """What clients take for the loaded parts: integrations, and domains of entities and actions."""
        domains = {entity_id.partition(".")[0] for entity_id in self.site.states.entities}
        actions = {name.partition(".")[0] for name in self.site.actions.declared}
        core = {"api", "auth", "history", "homeassistant", "http", "logbook", "websocket_api"}
        return sorted(core | domains | actions | set(self.guests()))

    def config(self) -> dict[str, Any]:
        """The site's settings."""
        place = self.site.place
        return {
            "allowlist_external_dirs": [],
            "allowlist_external_urls": [],
            "components": self.components(),
            "config_dir": "/config",
            "config_source": "yaml",
            "country": "CN",
            "currency": "CNY",
            "debug": False,
            "elevation": 0,
            "external_url": None,
            "internal_url": None,
            "language": place.language,
            "latitude": place.latitude or 0.0,
            "location_name": place.name,
            "longitude": place.longitude or 0.0,
            "radius": 100,
            "recovery_mode": False,
            "safe_mode": False,
            "state": "RUNNING" if self.site.started else "STARTING",
            "time_zone": self.site.zone.key,
            "unit_system": {
                "length": "km",
                "accumulated_precipitation": "mm",
                "area": "m²",
                "mass": "g",
                "pressure": "Pa",
                "temperature": "°C",
                "volume": "L",
                "wind_speed": "m/s",
            },
            "version": VERSION,
            "whitelist_external_dirs": [],
        }
