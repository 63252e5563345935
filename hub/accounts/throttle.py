"""How often one may be wrong: counted by account, by known device and by address, and kept over restarts.

A device that signed in before shows it by a cookie and has a count of its own: whoever guesses at an account from
elsewhere can't keep its owner out. Names nobody has are counted like those of accounts.
"""

import hashlib
import ipaddress
from collections.abc import Callable
from datetime import datetime, timedelta

from hub.accounts.book import Book
from hub.accounts.names import folded
from hub.accounts.records import Failures

WRONG_IN_A_ROW = 10  # of one account, or device
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=60), timedelta(minutes=15)
FORGOTTEN = timedelta(days=1)  # after which a row of failures counts no more
WRONG_AT_ADDRESS, ONE_LESS_EACH = 100, timedelta(minutes=1)
BAN = timedelta(minutes=15)  # of an address
MOST_NAMES = 16_384  # places for names that no account has; they share them
MOST_ADDRESSES = 10_000


class Throttle:
    """Counts failures before a password is looked at, and forgives when it was right."""

    def __init__(self, book: Book, now: Callable[[], datetime], salt: str) -> None:
        self._book, self._now, self._salt = book, now, salt.encode()

    def keys_of(self, account: str, name: str, address: str, device: str = "") -> tuple[str, ...]:
        """What a try is counted by: a known device alone, else account (or name) and address."""
        if device:
            return (f"device:{device}",)
        whose = f"account:{account}" if account else f"name:{self._place(name)}"
        return (whose, f"address:{network_of(address)}")

    def wait(self, keys: tuple[str, ...]) -> float:
        """Seconds until who has these keys may try; 0 when now."""
        now = self._now()
        ends = [found.until for key in keys if (found := self._book.failures.get(key)) is not None]
        return max(((end - now).total_seconds() for end in ends if end > now), default=0.0)

    def count(self, keys: tuple[str, ...]) -> None:
        """Note one more failure; made before the check, so that many at once are no more tries."""
        for key in keys:
            self._book.put(self._worse(key))
        self._forget_too_many()

    def forgive(self, keys: tuple[str, ...]) -> None:
        """It was right: the row ends. Of an address only this one try is taken back: others are wrong there, too."""
        now = self._now()
        for key in keys:
            found = self._book.failures.get(key)
            if found is None:
                continue
            if key.startswith("address:") and found.count > 1:
                until = now if found.count == WRONG_AT_ADDRESS else found.until
                self._book.put(Failures(key=key, count=found.count - 1, last=found.last, until=until))
            else:
                self._book.drop(found)

    def sweep(self) -> None:
        """Forget what counts no more."""
        now = self._now()
        for found in list(self._book.failures.values()):
            if now >= max(found.last + FORGOTTEN, found.until):
                self._book.drop(found)

    def _worse(self, key: str) -> Failures:
        now = self._now()
        found = self._book.failures.get(key) or Failures(key=key, count=0, last=now, until=now)
        return _worse_address(found, now) if key.startswith("address:") else _worse(found, now)

    def _place(self, name: str) -> int:
        """Salted, so that nobody can choose names that share a place with one they ask about."""
        text = folded(name).encode("utf-8", "surrogatepass")
        return (
            int.from_bytes(hashlib.blake2b(text, key=self._salt, digest_size=8).digest(), "big") % MOST_NAMES
        )

    def _forget_too_many(self) -> None:
        addresses = [found for found in self._book.failures.values() if found.key.startswith("address:")]
        if len(addresses) > MOST_ADDRESSES:
            addresses.sort(key=lambda found: (found.until, found.last))
            for found in addresses[: MOST_ADDRESSES // 10]:
                self._book.drop(found)


def _worse(found: Failures, now: datetime) -> Failures:
    count = 1 if now >= found.last + FORGOTTEN else found.count + 1
    doubled = FIRST_WAIT * 2 ** min(max(0, count - WRONG_IN_A_ROW), 10)
    until = now + min(doubled, LONGEST_WAIT) if count >= WRONG_IN_A_ROW else now
    return Failures(key=found.key, count=count, last=now, until=until)


def _worse_address(found: Failures, now: datetime) -> Failures:
    passed = max(0, int((now - found.last) / ONE_LESS_EACH))
    left = max(0, found.count - passed)
    last = found.last + passed * ONE_LESS_EACH if left else now
    until = now + BAN if left + 1 >= WRONG_AT_ADDRESS else now
    return Failures(key=found.key, count=left + 1, last=last, until=until)


def network_of(address: str) -> str:
    """An IPv4 address, or the /64 that an IPv6 address lies in: one household has a whole one."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
