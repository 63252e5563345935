"""What a guest declares about itself."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.model.calls import Action, Schema
from hub.model.events import Event
from hub.model.things import Entity
from hub.plugins.ports import Sender

if TYPE_CHECKING:
    from hub.plugins.link import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A kind of way to reach people, such as "ntfy"."""

    name: str
    summary: str
    schema: Schema  # of the channel's settings under `notify: channels:`
    address: Schema  # of the options a person gives for it
    open: "Callable[[Mapping[str, Any], Link], Sender]"  # settings -> sender, for as long as the guest lives
    # Whether only the person reads it; of a sensitive notice, other channels carry a neutral sentence and the link.
    private: bool = False
    # How far it tells that a notice came: "delivered" or "read"; "sent" when the provider took it and says no more.
    tells: str = "sent"
    shared: bool = (
        False  # whether one address may be seen by several, as a group: nothing personal goes there
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyzer:
    """A frame analyzer, named by import path and loaded only in camera workers."""

    name: str
    target: (
        str  # "package.module:callable"; the callable takes (camera settings, own settings) -> FrameAnalyzer
    )
    schema: Schema
    summary: str = ""
    # "package.module:callable", loaded only by `hub camera calibrate`: a sketch of the facade in the picture (plain
    # data) -> an answer with its residuals, grid and calibration (plain data). "": this analyzer needs none.
    calibrator: str = ""
    pictures_per_second: float | None = None  # at most; None: every picture
    colour: bool = False  # BGR (height, width, 3) instead of luma: some milliseconds more for each picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A page that an integration adds to the console: an ES module whose default export draws it.

    The module may import the console's own parts, such as `/console/ui.js`; nothing comes from another host.
    """

    name: str  # lower case letters, digits and _: the page is #/panel/NAME
    titles: Mapping[str, str]  # by language: "zh-CN" and "en"
    module: Path  # of the integration's package
    access: str  # "VERB KIND": whoever may do that with something sees the page
    icon: str = "devices"  # of hub/web/console/parts/icons.js


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A name in a section that must exist elsewhere, for `hub check`: path from the section's start to the name."""

    path: tuple[str | int, ...]
    what: str  # "entity", "event", "action", "area", "person", "role" or "channel"
    name: str


class Open(frozenset[str]):
    """Names of a part that could not be read to its end: any name may be among them, so that one slip is one fault."""

    def __contains__(self, name: object) -> bool:
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All names that a configuration's sections may refer to."""

    events: Mapping[str, type[Event]]
    actions: Mapping[str, Action]
    entities: frozenset[str] | None  # None: can't be told beforehand
    areas: frozenset[str] = frozenset()
    persons: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()  # what notices may need consent for
    channels: frozenset[str] = frozenset()
    analyzers: Mapping[str, Analyzer] = field(default_factory=dict)
    kinds: "Mapping[str, Channel]" = field(default_factory=dict)  # of channels
    integrations: frozenset[str] = frozenset()  # those that the configuration names
    folder: Path | None = None  # of the configuration, for sections that name files


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at a path inside a section; `fatal` False makes it a warning."""

    path: tuple[str | int, ...]
    problem: str
    remedy: str = ""
    fatal: bool = True


def no_findings(_config: Any, _known: Known) -> Iterable[Finding]:
    """A guest that has nothing to check beyond its schema and references."""
    return ()


def no_entities(_config: Any) -> Iterable[Entity]:
    """A guest without entities."""
    return ()


def no_references(_config: Any) -> Iterable[Reference]:
    """A guest whose section names nothing of others."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """The declaration of one guest. `run` lives as long as the guest does; its end undoes all it registered."""

    name: str  # the key in configuration.yaml
    run: "Callable[[Link, Any], Awaitable[None]]"
    schema: Schema  # voluptuous; returns the cleaned section
    summary: str = ""  # one line, for `hub describe`
    events: tuple[type[Event], ...] = ()
    actions: tuple[Action, ...] = ()
    channels: tuple[Channel, ...] = ()
    analyzers: tuple[Analyzer, ...] = ()
    panels: tuple[Panel, ...] = ()
    offers: tuple[type, ...] = ()
    needs: tuple[type, ...] = ()
    # What the cleaned section will bring to life, so that `hub check` knows it without running anything; None: can't
    # be told beforehand (discovery), and unknown entities are warnings then.
    entities: Callable[[Any], Iterable[Entity]] | None = no_entities
    references: Callable[[Any], Iterable[Reference]] = no_references
    check: Callable[[Any, Known], Iterable[Finding]] = no_findings  # the cleaned section against all names
    early: bool = False  # started before the others and ended after them: it must hear whatever they tell
    multiple: bool = False  # the section is a list that labelled sections and packages add to
