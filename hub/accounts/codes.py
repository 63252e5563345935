"""Second factors: six digits that change every half minute (RFC 6238), and recovery codes."""

import base64
import hmac
import re
import secrets
from dataclasses import replace
from datetime import datetime

from hub.accounts.records import Account
from hub.accounts.secret import digest_of

PERIOD, DIGITS = 30, 6
NEIGHBOURS = 1  # periods before and after that count, for clocks that differ
RECOVERY_CODES = 10


def new_totp() -> str:
    """A shared secret of 160 bits in base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def is_totp(secret: str) -> bool:
    """Whether it is a shared secret as `new_totp` makes them."""
    return re.fullmatch(r"[A-Z2-7]{32}", secret) is not None


def totp_uri(secret: str, name: str, issuer: str) -> str:
    """What an authenticator reads from a QR code."""
    from urllib.parse import quote, urlencode

    query = urlencode({"secret": secret, "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(name)}?{query}"


def new_recovery_codes() -> tuple[str, ...]:
    """Codes of 80 bits, each good once."""
    return tuple(
        _in_fours(base64.b32encode(secrets.token_bytes(10)).decode().lower()) for _ in range(RECOVERY_CODES)
    )


def use_code(account: Account, code: str, now: datetime) -> Account | None:
    """The account after a good code, which is used up by it; None when the code is no good."""
    plain = "".join(code[:100].split()).replace("-", "").lower()
    if len(plain) == DIGITS and plain.isascii() and plain.isdigit():
        step = totp_step(account.totp, plain, now)
        return replace(account, totp_step=step) if step > account.totp_step else None
    digest = recovery_digest(plain)
    if digest not in account.recovery:
        return None
    return replace(account, recovery=tuple(other for other in account.recovery if other != digest))


def totp_step(secret: str, code: str, now: datetime) -> int:
    """Which period's code it is, near now; 0 when none's."""
    import pyotp

    totp = pyotp.TOTP(secret, digits=DIGITS, interval=PERIOD)
    current = int(now.timestamp()) // PERIOD
    fitting = [
        step
        for step in range(current - NEIGHBOURS, current + NEIGHBOURS + 1)
        if hmac.compare_digest(totp.generate_otp(step), code)
    ]
    return max(fitting, default=0)


def recovery_digest(code: str) -> str:
    """How a recovery code is kept, however it is typed."""
    return digest_of("recovery:" + "".join(code.split()).replace("-", "").lower())


def _in_fours(text: str) -> str:
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))
