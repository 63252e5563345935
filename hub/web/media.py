"""Pictures and clips of alarms: for those who may see what happened there, whole or in part; each look is noted."""

import asyncio
import json
import re
import sqlite3
import stat
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from aiohttp import web

from hub.accounts.permissions import Thing
from hub.plugins.site import Site
from hub.store import catalogue
from hub.store.media import PART
from hub.web.gate import may, refused, viewed
from hub.web.objects import living_at
from hub.web.signing import Signer

LONGEST_PATH = 500
LINK = "media"  # the subject of the hub's own links: nobody may sign these paths in its place
MOST_ALARMS = 50  # that share one picture
TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".json": "application/json",
}
UNKNOWN = "application/octet-stream"
# A file from a device is data: nothing in it may run, whatever a browser takes it for.
POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; frame-ancestors 'none'; sandbox"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_AROUND = timedelta(days=2)  # between the day of a file's name, of whatever zone, and its alarm's


def serve_media(site: Site, signer: Signer) -> None:
    """Put the routes into the site's table."""
    media = Media(site, signer)
    site.routes.add("GET", "/api/v1/media/{path:rest}", media.show, access="see media", owner="hub")
    site.routes.add("GET", "/media/signed/{path:rest}", media.show_signed, access="public", owner="hub")


class Media:
    """Serves files of the media folder that alarms name as their evidence."""

    def __init__(self, site: Site, signer: Signer) -> None:
        self._site, self._signer = site, signer

    async def show(self, request: web.Request) -> web.StreamResponse:
        """One file, if it is evidence of an alarm in a place whose media the caller may see."""
        path = request.match_info["path"]
        things = [Thing(kind="media", id=path, area=area) for area in await self._areas(path)]
        seen = [thing for thing in things if may(request, "see", thing)]
        if not seen:
            if things:
                refused(request, "see", things[0])
            raise web.HTTPNotFound(text="there is no such media")
        response = await self._file(path)
        for person in living_at(self._site, seen[0].area):
            viewed(request, seen[0], person)
        return response

    async def show_signed(self, request: web.Request) -> web.StreamResponse:
        """One file, to whoever holds a link to it that was signed and has not expired."""
        if self._signer.verify(request.method, request.raw_path) != LINK:
            raise web.HTTPNotFound(text="the link is not valid, or not any more")
        return await self._file(request.match_info["path"])

    def link(self, path: str, expires: timedelta) -> str:
        """A path below which a file can be read without sign-in until then; ValueError for what is no file's path."""
        if safe(path) is None:
            raise ValueError(f"'{path[:80]}' is no path of a medium")
        return self._signer.sign_path(f"/media/signed/{path}", expires, LINK)

    async def _areas(self, path: str) -> list[str]:
        """Where the alarms happened whose evidence it is."""
        parts = safe(path)
        days = [part for part in (parts.parts if parts else ()) if _DAY.match(part)]
        if not days:
            return []
        try:
            day = datetime.fromisoformat(days[0]).replace(tzinfo=UTC)
            span = {"since": day - _AROUND, "until": day + _AROUND}
        except (ValueError, OverflowError):
            return []

        def find(connection: sqlite3.Connection) -> list[str]:
            rows = catalogue.ALARMS_SAYING.run(connection, after=0, text=path, limit=MOST_ALARMS, **span)
            return [row["area"] for row in rows.fetchall() if _shows(json.loads(row["body"]), path)]

        return await self._site.store.read(find)

    async def _file(self, path: str) -> web.StreamResponse:
        found = await asyncio.to_thread(find_file, self._site.media_dir, path)
        if found is None:
            raise web.HTTPNotFound(text="there is no such media")
        kind = TYPES.get(found.suffix.lower(), UNKNOWN)
        headers = {
            "Content-Type": kind,
            "Content-Security-Policy": POLICY,
            "Cache-Control": "private, max-age=300",
        }
        if kind == UNKNOWN:
            headers["Content-Disposition"] = "attachment"
        return web.FileResponse(found, headers=headers)


def safe(path: str) -> PurePosixPath | None:
    """A path below the media folder, if it is one: no way up, nothing hidden, nothing half written."""
    parts = path.split("/")
    sound = (
        0 < len(path) <= LONGEST_PATH and path.isprintable() and "\\" not in path and not path.endswith(PART)
    )
    if not sound or any(not part or part.startswith(".") for part in parts):
        return None
    return PurePosixPath(path)


def find_file(folder: Path, path: str) -> Path | None:
    """The regular file at a path below the folder, without any link on the way; blocking."""
    parts = safe(path)
    if parts is None:
        return None
    root = folder.resolve()
    try:
        found = root / parts
        is_file = stat.S_ISREG(found.lstat().st_mode)
        return found if is_file and found.resolve(strict=True) == found else None
    except (OSError, ValueError, RuntimeError):
        return None


def _shows(body: Mapping[str, Any], path: str) -> bool:
    evidence = body.get("evidence")
    return any(isinstance(item, Mapping) and item.get("path") == path for item in evidence or ())
