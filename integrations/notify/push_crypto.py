"""Web Push's cryptography: messages only the browser can read (RFC 8291), requests that prove who sends (RFC 8292).

`cryptography` is loaded when the first message is sent: most sites have no push.
"""

import base64
import hashlib
import hmac
import json
import os
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

MOST_PLAIN = 3993  # bytes that fit into a body of 4096
_RECORD = 4096
_STEP = 512  # messages are padded to multiples of it: a length tells, too


def to_text(raw: bytes) -> str:
    """Base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def to_bytes(text: str) -> bytes:
    """From Base64 for addresses; ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def new_key() -> str:
    """A private key for VAPID, as text."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return to_text(
        ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32, "big")
    )


def private_key(text: str) -> "EllipticCurvePrivateKey":
    """A private key from its text."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.derive_private_key(int.from_bytes(to_bytes(text), "big"), ec.SECP256R1())


def public_text(key: "EllipticCurvePrivateKey") -> str:
    """The public half, as browsers take it."""
    return to_text(_point(key))


def is_point(raw: bytes) -> bool:
    """Whether 65 bytes are a point of the curve, and not only long enough."""
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError:
        return False
    return len(raw) == 65 and raw[0] == 4


def encrypt(
    plain: bytes, p256dh: bytes, auth: bytes, *, key: "EllipticCurvePrivateKey | None" = None, salt: bytes = b"",
    padded: bool = True,
) -> bytes:  # fmt: skip
    """The body for one browser, in the coding aes128gcm; key and salt are fresh unless given."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key, salt = key or ec.generate_private_key(ec.SECP256R1()), salt or os.urandom(16)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh)
    secret, nonce = _keys(key.exchange(ec.ECDH(), theirs), p256dh, _point(key), auth, salt)
    padding = min(-(len(plain) + 1) % _STEP, MOST_PLAIN - len(plain)) if padded else 0
    sealed = AESGCM(secret).encrypt(nonce, plain + b"\x02" + b"\0" * padding, None)
    own = _point(key)
    return salt + _RECORD.to_bytes(4, "big") + bytes([len(own)]) + own + sealed


def decrypt(body: bytes, key: "EllipticCurvePrivateKey", auth: bytes) -> bytes:
    """What the browser reads; ValueError. For fakes."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, size, sent = body[:16], body[20], body[21 : 21 + body[20]]
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sent)
    secret, nonce = _keys(key.exchange(ec.ECDH(), theirs), _point(key), sent, auth, salt)
    try:
        opened = AESGCM(secret).decrypt(nonce, body[21 + size :], None)
    except InvalidTag as error:
        raise ValueError("it is not for this browser") from error
    return opened.rstrip(b"\0").removesuffix(b"\x02")


def authorization(key: "EllipticCurvePrivateKey", endpoint: str, subject: str, now: datetime) -> str:
    """The header that proves who sends, for half a day."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    parts = urlsplit(endpoint)
    until = int((now + timedelta(hours=12)).timestamp())
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": until, "sub": subject}
    head = ".".join(to_text(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    r, s = decode_dss_signature(key.sign(head.encode(), ec.ECDSA(hashes.SHA256())))
    signature = to_text(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={head}.{signature}, k={public_text(key)}"


def _point(key: "EllipticCurvePrivateKey") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _keys(shared: bytes, browser: bytes, sender: bytes, auth: bytes, salt: bytes) -> tuple[bytes, bytes]:
    material = _derive(auth, shared, b"WebPush: info\0" + browser + sender, 32)
    key = _derive(salt, material, b"Content-Encoding: aes128gcm\0", 16)
    return key, _derive(salt, material, b"Content-Encoding: nonce\0", 12)


def _derive(salt: bytes, material: bytes, info: bytes, length: int) -> bytes:
    """HKDF with SHA-256, for at most 32 bytes (RFC 5869)."""
    extracted = hmac.new(salt, material, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()[:length]
