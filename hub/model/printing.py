"""Text from outside, fit for a terminal: nothing in it moves the cursor, colours, or passes for another line."""

import re

# Control characters but line break and tab, the marks that reverse a line, line separators, halves of pairs.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def visible(text: str) -> str:
    """The text with what a terminal would obey, not show, written out (\\x1b); line breaks and tabs stay."""
    return _UNSEEN.sub(lambda found: _written(found[0]), text)


def visible_line(text: str) -> str:
    """The same for what must stay one line: line breaks and tabs are written out, too."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def _written(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def visible_json(text: str) -> str:
    """JSON that stays the same JSON: controls that JSON lets stand (C1, reversing marks) are escaped its way."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
