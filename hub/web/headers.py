"""What every answer tells a browser: to run nothing foreign, to show it in no frame, to guess no type."""

from aiohttp import web

from hub.web.origins import Origins

HEADERS = {
    "Server": "linli",  # not which versions of what
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}
# Of a page: everything from the hub itself, no script or style within the page, no other page around it.
PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_LOOSER = (
    "Content-Security-Policy",
    "Cache-Control",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
)
HSTS = "max-age=31536000"


def put_headers(request: web.Request, response: web.StreamResponse, origins: Origins) -> None:
    """Add them; a route may have said otherwise of some, of the others not."""
    headers = response.headers
    if response.content_type == "text/html":
        headers.setdefault("Content-Security-Policy", PAGE)
    for name, value in HEADERS.items():
        if name in _LOOSER:
            headers.setdefault(name, value)
        else:
            headers[name] = value
    if request.secure:
        headers["Strict-Transport-Security"] = HSTS
    origins.mark(request, response)
