"""Grants: `see entity areas` says that who holds it may see entities in the areas they answer for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.config.faults import did_you_mean
from hub.model.errors import ConfigError

VERBS = ("see", "operate", "acknowledge", "edit", "manage")
KINDS = (
    "account",
    "alarm",
    "area",
    "audit",
    "automation",
    "calendar",
    "camera",
    "case",
    "config",
    "delivery",
    "device",
    "entity",
    "event",
    "health",
    "log",
    "media",
    "person",
    "problem",
    "system",
    "template",
)
SENSITIVE = frozenset(["health"])  # never meant by '*': a grant for other people's health names it
# Besides `area:ID` and `set:NAME`. `areas` is all that lies in the areas they answer for; `shared` leaves out what
# lies in people's homes, so that who looks after a building does not look into its flats.
SCOPES = ("site", "areas", "shared", "household", "patients", "self")
ANY = "*"


class GrantFault(ConfigError):
    """A grant that can't be meant; the text says what would be right."""


@dataclass(frozen=True, slots=True)
class Grant:
    """May `verb` things of `kind` within `scope`."""

    verb: str
    kind: str
    scope: str = "site"

    def __str__(self) -> str:
        return f"{self.verb} {self.kind} {self.scope}"


def parse_grant(text: str) -> Grant:
    """Read `VERB KIND [SCOPE]`; `*` stands for every verb, or every kind but health. GrantFault."""
    words = text.split()
    if not 2 <= len(words) <= 3:
        raise GrantFault(f"'{text[:80]}' is no grant; write 'VERB KIND SCOPE', such as 'see entity areas'")
    grant = Grant(*words)
    _known(grant.verb, (*VERBS, ANY), "verb")
    _known(grant.kind, (*KINDS, ANY), "kind")
    what, colon, name = grant.scope.partition(":")
    if not colon or what not in ("area", "set"):
        _known(grant.scope, SCOPES, "scope")
    elif not name:
        raise GrantFault(f"'{grant.scope}' names no {what}; write its id behind the colon")
    return grant


def parse_token_scope(text: str) -> Grant:
    """Read a token's limit, `VERB` or `VERB:KIND`, such as `see` or `operate:entity`. GrantFault."""
    verb, colon, kind = text.partition(":")
    _known(verb, (*VERBS, ANY), "verb")
    if colon:
        _known(kind, (*KINDS, ANY), "kind")
    return Grant(verb, kind if colon else ANY)


def _known(word: str, words: tuple[str, ...], what: str) -> None:
    if word not in words:
        hint = did_you_mean(word, words) or f"use one of {', '.join(words)}"
        raise GrantFault(f"'{word[:80]}' is no {what} of a grant; {hint}")


def _grants(*texts: str) -> tuple[Grant, ...]:
    return tuple(parse_grant(text) for text in texts)


_OWN = ("see person self", "edit person self", "see delivery self", "see audit self", "see health self")
_STAFF = (*_OWN, "see area site", "see calendar site")
# What each built-in role may do unless `people: roles: ROLE: grants:` says otherwise.
BUILT_IN_GRANTS: Mapping[str, tuple[Grant, ...]] = {
    "owner": _grants("* * site", *_STAFF),
    "admin": _grants("* * site", *_STAFF),
    # Looks after the people and things of a grid: what happened, also in a flat; who lives there; no look into flats.
    "grid_worker": _grants(
        "see entity shared",
        "see device shared",
        "see camera shared",
        "see event shared",
        "see alarm areas",
        "acknowledge alarm areas",
        "see media areas",
        "see case areas",
        "edit case areas",
        "see person areas",
        *_STAFF,
    ),
    # Settles what was reported to the city: alarms with their evidence, and cases; no live view of the community.
    "officer": _grants(
        "see alarm shared",
        "acknowledge alarm shared",
        "see media shared",
        "see case shared",
        "edit case shared",
        *_STAFF,
    ),
    # Watches and works gates, lifts and doors that are everybody's, and is told of alarms wherever they are.
    "guard": _grants(
        "see entity shared",
        "operate entity shared",
        "see device shared",
        "see camera shared",
        "see event shared",
        "see alarm areas",
        "acknowledge alarm areas",
        "see media shared",
        *_STAFF,
    ),
    # Nothing of the houses; of people, those in their care.
    "doctor": _grants(
        "see health patients",
        "edit health patients",
        "acknowledge health patients",
        "see person patients",
        *_STAFF,
    ),
    # Their own home and themselves.
    "resident": _grants(
        "see area household",
        "see entity household",
        "operate entity household",
        "see device household",
        "see event household",
        "see alarm household",
        "acknowledge alarm household",
        "see media household",
        *_OWN,
    ),
}


def grants_of(roles: Iterable[str], written: Mapping[str, tuple[Grant, ...]]) -> frozenset[Grant]:
    """Every grant of these roles; what the files give a role replaces what is built in."""
    found: set[Grant] = set()
    for role in roles:
        found.update(written.get(role, BUILT_IN_GRANTS.get(role, ())))
    return frozenset(found)
