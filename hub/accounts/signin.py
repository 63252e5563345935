"""Signing in: name, password, second factor. Whoever is refused learns nothing of which names there are."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil

from hub.accounts.audit import FAILED, Audit
from hub.accounts.book import Book
from hub.accounts.codes import use_code
from hub.accounts.names import folded
from hub.accounts.passwords import Hasher
from hub.accounts.records import Account
from hub.accounts.secret import digest_of, is_kind, new_secret
from hub.accounts.throttle import Throttle, network_of
from hub.accounts.words import Refusal

DEVICES_KEPT = 20  # of each account


class SignInRefused(Refusal):
    """Name, password or code is wrong, or the account is disabled: which of them is not told."""


class CodeWanted(Refusal):
    """The password is right; the second factor is still to be shown."""

    def __init__(self, account: str) -> None:
        super().__init__("code_wanted")
        self.account = account


class Throttled(Refusal):
    """Too many were wrong; `seconds` to wait, whatever is tried meanwhile."""

    def __init__(self, seconds: float) -> None:
        super().__init__("throttled", seconds=ceil(seconds))
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What somebody tries."""

    name: str
    password: str
    code: str = ""
    address: str
    device: str = ""  # the secret of a device that signed in before


class SignIn:
    """Checks who somebody is."""

    def __init__(
        self, book: Book, throttle: Throttle, hasher: Hasher, now: Callable[[], datetime], audit: Audit
    ) -> None:
        self._book, self._throttle, self._hasher, self._now = book, throttle, hasher, now
        self._audit = audit

    async def check(self, attempt: Attempt) -> Account:
        """Whose name, password and code these are; SignInRefused, CodeWanted, Throttled, or Busy in a flood."""
        account = self._book.account_named(attempt.name)
        keys = self._begin(account, attempt.name, attempt.address, attempt.device)
        written = account.password if account is not None and not account.disabled else ""
        right = await self._hasher.verify(written, attempt.password, network_of(attempt.address))
        account = self._still(account)  # it may have changed meanwhile
        if not right or account is None or account.password != written:
            self._note_failure(account, attempt.address)
            raise SignInRefused("wrong")
        if account.totp and not attempt.code:
            raise CodeWanted(account.id)
        return self._end(account, attempt.code, keys, attempt.address)

    def check_code(self, account_id: str, code: str, address: str) -> Account:
        """Whose second factor this is, after `CodeWanted`; SignInRefused, Throttled."""
        account = self._still(self._book.accounts.get(account_id))
        if account is None:
            raise SignInRefused("wrong")
        return self._end(account, code, self._begin(account, account.name, address, ""), address)

    async def check_again(self, account: Account, password: str, address: str) -> None:
        """Whether who is signed in knows the password, before something grave; SignInRefused, Throttled."""
        key = (f"again:{account.id}",)
        self._wait_or_count(key)
        if not await self._hasher.verify(account.password, password, network_of(address)):
            raise SignInRefused("wrong_password")
        self._throttle.forgive(key)

    async def know_device(self, account_id: str, device: str) -> str:
        """Remember a device for the account; returns its secret, the same one if it is known already."""
        account = self._book.accounts.get(account_id)
        if account is None or (device and digest_of(device) in account.devices):
            return device
        secret = new_secret("device")
        devices = (*account.devices, digest_of(secret))[-DEVICES_KEPT:]
        with self._book.units.open() as unit:
            self._book.put(replace(account, devices=devices))
        await unit.receipt
        return secret

    def _begin(self, account: Account | None, name: str, address: str, device: str) -> tuple[str, ...]:
        known = ""
        if account is not None and is_kind(device, "device") and digest_of(device) in account.devices:
            known = f"{account.id}/{digest_of(device)[:16]}"
        keys = self._throttle.keys_of(account.id if account else "", folded(name), address, known)
        self._wait_or_count(keys)
        return keys

    def _wait_or_count(self, keys: tuple[str, ...]) -> None:
        if (seconds := self._throttle.wait(keys)) > 0:
            raise Throttled(seconds)
        self._throttle.count(keys)

    def _still(self, account: Account | None) -> Account | None:
        found = None if account is None else self._book.accounts.get(account.id)
        return None if found is None or found.disabled else found

    def _note_failure(self, account: Account | None, address: str) -> None:
        """Without the name that was typed: it may be a password in the wrong field."""
        self._audit.record(
            "sign_in", "account", account.id if account else "", address=address, outcome=FAILED
        )

    def _end(self, account: Account, code: str, keys: tuple[str, ...], address: str) -> Account:
        """Check the second factor if there is one, and let in."""
        with self._book.units.open():
            if account.totp:
                after = use_code(account, code, self._now())
                if after is None:
                    self._note_failure(account, address)
                    raise SignInRefused("wrong_code")
                self._book.put(after)
                account = after
            self._throttle.forgive(keys)
            self._audit.record("sign_in", "account", account.id, who=account.id, address=address)
        return account
