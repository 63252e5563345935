"""Secrets that are shown once; the hub keeps their digests."""

import hashlib
import secrets

# What secret scanners find, and what keeps a secret of one kind from passing for another.
PREFIXES = {
    "token": "llh_",
    "console": "lls_",
    "client": "llr_",
    "access": "lla_",
    "device": "lld_",
    "invitation": "lli_",
    "code": "llc_",
}
LONGEST = 100  # characters of any secret of ours
_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}


def new_secret(kind: str) -> str:
    """A secret of 256 bits that begins with its kind's prefix."""
    return PREFIXES[kind] + secrets.token_urlsafe(32)


def is_kind(secret: str, *kinds: str) -> bool:
    """Whether it looks like a secret of one of these kinds."""
    return _KINDS.get(secret[:4], "") in kinds and len(secret) <= LONGEST


def digest_of(secret: str) -> str:
    """SHA-256, as hex: of 256 random bits there is nothing to guess, so nothing slower is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
