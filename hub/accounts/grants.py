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
SENSITIVE = frozenset(
    ["health"]
)  # never meant by '*': other people's health is for those whose grant names it
SCOPES = ("site", "areas", "household", "patients", "self")  # besides `area:ID` and `set:NAME`
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
    if not grant.scope.startswith(("area:", "set:")):
        _known(grant.scope, SCOPES, "scope")
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


_STAFF = (
    "see area site",
    "see calendar site",
    "see person self",
    "edit person self",
    "see delivery self",
    "see audit self",
    "see health self",
)
# What each built-in role may do unless `people: roles: ROLE: grants:` says otherwise.
BUILT_IN_GRANTS: Mapping[str, tuple[Grant, ...]] = {
    "owner": _grants("* * site", *_STAFF),
    "admin": _grants("* * site", *_STAFF),
    "grid_worker": _grants(
        "see entity areas",
        "see device areas",
        "see camera areas",
        "see alarm areas",
        "see event areas",
        "see media areas",
        "see case areas",
        "acknowledge alarm areas",
        "edit case areas",
        *_STAFF,
    ),
    "officer": _grants(
        "see entity areas",
        "see device areas",
        "see camera areas",
        "see alarm areas",
        "see event areas",
        "see media areas",
        "see case areas",
        "acknowledge alarm areas",
        "edit case areas",
        *_STAFF,
    ),
    "guard": _grants(
        "see entity areas",
        "operate entity areas",
        "see device areas",
        "see camera areas",
        "see alarm areas",
        "see event areas",
        "see media areas",
        "acknowledge alarm areas",
        *_STAFF,
    ),
    "doctor": _grants("see health patients", "edit health patients", "acknowledge health patients", *_STAFF),
    "resident": _grants(
        "see entity household",
        "see device household",
        "operate entity household",
        "see alarm household",
        "see media household",
        *_STAFF,
    ),
}


def grants_of(roles: Iterable[str], written: Mapping[str, tuple[Grant, ...]]) -> frozenset[Grant]:
    """Every grant of these roles; what the files give a role replaces what is built in."""
    found: set[Grant] = set()
    for role in roles:
        found.update(written.get(role, BUILT_IN_GRANTS.get(role, ())))
    return frozenset(found)
