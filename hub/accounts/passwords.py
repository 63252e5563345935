"""Passwords: which may be one, and Argon2id in few threads, so that a flood of sign-ins stalls nobody."""

import asyncio
import json
import unicodedata
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from hub.accounts.names import folded
from hub.accounts.words import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from argon2 import PasswordHasher

T = TypeVar("T")
SHORTEST, LONGEST = 10, 256  # characters
# OWASP's first choice for Argon2id: 19 MiB, two passes, one lane. At most two at once: 38 MiB.
MEMORY_KIB, PASSES, LANES, AT_ONCE = 19 * 1024, 2, 1, 2
MOST_WAITING, MOST_WAITING_AT_ADDRESS = 64, 8


class Busy(Refusal):
    """Too many are signing in at once; try again soon."""


class PasswordFault(Refusal):
    """A password that can't be one; the text says what would be right."""


def check_password(password: object, name: str) -> str:
    """The password in its one spelling; PasswordFault when it is short, common, or holds the name."""
    if not isinstance(password, str) or len(password) > LONGEST:
        raise PasswordFault("password_length", shortest=SHORTEST, longest=LONGEST)
    password = normal(password)
    if len(password) < SHORTEST:
        raise PasswordFault("password_length", shortest=SHORTEST, longest=LONGEST)
    plain = password.casefold()
    if len(set(plain)) < 4 or _is_a_row(plain) or plain in _common():
        raise PasswordFault("password_common")
    if len(name) > 2 and folded(name) in plain:
        raise PasswordFault("password_name")
    return password


def normal(password: str) -> str:
    """One spelling, whatever keyboard it was typed on."""
    return unicodedata.normalize("NFKC", password[: LONGEST + 1])


def _is_a_row(text: str) -> bool:
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return len(steps) == 1 and abs(next(iter(steps))) <= 1


@cache
def _common() -> frozenset[str]:
    """Those that are found again and again in lists of stolen passwords; shorter ones are too short anyway."""
    return frozenset(
        json.loads(Path(__file__).with_name("common_passwords.json").read_text(encoding="utf-8"))
    )


class Hasher:
    """Hashes and verifies in threads of its own; Busy when too many wait."""

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None
        self._waiting: Counter[str] = Counter()  # by network
        self._nobodys = ""

    async def hash(self, password: str, network: str = "") -> str:
        """The password as Argon2id writes it, salted."""
        return await self._run(network, lambda: _argon2().hash(_bytes(normal(password))))

    async def verify(self, written: str, password: str, network: str = "") -> bool:
        """Whether it is the password; without one (`written` is ""), as long and False."""
        return await self._run(network, lambda: self._verify(written, _bytes(normal(password))))

    def close(self) -> None:
        """End the threads."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    async def _run(self, network: str, work: "Callable[[], T]") -> T:
        if self._waiting.total() >= MOST_WAITING or self._waiting[network] >= MOST_WAITING_AT_ADDRESS:
            raise Busy("busy")
        if self._threads is None:
            self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._waiting[network] += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting[network] -= 1
            if not self._waiting[network]:
                del self._waiting[network]

    def _verify(self, written: str, password: bytes) -> bool:
        """In a thread. Nobody's password costs the same time as somebody's."""
        from argon2.exceptions import Argon2Error, InvalidHashError

        hasher = _argon2()
        if not self._nobodys:
            self._nobodys = hasher.hash("nobody's password")
        try:
            return hasher.verify(written or self._nobodys, password) and bool(written)
        except (Argon2Error, InvalidHashError):
            return False


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")  # JSON can hold half a pair


def _argon2() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
