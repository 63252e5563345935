"""What is done with accounts: made, given roles, disabled, given passwords, second factors and tokens."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from hub.accounts.book import Book
from hub.accounts.codes import is_totp, new_recovery_codes, recovery_digest, totp_step
from hub.accounts.grants import BUILT_IN_GRANTS, parse_token_scope
from hub.accounts.names import NameFault, clean_name
from hub.accounts.passwords import Hasher, check_password
from hub.accounts.records import Account, Session
from hub.accounts.sessions import Sessions
from hub.accounts.signin import SignInRefused
from hub.config.faults import what_there_is
from hub.model.errors import ActionRefused
from hub.model.identity import new_id
from hub.people import Directory

OWNER = "owner"
MOST_ACCOUNTS = 100_000
LONGEST_TOKEN_LIFE = timedelta(days=36_500)


class Registry:
    """Changes accounts; what can't be done is ActionRefused, NameFault, PasswordFault or GrantFault with the reason."""

    def __init__(
        self,
        book: Book,
        sessions: Sessions,
        hasher: Hasher,
        directory: Callable[[], Directory],
        now: Callable[[], datetime],
    ) -> None:
        self._book, self._sessions, self._hasher = book, sessions, hasher
        self._directory, self._now = directory, now
        # Hears of an account whose way in was changed by another, or that is gone: what else opens it must go.
        self.on_reset: Callable[[str], None] = lambda _account: None

    def account(self, name: str) -> Account:
        """The account of this name; ActionRefused when there is none."""
        found = self._book.account_named(name)
        if found is None:
            names = [account.name for account in self._book.accounts.values()]
            raise ActionRefused(f"there is no account '{name[:80]}'; {what_there_is(name, names)}")
        return found

    async def add(
        self,
        name: str,
        *,
        roles: Iterable[str] = (),
        person: str = "",
        language: str = "",
        password: str | None = None,
    ) -> Account:
        """Make an account; without a password nobody can sign in to it yet."""
        new = self.checked(name, roles=roles, person=person, language=language)
        if password is not None:
            written = await self._hasher.hash(check_password(password, new.name))
            new = replace(
                self.checked(new.name, roles=new.roles, person=person, language=language), password=written
            )
        await self._write(new)
        return new

    def checked(
        self, name: str, *, roles: Iterable[str] = (), person: str = "", language: str = ""
    ) -> Account:
        """A new account that could be added now."""
        name = clean_name(name)
        if (known := self._book.account_named(name)) is not None:
            raise NameFault("name_taken", name=known.name)
        if (known := self._book.alike(name)) is not None:
            raise NameFault("name_alike", name=known.name)
        if len(self._book.accounts) >= MOST_ACCOUNTS:
            raise ActionRefused(f"there are {MOST_ACCOUNTS} accounts already")
        self.check_person(person)
        now = self._now()
        return Account(
            id=new_id(),
            name=name,
            person=person,
            roles=self.check_roles(roles),
            language=language,
            created=now,
            password_at=now,
        )

    async def change(
        self,
        account: Account,
        *,
        add: Iterable[str] = (),
        remove: Iterable[str] = (),
        person: str | None = None,
    ) -> Account:
        """Give and take roles, or link to a person ("" for nobody)."""
        account, gone = self._current(account), set(remove)
        given = self.check_roles(add)
        if lacking := sorted(gone - set(account.roles)):
            raise ActionRefused(f"'{account.name}' does not have the role '{lacking[0]}' of its own")
        roles = tuple(dict.fromkeys(role for role in (*account.roles, *given) if role not in gone))
        if OWNER in account.roles and OWNER not in roles:
            self._another_owner(account)
        if person is not None:
            self.check_person(person)
        changed = replace(account, roles=roles, person=account.person if person is None else person)
        await self._write(changed)
        return changed

    async def disable(self, account: Account) -> Account:
        """Nobody signs in to it any more, and everything that is open by it ends."""
        account = self._current(account)
        self._another_owner(account)
        changed = replace(account, disabled=True, devices=())
        with self._book.units.open() as unit:
            self._book.put(changed)
            self._sessions.end_now(self._book.sessions_of(account.id))
        await unit.receipt
        return changed

    async def enable(self, account: Account) -> Account:
        """Let it sign in again; what was ended stays so."""
        changed = replace(self._current(account), disabled=False)
        await self._write(changed)
        return changed

    async def remove(self, account: Account) -> None:
        """Forget the account with all it has."""
        account = self._current(account)
        self._another_owner(account)
        with self._book.units.open() as unit:
            self._sessions.end_now(self._book.sessions_of(account.id))
            self._book.drop(account)
            self.on_reset(account.id)
        await unit.receipt

    async def set_password(self, account: Account, password: str, *, keep: str = "") -> None:
        """Give another password; ends every session but `keep`. Long-lived tokens stay: they have their own list."""
        written = await self._hasher.hash(check_password(password, account.name))
        with self._book.units.open() as unit:
            account = self._current(account)  # it may have changed meanwhile
            if not keep:
                self.on_reset(account.id)
            self._book.put(replace(account, password=written, password_at=self._now(), devices=()))
            self._sessions.end_now(
                session
                for session in self._book.sessions_of(account.id)
                if session.kind != "token" and session.id != keep
            )
        await unit.receipt

    async def confirm_totp(self, account: Account, secret: str, code: str) -> tuple[str, ...]:
        """Ask for codes from now on, if this one is right; returns recovery codes, which nobody is shown again."""
        step = totp_step(secret, code, self._now()) if is_totp(secret) else 0
        if not step:
            raise SignInRefused("wrong_first_code")
        recovery = new_recovery_codes()
        digests = tuple(recovery_digest(item) for item in recovery)
        await self._write(replace(self._current(account), totp=secret, totp_step=step, recovery=digests))
        return recovery

    async def remove_totp(self, account: Account) -> None:
        """Ask for no codes any more."""
        await self._write(replace(self._current(account), totp="", recovery=()))

    async def make_token(
        self,
        account: Account,
        *,
        label: str,
        scopes: Iterable[str] | None = None,
        lasts: timedelta | None = None,
    ) -> tuple[Session, str]:
        """A long-lived token, limited to scopes if there are any; returns it with its secret. GrantFault."""
        limits = None if scopes is None else tuple(scopes)
        for scope in limits or ():
            parse_token_scope(scope)
        if self._current(account).disabled:
            raise ActionRefused(f"'{account.name}' is disabled; enable it first")
        if lasts is not None and not timedelta(0) < lasts <= LONGEST_TOKEN_LIFE:
            raise ActionRefused(f"a token lasts 1 to {LONGEST_TOKEN_LIFE.days} days")
        if not label.strip():
            raise ActionRefused("a token needs a label that says what it is for")
        return await self._sessions.open(account.id, "token", label=label, scopes=limits, lasts=lasts)

    def check_roles(self, roles: Iterable[str]) -> tuple[str, ...]:
        """The roles, each once; ActionRefused for one nobody knows."""
        known = {**self._directory().roles, **BUILT_IN_GRANTS}
        for role in (found := tuple(dict.fromkeys(roles))):
            if role not in known:
                raise ActionRefused(f"there is no role '{role[:80]}'; {what_there_is(role, known)}")
        return found

    def check_person(self, person: str) -> None:
        """ActionRefused for a person nobody knows."""
        persons = self._directory().persons
        if person and person not in persons:
            raise ActionRefused(f"there is no person '{person[:80]}'; {what_there_is(person, persons)}")

    def roles_of(self, person: str) -> tuple[str, ...]:
        """The roles that an account linked to this person has of them."""
        found = self._directory().persons.get(person)
        return found.roles if found is not None else ()

    def _another_owner(self, account: Account) -> None:
        """ActionRefused when nobody else owns the site."""
        others = [
            other
            for other in self._book.accounts.values()
            if OWNER in other.roles and not other.disabled and other.id != account.id
        ]
        if OWNER in account.roles and not others:
            raise ActionRefused(f"'{account.name}' is the last owner; make another one first")

    def _current(self, account: Account) -> Account:
        """The account as it is now: who asked may have waited for a password meanwhile."""
        found = self._book.accounts.get(account.id)
        if found is None:
            raise ActionRefused(f"the account '{account.name}' is gone")
        return found

    async def _write(self, account: Account) -> None:
        with self._book.units.open() as unit:
            self._book.put(account)
        await unit.receipt
