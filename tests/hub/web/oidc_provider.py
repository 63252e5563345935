"""An OpenID Connect provider on this machine: real HTTP and real keys, and every mood a test wants."""

import asyncio
import base64
import hashlib
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from aiohttp import web
from joserfc import jwk, jwt

CLIENT, SECRET = "linli", "a provider's secret"
PERSON = {
    "sub": "248289761001",
    "email": "li@example.org",
    "email_verified": True,
    "preferred_username": "li.na",
}


@cache
def rsa_key() -> jwk.RSAKey:
    """Made once: it takes a while."""
    return jwk.RSAKey.generate_key(2048, {"kid": "one"})


class FakeProvider:
    """`say` changes claims, `sign` makes the token; `mood` is what goes wrong."""

    def __init__(self) -> None:
        self.keys: dict[str, jwk.RSAKey | jwk.ECKey] = {"one": rsa_key()}
        self.signing = "one"
        self.say: dict[str, Any] = {}
        self.mood = ""
        self.now = 0.0
        self.token: str | None = None
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.document: dict[str, Any] = {}
        self.url = ""

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._metadata)
        app.router.add_get("/keys", self._keys)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    def consent(self, location: str) -> str:
        """What the person's yes leads to: the way back with a code."""
        asked = dict(parse_qsl(urlsplit(location).query))
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return asked["redirect_uri"] + "?" + urlencode({"code": code, "state": asked["state"]})

    def claims(self, nonce: str) -> dict[str, Any]:
        now = int(self.now)
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce, **PERSON}
        return {name: value for name, value in (claims | self.say).items() if value is not None}

    def sign(self, claims: dict[str, Any]) -> str:
        key = self.keys[self.signing]
        algorithm = "RS256" if key.key_type == "RSA" else "ES256"
        return jwt.encode({"alg": algorithm, "kid": self.signing}, claims, key)

    async def _mood(self, request: web.Request) -> None:
        self.asked.append(request.path)
        if self.mood == "slow":
            await asyncio.sleep(30)
        if self.mood == "500":
            raise web.HTTPInternalServerError
        if self.mood == "huge":
            raise web.HTTPOk(text='{"a": "' + "x" * 2_000_000 + '"}')
        if self.mood == "elsewhere":
            raise web.HTTPFound("http://127.0.0.1:1/inside")
        if self.mood == "nonsense":
            raise web.HTTPOk(text="<b>hello</b>")

    async def _metadata(self, request: web.Request) -> web.Response:
        await self._mood(request)
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        said = {"issuer": self.url} | {name: f"{self.url}/{path}" for name, path in names.items()}
        return web.json_response(said | self.document)

    async def _keys(self, request: web.Request) -> web.Response:
        await self._mood(request)
        return web.json_response({"keys": [key.as_dict(private=False) for key in self.keys.values()]})

    async def _authorize(self, request: web.Request) -> web.Response:
        raise web.HTTPFound(self.consent(str(request.rel_url)))

    async def _token(self, request: web.Request) -> web.Response:
        await self._mood(request)
        form = {name: str(value) for name, value in (await request.post()).items()}
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        given = request.headers.get("Authorization", "").removeprefix("Basic ")
        known = base64.b64decode(given).decode() == "linli:a+provider%27s+secret"
        if asked is None or not known or challenge.rstrip(b"=").decode() != asked["code_challenge"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = self.token or self.sign(self.claims(asked["nonce"]))
        return web.json_response({"access_token": "x", "token_type": "Bearer", "id_token": token})
