"""Bodies of requests, read with bounds: size, time, depth; what is wrong is said as a problem."""

import asyncio
import json
from typing import Any

import msgspec
from aiohttp import web

LARGEST_JSON = 256 * 1024  # bytes
DEEPEST = 32
_TAKEN = ("application/json", "text/plain", "application/octet-stream")  # many a program does not say JSON
PATIENCE = 20.0  # seconds for a whole body


async def read_body(request: web.Request, largest: int) -> bytes:
    """The whole body; HTTPRequestEntityTooLarge, HTTPRequestTimeout."""
    if (request.content_length or 0) > largest:
        raise web.HTTPRequestEntityTooLarge(largest, request.content_length or 0)
    found = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for part in request.content.iter_chunked(65_536):
                found += part
                if len(found) > largest:
                    raise web.HTTPRequestEntityTooLarge(largest, len(found))
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(text=f"the body did not come within {PATIENCE:g} s") from error
    return bytes(found)


async def read_json(request: web.Request, largest: int = LARGEST_JSON) -> Any:
    """The body as JSON; HTTPBadRequest and the like say what is wrong with it."""
    kind = request.content_type
    if kind not in _TAKEN and not kind.endswith("+json"):
        raise web.HTTPUnsupportedMediaType(text="send JSON, with Content-Type: application/json")
    return parse_json(await read_body(request, largest))


def parse_json(body: bytes, deepest: int = DEEPEST) -> Any:
    """JSON of bounded depth, without NaN, of text that can be stored; HTTPBadRequest."""
    try:
        value = json.loads(body.decode(), parse_constant=_no_number)
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair can't be stored
    except (ValueError, RecursionError) as error:
        raise web.HTTPBadRequest(text=f"the body is no JSON: {_said(error)}") from error
    level = [value]
    for _ in range(deepest):
        level = [item for outer in level for item in _inside(outer) if isinstance(item, (dict, list))]
        if not level:
            return value
    raise web.HTTPBadRequest(text=f"the body is nested more than {deepest} deep")


def written(value: Any) -> bytes:
    """A value as JSON; half a surrogate pair, which a device may well have sent, is escaped."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value)).encode()


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")


def _said(error: Exception) -> str:
    return "it is nested too deep" if isinstance(error, RecursionError) else str(error)[:100]
