"""Signing in through a provider: who is let in, and what of a provider or a bystander is not believed."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc import jwk, jwt

from hub.accounts.administration import Administration
from hub.accounts.permissions import Principal
from hub.model.errors import ActionRefused
from hub.runtime.hub import FaultyConfiguration
from hub.testing.answers import Answer
from hub.testing.kit import HubKit
from tests.hub.web.oidc_provider import CLIENT, FakeProvider
from tests.hub.web.signing_in import Browser, set_cookies

YAML = """
auth:
  oidc:
    issuer: {url}
    client_id: linli
    client_secret: a provider's secret
    name: 单位账号
    {more}
"""


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    provider = FakeProvider()
    await provider.start()
    yield provider
    await provider.stop()


async def start(
    hub: HubKit, provider: FakeProvider, more: str = "link_by: email", *, awaited: str = ""
) -> None:
    await hub.start(YAML.format(url=provider.url, more=more))
    provider.now = hub.clock.now().timestamp()
    await hub.hub_of.accounts.registry.add("owner", roles=("owner",))
    if awaited:
        await hub.hub_of.accounts.registry.add("li", roles=("guard",))
        await administer(hub, do="oidc", name="li", value=awaited)


async def administer(hub: HubKit, **command: Any) -> Any:
    return await Administration(hub.hub_of.accounts, hub.clock.now).carry_out(command)


async def begin(browser: Browser, provider: FakeProvider) -> str:
    """To the provider, and the person's yes: the path of the way back."""
    answer = await browser.ask("GET", "/auth/oidc/start")
    location = answer.headers["Location"]
    assert location.startswith(f"{provider.url}/authorize?"), location
    return provider.consent(location).removeprefix(browser.hub.hub_of.url)


async def sign_in(browser: Browser, provider: FakeProvider) -> Answer:
    return await browser.ask("GET", await begin(browser, provider))


def refused(answer: Answer) -> str:
    assert answer.status == 303
    assert not any(line.startswith("linli=") for line in set_cookies(answer))
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))["refused"]


async def rows(hub: HubKit, verb: str) -> list[tuple[str, str, dict[str, Any]]]:
    def read(connection: sqlite3.Connection) -> list[tuple[str, str, dict[str, Any]]]:
        found = connection.execute("SELECT who, outcome, details FROM audit WHERE verb = ?", (verb,))
        return [(row[0], row[1], json.loads(row[2])) for row in found]

    return await hub.hub_of.store.read(read)


async def test_who_is_awaited_by_a_checked_address_signs_in_and_stays_linked(
    hub: HubKit, provider: FakeProvider
) -> None:
    await start(hub, provider, awaited="Li@Example.org")
    browser = Browser(hub)
    answer = await sign_in(browser, provider)
    assert (answer.status, answer.headers["Location"]) == (303, "/#/")
    assert (await browser.ask("GET", "/auth/me")).json()["name"] == "li"
    provider.say = {"email": "elsewhere@example.org", "email_verified": False}  # the link is by sub
    await hub.restart()
    again = Browser(hub)
    assert (await sign_in(again, provider)).headers["Location"] == "/#/"
    assert (await again.ask("GET", "/auth/me")).json()["roles"] == ["guard"]


async def test_the_way_out_is_bound_to_one_browser_with_pkce_state_and_nonce(
    hub: HubKit, provider: FakeProvider
) -> None:
    await start(hub, provider)
    answer = await Browser(hub).ask("GET", "/auth/oidc/start")
    asked = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
    assert asked["redirect_uri"] == f"{hub.hub_of.url}/auth/oidc/callback"
    assert (asked["scope"], asked["code_challenge_method"]) == ("openid profile email", "S256")
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    (cookie,) = set_cookies(answer)
    assert cookie.startswith("linli_oidc=")
    assert "HttpOnly; SameSite=Lax" in cookie


async def test_a_way_back_is_good_once_for_its_own_browser_and_a_while(
    hub: HubKit, provider: FakeProvider
) -> None:
    await start(hub, provider, awaited="li@example.org")
    browser = Browser(hub)
    back = await begin(browser, provider)
    jar = dict(browser.jar)
    assert refused(await Browser(hub).ask("GET", back)) == "oidc_state"  # somebody else's link
    assert (await browser.ask("GET", back)).headers["Location"] == "/#/"
    assert refused(await Browser(hub, jar).ask("GET", back)) == "oidc_state"
    late = Browser(hub)
    back = await begin(late, provider)
    await hub.advance(600)
    assert refused(await late.ask("GET", back)) == "oidc_state"
    other = Browser(hub)
    back = await begin(other, provider)
    assert refused(await other.ask("GET", back + "&iss=https://elsewhere.example")) == "oidc_state"


@pytest.mark.parametrize(
    "said",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://elsewhere.example"},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"azp": "another"},
        {"exp": None},
        {"iat": None},
        {"iat": "now"},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
    ],
    ids=str,
)
async def test_a_token_for_another_is_refused(
    hub: HubKit, provider: FakeProvider, said: dict[str, Any]
) -> None:
    await start(hub, provider, "create: true")
    provider.say = said
    browser = Browser(hub)
    assert refused(await sign_in(browser, provider)) == "oidc_token"
    assert (await browser.ask("GET", "/auth/me")).status == 401
    assert len(hub.hub_of.accounts.book.accounts) == 1


@pytest.mark.parametrize(
    ("claim", "seconds", "good"),
    [
        ("exp", -61, False),
        ("exp", -30, True),
        ("iat", 61, False),
        ("iat", 30, True),
        ("iat", -901, False),
        ("nbf", 61, False),
    ],
)
async def test_times_are_read_by_the_hubs_clock_with_a_little_leeway(
    hub: HubKit, provider: FakeProvider, claim: str, seconds: int, good: bool
) -> None:
    await start(hub, provider, "create: true")
    provider.say = {claim: int(provider.now) + seconds}
    answer = await sign_in(Browser(hub), provider)
    assert answer.headers["Location"] == ("/#/" if good else "/?refused=oidc_token")


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed_by_public_key(claims: dict[str, Any], pem: bytes) -> str:
    """The key that everybody knows, taken for a shared secret."""
    text = f"{encoded({'alg': 'HS256', 'kid': 'one'})}.{encoded(claims)}"
    signature = hmac.new(pem, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "trick", ["none", "hs256", "embedded", "changed", "foreign", "huge", "text", "rs512"]
)
async def test_a_forged_token_is_refused(hub: HubKit, provider: FakeProvider, trick: str) -> None:
    await start(hub, provider, "create: true")
    browser = Browser(hub)
    back = await begin(browser, provider)
    nonce = provider.codes[max(provider.codes)]["nonce"]
    claims, key = provider.claims(nonce), provider.keys["one"]
    stranger = jwk.RSAKey.generate_key(2048)
    head, _, signature = provider.sign(claims).split(".")
    tricks: dict[str, Callable[[], str]] = {
        "none": lambda: f"{encoded({'alg': 'none', 'kid': 'one'})}.{encoded(claims)}.",
        "hs256": lambda: signed_by_public_key(claims, key.as_pem(private=False)),
        "embedded": lambda: jwt.encode(
            {"alg": "RS256", "kid": "one", "jwk": stranger.as_dict(private=False)}, claims, stranger
        ),
        "changed": lambda: f"{head}.{encoded(claims | {'sub': 'owner'})}.{signature}",
        "foreign": lambda: jwt.encode({"alg": "RS256", "kid": "one"}, claims, stranger),
        "huge": lambda: "a" * 20_000 + ".b.c",
        "text": lambda: "hello",
        "rs512": lambda: jwt.encode({"alg": "RS512", "kid": "one"}, claims, key, algorithms=["RS512"]),
    }
    provider.token = tricks[trick]()
    assert refused(await browser.ask("GET", back)) == "oidc_token"


async def test_keys_are_changed_by_the_provider_and_unknown_ones_looked_for_at_a_bounded_rate(
    hub: HubKit, provider: FakeProvider
) -> None:
    await start(hub, provider, "create: true")
    assert (await sign_in(Browser(hub), provider)).headers["Location"] == "/#/"
    provider.keys = {"two": jwk.ECKey.generate_key("P-256", {"kid": "two"})}
    provider.signing = "two"
    assert (await sign_in(Browser(hub), provider)).headers["Location"] == "/#/"
    assert provider.asked.count("/keys") == 2
    provider.keys["three"] = jwk.ECKey.generate_key("P-256", {"kid": "three"})
    provider.signing = "three"
    for _ in range(3):
        assert refused(await sign_in(Browser(hub), provider)) == "oidc_token"
    assert provider.asked.count("/keys") == 2
    await hub.advance(60)
    provider.now += 60
    assert (await sign_in(Browser(hub), provider)).headers["Location"] == "/#/"
    assert provider.asked.count("/keys") == 3


@pytest.mark.parametrize("mood", ["slow", "500", "huge", "elsewhere", "nonsense"])
@pytest.mark.parametrize("when", ["start", "callback"])
async def test_a_provider_in_a_bad_mood_is_told_of_and_asked_again_later(
    hub: HubKit, provider: FakeProvider, mood: str, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.web.oidc_provider.PATIENCE", 0.2)
    await start(hub, provider, "create: true")
    browser = Browser(hub)
    back = await begin(browser, provider) if when == "callback" else "/auth/oidc/start"
    provider.mood = mood
    assert refused(await browser.ask("GET", back)) == "oidc_provider"
    provider.mood = ""
    await hub.advance(10)
    provider.now += 10
    assert (await sign_in(Browser(hub), provider)).headers["Location"] == "/#/"


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://10.0.0.1/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": 7},
        {"jwks_uri": "http://[::"},
    ],
    ids=str,
)
async def test_what_a_provider_says_of_itself_is_checked(
    hub: HubKit, provider: FakeProvider, said: dict[str, Any]
) -> None:
    await start(hub, provider)
    provider.document = said
    assert refused(await Browser(hub).ask("GET", "/auth/oidc/start")) == "oidc_provider"


async def test_a_stranger_is_refused_with_what_an_admin_needs(hub: HubKit, provider: FakeProvider) -> None:
    await start(hub, provider, awaited="li@example.org")
    provider.say = {"email_verified": False}  # anybody may claim an address
    assert refused(await sign_in(Browser(hub), provider)) == "oidc_unlinked"
    told = (
        await hub.request("GET", "/auth/methods?refused=oidc_unlinked", headers={"Accept-Language": "en"})
    ).json()
    assert told["oidc"] == [{"name": "单位账号", "start": "/auth/oidc/start"}]
    assert "ask an admin" in told["refused"]
    (row,) = await rows(hub, "sign_in")
    assert (row[0], row[1], row[2]["why"], row[2]["sub"]) == ("", "failed", "oidc_unlinked", "248289761001")


async def test_a_disabled_account_and_one_that_is_linked_no_more_stay_out(
    hub: HubKit, provider: FakeProvider
) -> None:
    await start(hub, provider, awaited="li@example.org")
    assert (await sign_in(Browser(hub), provider)).headers["Location"] == "/#/"
    await administer(hub, do="disable", name="li")
    assert refused(await sign_in(Browser(hub), provider)) == "oidc_disabled"
    await administer(hub, do="enable", name="li")
    told = await administer(hub, do="oidc", name="li", value="")
    assert told["oidc"] == ""
    assert refused(await sign_in(Browser(hub), provider)) == "oidc_unlinked"


async def test_accounts_are_made_with_the_groups_roles_alone_and_follow_them(
    hub: HubKit, provider: FakeProvider
) -> None:
    await start(hub, provider, "create: true\n    roles: {hub-admins: [admin], guards: guard}")
    await hub.hub_of.accounts.registry.add("li.na", roles=("owner",))  # the name says nothing
    provider.say = {"groups": ["hub-admins", "others", 7]}
    browser = Browser(hub)
    await sign_in(browser, provider)
    me = (await browser.ask("GET", "/auth/me")).json()
    assert (me["name"], me["roles"]) == ("li.na-4ace9133", ["admin"])
    await administer(hub, do="role", name=me["name"], add=["resident"])
    provider.say = {"groups": "guards"}
    await sign_in(Browser(hub), provider)
    assert (await browser.ask("GET", "/auth/me")).json()["roles"] == ["guard", "resident"]


async def test_pages_say_nothing_but_the_hubs_own_words(hub: HubKit, provider: FakeProvider) -> None:
    await start(hub, provider)
    browser = Browser(hub)
    back = (await begin(browser, provider)).partition("&")[2]
    said = f"/auth/oidc/callback?{back}&error=<b>x</b>&error_description=call+0900"
    assert refused(await browser.ask("GET", said)) == "oidc_denied"
    for word in ("wrong", "<b>", "oidc_", "oidc_x"):
        assert (await hub.request("GET", f"/auth/methods?refused={word}")).json()["refused"] == ""


async def test_without_a_provider_there_is_no_button(hub: HubKit) -> None:
    await hub.start("{}\n")
    assert (await hub.request("GET", "/auth/methods")).json() == {"oidc": [], "refused": ""}
    for path in ("/auth/oidc/start", "/auth/oidc/callback?state=a&code=b"):
        assert refused(await hub.request("GET", path)) == "oidc_none"


async def test_too_many_tries_of_one_address_wait(hub: HubKit, provider: FakeProvider) -> None:
    await start(hub, provider)
    for _ in range(20):
        await begin(Browser(hub), provider)
    assert refused(await Browser(hub).ask("GET", "/auth/oidc/start")) == "oidc_often"
    assert provider.asked == ["/.well-known/openid-configuration"]


async def test_an_address_that_somebody_names_is_not_where_the_provider_leads(
    hub: HubKit, provider: FakeProvider
) -> None:
    yaml = YAML.format(url=provider.url, more="") + "http: {host_names: [hub.example.org]}\n"
    await hub.start(yaml)
    answer = await hub.request("GET", "/auth/oidc/start", headers={"Host": "hub.example.org"})
    assert refused(answer) == "oidc_address"
    await hub.stop()
    await hub.start(
        YAML.format(url=provider.url, more="") + "http: {external_url: 'https://hub.example.org'}\n"
    )
    location = (await hub.request("GET", "/auth/oidc/start")).headers["Location"]
    asked = dict(parse_qsl(urlsplit(location).query))
    assert asked["redirect_uri"] == "https://hub.example.org/auth/oidc/callback"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("issuer: http://id.example.org", "https://"),
        ("issuer: https://id.example.org/?a=b", "no ?"),
        ("issuer: https://id.example.org, roles: {a: [owner]}", "hub user role"),
        ("issuer: https://id.example.org, roles: {a: [admn]}", "there is no role 'admn'"),
        ("issuer: https://id.example.org, link_by: name", "link_by"),
        ("name: x", "issuer"),
    ],
)
async def test_faults_of_the_section_are_told(hub: HubKit, written: str, told: str) -> None:
    with pytest.raises(FaultyConfiguration, match=re.escape(told)):
        await hub.start(f"auth: {{oidc: {{client_id: linli, {written}}}}}\n")


async def test_another_account_can_not_await_the_same_person_and_nobody_links_themselves(
    hub: HubKit, provider: FakeProvider
) -> None:
    await start(hub, provider, awaited="li@example.org")
    with pytest.raises(ActionRefused, match="another account"):
        await administer(hub, do="oidc", name="owner", value="LI@example.org")
    owner = hub.hub_of.accounts.registry.account("owner")
    who = Principal(account=owner.id, roles=frozenset(["owner"]))
    command = {"do": "oidc", "name": "owner", "value": "a@example.org"}
    with pytest.raises(ActionRefused, match="your own"):
        await Administration(hub.hub_of.accounts, hub.clock.now).carry_out(command, who)
    await administer(hub, do="remove", name="li")
    assert (await administer(hub, do="oidc", name="owner", value="li@example.org"))["oidc"]


async def test_who_comes_twice_at_once_gets_one_account(hub: HubKit, provider: FakeProvider) -> None:
    await start(hub, provider, "create: true")
    browsers = [Browser(hub), Browser(hub)]
    backs = [await begin(browser, provider) for browser in browsers]
    pairs = zip(browsers, backs, strict=True)
    answers = await asyncio.gather(*(browser.ask("GET", back) for browser, back in pairs))
    assert [answer.headers["Location"] for answer in answers] == ["/#/", "/#/"]
    assert len(hub.hub_of.accounts.book.accounts) == 2


def test_what_checks_tokens_is_loaded_only_when_it_is_used() -> None:
    code = "import sys, hub.runtime.hub; sys.exit('joserfc' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
