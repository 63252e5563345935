"""Signing in as Home Assistant's clients do: a flow of forms that ends in a code, which is exchanged for tokens."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from hub.accounts.accounts import Accounts
from hub.accounts.passwords import Busy
from hub.accounts.secret import digest_of, new_secret
from hub.accounts.signin import Attempt, CodeWanted, SignInRefused, Throttled
from hub.accounts.throttle import network_of
from hub.plugins.routes import Routes
from hub.web.authentication import address_of
from hub.web.bodies import parse_json, read_body
from hub.web.client_ids import may_return
from hub.web.forms import LARGEST

HANDLER = ["homeassistant", None]
OPEN = timedelta(minutes=10)  # a flow, and a code
MOST_FLOWS, MOST_FLOWS_OF_ADDRESS, MOST_CODES = 500, 20, 500
MOST_CODE_TRIES = 3
LONGEST_TEXT = 1000


@dataclass(slots=True)
class Flow:
    """One sign-in under way."""

    id: str
    client: str
    address: str
    ends: datetime
    account: str = ""  # whose password was right: the second factor is wanted
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Code:
    """What a finished flow stands for, until it is exchanged."""

    account: str
    client: str
    ends: datetime


class LoginFlows:
    """Keeps flows and codes, in bounded number: the oldest make room."""

    def __init__(self, accounts: Accounts, now: Callable[[], datetime]) -> None:
        self._accounts, self._now = accounts, now
        self._flows: dict[str, Flow] = {}
        self._codes: dict[str, Code] = {}

    def add_routes(self, routes: Routes) -> None:
        """Serve them."""
        for method, path, handler in (
            ("GET", "/auth/providers", self.providers),
            ("POST", "/auth/login_flow", self.begin),
            ("POST", "/auth/login_flow/{flow_id}", self.go_on),
            ("DELETE", "/auth/login_flow/{flow_id}", self.abort),
        ):
            routes.add(method, path, handler, access="public", owner="hub")

    def take(self, code: str, client: str) -> str:
        """The account that a code stands for, once, and for the client that it was made for; "" when none."""
        found = self._codes.get(digest_of(code))
        if found is None or found.client != client:
            return ""
        del self._codes[digest_of(code)]
        return found.account if self._now() < found.ends else ""

    async def providers(self, _request: web.Request) -> web.Response:
        """The ways to sign in: one."""
        provider = {"name": "Linli Hub", "id": HANDLER[1], "type": HANDLER[0]}
        return web.json_response({"providers": [provider], "preselect_remember_me": False})

    async def begin(self, request: web.Request) -> web.Response:
        """Answer the first form: name and password."""
        body = await _read(request)
        if not may_return(body.get("client_id"), body.get("redirect_uri")):
            return _message(400, "Invalid client id or redirect uri")
        if body.get("handler") != HANDLER:
            return _message(404, "Invalid handler specified")
        address = network_of(address_of(request))
        self._make_room(address)
        flow = Flow(new_secret("code"), body["client_id"], address, self._now() + OPEN)
        self._flows[flow.id] = flow
        return web.json_response(_form(flow, "init"))

    async def go_on(self, request: web.Request) -> web.Response:
        """Take a form; the next form, the same with its error, or the code at the end."""
        body = await _read(request)
        flow = self._flow(request)
        if flow is None:
            return _message(404, "Invalid flow specified")
        if body.get("client_id") != flow.client:
            return _message(400, "Invalid client id")
        wanted = ("code",) if flow.account else ("username", "password")
        given = [body.get(name) for name in wanted]
        if not all(isinstance(value, str) and len(value) <= LONGEST_TEXT for value in given):
            return _message(400, "User input malformed")
        try:
            return await self._answer(flow, [str(value) for value in given], address_of(request))
        except Throttled as error:
            return _message(429, str(error), error.values["seconds"])
        except Busy as error:
            return _message(503, str(error), 5)

    async def abort(self, request: web.Request) -> web.Response:
        """Give a flow up."""
        flow = self._flow(request)
        if flow is None:
            return _message(404, "Invalid flow specified")
        del self._flows[flow.id]
        return _message(200, "Flow aborted")

    async def _answer(self, flow: Flow, given: list[str], address: str) -> web.Response:
        sign_in = self._accounts.sign_in
        try:
            if flow.account:
                account = sign_in.check_code(flow.account, given[0], address)
            else:
                account = await sign_in.check(Attempt(name=given[0], password=given[1], address=address))
        except CodeWanted as wanted:
            flow.account = wanted.account
            return web.json_response(_form(flow, "mfa"))
        except SignInRefused:
            return self._refuse(flow)
        if self._flows.pop(flow.id, None) is None:  # finished or given up meanwhile
            return _message(404, "Invalid flow specified")
        return web.json_response(
            {
                "type": "create_entry",
                "flow_id": flow.id,
                "handler": HANDLER,
                "title": account.name,
                "version": 1,
                "result": self._make_code(account.id, flow.client),
                "description": None,
                "description_placeholders": None,
            }
        )

    def _refuse(self, flow: Flow) -> web.Response:
        if not flow.account:
            return web.json_response(_form(flow, "init", {"base": "invalid_auth"}))
        flow.tries += 1
        if flow.tries < MOST_CODE_TRIES:
            return web.json_response(_form(flow, "mfa", {"base": "invalid_code"}))
        self._flows.pop(flow.id, None)
        return web.json_response(
            {"type": "abort", "flow_id": flow.id, "handler": HANDLER, "reason": "too_many_retry"}
        )

    def _make_code(self, account: str, client: str) -> str:
        now = self._now()
        self._codes = {digest: code for digest, code in self._codes.items() if now < code.ends}
        while len(self._codes) >= MOST_CODES:
            del self._codes[next(iter(self._codes))]
        code = new_secret("code")
        self._codes[digest_of(code)] = Code(account, client, now + OPEN)
        return code

    def _flow(self, request: web.Request) -> Flow | None:
        """The flow of this request, as long as it comes from where it began."""
        flow = self._flows.get(request.match_info["flow_id"])
        if flow is None or self._now() >= flow.ends or flow.address != network_of(address_of(request)):
            return None
        return flow

    def _make_room(self, address: str) -> None:
        now = self._now()
        self._flows = {found.id: found for found in self._flows.values() if now < found.ends}
        own = [found.id for found in self._flows.values() if found.address == address]
        for flow_id in own[: max(0, len(own) - MOST_FLOWS_OF_ADDRESS + 1)]:
            del self._flows[flow_id]
        while len(self._flows) >= MOST_FLOWS:
            del self._flows[next(iter(self._flows))]


def _form(flow: Flow, step: str, errors: dict[str, str] | None = None) -> dict[str, Any]:
    fields = ("code",) if step == "mfa" else ("username", "password")
    module = {"mfa_module_name": "TOTP", "mfa_module_id": "totp"}
    return {
        "type": "form",
        "flow_id": flow.id,
        "handler": HANDLER,
        "step_id": step,
        "data_schema": [{"type": "string", "name": name, "required": True} for name in fields],
        "errors": errors or {},
        "description_placeholders": module if step == "mfa" else None,
        "last_step": None,
        "preview": None,
    }


async def _read(request: web.Request) -> dict[str, Any]:
    """Clients send it as text/plain, too, to be spared the browser's question: the type does not matter."""
    try:
        body = parse_json(await read_body(request, LARGEST))
    except web.HTTPBadRequest as error:
        raise web.HTTPBadRequest(text="Invalid JSON specified.") from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="Message format incorrect: expected a dictionary")
    return body


def _message(status: int, text: str, retry_after: object = None) -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return web.json_response({"message": text}, status=status, headers=headers)
