"""A provider over HTTP: where its pages are, its keys, and the exchange of a code for an ID token."""

import asyncio
import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlsplit

from hub.accounts.oidc import OidcRefused, Provider
from hub.plugins.auth_settings import LOCAL
from hub.web.bodies import parse_json
from hub.web.id_token import Expected, UnknownKey, check, header_of, key_for

if TYPE_CHECKING:
    import aiohttp

PATIENCE = 10.0  # seconds for one answer
LARGEST = 512 * 1024  # bytes of one answer
KEPT = timedelta(hours=1)  # what the provider says of itself, and its keys
BETWEEN = timedelta(minutes=1)  # of looks for a key that is not known
QUIET = timedelta(seconds=10)  # after a failure, in which it is not asked again
_WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a provider says of itself."""

    issuer: str
    authorization: str
    token: str
    keys: str
    secret_in_body: bool


class ProviderClient:
    """Asks one provider; OidcRefused when it can't be reached or says what can't be."""

    def __init__(
        self,
        provider: Provider,
        http: Callable[[], "aiohttp.ClientSession"],
        now: Callable[[], datetime],
    ) -> None:
        self.provider, self._http, self._now = provider, http, now
        self._asking = asyncio.Lock()
        self._metadata: Metadata | None = None
        self._keys: list[Any] = []
        self._metadata_until = self._keys_until = self._next_look = self._silent_until = now()

    async def metadata(self) -> Metadata:
        """What it says of itself, an hour old at most."""
        async with self._asking:
            if self._metadata is None or self._now() >= self._metadata_until:
                url = self.provider.issuer.rstrip("/") + _WELL_KNOWN
                self._metadata = self._read_metadata(await self._get(url))
                self._metadata_until = self._now() + KEPT
            return self._metadata

    async def claims(self, code: str, verifier: str, redirect: str, nonce: str) -> dict[str, Any]:
        """Exchange a code for an ID token; its checked claims."""
        metadata = await self.metadata()
        answer = await self._exchange(metadata, code, verifier, redirect)
        token = answer.get("id_token")
        if not isinstance(token, str) or not token.isascii():
            raise OidcRefused("oidc_token")
        header = header_of(token)
        key = await self._key(metadata, header)
        expected = Expected(metadata.issuer, self.provider.client_id, nonce, self._now().timestamp())
        return await asyncio.to_thread(check, token, key, expected)

    async def _key(self, metadata: Metadata, header: Mapping[str, Any]) -> Mapping[str, Any]:
        """The key that the header names; asked for anew, at a bounded rate, when none of the known ones is it."""
        async with self._asking:
            if self._now() >= self._keys_until:
                await self._look_for_keys(metadata)
            try:
                return key_for(header, self._keys)
            except UnknownKey:
                if self._now() < self._next_look:
                    raise
            await self._look_for_keys(metadata)
            self._next_look = self._now() + BETWEEN
            return key_for(header, self._keys)

    async def _look_for_keys(self, metadata: Metadata) -> None:
        keys = (await self._get(metadata.keys)).get("keys")
        if not isinstance(keys, list):
            raise OidcRefused("oidc_provider")
        self._keys, self._keys_until = keys, self._now() + KEPT

    async def _exchange(
        self, metadata: Metadata, code: str, verifier: str, redirect: str
    ) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
        }
        headers, known = {}, self.provider
        if known.client_secret and not metadata.secret_in_body:
            both = f"{quote_plus(known.client_id)}:{quote_plus(known.client_secret)}"
            headers["Authorization"] = "Basic " + base64.b64encode(both.encode()).decode()
        else:
            form["client_id"] = known.client_id
            form |= {"client_secret": known.client_secret} if known.client_secret else {}
        return await self._ask("POST", metadata.token, data=form, headers=headers)

    async def _get(self, url: str) -> Mapping[str, Any]:
        """Not for a while after it failed: whoever wants to sign in must not wait behind all others."""
        if self._now() < self._silent_until:
            raise OidcRefused("oidc_provider")
        try:
            return await self._ask("GET", url)
        except OidcRefused:
            self._silent_until = self._now() + QUIET
            raise

    async def _ask(self, method: str, url: str, **more: Any) -> Mapping[str, Any]:
        import aiohttp

        try:
            async with (
                asyncio.timeout(PATIENCE),
                self._http().request(method, url, allow_redirects=False, **more) as answer,
            ):
                body = await _read(answer)
                found = parse_json(body) if answer.status == 200 else None
        except (aiohttp.ClientError, aiohttp.web.HTTPException, OSError, ValueError) as error:
            raise OidcRefused("oidc_provider") from error
        if not isinstance(found, Mapping):
            raise OidcRefused("oidc_provider")
        return found

    def _read_metadata(self, said: Mapping[str, Any]) -> Metadata:
        issuer = said.get("issuer")
        if not isinstance(issuer, str) or issuer.rstrip("/") != self.provider.issuer.rstrip("/"):
            raise OidcRefused("oidc_provider")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        authorization, token, keys = (self._address(said.get(name)) for name in names)
        ways = said.get("token_endpoint_auth_methods_supported")
        in_body = isinstance(ways, list) and "client_secret_basic" not in ways
        return Metadata(issuer, authorization, token, keys, in_body)

    def _address(self, said: Any) -> str:
        """Over TLS, as the issuer itself unless that is this very machine."""
        try:
            parts = urlsplit(said if isinstance(said, str) and len(said) <= 2000 else "")
            near = urlsplit(self.provider.issuer).hostname in LOCAL and parts.hostname in LOCAL
        except ValueError as error:
            raise OidcRefused("oidc_provider") from error
        if (
            not parts.hostname
            or parts.fragment
            or not (parts.scheme == "https" or (near and parts.scheme == "http"))
        ):
            raise OidcRefused("oidc_provider")
        return str(said)


async def _read(answer: "aiohttp.ClientResponse") -> bytes:
    body = b""
    async for part in answer.content.iter_chunked(65_536):
        body += part
        if len(body) > LARGEST:
            raise OidcRefused("oidc_provider")
    return body
