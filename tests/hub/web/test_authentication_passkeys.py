"""Passkeys, with an authenticator made of software: for one account, one host, one challenge each."""

import base64
import hashlib
import json
import struct
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

from hub.testing.answers import Answer
from hub.testing.kit import HubKit
from tests.hub.web.signing_in import PASSWORD, Browser, start


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Authenticator:
    """Makes ES256 keys and signs as the standard has it (WebAuthn 3, sections 6.1 and 6.5)."""

    def __init__(self, origin: str, host: str = "localhost", verified: bool = True) -> None:
        self.origin, self.host, self.verified = origin, host, verified
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = hashlib.sha256(str(id(self)).encode()).digest()
        self.count = 0

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        public = encode_cbor(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        )
        known = bytes(16) + struct.pack(">H", len(self.id)) + self.id + public
        made = encode_cbor({"fmt": "none", "attStmt": {}, "authData": self._data(0x40) + known})
        client = self._client("webauthn.create", options["challenge"])
        return self._credential({"clientDataJSON": text(client), "attestationObject": text(made)})

    def show(self, options: dict[str, Any]) -> dict[str, Any]:
        self.count += 1
        data, client = self._data(), self._client("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(
            {"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(signature)}
        )

    def _data(self, flags: int = 0) -> bytes:
        flags |= 0x05 if self.verified else 0x01
        return hashlib.sha256(self.host.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client(self, what: str, challenge: str) -> bytes:
        return json.dumps({"type": what, "challenge": challenge, "origin": self.origin}).encode()

    def _credential(self, response: dict[str, str]) -> dict[str, Any]:
        return {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response}


class Console(Browser):
    """A browser that calls the hub by its name."""

    @property
    def host(self) -> str:
        return self.hub.hub_of.url.replace("http://127.0.0.1", "localhost")

    async def post(self, path: str, body: Any) -> Answer:
        return await self.ask("POST", path, body, headers={"Host": self.host})

    async def add(self, authenticator: Authenticator, **more: str) -> Answer:
        options = (await self.post("/auth/passkeys/begin", {})).json()
        body = {"password": PASSWORD, "label": "phone", "credential": authenticator.make(options)}
        return await self.post("/auth/passkeys", body | more)

    async def show(self, authenticator: Authenticator) -> Answer:
        options = (await self.post("/auth/passkey/begin", {})).json()
        return await self.post("/auth/passkey/sign-in", {"credential": authenticator.show(options)})


async def with_passkey(hub: HubKit) -> tuple[Console, Authenticator]:
    await start(hub)
    console = Console(hub)
    await console.sign_in()
    authenticator = Authenticator(f"http://{console.host}")
    assert (await console.add(authenticator)).status == 201
    return console, authenticator


async def test_a_passkey_signs_in_also_after_a_restart(hub: HubKit) -> None:
    console, authenticator = await with_passkey(hub)
    (listed,) = (await console.ask("GET", "/auth/passkeys")).json()
    assert listed["label"] == "phone"
    await hub.restart()
    authenticator.origin = f"http://{console.host}"
    fresh = Console(hub)
    answer = await fresh.show(authenticator)
    assert (answer.status, answer.json()["name"]) == (200, "wang")
    assert (await fresh.ask("GET", "/auth/me")).status == 200


async def test_an_answer_is_good_once(hub: HubKit) -> None:
    console, authenticator = await with_passkey(hub)
    options = (await console.post("/auth/passkey/begin", {})).json()
    body = {"credential": authenticator.show(options)}
    assert (await Console(hub).post("/auth/passkey/sign-in", body)).status == 200
    again = await Console(hub).post("/auth/passkey/sign-in", body)
    assert (again.status, again.json()["word"]) == (401, "passkey_unknown")
    late = {"credential": authenticator.show((await console.post("/auth/passkey/begin", {})).json())}
    await hub.advance(300)
    assert (await Console(hub).post("/auth/passkey/sign-in", late)).status == 401


async def test_what_another_site_a_bystander_or_a_copy_shows_is_refused(hub: HubKit) -> None:
    _, good = await with_passkey(hub)
    for change in ("origin", "host", "verified", "key", "count"):
        bad = Authenticator(good.origin)
        bad.key, bad.id, bad.count = good.key, good.id, good.count
        if change == "count":
            assert (await Console(hub).show(good)).status == 200
        else:
            stranger = {
                "origin": "http://localhost.evil.test",
                "host": "evil.test",
                "verified": False,
                "key": ec.generate_private_key(ec.SECP256R1()),
            }
            setattr(bad, change, stranger[change])
        answer = await Console(hub).show(bad)
        assert (answer.status, change) == (401, change)
    assert (await Console(hub).show(good)).status == 200


async def test_a_challenge_for_adding_signs_nobody_in_nor_adds_to_another(hub: HubKit) -> None:
    console, authenticator = await with_passkey(hub)
    options = (await console.post("/auth/passkeys/begin", {})).json()
    body = {"credential": authenticator.show(options)}
    assert (await Console(hub).post("/auth/passkey/sign-in", body)).status == 401
    await hub.hub_of.accounts.registry.add("li", password=PASSWORD)
    other = Console(hub)
    await other.sign_in("li")
    options = (await console.post("/auth/passkeys/begin", {})).json()
    stolen = {"password": PASSWORD, "credential": Authenticator(authenticator.origin).make(options)}
    assert (await other.post("/auth/passkeys", stolen)).status == 401
    assert (await other.ask("GET", "/auth/passkeys")).json() == []


async def test_adding_wants_the_password_and_a_verified_owner(hub: HubKit) -> None:
    await start(hub)
    console = Console(hub)
    await console.sign_in()
    origin = f"http://{console.host}"
    assert (await console.add(Authenticator(origin), password="wrong")).status == 401
    assert (await console.add(Authenticator(origin, verified=False))).json()["word"] == "passkey_refused"
    assert (await console.add(Authenticator("http://evil.test"))).json()["word"] == "passkey_refused"
    assert (await console.ask("GET", "/auth/passkeys")).json() == []
    known = Authenticator(origin)
    assert (await console.add(known)).status == 201
    assert (await console.add(known)).json()["word"] == "passkey_refused"


async def test_it_goes_with_its_owner_its_removal_and_a_reset(hub: HubKit) -> None:
    console, authenticator = await with_passkey(hub)
    registry = hub.hub_of.accounts.registry
    await registry.add("li", roles=["owner"], password=PASSWORD)
    await registry.disable(registry.account("wang"))
    assert (await Console(hub).show(authenticator)).status == 401
    await registry.enable(registry.account("wang"))
    assert (await Console(hub).show(authenticator)).status == 200
    await console.sign_in()
    other = Console(hub)
    await other.sign_in("li")
    assert (await other.ask("DELETE", f"/auth/passkeys/{text(authenticator.id)}")).status == 403
    assert (await console.ask("DELETE", f"/auth/passkeys/{text(authenticator.id)}")).status == 200
    assert (await Console(hub).show(authenticator)).status == 401
    again = Authenticator(f"http://{console.host}")
    await console.add(again)
    assert (await console.post("/auth/password", {"password": PASSWORD, "new": PASSWORD + "1"})).status == 200
    assert (await Console(hub).show(again)).status == 200
    await registry.set_password(registry.account("wang"), PASSWORD)
    assert (await Console(hub).show(again)).status == 401


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": 7},
        {"id": "x", "response": []},
        {"id": "x", "response": {"clientDataJSON": 7}},
        {"id": "x", "response": {"clientDataJSON": "!!!"}},
        {"id": "x", "response": {"clientDataJSON": text(b"[]")}},
        {"id": "x", "response": {"clientDataJSON": text(b'{"challenge": null}')}},
        {"id": "x" * 5000, "response": {"clientDataJSON": text(b'{"challenge": "AAAA"}')}},
        {"id": "x", "response": {"clientDataJSON": text(b"[" * 10_000)}},
    ],
)
async def test_nonsense_is_no_passkey(hub: HubKit, credential: dict[str, Any]) -> None:
    console, _ = await with_passkey(hub)
    answer = await Console(hub).post("/auth/passkey/sign-in", {"credential": credential})
    assert answer.status == 401
    assert (
        await console.post("/auth/passkeys", {"password": PASSWORD, "credential": credential})
    ).status == 401
    assert (await console.post("/auth/passkey/sign-in", {"credential": "x"})).status == 400


async def test_by_an_address_there_are_none(hub: HubKit) -> None:
    await start(hub)
    refused = await Browser(hub).ask("POST", "/auth/passkey/begin", {})
    assert (refused.status, refused.json()["word"]) == (422, "passkey_host")


async def test_an_address_that_shows_nonsense_must_wait(hub: HubKit) -> None:
    from hub.accounts.throttle import WRONG_AT_ADDRESS

    _, authenticator = await with_passkey(hub)
    throttle = hub.hub_of.accounts.throttle
    for _ in range(WRONG_AT_ADDRESS - 1):
        throttle.count(("address:127.0.0.1",))
    authenticator.verified = False
    assert (await Console(hub).show(authenticator)).status == 401
    authenticator.verified = True
    assert (await Console(hub).show(authenticator)).status == 429
