"""Short signed links: whoever holds one may get that one path until it expires, as the account that signed it."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote, urlencode

from hub.store.memory import Memory

OWNER = "web.signing"  # whose memory holds the key
LONGEST = timedelta(hours=24)
LONGEST_PATH = 2048
EXPIRES, SUBJECT, SIGNATURE = "exp", "by", "sig"  # parameters of a signed path
_KEY = "key"
_UNSIGNABLE = ("//", "/\\")  # what a browser takes for another host


class Signer:
    """Signs paths and knows them again. The key lies in the store; a new one voids every link at once."""

    def __init__(self, memory: Memory, now: Callable[[], datetime]) -> None:
        self._memory, self._now = memory, now
        if _KEY not in memory:
            self.rotate()

    def rotate(self) -> None:
        """Take a new key: no link that was given until now is good any more."""
        self._memory.put(_KEY, secrets.token_hex(32))

    def sign_path(self, path: str, expires: timedelta, subject: str = "") -> str:
        """The path (with its query) for GET until `expires` from now, a day at most, as `subject`; ValueError.

        `subject` is what `verify` gives back: the session or token that signed it.
        """
        bare, query = _parted(path)
        # From now, and no longer than a day: rounded up, so that a second stays a second.
        ends = int((self._now() + min(expires, LONGEST)).timestamp()) + 1
        pairs = [*_free(query), (EXPIRES, str(ends)), (SUBJECT, subject)]
        signature = self._signature(unquote(bare), _free(query), str(ends), subject)
        return f"{quote(unquote(bare))}?{urlencode([*pairs, (SIGNATURE, signature)])}"

    def verify(self, method: str, path: str) -> str | None:
        """The subject of a signed path as it was requested; None when it is not signed, altered or expired."""
        if method not in ("GET", "HEAD") or len(path) > 2 * LONGEST_PATH:
            return None
        bare, _, text = path.partition("?")
        query = parse_qsl(text, keep_blank_values=True)
        given = {name: [value for key, value in query if key == name] for name in _OURS}
        if any(len(values) != 1 for values in given.values()):
            return None
        ends, subject, signature = (given[name][0] for name in _OURS)
        wanted = self._signature(unquote(bare), _free(query), ends, subject)
        sent = signature.encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(sent, wanted.encode()):
            return None
        return subject if int(ends) > self._now().timestamp() else None

    def _signature(self, path: str, query: list[tuple[str, str]], ends: str, subject: str) -> str:
        said = ["GET", path, urlencode(sorted(query), errors="surrogatepass"), ends, subject]
        content = "\n".join(quote(part, errors="surrogatepass") for part in said).encode()
        key = bytes.fromhex(self._memory.get(_KEY))
        return base64.urlsafe_b64encode(hmac.digest(key, content, hashlib.sha256)).decode().rstrip("=")


_OURS = (EXPIRES, SUBJECT, SIGNATURE)


def is_signed(path: str) -> bool:
    """Whether a request's path carries a signature, good or bad."""
    return f"{SIGNATURE}=" in path.partition("?")[2]


def _parted(path: str) -> tuple[str, list[tuple[str, str]]]:
    """A path that can be signed, and its query."""
    bare, _, text = path.partition("?")
    if not bare.startswith("/") or bare.startswith(_UNSIGNABLE) or len(path) > LONGEST_PATH:
        raise ValueError(f"a path begins with one / and has at most {LONGEST_PATH} characters")
    if not path.isprintable() or "#" in path or ".." in unquote(bare).split("/"):
        raise ValueError("a path has no control characters, no '#' and no '..'")
    query = parse_qsl(text, keep_blank_values=True)
    return bare, query


def _free(query: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in query if name not in _OURS]
