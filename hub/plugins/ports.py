"""Ports: the protocols through which guests need and offer things to one another, and the facts they share."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import msgspec

from hub.model.errors import HubError
from hub.model.events import Event
from hub.model.people import Delivery

Undo = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT message as it arrived."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    at: datetime  # arrival, aware UTC

    @property
    def text(self) -> str:
        """The payload as UTF-8 text; what is not UTF-8 is replaced."""
        return self.payload.decode("utf-8", "replace")


MessageHandler = Callable[[Message], Awaitable[Any] | None]


@runtime_checkable
class Broker(Protocol):
    """A connection to an MQTT broker that heals itself."""

    @property
    def connected(self) -> bool:
        """Whether messages flow now."""

    def subscribe(self, topic_filter: str, handler: MessageHandler, *, qos: int = 1) -> Undo:
        """Call `handler` in the loop for each message that matches.

        A QoS 1 message is acknowledged to the broker when every handler's returned awaitable (a receipt) is done;
        a handler that raises, or whose awaitable fails, leaves it unacknowledged, so that the broker sends again.
        """

    async def publish(self, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False) -> None:
        """Publish; QoS 1 returns when the broker has acknowledged. NotReady when there is no connection."""


class ReadingReceived(Event, frozen=True, kw_only=True):
    """A device reported: raw `values` under the vendor's keys, `means` in the hub's words.

    Words of `means`: tilt_alarm, angle_x, angle_y, angle_z, angle (degrees), battery_percent, battery_volt,
    battery_low, open, water, level_mm, temperature (C), humidity (%), tamper, occupied, power ...
    """

    device: str  # the hub's id of the device, e.g. "MH-0137"
    address: str = ""  # the network's id, e.g. the DevEUI
    model: str = ""
    values: Mapping[str, Any] = msgspec.field(default_factory=dict)
    means: Mapping[str, Any] = msgspec.field(default_factory=dict)
    gateways: tuple[str, ...] = ()
    rssi: float | None = None


@runtime_checkable
class Sender(Protocol):
    """An opened channel: hands one delivery to its provider."""

    async def send(self, delivery: Delivery) -> str:
        """Deliver; returns the provider's receipt id ('' if it gives none).

        DeliveryFailed to be tried again, DeliveryRefused never; a provider that answers success with an error in
        its body has failed.
        """


class Pictures(Protocol):
    """What a find is drawn from: a camera's pictures, each given once, and a pen that knows Chinese letters, too."""

    camera: str  # the camera's name for people
    place: str  # where it stands, in people's words; "" when nobody said

    def __iter__(self) -> Iterator[tuple[float, Any]]:
        """Pictures (container seconds, BGR uint8), the first from before the start, a few a second, oldest first."""

    def moment(self, t: float) -> datetime:
        """The site's local time at container time `t`."""

    def width(self, text: str, size: int) -> int:
        """Pixels that a line of letters of so many pixels' height takes."""

    def write(
        self, canvas: Any, text: str, place: tuple[int, int], size: int, colour: tuple[int, int, int]
    ) -> None:
        """Write a line into a BGR picture with a dark rim, from the left end (x, y) of its base line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an analyzer found; the camera's guest makes an event of the class `kind` from it.

    `fields` are the event's own fields as JSON-able values; who, where, when and the evidence are the camera's to add.
    """

    kind: str  # of an event class that the analyzer's integration declares
    started: float  # container seconds
    ended: float
    fields: Mapping[str, Any] = msgspec.field(default_factory=dict)
    # Draws what was found: returns one BGR picture, or several by name ({"before": ..., "after": ...}), whose names
    # become the evidence's text. Without it the evidence is the picture of now.
    draw: Callable[[Pictures], Any] | None = None
    # Names this find for good, so that telling it twice (before and after a restart) is one event; "": its start does.
    key: str = ""
    clip: bool = True  # whether the stream's own packets are evidence, too; nobody is blurred in them


@runtime_checkable
class FrameAnalyzer(Protocol):
    """Looks at a camera's pictures in the camera's worker process. One object serves one camera."""

    def feed(self, luma: Any, t: float, key_frame: bool) -> Iterable[Found]:
        """Take one picture (uint8, height x width, read-only) at container time `t` seconds.

        It is BGR (height x width x 3) where the declaration says `colour`. It may be kept for a few frames: nobody
        overwrites it, but it holds the decoder's memory.
        """

    def finish(self) -> Iterable[Found]:
        """The stream ended or broke: what can still be said."""


@runtime_checkable
class CameraPictures(Protocol):
    """What a camera sees now, for those who may look: ask for permission before."""

    async def picture(self, camera: str) -> bytes:
        """The newest picture of a camera, by its id, as JPEG and black where it is private.

        NotReady says why there is none. However many ask, a camera's worker makes at most two a second.
        """


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a template says now, and what it looked at: when any of that changes it may say something else."""

    text: str
    result: Any  # the text as a value: number, truth, list, mapping, None or text
    entities: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    everything: bool = False  # it went through all states
    time: bool = False  # it asked for the time


class TemplateRefused(HubError):
    """A template that can't be compiled or rendered, or a trigger that can't be understood; the text says why."""


@runtime_checkable
class Templates(Protocol):
    """Renders templates and watches triggers for programs outside, bounded as those of rules are.

    `sees` says which entities the one who asks may see: the others are not there for the template.
    """

    def render(self, source: str, variables: Mapping[str, Any], sees: Callable[[str], bool]) -> Rendered:
        """Render once; TemplateRefused."""

    def watch(self, triggers: Any, tell: Callable[[Mapping[str, Any]], object]) -> Undo:
        """Call `tell(trigger)` with the variable `trigger` each time one of them fires; TemplateRefused."""


@runtime_checkable
class RuleBook(Protocol):
    """Tells the rules that are loaded, as plain values."""

    def describe(self) -> list[dict[str, Any]]:
        """Every rule with its counters."""

    def show(self, entity_id: str) -> dict[str, Any] | None:
        """One rule with its plan, its runs under way and its last ones; None when there is none."""
