"""Types that several operations share."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import Meta

Limit = Annotated[int, Meta(ge=1, le=200, description="At most so many")]
Cursor = Annotated[str, Meta(pattern="^[0-9]{0,18}$", description="`next` of the page before")]
Moment = Annotated[datetime, Meta(tz=True, description="ISO 8601 with its offset from UTC")]


class EvidenceView(msgspec.Struct, kw_only=True):
    """A picture, clip or reading; `url` asks for it with the caller's rights."""

    kind: str
    url: str
    media_type: str
    sha256: str
    text: str


def evidence_view(item: dict[str, Any]) -> EvidenceView:
    """Of an event's evidence as it is stored."""
    return EvidenceView(
        kind=str(item.get("kind", "")),
        url=f"/api/v1/media/{quote(str(item.get('path', '')))}",
        media_type=str(item.get("media_type", "")),
        sha256=str(item.get("sha256", "")),
        text=str(item.get("text", "")),
    )


def cursor_of(text: str, default: int) -> int:
    """A place in the journal."""
    return int(text) if text else default
