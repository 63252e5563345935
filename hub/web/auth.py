"""All routes under /auth/."""

from collections.abc import Callable
from datetime import datetime

from hub.accounts.accounts import Accounts
from hub.plugins.routes import Routes
from hub.plugins.site import Place
from hub.web.client_tokens import ClientTokens
from hub.web.login_flow import LoginFlows
from hub.web.oidc import OidcViews
from hub.web.oidc_provider import ProviderClient
from hub.web.own_account import add_own_account_routes
from hub.web.passkeys import add_passkey_routes
from hub.web.signin import add_sign_in_routes


def add_auth_routes(
    routes: Routes,
    accounts: Accounts,
    now: Callable[[], datetime],
    place: Place,
    provider: ProviderClient | None = None,
) -> None:
    """Serve them; the place's language is for who names none."""
    site_name, language = place.name, place.language
    signing_in = add_sign_in_routes(routes, accounts, language)
    own = add_own_account_routes(routes, accounts, now, site_name, language)
    add_passkey_routes(routes, accounts, own, signing_in, site_name, language)
    OidcViews(accounts, signing_in, provider, now, place.url, language).add_routes(routes)
    flows = LoginFlows(accounts, now)
    flows.add_routes(routes)
    ClientTokens(accounts, flows).add_routes(routes)
