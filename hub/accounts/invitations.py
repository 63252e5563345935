"""One-time links: to an account of one's own, to a new password, and to owning a new hub."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hub.accounts.book import Book
from hub.accounts.passwords import Hasher, check_password
from hub.accounts.records import Account, Invitation
from hub.accounts.registry import OWNER, Registry
from hub.accounts.secret import digest_of, is_kind, new_secret
from hub.accounts.words import Refusal
from hub.model.errors import ActionRefused
from hub.model.identity import new_id

WELCOME = "welcome"  # who made the invitation of the first start
LASTS = {"join": timedelta(days=7), "reset": timedelta(days=1), WELCOME: timedelta(hours=1)}
LONGEST = timedelta(days=60)
MOST_OPEN = 10_000


class NoSuchInvitation(Refusal):
    """It was used, is past its time, or never was."""


class Invitations:
    """Makes invitations and lets people in by them. A code is shown once; what is kept is its digest."""

    def __init__(self, book: Book, registry: Registry, hasher: Hasher, now: Callable[[], datetime]) -> None:
        self._book, self._registry, self._hasher, self._now = book, registry, hasher, now

    async def invite(
        self,
        *,
        made_by: str,
        name: str = "",
        person: str = "",
        roles: Iterable[str] = (),
        lasts: timedelta | None = None,
    ) -> tuple[Invitation, str]:
        """Invite somebody to make an account with these roles; returns the invitation and its code."""
        if name:
            name = self._registry.checked(name).name
        self._registry.check_person(person)
        checked = self._registry.check_roles(roles)
        return await self._make("join", made_by, lasts, name=name, person=person, roles=checked)

    async def reset(
        self, account: Account, *, made_by: str, lasts: timedelta | None = None
    ) -> tuple[Invitation, str]:
        """Let somebody choose a new password for the account; former links to that end."""
        for other in [item for item in self._book.invitations.values() if item.account == account.id]:
            self._book.drop(other)
        return await self._make("reset", made_by, lasts, account=account.id, name=account.name)

    async def welcome(self) -> tuple[Invitation, str] | None:
        """The one-time code that makes the owner; None when there is an account. A former one ends."""
        if self._book.accounts:
            return None
        for other in [item for item in self._book.invitations.values() if item.made_by == WELCOME]:
            self._book.drop(other)
        return await self._make("join", WELCOME, LASTS[WELCOME], roles=(OWNER,))

    def find(self, code: str) -> Invitation:
        """The invitation with this code; NoSuchInvitation."""
        digest, now = digest_of(code) if is_kind(code, "invitation") else "", self._now()
        for found in self._book.invitations.values():
            if found.digest == digest and now < found.expires:
                if found.made_by == WELCOME and self._book.accounts:
                    break
                return found
        raise NoSuchInvitation("link_gone")

    async def accept(self, code: str, name: str, password: str) -> Account:
        """Make the account, or set the password, and use the invitation up."""
        invitation = self.find(code)
        if invitation.purpose == "reset":
            return await self._accept_reset(code, invitation, password)
        checked = self._registry.checked(name or invitation.name)
        written = await self._hasher.hash(check_password(password, checked.name))
        invitation = self.find(code)  # somebody may have been quicker
        new = self._registry.checked(checked.name)
        with self._book.units.open() as unit:
            self._book.drop(invitation)
            self._book.put(replace(new, person=invitation.person, roles=invitation.roles, password=written))
        await unit.receipt
        return self._book.accounts[new.id]

    async def withdraw(self, invitation_id: str) -> None:
        """Make a link void; ActionRefused when there is none."""
        found = self._book.invitations.get(invitation_id)
        if found is None:
            raise ActionRefused(f"there is no invitation '{invitation_id[:80]}'")
        with self._book.units.open() as unit:
            self._book.drop(found)
        await unit.receipt

    def sweep(self) -> None:
        """Forget those past their time."""
        now = self._now()
        for found in [item for item in self._book.invitations.values() if now >= item.expires]:
            self._book.drop(found)

    async def _accept_reset(self, code: str, invitation: Invitation, password: str) -> Account:
        account = self._book.accounts.get(invitation.account)
        if account is None or account.disabled:
            raise NoSuchInvitation("link_gone")
        check_password(password, account.name)
        self._book.drop(self.find(code))  # used up before anything is awaited
        await self._registry.set_password(account, password)
        return self._registry.account(account.name)

    async def _make(
        self, purpose: str, made_by: str, lasts: timedelta | None, **about: Any
    ) -> tuple[Invitation, str]:
        lasts = lasts or LASTS[purpose]
        if not timedelta(0) < lasts <= LONGEST:
            raise ActionRefused(f"an invitation lasts at most {LONGEST.days} days")
        if len(self._book.invitations) >= MOST_OPEN:
            raise ActionRefused(f"there are {MOST_OPEN} open invitations; withdraw some first")
        code, now = new_secret("invitation"), self._now()
        invitation = Invitation(
            id=new_id(),
            digest=digest_of(code),
            purpose=purpose,
            made_by=made_by,
            created=now,
            expires=now + lasts,
            **about,
        )
        with self._book.units.open() as unit:
            self._book.put(invitation)
        await unit.receipt
        return invitation, code
