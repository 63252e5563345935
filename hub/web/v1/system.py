"""The hub itself: who is asking, how it is doing, what is to be mended, reading the files anew."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hub.model.errors import ConfigError
from hub.plugins.site import Site
from hub.web.v1.operations import Asked, Operation, Page, Refused
from hub.web.v1.shapes import Moment


class PanelView(msgspec.Struct, kw_only=True):
    """A page of the console that an integration brings."""

    name: str
    titles: Annotated[dict[str, str], Meta(description="By language")]
    icon: str


class Me(msgspec.Struct, kw_only=True):
    """Who the caller is and what they may do."""

    account: str
    name: str
    person: str
    roles: list[str]
    role_names: list[str]
    areas: list[str]
    homes: list[str]
    language: str
    is_admin: bool
    is_owner: bool
    site_name: str
    time_zone: str
    may: Annotated[list[str], Meta(description="'VERB KIND' of everything that is possible somewhere")]
    panels: Annotated[list[PanelView], Meta(description="Pages of integrations that the caller may open")]


class GuestView(msgspec.Struct, kw_only=True):
    """One integration."""

    name: str
    state: str
    restarts: int
    error: str
    since: Moment | None


class SystemView(msgspec.Struct, kw_only=True):
    """How the hub is doing."""

    version: str
    name: str
    time_zone: str
    language: str
    ready: bool
    memory_mib: float
    loop_lag_worst_s: float
    entities: int
    open_alarms: int
    outbox_pending: int
    outbox_dead: int
    disk_free_mib: int
    integrations: list[GuestView]


class ProblemView(msgspec.Struct, kw_only=True):
    """Something an admin should mend."""

    id: str
    text: str
    remedy: str
    since: Moment


class FaultView(msgspec.Struct, kw_only=True):
    """Something wrong in the files."""

    text: str
    severity: str


class Checked(msgspec.Struct, kw_only=True):
    """What reading the files found."""

    valid: bool
    faults: list[FaultView]


class Reloaded(msgspec.Struct, kw_only=True):
    """Names of the sections by what became of them."""

    started: list[str]
    stopped: list[str]
    changed: list[str]
    unchanged: list[str]
    needs_restart: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What the runtime tells of itself."""

    status: Callable[[], Mapping[str, Any]]  # fields of SystemView
    check: Callable[[], Awaitable[list[Any]]]  # reads the files; faults
    name_of: Callable[[str], str]  # an account, or "" when there is none of that id


class System:
    """Answers for the hub itself."""

    def __init__(self, site: Site, inside: Inside) -> None:
        self._site, self._inside = site, inside

    def operations(self) -> Iterator[Operation]:
        """What can be asked."""
        yield Operation(
            method="GET",
            path="/me",
            access="signed_in",
            summary="Who you are here and what you may do",
            handler=self.get_me,
            answer=Me,
        )
        yield Operation(
            method="GET",
            path="/system",
            access="see system",
            summary="How the hub is doing",
            handler=self.get_system,
            answer=SystemView,
        )
        yield Operation(
            method="GET",
            path="/problems",
            access="see problem",
            summary="What an admin should mend, the oldest first",
            handler=self.list_problems,
            answer=Page[ProblemView],
        )
        yield Operation(
            method="POST",
            path="/system/check",
            access="manage config",
            summary="Read the files and say what is wrong with them; nothing changes",
            handler=self.check_files,
            answer=Checked,
        )
        yield Operation(
            method="POST",
            path="/system/reload",
            access="manage config",
            summary="Take the changed files; files with faults change nothing",
            handler=self.reload_files,
            answer=Reloaded,
            refusals=(409,),
        )

    async def get_me(self, asked: Asked[Any]) -> Me:
        """The caller."""
        who, roles = asked.who, self._site.directory.roles
        return Me(
            account=who.account,
            name=self._site.directory.persons[who.person].name if self._known(who.person) else who.name,
            person=who.person,
            roles=sorted(who.roles),
            role_names=[roles[role].name if role in roles else role for role in sorted(who.roles)],
            areas=sorted(who.areas),
            homes=sorted(who.homes),
            language=who.language,
            is_admin=who.is_admin,
            is_owner=who.is_owner,
            site_name=self._site.place.name,
            time_zone=self._site.zone.key,
            may=sorted(f"{verb} {kind}" for verb, kind in who.reach),
            panels=[
                PanelView(name=panel.name, titles=dict(panel.titles), icon=panel.icon)
                for panel in self._site.panels.values()
                if tuple(panel.access.split(" ")) in who.reach
            ],
        )

    def _known(self, person: str) -> bool:
        return person in self._site.directory.persons

    async def get_system(self, _asked: Asked[Any]) -> SystemView:
        """Figures of now."""
        return SystemView(**self._inside.status())

    async def list_problems(self, _asked: Asked[Any]) -> Page[ProblemView]:
        """What hangs on the board."""
        found = sorted(self._site.problems.open.values(), key=lambda item: item.since)
        return Page(
            items=[ProblemView(id=one.id, text=one.text, remedy=one.remedy, since=one.since) for one in found]
        )

    async def check_files(self, _asked: Asked[Any]) -> Checked:
        """As `hub check` does."""
        faults = [FaultView(text=str(fault), severity=fault.severity) for fault in await self._inside.check()]
        return Checked(valid=not any(fault.severity == "fault" for fault in faults), faults=faults)

    async def reload_files(self, _asked: Asked[Any]) -> Reloaded:
        """As `hub reload` does."""
        try:
            return Reloaded(**await self._site.reload())
        except ConfigError as error:
            faults = [{"detail": str(fault)} for fault in getattr(error, "faults", ())]
            raise Refused(409, "the files have faults; nothing was changed", errors=faults) from error
