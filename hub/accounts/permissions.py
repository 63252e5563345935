"""The one permission function: may this principal do this with that thing?"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from hub.accounts.grants import ANY, KINDS, SENSITIVE, VERBS, Grant, grants_of
from hub.accounts.rules import NO_RULES, Rules
from hub.model.errors import HubError


class Forbidden(HubError):
    """The principal may not do this. Whether the thing exists is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What a permission is asked for: a loaded object's kind, place and whom it is about."""

    kind: str  # one of grants.KINDS
    id: str = ""
    area: str = ""
    person: str = ""  # id of whom it is about or to whom it belongs


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking, as one request or connection found them."""

    account: str  # id of the account; "" for nobody
    name: str = ""
    person: str = ""  # their id in the directory, if they are in it
    roles: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()  # they answer for, with everything inside
    homes: frozenset[str] = frozenset()  # they live in
    patients: frozenset[str] = frozenset()  # persons who are their patients
    language: str = "zh-CN"
    session: str = ""  # id of the session or token; "" for the machine's own admin
    scopes: tuple[Grant, ...] | None = None  # a token's limits; None: everything the grants allow
    grants: frozenset[Grant] = frozenset()
    reach: Mapping[tuple[str, str], frozenset[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Spread the grants, so that a question is one look-up."""
        object.__setattr__(self, "reach", _spread(self.grants, self.scopes))

    @property
    def signed_in(self) -> bool:
        """Whether it is somebody."""
        return bool(self.account)

    @property
    def is_admin(self) -> bool:
        """Whether they manage the whole site."""
        return "site" in self.reach.get(("manage", "system"), ())

    @property
    def is_owner(self) -> bool:
        """Whether they own the site."""
        return "owner" in self.roles


class Permissions:
    """Decides by grants; knows where areas lie in one another, which are homes, and what named sets hold."""

    def __init__(
        self,
        inside: Callable[[str, str], bool],
        rules: Rules = NO_RULES,
        is_private: Callable[[str], bool] = lambda _area: False,
    ) -> None:
        self._inside = inside  # whether an area is another or lies in it
        self._is_private = is_private  # whether an area is somebody's home or lies in one
        self.rules = rules  # of the files as they are now

    def grants_of(self, roles: Iterable[str]) -> frozenset[Grant]:
        """Every grant of these roles, by the files as they are now."""
        return grants_of(roles, self.rules.grants)

    def may(self, who: Principal, verb: str, thing: Thing) -> bool:
        """Whether `who` may do `verb` with `thing`: some grant of theirs reaches it, and their token allows it."""
        scopes = who.reach.get((verb, thing.kind))
        if not scopes:
            return False
        if "site" in scopes:
            return True
        return any(self._reaches(who, scope, thing) for scope in scopes)

    def may_some(self, who: Principal, verb: str, kind: str) -> bool:
        """Whether there can be things of the kind with which `who` may do `verb`: what a route asks at its door."""
        return bool(who.reach.get((verb, kind)))

    def require(self, who: Principal, verb: str, thing: Thing) -> None:
        """Forbidden unless `may`."""
        if not self.may(who, verb, thing):
            raise Forbidden(f"you may not {verb} this {thing.kind}")

    def _reaches(self, who: Principal, scope: str, thing: Thing) -> bool:
        if scope == "self":
            return bool(thing.person) and thing.person == who.person
        if scope == "patients":
            return bool(thing.person) and thing.person in who.patients
        if scope.startswith("set:"):
            return bool(thing.id) and thing.id in self.rules.sets.get(scope[4:], ())
        if not thing.area:
            return False
        if scope.startswith("area:"):
            return self._inside(thing.area, scope[5:])
        if scope == "household":
            return self._inside_any(thing.area, who.homes)
        if scope == "shared" and self._is_private(thing.area):
            return False
        return scope in ("areas", "shared") and self._inside_any(thing.area, who.areas)

    def _inside_any(self, area: str, outer: Iterable[str]) -> bool:
        return any(self._inside(area, one) for one in outer)


def _spread(
    grants: Iterable[Grant], limits: tuple[Grant, ...] | None
) -> Mapping[tuple[str, str], frozenset[str]]:
    reach: dict[tuple[str, str], set[str]] = {}
    for grant in grants:
        for verb in VERBS if grant.verb == ANY else (grant.verb,):
            for kind in (set(KINDS) - SENSITIVE) if grant.kind == ANY else (grant.kind,):
                if limits is None or any(_within(verb, kind, limit) for limit in limits):
                    reach.setdefault((verb, kind), set()).add(grant.scope)
    return {key: frozenset(scopes) for key, scopes in reach.items()}


def _within(verb: str, kind: str, limit: Grant) -> bool:
    return limit.verb in (verb, ANY) and (limit.kind == kind or (limit.kind == ANY and kind not in SENSITIVE))


NOBODY = Principal(account="")
