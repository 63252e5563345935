"""Sessions: opened, found by what they show, changed on the way, and ended."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.accounts import rotation
from hub.accounts.audit import REFUSED, Audit
from hub.accounts.book import Book
from hub.accounts.records import Session
from hub.accounts.secret import digest_of, is_kind, new_secret
from hub.kernel.bus import Undo
from hub.model.errors import ActionRefused
from hub.model.identity import new_id

ACCESS = timedelta(minutes=30)  # an access token serves so long
ACCESS_KEPT = 16  # of one client, at once
MOST_OF_ACCOUNT = {"console": 20, "client": 50, "token": 100}
LONGEST_LABEL = 100
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """The session that a secret belongs to; `renewed` is the next secret, to be handed out with the answer."""

    session: Session
    renewed: str = ""


class Sessions:
    """Opens, finds and ends sessions. What an end concerns hears of it at once."""

    def __init__(self, book: Book, now: Callable[[], datetime], audit: Audit) -> None:
        self._book, self._now, self._audit = book, now, audit
        self._listeners: list[Callable[[str], None]] = []

    def on_revoked(self, callback: Callable[[str], None]) -> Undo:
        """Call back with the id of each session that ends, however it does."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback) if callback in self._listeners else None

    async def open(
        self,
        account: str,
        kind: str,
        *,
        label: str,
        address: str = "",
        client: str = "",
        scopes: tuple[str, ...] | None = None,
        lasts: timedelta | None = None,
    ) -> tuple[Session, str]:
        """Open one; returns it with its secret, which nobody is shown again. The oldest makes room for it."""
        now, secret = self._now(), new_secret(kind)
        owner = self._book.accounts.get(account)
        if owner is None or owner.disabled:  # since its password was right
            raise ActionRefused("the account is disabled or gone")
        session = Session(
            id=new_id(),
            account=account,
            kind=kind,
            label=_label(label),
            client=client,
            digest=digest_of(secret),
            scopes=scopes,
            address=address,
            created=now,
            used=now,
            changed=now,
            expires=now + (lasts or rotation.LASTS[kind]),
        )
        others = [other for other in self._book.sessions_of(account) if other.kind == kind]
        if kind == "token" and len(others) >= MOST_OF_ACCOUNT[kind]:
            raise ActionRefused(f"this account has {len(others)} tokens; revoke some first")
        others.sort(key=lambda other: other.used)
        with self._book.units.open() as unit:
            self.end_now(others[: max(0, len(others) - MOST_OF_ACCOUNT[kind] + 1)])
            self._book.put(session)
        await unit.receipt
        return session, secret

    def find(self, secret: str, address: str = "") -> Found | None:
        """The session of a console's or client's secret, long-lived token or access token; None when it is no good."""
        if not is_kind(secret, "console", "client", "token", "access"):
            return None
        now, digest = self._now(), digest_of(secret)
        session = self._book.session_with(digest)
        if session is None:
            return None
        if is_kind(secret, "access"):
            shown = _judge_access(session, digest, now)
        else:
            shown = rotation.judge(session, digest, now)
        if shown is not rotation.Shown.good:
            if shown is rotation.Shown.stolen:
                self._tell_of_theft(session, address)
            if not is_kind(secret, "access") or rotation.is_over(session, now):
                self.end_now([session])
            return None
        return self._use(session, digest, address, now)

    def _tell_of_theft(self, session: Session, address: str) -> None:
        log.warning("a former secret of session %s came back: somebody copied it; it is ended", session.id)
        details = {"session": session.id}
        self._audit.record(
            "reuse", "account", session.account, address=address, outcome=REFUSED, details=details
        )

    def _use(self, session: Session, digest: str, address: str, now: datetime) -> Found:
        changed, renewed = rotation.advance(session, digest, now), ""
        if session.kind == "console" and rotation.is_due(changed, digest, now):
            renewed = new_secret("console")
            changed = rotation.hand_out(changed, digest_of(renewed), now)
        if now >= session.used + rotation.SEEN_EVERY:
            changed = replace(changed, used=now, address=address or session.address)
        if changed is not session:
            self._book.put(changed)
        return Found(changed, renewed)

    async def grant_access(self, session: Session) -> str:
        """An access token for a client, good for half an hour."""
        now, secret = self._now(), new_secret("access")
        ends = int((now + ACCESS).timestamp())
        live = tuple(item for item in session.access if item[1] > now.timestamp())[-ACCESS_KEPT + 1 :]
        access = (*live, (digest_of(secret), ends))
        with self._book.units.open() as unit:
            self._book.put(replace(session, access=access, used=now))
        await unit.receipt
        return secret

    async def end(self, sessions: Iterable[Session]) -> None:
        """End them for good, and what is open by them."""
        with self._book.units.open() as unit:
            self.end_now(sessions)
        await asyncio.shield(unit.receipt)

    def sweep(self) -> None:
        """End those whose time is past."""
        now = self._now()
        self.end_now([session for session in self._book.sessions.values() if rotation.is_over(session, now)])

    def end_now(self, sessions: Iterable[Session]) -> None:
        """End them within the unit that is open."""
        for session in list(sessions):
            self._book.drop(session)
            for callback in list(self._listeners):
                callback(session.id)


def _judge_access(session: Session, digest: str, now: datetime) -> rotation.Shown:
    ends = dict(session.access).get(digest, 0)
    if rotation.is_over(session, now) or now.timestamp() >= ends:
        return rotation.Shown.over
    return rotation.Shown.good


def _label(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text[:LONGEST_LABEL]).strip() or "-"
