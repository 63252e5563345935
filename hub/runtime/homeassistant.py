"""What the API for Home Assistant's clients needs of the running hub."""

from datetime import timedelta
from typing import TYPE_CHECKING

from hub.accounts.permissions import Principal
from hub.accounts.registry import LONGEST_TOKEN_LIFE
from hub.model.errors import ActionRefused
from hub.web.gate import LOCAL_ADMIN
from hub.web.homeassistant.api import Api
from hub.web.homeassistant.house import House

if TYPE_CHECKING:
    from hub.runtime.hub import Hub


def homeassistant_of(hub: "Hub") -> Api:
    """The API of this hub."""

    def principal(token: str, address: str) -> Principal | None:
        local = hub.gate.is_local_token(token)
        return LOCAL_ADMIN if local else hub.accounts.principal_of_token(token, address)

    async def make_token(who: Principal, label: str, lasts: timedelta) -> str:
        session = hub.accounts.book.sessions.get(who.session)
        if session is None or session.kind != "client":
            raise ActionRefused(
                "only who signed in to an app by name and password can make a token here; use the console"
            )
        account = hub.accounts.book.accounts[session.account]
        _, token = await hub.accounts.registry.make_token(
            account, label=label, lasts=min(lasts, LONGEST_TOKEN_LIFE)
        )
        return token

    def sign_path(who: Principal, path: str, expires: timedelta) -> str:
        return hub.gate.signer.sign_path(path, expires, hub.gate.subject_of(who))

    house = House(
        site=hub.site,
        permissions=hub.permissions,
        principal=principal,
        current=hub.accounts.current,
        guests=lambda: hub.supervisor.guests,
        check=hub.faults,
        pictures=hub.pictures,
        on_revoked=hub.accounts.on_revoked,
    )
    return Api(house, make_token, sign_path)
