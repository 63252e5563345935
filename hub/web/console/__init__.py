"""The console: a page of plain ES modules, served as they lie here; there is no build step."""

import gzip
import hashlib
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from hub.plugins.integration import Panel
from hub.plugins.routes import Routes

FOLDER = Path(__file__).parent
KINDS = {".html", ".js", ".css", ".svg", ".png", ".webmanifest", ".txt"}
# Nothing from elsewhere, nothing inline; pictures that the page itself made (a QR code, a drawn plan) are blobs.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the console as it is sent."""

    body: bytes
    packed: bytes  # gzip
    media_type: str
    tag: str


class Console:
    """Serves the files; read when they are first asked for, as starting must be quick."""

    def __init__(self, panels: Callable[[], Mapping[str, Panel]], folder: Path = FOLDER) -> None:
        self._panels, self._folder = panels, folder
        self._assets: dict[str, Asset] = {}

    def add_to(self, routes: Routes) -> None:
        """Serve the page at / and /welcome, and its parts below /console/."""
        routes.add("GET", "/", self._page, access="public", owner="hub")
        # Links by which people come in for the first time: what follows the # is the code, and stays in the browser.
        routes.add("GET", "/welcome", self._page, access="public", owner="hub")
        routes.add("GET", "/console/panels/{name}", self._panel, access="signed_in", owner="hub")
        routes.add("GET", "/console/{path:rest}", self._part, access="public", owner="hub")
        # A service worker rules over what lies below its own path.
        routes.add("GET", "/worker.js", self._worker, access="public", owner="hub")

    async def _page(self, request: web.Request) -> web.Response:
        return self._answer(request, "index.html")

    async def _worker(self, request: web.Request) -> web.Response:
        return self._answer(request, "worker.js")

    async def _panel(self, request: web.Request) -> web.Response:
        """The module of an integration's page; it goes when the integration goes."""
        name = request.match_info["name"]
        panel = self._panels().get(name.removesuffix(".js"))
        if panel is None or not name.endswith(".js"):
            raise web.HTTPNotFound(text="no integration has such a panel")
        return self._sent(
            request, self._assets.get(f"panels/{name}") or self._kept(f"panels/{name}", panel.module)
        )

    async def _part(self, request: web.Request) -> web.Response:
        return self._answer(request, request.match_info["path"])

    def _answer(self, request: web.Request, path: str) -> web.Response:
        return self._sent(request, self._assets.get(path) or self._read(path))

    def _sent(self, request: web.Request, asset: Asset) -> web.Response:
        headers = {
            "Content-Security-Policy": POLICY,
            "Cache-Control": "no-cache",  # asked for each time, answered with 304: a new version shows at once
            "ETag": asset.tag,
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("If-None-Match") == asset.tag:
            return web.Response(status=304, headers=headers)
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        if packed:
            headers["Content-Encoding"] = "gzip"
        return web.Response(
            body=asset.packed if packed else asset.body, headers=headers | {"Content-Type": asset.media_type}
        )

    def _read(self, path: str) -> Asset:
        """The file, if it is one of the console's; what is on the disk beside it stays unseen."""
        found = self._files().get(path)
        if found is None:
            raise web.HTTPNotFound(text="the console has no such part")
        return self._kept(path, found)

    def _kept(self, path: str, found: Path) -> Asset:
        body = found.read_bytes()
        asset = Asset(
            body=body,
            packed=gzip.compress(body, 9, mtime=0),
            media_type=media_type(found.suffix),
            tag=f'"{hashlib.sha256(body).hexdigest()[:24]}"',
        )
        self._assets[path] = asset
        return asset

    def _files(self) -> dict[str, Path]:
        return {
            file.relative_to(self._folder).as_posix(): file
            for file in self._folder.rglob("*")
            if file.suffix in KINDS and file.is_file()
        }


def media_type(suffix: str) -> str:
    """The type that browsers want; modules run only as JavaScript."""
    if suffix == ".js":
        return "text/javascript; charset=utf-8"
    if suffix == ".webmanifest":
        return "application/manifest+json"
    found = mimetypes.guess_type(f"x{suffix}")[0] or "application/octet-stream"
    return f"{found}; charset=utf-8" if found.startswith("text/") else found
