"""Plain YAML words to values, by the core schema of YAML 1.2: `on`, `12:30` and `2020-01-01` stay text."""

from __future__ import annotations

import math
import re

Scalar = str | int | float | bool | None

WORDS: dict[str, bool | float | None] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
# 0137 on a manhole cover and +8613800138000 are names; as numbers they would lose a digit or a sign.
DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
OCTAL_OR_HEXADECIMAL = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
TELEPHONE = re.compile(r"\+[0-9]{7,}")
NUMBER_STARTS = frozenset("+-.0123456789")
STARTS = frozenset("~nNtTfF") | NUMBER_STARTS
LONGEST_NUMBER = 64
SURPRISING_EXPONENT = 8


def plain_scalar(text: str) -> Scalar:
    """The value of an unquoted word."""
    if text[:1] in NUMBER_STARTS and text not in WORDS:
        return number(text)
    return WORDS.get(text, text)


def number(text: str) -> str | int | float:
    """The number a word spells, or the word itself when it spells none (or none that a float can hold)."""
    if len(text) > LONGEST_NUMBER or TELEPHONE.fullmatch(text):
        return text
    if DECIMAL.fullmatch(text):
        return int(text)
    if OCTAL_OR_HEXADECIMAL.fullmatch(text):
        return int(text, 0)
    if FLOAT.fullmatch(text):
        value = float(text)
        return value if math.isfinite(value) else text
    return text


def is_surprising(text: str, value: Scalar) -> bool:
    """Whether a word that looks like a name, as 1234567E8 does, is read as a number."""
    return value.__class__ is float and "." not in text and len(text) >= SURPRISING_EXPONENT
