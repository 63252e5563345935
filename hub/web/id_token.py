"""Checks of an ID token (OpenID Connect Core 1.0, section 3.1.3.7): nothing in it is believed before its signature."""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.accounts.oidc import OidcRefused

LEEWAY = 60  # seconds that the clocks of hub and provider may differ
OLDEST = 900  # seconds since it was made
LONGEST, MOST_KEYS, LEAST_RSA_BITS = 16_384, 100, 2048
_KINDS = {"RS256": "RSA", "ES256": "EC"}  # no other algorithm is believed, whatever provider or token say


class UnknownKey(OidcRefused):
    """The token is signed by a key that is not among those known."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the token has to say; `now` in seconds since 1970."""

    issuer: str
    client_id: str
    nonce: str
    now: float


def header_of(token: str) -> dict[str, Any]:
    """The token's header, unchecked: to find the key; OidcRefused."""
    if len(token) > LONGEST or token.count(".") != 2:
        raise OidcRefused("oidc_token")
    part = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError) as error:
        raise OidcRefused("oidc_token") from error
    if not isinstance(header, dict) or header.get("alg") not in _KINDS:
        raise OidcRefused("oidc_token")
    return header


def key_for(header: Mapping[str, Any], keys: Sequence[Any]) -> Mapping[str, Any]:
    """The provider's key that the header names; UnknownKey."""
    algorithm, kid = header["alg"], header.get("kid")
    fit = [key for key in keys[:MOST_KEYS] if isinstance(key, Mapping) and _fits(key, algorithm)]
    found = [key for key in fit if key.get("kid") == kid] if kid is not None else fit
    if len(found) != 1:
        raise UnknownKey("oidc_token")
    return dict(found[0])


def check(token: str, key: Mapping[str, Any], expected: Expected) -> dict[str, Any]:
    """The claims, when signature and all that they have to say is right; OidcRefused. Takes a while the first time."""
    try:
        from joserfc import jwk, jwt
        from joserfc.errors import JoseError
    except ImportError as error:
        raise OidcRefused("oidc_missing") from error
    algorithm = header_of(token)["alg"]
    try:
        public = jwk.import_key(dict(key))
        claims = jwt.decode(token, public, algorithms=[algorithm]).claims
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise OidcRefused("oidc_token") from error
    if not _is_meant(claims, expected) or not _is_fresh(claims, expected.now):
        raise OidcRefused("oidc_token")
    return claims


def _fits(key: Mapping[str, Any], algorithm: str) -> bool:
    if key.get("kty") != _KINDS[algorithm] or key.get("use", "sig") != "sig":
        return False
    if key.get("alg", algorithm) != algorithm:
        return False
    if algorithm == "ES256":
        return key.get("crv") == "P-256"
    size = len(str(key.get("n", ""))) * 6  # bits, of base64url
    return LEAST_RSA_BITS <= size <= 8 * LEAST_RSA_BITS


def _is_meant(claims: Mapping[str, Any], expected: Expected) -> bool:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    party = claims.get("azp", expected.client_id if len(audiences) == 1 else None)
    subject, nonce = claims.get("sub"), claims.get("nonce")
    return (
        claims.get("iss") == expected.issuer
        and expected.client_id in audiences
        and party == expected.client_id
        and isinstance(subject, str)
        and 0 < len(subject) <= 255
        and isinstance(nonce, str)
        and hmac.compare_digest(nonce.encode("utf-8", "surrogatepass"), expected.nonce.encode())
    )


def _is_fresh(claims: Mapping[str, Any], now: float) -> bool:
    ends, made = _time(claims.get("exp")), _time(claims.get("iat"))
    begins = _time(claims.get("nbf", 0))
    if ends is None or made is None or begins is None:
        return False
    return now < ends + LEEWAY and max(made, begins) <= now + LEEWAY and now - made <= OLDEST


def _time(value: Any) -> float | None:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e11
    return float(value) if good else None
