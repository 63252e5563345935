"""The section `auth:`: who besides the hub itself says who somebody is."""

from collections.abc import Collection, Iterator, Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import voluptuous as vol

from hub.accounts.oidc import Provider
from hub.accounts.registry import OWNER
from hub.config import validators as valid
from hub.config.faults import what_there_is
from hub.plugins.http_settings import HttpFinding

LINKS = ("email", "preferred_username", "sub")
LOCAL = ("localhost", "127.0.0.1", "::1")
_MOST_ROLES = 100


def issuer(value: Any) -> str:
    """The address of a provider, over TLS unless it is on this very machine."""
    text = valid.url(value)
    parts = urlsplit(text)
    if parts.scheme != "https" and parts.hostname not in LOCAL:
        raise vol.Invalid("the provider must be reached by https://; only on this machine http:// will do")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise vol.Invalid("an issuer has no ?, # or @; write it as the provider does")
    return text


def _roles(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    found = tuple(valid.string(item) for item in items)
    if OWNER in found:
        raise vol.Invalid("owners are made on the hub itself; use `hub user role NAME +owner`")
    return found


OIDC = vol.Schema(
    {
        vol.Required("issuer"): issuer,
        vol.Required("client_id"): valid.Text(1, 500),
        vol.Optional("client_secret", default=""): vol.Any("", valid.Text(1, 1000)),
        vol.Optional("name", default="OpenID Connect"): valid.Text(1, 60),
        vol.Optional("link_by", default="email"): vol.In(LINKS),
        vol.Optional("create", default=False): valid.boolean,
        vol.Optional("scopes", default=list): vol.All([valid.Text(1, 60)], vol.Length(max=20)),
        vol.Optional("roles_claim", default="groups"): valid.Text(1, 200),
        vol.Optional("roles", default=dict): vol.All(
            {valid.Text(1, 200): _roles}, vol.Length(max=_MOST_ROLES)
        ),
    }
)
AUTH = vol.Schema({vol.Optional("oidc"): OIDC})


def provider_of(auth: Mapping[str, Any]) -> Provider | None:
    """The provider that the section names; None when it names none."""
    return Provider(**auth["oidc"]) if "oidc" in auth else None


def check_auth(auth: Mapping[str, Any], known_roles: Collection[str]) -> Iterator[HttpFinding]:
    """What a look at each key alone can't tell."""
    oidc = auth.get("oidc")
    if oidc is None:
        return
    for role in (role for roles in oidc["roles"].values() for role in roles):
        if role not in known_roles:
            yield HttpFinding("roles", f"there is no role '{role[:80]}'", what_there_is(role, known_roles))
    if find_spec("joserfc") is None:
        problem = "what checks the provider's signatures is not installed: nobody can sign in this way"
        yield HttpFinding("issuer", problem, "pip install 'linli-hub[oidc]'", "warning")
