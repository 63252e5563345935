"""Regular expressions whose time is bounded: those that could take exponential time are refused."""

import math
import re
import warnings
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

LONGEST_PATTERN = 200
LONGEST_SUBJECT = 16 * 1024
_MOST_WORK = 10_000_000  # characters looked at: a tenth of a second or so
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
_FEW = 10  # a repeat with at most so many ways to end is a choice; with more, it is open-ended
_MOST_REPEATS, _MOST_CHOICES = 12, math.log(10_000)


class PatternFault(ValueError):
    """The expression is wrong, or could take too long."""


@lru_cache(maxsize=256)
def compiled(
    pattern: str, ignore_case: bool = False, *, at_start: bool = False
) -> tuple[re.Pattern[str], int]:
    """The expression and the longest text that it may be tried on (only `at_start`, or anywhere); PatternFault."""
    if not isinstance(pattern, str) or len(pattern) > LONGEST_PATTERN:
        raise PatternFault(f"a regular expression has at most {LONGEST_PATTERN} characters")
    flags = re.IGNORECASE if ignore_case else 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "error", FutureWarning
            )  # "[[" and "||" in a set may mean something else one day
            tree = parser.parse(pattern, flags)
            expression = re.compile(pattern, flags)
        repeats, choices = _count(tree, inside=False), _choices(tree)
    except (re.error, RecursionError, OverflowError, FutureWarning) as error:
        raise PatternFault(f"'{pattern}' is no regular expression: {error}") from error
    if repeats > _MOST_REPEATS or choices > _MOST_CHOICES:
        raise PatternFault("so many repeats and choices could take too long")
    # k repeats side by side share n characters out in n^k/k! ways; a search begins anew at each character.
    ways = repeats if at_start or _is_anchored(tree) else repeats + 1
    work = _MOST_WORK / math.exp(choices)
    longest = int((work * math.factorial(ways)) ** (1 / ways)) if ways else LONGEST_SUBJECT
    return expression, min(LONGEST_SUBJECT, longest)


def _is_anchored(tree: Any) -> bool:
    return len(tree) > 0 and tree[0] in (
        (codes.AT, codes.AT_BEGINNING),
        (codes.AT, codes.AT_BEGINNING_STRING),
    )


def _count(tree: Any, *, inside: bool) -> int:
    """How many open-ended repeats stand beside each other."""
    found = 0
    for code, argument in tree:
        if code in _REPEATS:
            low, high, body = argument
            many = _is_open(low, high)
            if many and inside:
                raise PatternFault("a repeat inside a repeat could take too long")
            rounds = 1 if many else int(high)
            found += _count(body, inside=inside or many) * rounds + many
        elif code is codes.BRANCH:
            if inside:
                raise PatternFault("alternatives inside a repeat could take too long")
            found += max(_count(branch, inside=inside) for branch in argument[1])
        elif code is codes.GROUPREF or code is codes.GROUPREF_EXISTS:
            raise PatternFault("references to groups could take too long")
        elif code is codes.SUBPATTERN:
            found += _count(argument[3], inside=inside)
        elif code is codes.ATOMIC_GROUP:
            found += _count(argument, inside=inside)
        elif code in (codes.ASSERT, codes.ASSERT_NOT):
            found += _count(argument[1], inside=inside)
    return found


def _is_open(low: Any, high: Any) -> bool:
    return high is codes.MAXREPEAT or high - low > _FEW


def _choices(tree: Any) -> float:
    """Natural logarithm of how many ways lead through the alternatives and the repeats of few rounds."""
    found = 0.0
    for code, argument in tree:
        if code in _REPEATS:
            low, high, body = argument
            inner = _choices(body)
            if not _is_open(low, high):
                found += math.log(high - low + 1) + high * inner
            elif inner:
                raise PatternFault("a choice inside a repeat could take too long")
        elif code is codes.BRANCH:
            found += math.log(len(argument[1])) + max(_choices(branch) for branch in argument[1])
        elif code is codes.SUBPATTERN:
            found += _choices(argument[3])
        elif code is codes.ATOMIC_GROUP:
            found += _choices(argument)
        elif code in (codes.ASSERT, codes.ASSERT_NOT):
            found += _choices(argument[1])
    return found


def subject(text: Any, longest: int) -> str:
    """The text to search in; PatternFault when it is too long for that expression."""
    words = str(text)
    if len(words) > longest:
        raise PatternFault(f"a text of {len(words)} characters is too long for this regular expression")
    return words
