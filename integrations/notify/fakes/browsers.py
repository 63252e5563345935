"""A fake push service with one browser, which reads what only it can read."""

import json
from typing import Any

from integrations.notify.fakes.answering import Fake, Refused, Reply, Seen, expect
from integrations.notify.push_crypto import MOST_PLAIN, decrypt, private_key, public_text, to_bytes

_BROWSER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"  # the key of the browser in RFC 8291's example
_AUTH = "BTBZMqHH6r4Tts7J_aSIgg"


class PushService(Fake):
    """RFC 8030, 8291 and 8292."""

    kind = "web_push"
    address = ""
    secrets = (_AUTH,)
    error = Reply(200, {"code": 500, "errno": 999, "error": "Internal Server Error"})
    throttled = Reply(429, "", {"Retry-After": "30"})

    def settings(self, url: str) -> dict[str, Any]:
        """This service is the admin's own."""
        return {"subject": "admin@example.org", "services": [url]}

    def introduce(self, memory: Any, url: str, person: str) -> None:
        """The person has subscribed one browser."""
        browser = {
            "endpoint": f"{url}/push/v1/b1",
            "p256dh": public_text(private_key(_BROWSER)),
            "auth": _AUTH,
        }
        memory.put(f"push/{person}", [browser])

    def take(self, seen: Seen) -> Reply:
        """Who sends, for how long, and whether the browser can read it."""
        given = seen.headers
        expect(seen.path == "/push/v1/b1", 410, "")
        self._check_sender(seen)
        coded = given.get("content-encoding") == "aes128gcm" and given.get("ttl", "").isdigit()
        expect(coded and given.get("urgency") in ("very-low", "low", "normal", "high"), 400, "headers")
        expect(len(given.get("topic", "")) <= 32, 400, "topic")
        expect(len(seen.body) <= MOST_PLAIN + 103, 413, "too large")
        try:
            told = json.loads(decrypt(seen.body, private_key(_BROWSER), to_bytes(_AUTH)))
        except ValueError as error:
            raise Refused(400, "unreadable") from error
        self.shown.append(f"{told['title']}\n{told['body']}\n{told['url']}")
        return Reply(201, "")

    def _check_sender(self, seen: Seen) -> None:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

        scheme, _, rest = seen.headers.get("authorization", "").partition(" ")
        parts = dict(item.strip().partition("=")[::2] for item in rest.split(","))
        expect(scheme == "vapid" and {"t", "k"} <= set(parts), 401, "no vapid")
        head, _, signature = parts["t"].rpartition(".")
        raw = to_bytes(signature)
        given = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to_bytes(parts["k"]))
        try:
            key.verify(given, head.encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise Refused(403, "the signature does not fit") from error
        claims = json.loads(to_bytes(head.partition(".")[2]))
        left = claims["exp"] - self.now().timestamp()
        sound = claims["aud"] == f"http://{seen.host}" and 0 < left <= 24 * 3600
        expect(sound and claims["sub"].startswith("mailto:"), 403, "claims")
