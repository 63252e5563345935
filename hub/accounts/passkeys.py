"""Passkeys (WebAuthn): signing in by a device that knows its owner. They count as password and second factor in one."""

import asyncio
import base64
import binascii
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from hub.accounts.audit import Audit
from hub.accounts.book import Book
from hub.accounts.records import Account
from hub.accounts.signin import SignInRefused, Throttled
from hub.accounts.throttle import Throttle, network_of
from hub.accounts.words import Refusal
from hub.store.memory import Memory
from hub.store.sql import from_microseconds, to_microseconds

T = TypeVar("T")
OPEN = timedelta(minutes=5)  # for the device's answer
MOST_OPEN, MOST_OF_ACCOUNT, LONGEST_LABEL = 500, 10, 60
_PREFIX = "passkey/"


class PasskeyRefused(Refusal):
    """It can't be added, or this hub or address has none."""


@dataclass(frozen=True, slots=True)
class Party:
    """Where the browser stands: a passkey is for one host name, and answers pages of it alone."""

    host: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One key of an account; `id` and `public_key` in base64url."""

    id: str
    account: str
    label: str
    public_key: str
    count: int
    created: datetime
    used: datetime


class Passkeys:
    """Keeps keys in the hub's memory; a challenge is good once."""

    def __init__(
        self, memory: Memory, book: Book, throttle: Throttle, now: Callable[[], datetime], audit: Audit
    ) -> None:
        self._memory, self._book, self._throttle, self._now, self._audit = memory, book, throttle, now, audit
        self._open: dict[
            bytes, tuple[str, datetime]
        ] = {}  # challenges: for which account ("": to sign in), until

    def of(self, account: str) -> list[Passkey]:
        """An account's keys."""
        found = (self._read(key) for key in self._memory.keys() if key.startswith(_PREFIX))  # noqa: SIM118
        return [passkey for passkey in found if passkey.account == account]

    def begin(self, account: Account, party: Party) -> Any:
        """What the browser needs to make a key, as `parseCreationOptionsFromJSON` takes it."""
        webauthn = _webauthn()
        structs = webauthn.helpers.structs
        options = webauthn.generate_registration_options(
            rp_id=party.host,
            rp_name=party.name,
            user_name=account.name,
            user_id=account.id.encode(),
            challenge=self._challenge(account.id),
            exclude_credentials=[
                structs.PublicKeyCredentialDescriptor(id=_bytes(passkey.id))
                for passkey in self.of(account.id)
            ],
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.REQUIRED,
                user_verification=structs.UserVerificationRequirement.REQUIRED,
            ),
        )
        return json.loads(webauthn.options_to_json(options))

    async def add(self, account: Account, party: Party, credential: Mapping[str, Any], label: str) -> Passkey:
        """Keep the key that the browser made; PasskeyRefused when it did not, or there are too many."""
        challenge = self._take(credential, account.id)
        made = await _verified(
            lambda: _webauthn().verify_registration_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=party.host,
                expected_origin=party.origin,
                require_user_verification=True,
            )
        )
        now, key = self._now(), _text(made.credential_id) if made is not None else ""
        if made is None or _PREFIX + key in self._memory or len(self.of(account.id)) >= MOST_OF_ACCOUNT:
            raise PasskeyRefused("passkey_refused")
        passkey = Passkey(
            id=key,
            account=account.id,
            label="".join(c for c in label[:LONGEST_LABEL] if c.isprintable()).strip() or "-",
            public_key=_text(made.credential_public_key),
            count=made.sign_count,
            created=now,
            used=now,
        )
        await self._write(passkey)
        return passkey

    def begin_sign_in(self, party: Party) -> Any:
        """What the browser needs to show a key, as `parseRequestOptionsFromJSON` takes it."""
        webauthn = _webauthn()
        options = webauthn.generate_authentication_options(
            rp_id=party.host,
            challenge=self._challenge(""),
            user_verification=webauthn.helpers.structs.UserVerificationRequirement.REQUIRED,
        )
        return json.loads(webauthn.options_to_json(options))

    async def sign_in(self, party: Party, credential: Mapping[str, Any], address: str) -> Account:
        """Whose key it is; SignInRefused, Throttled."""
        keys = (f"address:{network_of(address)}",)
        if (seconds := self._throttle.wait(keys)) > 0:
            raise Throttled(seconds)
        self._throttle.count(keys)
        account = await self._check(party, credential)
        self._throttle.forgive(keys)
        self._audit.record("sign_in", "account", account.id, who=account.id, address=address)
        return account

    async def remove(self, account: str, key: str) -> bool:
        """Forget one of an account's keys; whether there was one."""
        found = [passkey for passkey in self.of(account) if passkey.id == key]
        for passkey in found:
            self._memory.delete(_PREFIX + passkey.id)
        return bool(found)

    def forget(self, account: str) -> None:
        """Forget all keys of an account."""
        for passkey in self.of(account):
            self._memory.delete(_PREFIX + passkey.id)

    async def _check(self, party: Party, credential: Mapping[str, Any]) -> Account:
        challenge = self._take(credential, "")
        key = _PREFIX + str(credential.get("id"))[:300]
        passkey = self._read(key) if key in self._memory else None
        account = self._book.accounts.get(passkey.account) if passkey is not None else None
        if passkey is None or account is None or account.disabled:
            raise SignInRefused("passkey_unknown")
        shown = await _verified(
            lambda: _webauthn().verify_authentication_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=party.host,
                expected_origin=party.origin,
                credential_public_key=_bytes(passkey.public_key),
                credential_current_sign_count=passkey.count,
                require_user_verification=True,
            )
        )
        account = self._book.accounts.get(passkey.account)
        if shown is None or account is None or account.disabled or key not in self._memory:
            raise SignInRefused("passkey_unknown")
        await self._write(replace(passkey, count=shown.new_sign_count, used=self._now()))
        return account

    def _challenge(self, account: str) -> bytes:
        now = self._now()
        self._open = {challenge: item for challenge, item in self._open.items() if now < item[1]}
        while len(self._open) >= MOST_OPEN:
            del self._open[next(iter(self._open))]
        challenge = secrets.token_bytes(32)
        self._open[challenge] = (account, now + OPEN)
        return challenge

    def _take(self, credential: Mapping[str, Any], account: str) -> bytes:
        """The challenge that the browser says it answers, if it is open for this account: once."""
        try:
            told = json.loads(_bytes(credential["response"]["clientDataJSON"]))
            challenge = _bytes(told["challenge"])
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise SignInRefused("passkey_unknown") from error
        whose, ends = self._open.pop(challenge, (None, self._now()))
        if whose != account or self._now() >= ends:
            raise SignInRefused("passkey_unknown")
        return challenge

    def _read(self, key: str) -> Passkey:
        kept = self._memory.get(key)
        times = {name: from_microseconds(kept[name]) for name in ("created", "used")}
        return Passkey(id=key.removeprefix(_PREFIX), **{**kept, **times})

    async def _write(self, passkey: Passkey) -> None:
        kept = {name: getattr(passkey, name) for name in ("account", "label", "public_key", "count")}
        times = {name: to_microseconds(getattr(passkey, name)) for name in ("created", "used")}
        with self._book.units.open() as unit:
            self._memory.put(_PREFIX + passkey.id, kept | times)
        await unit.receipt


async def _verified(work: Callable[[], T]) -> T | None:
    """What the library makes of an answer, beside the loop; None when it is not what it says."""
    helpers = _webauthn().helpers

    def verify() -> T | None:
        try:
            return work()
        except (helpers.exceptions.WebAuthnException, ValueError, TypeError, KeyError, RecursionError):
            return None

    return await asyncio.to_thread(verify)


def _webauthn() -> Any:
    try:
        import webauthn
        import webauthn.helpers.exceptions
    except ImportError as error:
        raise PasskeyRefused("passkey_missing") from error
    return webauthn


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("no base64") from error
