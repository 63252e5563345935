"""What the API for Home Assistant's clients needs of the running hub."""

from typing import TYPE_CHECKING

from hub.accounts.permissions import Principal
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

    house = House(
        site=hub.site,
        permissions=hub.permissions,
        principal=principal,
        current=hub.accounts.current,
        guests=lambda: hub.supervisor.guests,
        check=hub.faults,
    )
    return Api(house)
