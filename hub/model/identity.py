"""Ids: unique and sortable when new, repeatable when derived."""

import hashlib
import itertools
import os
import time

# One prefix a process: start time in ms (sortable), then chance (two hubs started in one millisecond differ).
_PREFIX = f"{time.time_ns() // 1_000_000:012x}{os.urandom(3).hex()}"
# In C from end to end: an id costs a tenth of a microsecond, and threads may share it.
_next = map(_PREFIX.__add__, map(str, itertools.count(10**9))).__next__


def new_id() -> str:
    """A new id of 28 characters; ids of one process sort in the order they were made."""
    return _next()


def derive_id(*parts: object) -> str:
    """The same id for the same parts, 26 hex characters: redelivered facts keep their identity."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=13).hexdigest()
