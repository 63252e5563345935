"""Puts the compatible API together: the table of its routes and the table of its commands."""

from hub.plugins.routes import Routes
from hub.web.homeassistant import rest, rest_calendars, rest_cameras, rest_past, rest_states
from hub.web.homeassistant.account_commands import MakeToken, SignPath, add_account_commands
from hub.web.homeassistant.answers import Handler, answering
from hub.web.homeassistant.commands import Commands
from hub.web.homeassistant.core_commands import add_core_commands
from hub.web.homeassistant.house import House
from hub.web.homeassistant.past_commands import add_past_commands
from hub.web.homeassistant.registry_commands import add_registry_commands
from hub.web.homeassistant.services import Services
from hub.web.homeassistant.socket import Sockets
from hub.web.homeassistant.template_commands import add_template_commands

_ROUTES: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", "/api/", "signed_in", rest.running),
    ("GET", "/api/config", "signed_in", rest.config),
    ("POST", "/api/config/core/check_config", "manage config", rest.check_config),
    ("GET", "/api/components", "signed_in", rest.components),
    ("GET", "/api/states", "signed_in", rest_states.states),
    ("GET", "/api/states/{entity_id}", "signed_in", rest_states.state),
    ("POST", "/api/states/{entity_id}", "manage system", rest_states.set_state),
    ("DELETE", "/api/states/{entity_id}", "manage system", rest_states.remove_state),
    ("GET", "/api/services", "signed_in", rest.services),
    ("POST", "/api/services/{domain}/{service}", "signed_in", rest.call_service),
    ("GET", "/api/events", "signed_in", rest.events),
    ("POST", "/api/events/{event_type}", "manage system", rest.fire_event),
    ("POST", "/api/template", "see template", rest.template),
    ("GET", "/api/history/period", "signed_in", rest_past.period),
    ("GET", "/api/history/period/{start}", "signed_in", rest_past.period),
    ("GET", "/api/logbook", "signed_in", rest_past.book),
    ("GET", "/api/logbook/{start}", "signed_in", rest_past.book),
    ("GET", "/api/calendars", "see calendar", rest_calendars.calendars),
    ("GET", "/api/calendars/{entity_id}", "see calendar", rest_calendars.calendar),
    ("GET", "/api/camera_proxy/{entity_id}", "see camera", rest_cameras.picture),
    ("GET", "/api/camera_proxy_stream/{entity_id}", "see camera", rest_cameras.stream),
    ("GET", "/api/error_log", "see log", rest.error_log),
    ("GET", "/api/stream", "signed_in", rest.stream),
)


class Api:
    """The compatible API of one running hub."""

    def __init__(self, house: House, make_token: MakeToken, sign_path: SignPath) -> None:
        self.house = house
        self.commands = Commands()
        add_core_commands(self.commands, Services(house))
        add_template_commands(self.commands)
        add_past_commands(self.commands)
        add_registry_commands(self.commands)
        add_account_commands(self.commands, make_token, sign_path)
        self.sockets = Sockets(house, self.commands)
        house.listeners = self.sockets.feed.count

    def add_routes(self, routes: Routes) -> None:
        """Serve it."""
        for method, path, access, handler in _ROUTES:
            routes.add(method, path, answering(self.house, handler), access=access, owner="hub")
        # Whoever connects says who they are in the first message.
        routes.add("GET", "/api/websocket", self.sockets.serve, access="public", owner="hub")

    async def close(self) -> None:
        """End every socket."""
        await self.sockets.close()
