"""Operations: a handler with the types of its query, body and answer; everything about HTTP is done here once."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
from aiohttp import web

from hub.accounts.permissions import Permissions, Principal, Thing
from hub.model.errors import HubError
from hub.web.bodies import written
from hub.web.gate import PERMISSIONS, PRINCIPAL, refused
from hub.web.problems import problem

LARGEST_BODY = 256 * 1024  # bytes
T = TypeVar("T")


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No query parameters, or no body."""


class Page(msgspec.Struct, Generic[T]):
    """Some of many: hand `next` back as `after` for those that follow; it is null at the end."""

    items: list[T]
    next: str | None = None


class Refused(HubError):
    """An answer that is no success: a status with its words, as RFC 9457 wants it."""

    def __init__(
        self, status: int, detail: str, *, title: str = "", errors: Sequence[dict[str, str]] = ()
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.title, self.errors = status, detail, title, errors


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """One request, read and checked."""

    request: web.Request
    who: Principal
    permissions: Permissions
    query: Any
    body: Any
    path: dict[str, str]

    def may(self, verb: str, thing: Thing) -> bool:
        """Whether the caller may do `verb` with the thing."""
        return self.permissions.may(self.who, verb, thing)

    def require(self, verb: str, thing: Thing) -> None:
        """Refused as if it were not there, unless the caller may see it; then as forbidden."""
        if self.may(verb, thing):
            return
        refused(self.request, verb, thing)
        if verb != "see" and self.may("see", thing):
            raise Refused(403, f"you may not {verb} this {thing.kind}")
        raise missing(thing.kind)


Handler = Callable[[Asked[Any]], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that can be asked of the API; `summary` and the types are its documentation."""

    method: str
    path: str  # below /api/v1
    access: str
    summary: str
    handler: Handler
    answer: Any
    query: type[msgspec.Struct] = Nothing
    body: type[msgspec.Struct] | None = None
    status: int = 200
    refusals: tuple[int, ...] = ()  # statuses besides those that every operation may answer with
    keyed: bool = False  # takes an Idempotency-Key
    media_type: str = "application/json"

    @property
    def name(self) -> str:
        """The handler's name: unique, the operationId."""
        return self.handler.__name__


def missing(kind: str) -> Refused:
    """Not there, or not for the caller's eyes: both look the same."""
    return Refused(404, f"there is no such {kind}")


async def asked(operation: Operation, request: web.Request) -> Asked[Any]:
    """Read and check a request; Refused says what is wrong with it and where."""
    return Asked(
        request=request,
        who=request[PRINCIPAL],
        permissions=request[PERMISSIONS],
        query=_query(operation.query, request),
        body=None if operation.body is None else await _body(operation.body, request),
        path=dict(request.match_info),
    )


def answered(operation: Operation, value: Any) -> web.StreamResponse:
    """The answer as JSON; what is a response already stays."""
    if isinstance(value, web.StreamResponse):
        return value
    if operation.status == 204:
        return web.Response(status=204)
    body = written(value)
    return web.Response(status=operation.status, body=body, content_type="application/json", charset="utf-8")


def refusal(error: Refused) -> web.Response:
    """A refusal as a problem, with the faults' places when there are."""
    more = {"errors": list(error.errors)} if error.errors else {}
    return problem(error.status, error.title or web_title(error.status), error.detail, **more)


def web_title(status: int) -> str:
    """The status' name."""
    from http import HTTPStatus

    return HTTPStatus(status).phrase


def _query(wanted: type[msgspec.Struct], request: web.Request) -> Any:
    many = _lists(wanted)
    values: dict[str, Any] = {}
    for name in request.query:
        given = request.query.getall(name)
        if name in many:
            values[name] = given
        elif len(given) > 1:
            raise Refused(400, f"'{name[:80]}' is given twice", errors=[{"parameter": name[:80]}])
        else:
            values[name] = given[0]
    for name in _moments(wanted) & values.keys():
        # msgspec would take a number for seconds since 1970.
        if "-" not in values[name][1:]:
            detail = "write it as 2026-01-31T08:00:00+08:00"
            raise Refused(400, f"'{name}': {detail}", errors=[{"parameter": name, "detail": detail}])
    try:
        return msgspec.convert(values, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(error, "parameter") from error


@cache
def _lists(wanted: type[msgspec.Struct]) -> set[str]:
    """Names of the parameters that may be given many times."""
    return {
        field.name
        for field in msgspec.structs.fields(wanted)
        if isinstance(msgspec.inspect.type_info(field.type), msgspec.inspect.ListType)
    }


@cache
def _moments(wanted: type[msgspec.Struct]) -> set[str]:
    """Names of the parameters that are times."""
    return {
        field.name
        for field in msgspec.structs.fields(wanted)
        if "DateTimeType" in repr(msgspec.inspect.type_info(field.type))
    }


async def _body(wanted: type[msgspec.Struct], request: web.Request) -> Any:
    if request.content_type != "application/json":
        raise Refused(415, "send application/json")
    if (request.content_length or 0) > LARGEST_BODY:
        raise Refused(413, f"a body has at most {LARGEST_BODY} bytes")
    raw = await request.read()
    if len(raw) > LARGEST_BODY:
        raise Refused(413, f"a body has at most {LARGEST_BODY} bytes")
    try:
        return msgspec.json.decode(raw or b"{}", type=wanted)
    except msgspec.ValidationError as error:
        raise _invalid(error, "pointer") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, f"the body is no JSON: {error}") from error


def _invalid(error: msgspec.ValidationError, where: str) -> Refused:
    """msgspec says `Expected int - at `$.limit``."""
    text, _, place = str(error).partition(" - at `$")
    place = place.rstrip("`").replace("[...]", "/0").replace(".", "/")
    return Refused(
        400,
        text[:500],
        errors=[{where: place if where == "pointer" else place.lstrip("/"), "detail": text[:500]}],
    )
