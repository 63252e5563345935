"""Validators of numbers, texts, truth values, lists and choices."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from hub.config.english import listed, show
from hub.config.faults import did_you_mean

LONGEST_STRING = 4096
LONGEST_NAME = 255
WHOLE_NUMBER = re.compile(r"[-+]?[0-9]{1,18}")
# Line breaks and tabs are text; other control characters are not, nor are the marks that reverse a line.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
TRUE_WORDS = frozenset(("true", "yes", "on", "1", "enable"))
FALSE_WORDS = frozenset(("false", "no", "off", "0", "disable"))


@dataclass(frozen=True, slots=True)
class Number:
    """A number, or text that spells one (as `!env_var` gives it), between bounds; to int when `whole`, else float."""

    minimum: float | None = None
    maximum: float | None = None
    whole: bool = False

    def __call__(self, value: Any) -> int | float:
        """The number; raises Invalid."""
        number = whole_number(value) if self.whole else decimal_number(value)
        low = self.minimum is not None and number < self.minimum
        if low or (self.maximum is not None and number > self.maximum):
            raise vol.Invalid(f"{show(value)} is out of range; write a number {self.bounds()}")
        return number

    @property
    def expected(self) -> str:
        """What it takes, in words."""
        bounded = self.minimum is not None or self.maximum is not None
        return f"a {'whole ' if self.whole else ''}number{' ' + self.bounds() if bounded else ''}"

    def bounds(self) -> str:
        """The bounds in words."""
        if self.minimum is not None and self.maximum is not None:
            return f"from {self.minimum} to {self.maximum}"
        return f"of at least {self.minimum}" if self.maximum is None else f"of at most {self.maximum}"

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of what it takes."""
        schema: dict[str, Any] = {"type": "integer" if self.whole else "number"}
        if self.minimum is not None:
            schema["minimum"] = self.minimum
        if self.maximum is not None:
            schema["maximum"] = self.maximum
        return schema


def whole_number(value: Any) -> int:
    """An int out of 5, 5.0 or "5"."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value):
        return int(value)
    raise vol.Invalid(f"{show(value)} is not a whole number; write digits only")


def decimal_number(value: Any) -> float:
    """A finite float out of 5, 5.5 or "5.5"."""
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = float("nan")
        if abs(number) < float("inf"):
            return number
    raise vol.Invalid(f"{show(value)} is not a number; write digits, and a point if need be")


integer = Number(whole=True)
positive_int = Number(0, whole=True)
port = Number(1, 65535, whole=True)
number = Number()
positive_float = Number(0.0)
percentage = Number(0.0, 100.0)
latitude = Number(-90.0, 90.0)
longitude = Number(-180.0, 180.0)


@dataclass(frozen=True, slots=True)
class Text:
    """Text of bounded length without control characters; numbers become text, as Home Assistant does it."""

    minimum: int = 0
    maximum: int = LONGEST_STRING

    @property
    def expected(self) -> str:
        """What it takes, in words."""
        return "text"

    def __call__(self, value: Any) -> str:
        """The text; raises Invalid."""
        if value is None or isinstance(value, bool | dict | list):
            raise vol.Invalid(f"{show(value)} is not text; put it in quotes")
        text = str(value)
        if not self.minimum <= len(text) <= self.maximum:
            wanted = f"at most {self.maximum}" if len(text) > self.maximum else f"at least {self.minimum}"
            raise vol.Invalid(f"the text has {len(text)} characters; write {wanted}")
        if found := CONTROL.search(text):
            raise vol.Invalid(f"the text holds the control character U+{ord(found[0]):04X}; remove it")
        return text

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of what it takes."""
        return {"type": ["string", "number"], "minLength": self.minimum, "maxLength": self.maximum}


string = Text()
name = Text(1, LONGEST_NAME)


def boolean(value: Any) -> bool:
    """A truth value; also the words on, off, yes, no, enable and disable."""
    if isinstance(value, bool):
        return value
    word = str(value).casefold() if isinstance(value, str | int) else ""
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise vol.Invalid(f"{show(value)} is neither true nor false; write true or false")


def ensure_list(value: Any) -> list[Any]:
    """A list: nothing and an empty file are an empty one, a single value is a list of one."""
    if value is None or value == {}:
        return []
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few values; the error names the nearest."""

    choices: tuple[str | int, ...]

    @property
    def expected(self) -> str:
        """What it takes, in words."""
        return listed([show(each) for each in self.choices], "or")

    def __call__(self, value: Any) -> str | int:
        """The value; raises Invalid."""
        for choice in self.choices:
            if value == choice and type(value) is type(choice):
                return choice
        remedy = did_you_mean(value, self.choices) or f"write {self.expected}"
        raise vol.Invalid(f"{show(value)} is not one of the choices; {remedy}")

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of what it takes."""
        return {"enum": list(self.choices)}


def one_of(*choices: str | int) -> OneOf:
    """One of the given values."""
    return OneOf(choices)
