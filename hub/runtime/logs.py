"""Logs: for people on a terminal, JSON lines otherwise; with event, run and integration ids; secrets masked."""

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import Any, TextIO
from urllib.parse import quote

from hub.model.printing import visible, visible_json, visible_line

IDS = ("integration", "event", "run", "call")
COLOURS = {logging.WARNING: "\x1b[33m", logging.ERROR: "\x1b[31m", logging.CRITICAL: "\x1b[41m"}
MASK = "***"
SHORTEST = 6  # letters of a secret
# Secrets that no file told of: of callers, in addresses, and wherever a name says what stands behind it.
_TOLD = (
    (re.compile(r"(?i)\b(bearer|basic) +[\w.~+/=-]{8,}"), r"\1 ***"),
    (re.compile(r"\bll[a-z]_[\w-]{20,}"), MASK),
    (re.compile(r"(://[^\s/:@]{0,200}):[^\s/@]{1,500}@"), r"\1:***@"),
    (
        re.compile(
            r"""(?i)((?:access|refresh|id)?_?(?:token|password|passwd|secret|api_?key|authorization|cookie|sig|authSig)"""
            r"""(?:["']\s*:\s*["']|=))[^\s&"',;}\])]{3,}"""
        ),
        r"\1***",
    ),
)
# What follows a line break is indented: a device's text must not pass for a line of the log.
_LINE_BREAK = re.compile(r"\n *")


class Masking(logging.Filter):
    """What the configuration says about logs: the secrets to take out of every message, the zone of its times."""

    def __init__(self) -> None:
        super().__init__()
        self._secrets: tuple[str, ...] = ()
        self.zone: tzinfo | None = None  # the site's; until it is known, the machine's

    def hide(self, secrets: Iterable[str]) -> None:
        """Mask these from now on; short ones would mask half of the language and are left."""
        forms = {form for item in secrets if len(item) >= SHORTEST for form in dressed(item)}
        self._secrets = tuple(sorted(forms, key=len, reverse=True))

    def clean(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, MASK)
        for pattern, told in _TOLD:
            text = pattern.sub(told, text)
        return text


def dressed(secret: str) -> set[str]:
    """A secret as it may stand in a text: as it is, quoted by Python or JSON, in an address."""
    quoted = {repr(secret)[1:-1], json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return {secret, *quoted, quote(secret, errors="replace"), quote(secret, safe="", errors="replace")}


def ids_of(record: logging.LogRecord) -> dict[str, str]:
    """The ids that a record carries."""
    return {name: str(getattr(record, name)) for name in IDS if getattr(record, name, "")}


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def __init__(self, masking: Masking) -> None:
        super().__init__()
        self._masking = masking

    def format(self, record: logging.LogRecord) -> str:
        """time, level, logger, message, ids, and the traceback as text."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._masking.clean(record.getMessage()),
            **{name: self._masking.clean(value) for name, value in ids_of(record).items()},
        }
        if record.exc_info:
            line["traceback"] = self._masking.clean(self.formatException(record.exc_info))
        return visible_json(json.dumps(line, ensure_ascii=False))


class Lines(logging.Formatter):
    """A line that a person reads: the site's time, level, who, what."""

    def __init__(self, masking: Masking, *, colour: bool) -> None:
        super().__init__()
        self._masking, self._colour = masking, colour

    def format(self, record: logging.LogRecord) -> str:
        """12:30:05 WARNING camera: text [event=...]."""
        at = datetime.fromtimestamp(record.created, UTC).astimezone(self._masking.zone).strftime("%H:%M:%S")
        ids = ids_of(record)
        who = ids.pop("integration", record.name.removeprefix("hub."))
        tail = f" [{' '.join(f'{key}={value}' for key, value in ids.items())}]" if ids else ""
        message = _LINE_BREAK.sub("\n    ", visible(record.getMessage()))
        text = f"{at} {record.levelname:<7} {who}: {message}{visible_line(tail)}"
        if self._colour and record.levelno in COLOURS:
            text = f"{COLOURS[record.levelno]}{text}\x1b[0m"
        if record.exc_info:
            text += "\n" + visible(self.formatException(record.exc_info))
        return self._masking.clean(text)


def set_up(*, level: str = "INFO", style: str = "auto", stream: TextIO = sys.stderr) -> Masking:
    """Send all logs to `stream`; `style` is "text", "json" or "auto" (text on a terminal)."""
    masking = Masking()
    terminal = stream.isatty()
    handler = logging.StreamHandler(stream)
    as_text = style == "text" or (style == "auto" and terminal)
    handler.setFormatter(Lines(masking, colour=terminal) if as_text else JsonLines(masking))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("aiohttp.access", "alembic", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # A traceback for each request that is no HTTP: whoever likes could fill the disk. What routes fail at, we tell.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    return masking
