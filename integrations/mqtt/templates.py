"""`value_template`: compiled once; the usual ones run without the template engine.

A compiled template takes (payload text, parsed JSON) and gives text; it raises one of FAULTS for a payload that
does not fit.
"""

import json
import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

FAULTS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError)
LONGEST_OUTPUT = 16_384
MOST_REPEATED = 100_000
_PATH = r"""(?:\.[A-Za-z]\w*|\[(?:'[^'\\]*'|"[^"\\]*"|\d{1,6})\])*"""
_PLAIN = re.compile(rf"\s*\{{\{{\s*(value|value_json)({_PATH})\s*\}}\}}\s*")
_STEP = re.compile(r"\.(\w+)|\[(?:'([^']*)'|\"([^\"]*)\"|(\d+))\]")
_METHODS = frozenset(name for kind in (dict, list, str, int, float) for name in dir(kind))

Template = Callable[[str, Any], str]


@lru_cache(maxsize=4096)  # many sensors share one, and each is compiled when checked and when it runs
def compile_template(source: str) -> tuple[Template, bool]:
    """The template as a function, and whether it wants the payload parsed. ValueError when it is none."""
    plain = _PLAIN.fullmatch(source)
    if plain is not None and not (plain[1] == "value" and plain[2]):
        steps = _steps(plain[2])
        if not any(step in _METHODS for step in steps):
            return (_walker(steps), True) if plain[1] == "value_json" else (_whole, False)
    return _compile_jinja(source), "value_json" in source


def _steps(path: str) -> tuple[str | int, ...]:
    return tuple(
        int(step[4]) if step[4] else step[1] or step[2] or step[3] or "" for step in _STEP.finditer(path)
    )


def _whole(text: str, _parsed: Any) -> str:
    return text


def _walker(steps: tuple[str | int, ...]) -> Template:
    def walk(_text: str, parsed: Any) -> str:
        value = parsed
        for step in steps:
            value = value[step]
        return value if value.__class__ is str else str(value)

    return walk


def _compile_jinja(source: str) -> Template:
    """Checked now, compiled when the first payload comes: compiling is most of the work, and a check needs none."""
    from jinja2 import TemplateError

    check_syntax(source)
    compiled: list[Any] = []

    def render(text: str, parsed: Any) -> str:
        try:
            if not compiled:
                compiled.append(_environment().from_string(source))
            pieces, size = [], 0
            for piece in compiled[0].generate(value=text, value_json=parsed):
                size += len(piece)
                if size > LONGEST_OUTPUT:
                    raise ValueError(f"the template gives more than {LONGEST_OUTPUT} characters")
                pieces.append(piece)
        # The last two: nested beyond Python's own parser.
        except (TemplateError, SyntaxError, MemoryError) as error:
            raise ValueError(f"the template failed: {error}") from error
        return "".join(pieces).strip()

    return render


def check_syntax(source: str) -> None:
    """ValueError when the template is none, or uses a filter or test that there is not."""
    from jinja2 import TemplateError, nodes

    environment = _environment()
    try:
        tree = environment.parse(source)
    except TemplateError as error:
        raise ValueError(f"the template is wrong: {error}") from error
    except RecursionError as error:
        raise ValueError("the template is nested too deeply") from error
    for kind, known in ((nodes.Filter, environment.filters), (nodes.Test, environment.tests)):
        for node in tree.find_all(kind):
            if node.name not in known:
                raise ValueError(f"the template is wrong: there is no {kind.__name__.lower()} '{node.name}'")


@cache
def _environment() -> Any:
    """A sandbox with the filters that device templates use; made when the first template needs it."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Sandbox(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset(["*", "**"])

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if operator == "**" and abs(right) > 64:
                raise ValueError(f"the power {right} is too high")
            if operator == "*" and (_repeats(left, right) or _repeats(right, left)):
                raise ValueError("the template repeats something too often")
            return super().call_binop(context, operator, left, right)

    environment = Sandbox(undefined=StrictUndefined)
    environment.filters.update(FILTERS)
    environment.globals["iif"] = iif
    return environment


def _repeats(thing: Any, times: Any) -> bool:
    return (
        isinstance(thing, str | list | tuple)
        and isinstance(times, int)
        and len(thing) * times > MOST_REPEATED
    )


_NOTHING = object()


def to_float(value: Any, default: Any = _NOTHING) -> Any:
    """A number, else the default, else a fault."""
    try:
        return float(value)
    except FAULTS:
        if default is _NOTHING:
            raise
        return default


def to_int(value: Any, default: Any = _NOTHING) -> Any:
    """A whole number, cut off; else the default, else a fault."""
    try:
        return int(float(value))
    except FAULTS:
        if default is _NOTHING:
            raise
        return default


def to_bool(value: Any) -> bool:
    """What Home Assistant takes for true and false."""
    word = str(value).strip().lower()
    if word in ("1", "true", "yes", "on", "enable"):
        return True
    if word in ("0", "false", "no", "off", "disable"):
        return False
    raise ValueError(f"'{word}' is neither true nor false")


def iif(value: Any, if_true: Any = True, if_false: Any = False, if_none: Any = _NOTHING) -> Any:
    """An if in one word."""
    if value is None and if_none is not _NOTHING:
        return if_none
    return if_true if value else if_false


FILTERS: dict[str, Callable[..., Any]] = {
    "float": to_float,
    "int": to_int,
    "bool": to_bool,
    "iif": iif,
    "from_json": json.loads,
    "to_json": lambda value: json.dumps(value, ensure_ascii=False),
}
