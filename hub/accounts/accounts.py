"""Accounts of one hub: who signs in, by what, and who they are when they ask."""

import secrets
from collections.abc import Callable
from datetime import timedelta

from hub.accounts.audit import Audit
from hub.accounts.book import Book
from hub.accounts.invitations import Invitations
from hub.accounts.oidc import OidcAccounts
from hub.accounts.passkeys import Passkeys
from hub.accounts.passwords import Hasher
from hub.accounts.permissions import Permissions, Principal
from hub.accounts.principals import Principals
from hub.accounts.records import Session
from hub.accounts.registry import Registry
from hub.accounts.rotation import is_over
from hub.accounts.secret import is_kind
from hub.accounts.sessions import Found, Sessions
from hub.accounts.signin import SignIn
from hub.accounts.throttle import Throttle
from hub.kernel.bus import Undo
from hub.model.errors import ActionRefused
from hub.people import Directory
from hub.store.clock import Clock, Timer
from hub.store.store import Store

MEMORY = "hub.accounts"  # whose memory holds the salt
_NEXT_SWEEP = timedelta(hours=1)


class Accounts:
    """Put together over the store; `load` before use, `close` at the end."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        directory: Callable[[], Directory],
        permissions: Permissions,
        audit: Audit,
    ) -> None:
        self._clock, self._store = clock, store
        self._timer: Timer | None = None
        self.book = Book(store)
        self.hasher = Hasher()
        self.principals = Principals(directory, permissions)
        self.sessions = Sessions(self.book, clock.now, audit)
        self.throttle = Throttle(self.book, clock.now, self._salt())
        self.sign_in = SignIn(self.book, self.throttle, self.hasher, clock.now, audit)
        self.registry = Registry(self.book, self.sessions, self.hasher, directory, clock.now)
        self.audit = audit
        self.passkeys = Passkeys(store.memory(MEMORY), self.book, self.throttle, clock.now, audit)
        self.oidc = OidcAccounts(store.memory(MEMORY), self.book, self.registry, audit)
        self.registry.on_reset = self._forget_ways_in
        self.invitations = Invitations(self.book, self.registry, self.hasher, clock.now)
        self.sessions.on_revoked(self.principals.forget)

    async def load(self) -> None:
        """Take all accounts off the disk."""
        await self.book.load()
        self._sweep()

    def close(self) -> None:
        """End the threads and timers."""
        if self._timer is not None:
            self._timer.cancel()
        self.hasher.close()

    def principal_of_token(self, token: str, address: str) -> Principal | None:
        """Who a long-lived token or access token stands for; None when it is no good. Quick, and never waits."""
        found = self.sessions.find(token, address) if is_kind(token, "token", "access") else None
        return None if found is None else self.principal_of(found.session)

    def console_session(self, secret: str, address: str) -> Found | None:
        """The session of a console's cookie, with the next secret when it is time; None when it is no good."""
        return self.sessions.find(secret, address) if is_kind(secret, "console") else None

    def principal_of(self, session: Session) -> Principal | None:
        """Who asks by this session now; None when the account is disabled or gone."""
        account = self.book.accounts.get(session.account)
        return None if account is None or account.disabled else self.principals.of(account, session)

    def principal_of_session(self, session_id: str) -> Principal | None:
        """Who a session or token stands for, by its id, as in a link that it signed; None when it has ended."""
        session = self.book.sessions.get(session_id)
        if session is None or is_over(session, self._clock.now()):
            return None
        return self.principal_of(session)

    def current(self, principal: Principal) -> Principal | None:
        """The same caller with the roles, places and grants of now; None when the session has ended.

        For what stays open: ask before each answer. The machine's own admin has no session and stays.
        """
        return self.principal_of_session(principal.session) if principal.session else principal

    async def make_token(self, who: Principal, label: str, lasts: timedelta | None = None) -> str:
        """A long-lived token for the caller themselves, as clients ask for one; ActionRefused for a limited token."""
        account = self.book.accounts.get(who.account)
        if account is None or who.scopes is not None:
            raise ActionRefused("sign in as yourself to make a token")
        session, secret = await self.registry.make_token(account, label=label, lasts=lasts)
        self.audit.record(
            "make_token", "account", account.id, who=account.id, details={"session": session.id}
        )
        return secret

    def on_revoked(self, callback: Callable[[str], None]) -> Undo:
        """Call back with each session's id when it ends."""
        return self.sessions.on_revoked(callback)

    def _forget_ways_in(self, account: str) -> None:
        """Passkeys go with a reset; a provider's people stay linked until the account is gone, or linked anew."""
        self.passkeys.forget(account)
        if account not in self.book.accounts:
            self.oidc.forget(account)

    def _salt(self) -> str:
        memory = self._store.memory(MEMORY)
        if "salt" not in memory:
            memory.put("salt", secrets.token_hex(16))
        return str(memory.get("salt"))

    def _sweep(self) -> None:
        with self.book.units.open():
            self.sessions.sweep()
            self.throttle.sweep()
            self.invitations.sweep()
        self._timer = self._clock.call_at(self._clock.now() + _NEXT_SWEEP, self._sweep)
