"""People whom an OpenID Connect provider vouches for, and which account each of them has."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.accounts.audit import FAILED, Audit
from hub.accounts.book import Book
from hub.accounts.names import NameFault, clean_name, folded
from hub.accounts.records import Account
from hub.accounts.registry import Registry
from hub.accounts.words import Refusal
from hub.model.errors import ActionRefused
from hub.store.memory import Memory

MOST_AWAITED, LONGEST_VALUE, MOST_GROUPS = 10_000, 255, 1000
_LINK, _AWAITED = "oidc/", "oidc-awaited/"


class OidcRefused(Refusal):
    """Nobody is let in; the word says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider as the configuration has it."""

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    name: str = "OpenID Connect"
    link_by: str = "email"  # email | preferred_username | sub
    create: bool = False
    scopes: tuple[str, ...] | list[str] = ()  # besides openid, profile, email
    roles_claim: str = "groups"
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by what stands in the claim


class OidcAccounts:
    """Links of accounts to people at a provider, kept in the hub's memory.

    A link is by issuer and `sub`, which no provider gives twice. It comes about once, when somebody shows up whom an
    admin said to await under an e-mail address, name or `sub`.
    """

    def __init__(self, memory: Memory, book: Book, registry: Registry, audit: Audit) -> None:
        self._memory, self._book, self._registry, self._audit = memory, book, registry, audit

    async def sign_in(self, provider: Provider, claims: Mapping[str, Any], address: str) -> Account:
        """The account of whom these checked claims are about; OidcRefused. Roles follow the provider's groups."""
        try:
            account = await self._account_of(provider, claims, address)
            if account.disabled:
                raise OidcRefused("oidc_disabled")
        except OidcRefused as refused:
            details = {"by": "oidc", "why": refused.word, **_identity(provider, claims)}
            self._audit.record("sign_in", "account", address=address, outcome=FAILED, details=details)
            raise
        account = await self._follow_groups(provider, claims, account)
        self._audit.record(
            "sign_in", "account", account.id, who=account.id, address=address, details={"by": "oidc"}
        )
        return account

    async def await_person(self, account: Account, value: str) -> None:
        """Link the account to who shows up under this e-mail address, name or `sub`; ActionRefused."""
        value = value.strip()
        if not 0 < len(value) <= LONGEST_VALUE or not value.isprintable():
            raise ActionRefused(f"an e-mail address, name or sub has 1 to {LONGEST_VALUE} characters")
        self._forget_gone()
        known = self._memory.get(key := _AWAITED + _digest(folded(value)))
        if known is not None and known["account"] != account.id:
            raise ActionRefused(f"'{value[:80]}' is awaited for another account")
        if sum(name.startswith(_AWAITED) for name in self._memory.keys()) >= MOST_AWAITED:  # noqa: SIM118
            raise ActionRefused(f"{MOST_AWAITED} people are awaited already")
        with self._book.units.open() as unit:
            self.forget(account.id)
            self._memory.put(key, {"account": account.id, "value": value})
        await unit.receipt

    def forget(self, account: str) -> None:
        """Forget all links of an account, and whom it awaits."""
        for key, kept in list(self._kept()):
            if kept["account"] == account:
                self._memory.delete(key)

    def told(self, account: str) -> str:
        """How an account is linked, for lists: "" when it is not."""
        found = [(key, kept) for key, kept in self._kept() if kept["account"] == account]
        return next(
            (kept["value"] if key.startswith(_LINK) else f"{kept['value']} (awaited)" for key, kept in found),
            "",
        )

    async def _account_of(self, provider: Provider, claims: Mapping[str, Any], address: str) -> Account:
        kept = self._memory.get(_link_key(provider, claims))
        linked = None if kept is None else self._book.accounts.get(kept["account"])
        if linked is not None:
            return linked
        awaited = self._awaited(provider, claims)
        if awaited is None and not provider.create:
            raise OidcRefused("oidc_unlinked")
        # One unit, and nothing awaited within: whoever comes twice at once is linked once.
        with self._book.units.open() as unit:
            if awaited is not None:
                key, account = awaited
                self._memory.delete(key)
            else:
                account = self._add(provider, claims, address)
            self._link(provider, claims, account, address)
        await unit.receipt
        return account

    def _add(self, provider: Provider, claims: Mapping[str, Any], address: str) -> Account:
        account = self._new_account(claims)
        self._book.put(account)
        details = {"name": account.name, "by": "oidc", **_identity(provider, claims)}
        self._audit.record("add", "account", account.id, who=account.id, address=address, details=details)
        return account

    def _awaited(self, provider: Provider, claims: Mapping[str, Any]) -> tuple[str, Account] | None:
        value = _text(claims, provider.link_by)
        if provider.link_by == "email" and claims.get("email_verified") is not True:
            return None
        kept = self._memory.get(key := _AWAITED + _digest(folded(value))) if value else None
        if kept is None or (provider.link_by == "sub" and kept["value"] != value):
            return None
        account = self._book.accounts.get(kept["account"])
        return None if account is None or account.disabled else (key, account)

    def _link(self, provider: Provider, claims: Mapping[str, Any], account: Account, address: str) -> None:
        shown = _text(claims, provider.link_by) or claims["sub"]
        kept: dict[str, Any] = {"account": account.id, "value": shown, "roles": []}
        self._memory.put(_link_key(provider, claims), kept)
        details = {"by": "oidc", **_identity(provider, claims)}
        self._audit.record("link", "account", account.id, who=account.id, address=address, details=details)

    async def _follow_groups(
        self, provider: Provider, claims: Mapping[str, Any], account: Account
    ) -> Account:
        """Give the roles that the groups stand for now, and take those that they stood for at the last time."""
        key = _link_key(provider, claims)
        kept = self._memory.get(key)
        if kept is None:  # unlinked meanwhile
            raise OidcRefused("oidc_unlinked")
        wanted = _mapped(provider, claims)
        gone = [role for role in kept["roles"] if role not in wanted and role in account.roles]
        fresh = [role for role in wanted if role not in account.roles]
        # What an admin gave by hand stays when the group goes.
        mapped = [role for role in wanted if role in fresh or role in kept["roles"]]
        if mapped != kept["roles"]:
            with self._book.units.open() as unit:
                self._memory.put(key, kept | {"roles": mapped})
            await unit.receipt
        if not (gone or fresh):
            return account
        changed = await self._registry.change(account, add=fresh, remove=gone)
        details = {"added": fresh, "removed": gone, "by": "oidc"}
        self._audit.record("change_roles", "account", account.id, who=account.id, details=details)
        return changed

    def _new_account(self, claims: Mapping[str, Any]) -> Account:
        """Under a name that is free: never that of somebody who has an account already."""
        mail = _text(claims, "email").partition("@")[0]
        number = hashlib.sha256(str(claims["sub"]).encode()).hexdigest()[:8]
        for written in (_text(claims, "preferred_username"), mail):
            for name in (written, f"{written}-{number}"):
                try:
                    return self._registry.checked(clean_name(name))
                except NameFault:
                    continue  # taken, alike, or no name: the next one may do
        return self._registry.checked(f"oidc-{number}")

    def _forget_gone(self) -> None:
        for key, kept in list(self._kept()):
            if kept["account"] not in self._book.accounts:
                self._memory.delete(key)

    def _kept(self) -> list[tuple[str, Any]]:
        names = [key for key in self._memory.keys() if key.startswith((_LINK, _AWAITED))]  # noqa: SIM118
        return [(key, self._memory.get(key)) for key in names]


def _mapped(provider: Provider, claims: Mapping[str, Any]) -> list[str]:
    said = claims.get(provider.roles_claim)
    groups = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    found = [
        provider.roles[group]
        for group in groups[:MOST_GROUPS]
        if isinstance(group, str) and group in provider.roles
    ]
    return list(dict.fromkeys(role for roles in found for role in roles))


def _identity(provider: Provider, claims: Mapping[str, Any]) -> dict[str, str]:
    """Whom the provider means, for an admin who has to link them."""
    names = ("sub", "email", "preferred_username")
    return {"issuer": provider.issuer} | {name: _text(claims, name) for name in names if _text(claims, name)}


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    good = isinstance(value, str) and len(value) <= LONGEST_VALUE and value.isprintable()
    return value.strip() if good and isinstance(value, str) else ""


def _link_key(provider: Provider, claims: Mapping[str, Any]) -> str:
    return _LINK + _digest(f"{provider.issuer.rstrip('/')}\n{claims['sub']}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
