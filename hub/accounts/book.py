"""The book of accounts: every record in memory, found by what people and programs bring, and on the disk."""

import sqlite3
from collections.abc import Iterable

from hub.accounts.names import folded, likeness
from hub.accounts.records import Account, Failures, Invitation, Session, record_of, row_of
from hub.store import catalogue
from hub.store.store import Store

Record = Account | Session | Invitation | Failures
_KINDS = {Account: "account", Session: "session", Invitation: "invitation", Failures: "failure"}


class Book:
    """Holds records; a change counts at once and is written with the unit that is open around it."""

    def __init__(self, store: Store) -> None:
        self._store, self.units = store, store.units
        self.accounts: dict[str, Account] = {}
        self.sessions: dict[str, Session] = {}
        self.invitations: dict[str, Invitation] = {}
        self.failures: dict[str, Failures] = {}
        self._by_name: dict[str, str] = {}
        self._by_digest: dict[str, str] = {}  # sessions, by every secret they were ever known by
        self._of_account: dict[str, set[str]] = {}  # sessions

    async def load(self) -> None:
        """Take everything off the disk."""
        for record in await self._store.read(_everything):
            self._note(record)

    def put(self, record: Record) -> None:
        """Add a record, or put it in the place of the one with its id."""
        self._strike(record)
        self._note(record)
        with self.units.open() as unit:
            unit.write(_KINDS[type(record)], row_of(record))

    def drop(self, record: Record) -> None:
        """Forget a record."""
        self._strike(record)
        with self.units.open() as unit:
            unit.write(f"{_KINDS[type(record)]}_gone", row_of(record))

    def account_named(self, name: str) -> Account | None:
        """Whose name it is, however it is spelt."""
        found = self._by_name.get(folded(name))
        return None if found is None else self.accounts[found]

    def alike(self, name: str) -> Account | None:
        """An account whose name looks the same."""
        wanted = likeness(name)
        return next((found for found in self.accounts.values() if likeness(found.name) == wanted), None)

    def session_with(self, digest: str) -> Session | None:
        """The session that a secret belongs or belonged to."""
        found = self._by_digest.get(digest)
        return None if found is None else self.sessions[found]

    def sessions_of(self, account: str) -> list[Session]:
        """An account's sessions and tokens."""
        return [self.sessions[found] for found in sorted(self._of_account.get(account, ()))]

    def _note(self, record: Record) -> None:
        if isinstance(record, Account):
            self.accounts[record.id] = record
            self._by_name[folded(record.name)] = record.id
        elif isinstance(record, Session):
            self.sessions[record.id] = record
            self._of_account.setdefault(record.account, set()).add(record.id)
            self._by_digest.update(dict.fromkeys(record.digests, record.id))
        elif isinstance(record, Invitation):
            self.invitations[record.id] = record
        else:
            self.failures[record.key] = record

    def _strike(self, record: Record) -> None:
        if isinstance(record, Account):
            if (known := self.accounts.pop(record.id, None)) is not None:
                del self._by_name[folded(known.name)]
        elif isinstance(record, Session):
            if (former := self.sessions.pop(record.id, None)) is not None:
                self._of_account[former.account].discard(former.id)
                for digest in former.digests:
                    del self._by_digest[digest]
        elif isinstance(record, Invitation):
            self.invitations.pop(record.id, None)
        else:
            self.failures.pop(record.key, None)


def _everything(connection: sqlite3.Connection) -> Iterable[Record]:
    return [
        *(record_of(Account, row) for row in catalogue.ALL_ACCOUNTS.run(connection)),
        *(record_of(Session, row) for row in catalogue.ALL_SESSIONS.run(connection)),
        *(record_of(Invitation, row) for row in catalogue.ALL_INVITATIONS.run(connection)),
        *(record_of(Failures, row) for row in catalogue.ALL_FAILURES.run(connection)),
    ]
