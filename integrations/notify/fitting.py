"""Texts within a provider's limits: cut between characters that people see, never the first line's beginning."""

import json
import unicodedata
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.api import Delivery
from integrations.notify.wording import headline, one_line, phrase

Size = Callable[[str], int]
_JOINER = "\u200d"


def in_bytes(text: str) -> int:
    """The text's length in UTF-8."""
    return len(text.encode())


def in_json(text: str) -> int:
    """The bytes it takes within JSON, where quotes and line breaks take two."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


def cut(text: str, most: int, size: Size = in_bytes) -> str:
    """The text's beginning, of at most that size; what is left out shows as …"""
    if size(text) <= most:
        return text
    mark = "…" if size("…") <= most else ""
    end = _fitting(text, most - size(mark), size)
    while 0 < end < len(text) and (_continues(text[end]) or text[end - 1] == _JOINER):
        end -= 1
    return text[:end].rstrip() + mark


def compose(delivery: Delivery, most: int, size: Size = in_bytes) -> str:
    """Headline, message and link in so much room; the message gives way first, then the link."""
    notice, language = delivery.notice, delivery.person.language
    first = headline(notice, language)
    last = f"\n{phrase('more', language)}: {notice.url}" if notice.url else ""
    if size(first + last) > most:
        last = ""
    room = most - size(first) - size(last)
    message = f"\n{notice.message}" if notice.message and notice.message != notice.title else ""
    if size(message) > room:
        fits = room >= size("\n…")
        message = "\n" + cut(notice.message, room - size("\n"), size) if fits else ""
    return cut(first, most, size) + message + last


def body_of(delivery: Delivery, most: int, size: Size = in_bytes) -> str:
    """The message alone, for providers that show the headline themselves."""
    notice = delivery.notice
    return cut(notice.message or notice.title or headline(notice, delivery.person.language), most, size)


def pieces(delivery: Delivery, zone: ZoneInfo) -> dict[str, str]:
    """What a provider's template may be filled with, each in one line."""
    notice, language = delivery.notice, delivery.person.language
    severity = phrase(notice.severity.name, language)
    title = one_line(notice.title) or one_line(notice.message) or severity
    local = notice.at.astimezone(zone)
    return {
        "title": title,
        "message": one_line(notice.message) or title,
        "severity": severity,
        "time": _minute(local),
        "date": f"{local:%Y-%m-%d}",
    }


PIECES = ("title", "message", "severity", "time", "date")


def _minute(local: datetime) -> str:
    return f"{local:%Y-%m-%d %H:%M}"


def _fitting(text: str, most: int, size: Size) -> int:
    """How many characters fit, by halving."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if size(text[:middle]) <= most:
            low = middle
        else:
            high = middle - 1
    return low


def _continues(char: str) -> bool:
    """Whether a character belongs to the one before it: an accent, a joiner, a shade of an emoji."""
    return (
        char == _JOINER or unicodedata.category(char) in ("Mn", "Me", "Mc") or 0x1F3FB <= ord(char) <= 0x1F3FF
    )
