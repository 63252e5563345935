"""Errors as RFC 9457 wants them."""

from typing import Any

from aiohttp import web

from hub.web.bodies import written

_KEPT = ("Allow", "Retry-After", "WWW-Authenticate", "Content-Range")


def problem(status: int, title: str, detail: str = "", **more: Any) -> web.Response:
    """An error as RFC 9457 wants it; `more` are members of the answer's own."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return web.Response(
        status=status, body=written(body), content_type="application/problem+json", charset="utf-8"
    )


def answer_of(error: web.HTTPException) -> web.Response:
    """What a raised status tells the caller; errors as problems, with the headers that belong to them."""
    if error.status < 400:
        kept = {name: value for name, value in error.headers.items() if name.lower() != "content-type"}
        return web.Response(status=error.status, headers=kept)
    response = problem(error.status, error.reason, error.text or "")
    for name in _KEPT:
        if name in error.headers:
            response.headers[name] = error.headers[name]
    return response
