"""Second factors: as RFC 6238 has them, each good once."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from hub.accounts.codes import new_recovery_codes, new_totp, recovery_digest, totp_step, totp_uri, use_code
from hub.accounts.records import Account

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890", the RFC's
NOW = datetime(2026, 3, 1, 4, 0, 10, tzinfo=UTC)


def account(**changes: object) -> Account:
    return Account(id="a", name="wang", totp=SECRET, created=NOW, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "code"),  # RFC 6238, appendix B, the last six digits
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp_step(SECRET, code, datetime.fromtimestamp(seconds, UTC)) == seconds // 30


@pytest.mark.parametrize(("away", "good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_clocks_may_differ_by_half_a_minute(away: int, good: bool) -> None:
    code = pyotp.TOTP(SECRET).at(NOW + timedelta(seconds=away))
    assert (use_code(account(), code, NOW) is not None) is good


def test_a_code_is_good_once_and_none_before_it_after_it() -> None:
    code, earlier = pyotp.TOTP(SECRET).at(NOW), pyotp.TOTP(SECRET).at(NOW - timedelta(seconds=30))
    after = use_code(account(), code, NOW)
    assert after is not None
    assert use_code(after, code, NOW) is None
    assert use_code(after, earlier, NOW) is None
    later = NOW + timedelta(seconds=30)
    assert use_code(after, pyotp.TOTP(SECRET).at(later), later) is not None


@pytest.mark.parametrize(
    "code", ["", "12345", "１２３４５６", "abcdef", "-00001", "1" * 5000, "0x1234", "\ud800" * 6]
)
def test_nonsense_is_no_code(code: str) -> None:
    assert use_code(account(), code, NOW) is None


def test_a_recovery_code_is_good_once_however_it_is_typed() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    whole = account(recovery=tuple(recovery_digest(code) for code in codes))
    after = use_code(whole, codes[3].upper().replace("-", " "), NOW)
    assert after is not None
    assert len(after.recovery) == 9
    assert use_code(after, codes[3], NOW) is None
    assert use_code(after, codes[4], NOW) is not None


def test_an_authenticator_reads_the_address() -> None:
    secret = new_totp()
    parsed = pyotp.parse_uri(totp_uri(secret, "王/丽", "邻里花园 & Co"))
    assert (parsed.secret, parsed.name, parsed.issuer) == (secret, "王/丽", "邻里花园 & Co")
