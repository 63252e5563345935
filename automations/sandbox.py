"""Jinja2 with bounds: a template can neither reach out, nor run long, nor grow large."""

import re
import time
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial, wraps
from types import BuiltinMethodType
from typing import Any

from jinja2 import nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST_TEXT = 16 * 1024  # characters of any text inside a template and of its result
LONGEST_LIST = 10_000
MOST_STEPS = 100_000  # loop rounds, macro calls and pieces of output of one rendering
MOST_SECONDS = 0.1  # of processor time of one rendering
WIDEST_NUMBER = 256  # bits
WIDEST_FIELD = 200  # characters of padding
_STEPS_BETWEEN_LOOKS = 64


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OF_SETS = _names("union intersection difference issubset issuperset isdisjoint")
_METHODS: dict[type, frozenset[str]] = {
    str: _names(
        "capitalize casefold center count endswith find format index isalnum isalpha isdecimal isdigit islower"
        " isnumeric isspace istitle isupper join ljust lower lstrip partition removeprefix removesuffix replace"
        " rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title upper"
        " zfill"
    ),
    dict: _names("get items keys values copy"),
    list: _names("index count copy"),
    tuple: _names("index count"),
    set: _OF_SETS,
    frozenset: _OF_SETS,
    datetime: _names(
        "astimezone date isoformat isoweekday replace strftime time timestamp timetuple toordinal utcoffset weekday"
    ),
    date: _names("isoformat isoweekday strftime weekday toordinal"),
    timedelta: _names("total_seconds"),
    float: _names("is_integer"),
    int: frozenset(),
    bool: frozenset(),
    bytes: frozenset(),
}


class TooMuch(SecurityError):
    """A template wanted more time, text or numbers than it may have."""


class Budget:
    """What one rendering may still use."""

    __slots__ = ("_left", "_look", "_started", "_text")

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Start a new rendering."""
        self._left, self._text, self._look = MOST_STEPS, LONGEST_TEXT, MOST_STEPS - _STEPS_BETWEEN_LOOKS
        self._started: float | None = None

    def step(self) -> None:
        """Count one step."""
        self._left -= 1
        if self._left < self._look:
            self._watch()

    def _watch(self) -> None:
        # The thread's processor time, not the clock's: a busy machine must not spoil an alarm's text.
        now = time.thread_time()
        if self._started is None:
            self._started = now
        if self._left < 0 or now - self._started > MOST_SECONDS:
            raise TooMuch("the template runs too long")
        self._look = self._left - _STEPS_BETWEEN_LOOKS

    def write(self, value: Any) -> Any:
        """Count one piece of output."""
        self.step()
        if not isinstance(value, str):
            if isinstance(value, (int, float)) or value is None:
                return value
            value = str(self.sized(value))
        self._text -= len(value)
        if self._text < 0:
            raise TooMuch(f"the template's text is longer than {LONGEST_TEXT} characters")
        return value

    def sized(self, value: Any) -> Any:
        """The value, if it is no larger than a template's value may be."""
        if isinstance(value, (str, bytes)):
            if len(value) > LONGEST_TEXT:
                raise TooMuch(f"a text of {len(value)} characters; the limit is {LONGEST_TEXT}")
        elif isinstance(value, int):
            if value.bit_length() > WIDEST_NUMBER:
                raise TooMuch(f"a number of {value.bit_length()} bits; the limit is {WIDEST_NUMBER}")
        elif isinstance(value, (list, tuple, set, frozenset, dict)):
            self._weigh(value, [LONGEST_LIST * 2, LONGEST_TEXT * 8], 0)
        return value

    def _weigh(self, value: Any, left: list[int], depth: int) -> None:
        left[0] -= 1
        if isinstance(value, (str, bytes)):
            left[1] -= len(value)
        elif isinstance(value, Mapping):
            for key, item in value.items():
                self._weigh(key, left, depth + 1)
                self._weigh(item, left, depth + 1)
        elif isinstance(value, (list, tuple, set, frozenset)):
            for item in value:
                self._weigh(item, left, depth + 1)
        if left[0] < 0 or left[1] < 0 or depth > 50:
            raise TooMuch("a list or mapping grew too large")


def bounded_range(*args: int) -> range:
    """Jinja's range, of at most 10,000 numbers."""
    numbers = range(*args)
    if len(numbers) > LONGEST_LIST:
        raise TooMuch(f"range() of {len(numbers)} numbers; the limit is {LONGEST_LIST}")
    return numbers


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, (str, list, tuple)) and isinstance(right, (str, list, tuple)):
        _fits(len(left) + len(right), left)
    return left + right


def _multiply(left: Any, right: Any) -> Any:
    for times, thing in ((left, right), (right, left)):
        if isinstance(times, int) and isinstance(thing, (str, list, tuple)):
            _fits(len(thing) * times, thing)
    return left * right


def _fits(size: int, kind: Any) -> None:
    if size > (LONGEST_TEXT if isinstance(kind, str) else LONGEST_LIST):
        raise TooMuch(f"a text or list of {size} pieces is too long")


def _power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * right > WIDEST_NUMBER:
        raise TooMuch("the power is too large")
    return left**right


def _modulo(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        if len(left) > LONGEST_TEXT or re.search(r"%[^%a-zA-Z]*(?:\*|\d{4})", left):
            raise TooMuch("a field of the format is too wide")
        return left % right
    return left % right


_OPERATIONS = {"+": _add, "*": _multiply, "**": _power, "%": _modulo}


def bounded_replace(text: str, old: str, new: str, count: int = -1) -> str:
    """str.replace, unless the result were too long."""
    found = text.count(old) if count < 0 else min(count, text.count(old))
    _fits(len(text) + found * max(0, len(new) - len(old)), text)
    return text.replace(old, new, count)


def bounded_join(text: str, items: Any) -> str:
    """str.join, unless the result were too long."""
    parts = [item for item, _ in zip(items, range(LONGEST_LIST + 1), strict=False)]
    _fits(sum(len(part) for part in parts) + len(text) * len(parts), text)
    return text.join(parts)


def _pad(method: str, text: str, width: int, *fill: str) -> str:
    if width > len(text) + WIDEST_FIELD:
        raise TooMuch(f"a padding to {width} characters is too wide")
    return str(getattr(text, method)(width, *fill))


def _format(safe: Callable[..., str], text: str, *args: Any, **kwargs: Any) -> str:
    # A width hidden in an argument ("{:{}}") counts as too wide, as nobody can see it here.
    if len(text) > LONGEST_TEXT or re.search(r":[^}]*(?:\d{4}|\{)", text):
        raise TooMuch("a field of the format is too wide")
    return safe(*args, **kwargs)


class Bounded(ImmutableSandboxedEnvironment):
    """The environment of all templates; one rendering at a time, each with a fresh `budget`."""

    intercepted_binops = frozenset(_OPERATIONS)

    def __init__(self) -> None:
        self.budget = Budget()
        super().__init__(
            optimized=False,
            extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do"],
            finalize=self._written,
            cache_size=0,
        )
        self.globals = {"range": bounded_range, "namespace": self.globals["namespace"]}
        self.globals |= {"_step": self.budget.step, "_concatenated": self._concatenate}

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Do a calculation whose result can't be larger than it may be."""
        return self.budget.sized(_OPERATIONS[operator](left, right))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Only methods known to be harmless; nothing that starts with an underscore."""
        if attr.startswith("_"):
            return False
        allowed = _METHODS.get(type(obj))
        if allowed is not None and callable(value):
            return attr in allowed
        return super().is_safe_attribute(obj, attr, value)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """An attribute, or the item of that name; of a mapping the item comes first."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return self._guarded(obj, attribute, super().getattr(obj, attribute))

    def getitem(self, obj: Any, argument: Any) -> Any:
        """An item, or the attribute of that name."""
        return self._guarded(obj, argument, super().getitem(obj, argument))

    def _guarded(self, obj: Any, name: Any, value: Any) -> Any:
        """A text's method that can make it longer, behind a check of how much longer."""
        if not isinstance(obj, str) or isinstance(value, (str, Undefined)):
            return value
        if name in ("center", "ljust", "rjust", "zfill"):
            return partial(_pad, name, str(obj))
        if name == "replace":
            return partial(bounded_replace, str(obj))
        if name == "join":
            return partial(bounded_join, str(obj))
        return partial(_format, value, str(obj)) if name == "format" else value

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Call what a template may call; the result counts against the limits."""
        if isinstance(__obj, BuiltinMethodType):
            allowed = _METHODS.get(type(__obj.__self__))
            if allowed is not None and __obj.__name__ not in allowed:
                raise SecurityError(f"{__obj.__name__}() is not allowed in a template")
        return __self.budget.sized(super().call(__context, __obj, *args, **kwargs))

    @pass_context
    def _written(self, _context: Context, value: Any) -> Any:
        # With the context, so that Jinja can't call it once at compile time for what stands in a loop.
        return self.budget.write(value)

    def _concatenate(self, *parts: Any) -> str:
        return str(self.budget.sized("".join(str(self.budget.sized(part)) for part in parts)))

    def metered(self, tree: nodes.Template) -> nodes.Template:
        """The template with a step of the budget in each loop and macro, and bounded `~`."""
        looping: list[Any] = [
            *tree.find_all(nodes.For),
            *tree.find_all(nodes.Macro),
            *tree.find_all(nodes.CallBlock),
        ]
        for looped in looping:
            looped.body.insert(0, nodes.ExprStmt(_call("_step", [], looped.lineno)))
            for output in looped.find_all(nodes.Output):
                output.nodes = [_counted(piece) for piece in output.nodes]
            looped.set_environment(self)
        _replace_concatenations(tree)
        return tree


def _counted(piece: nodes.Expr) -> nodes.Expr:
    """A constant instead of the template's own text: that text Jinja would write past the budget."""
    if isinstance(piece, nodes.TemplateData):
        return nodes.Const(piece.data, lineno=piece.lineno)
    return piece


def _call(name: str, arguments: list[nodes.Expr], line: int) -> nodes.Call:
    target = nodes.Name(name, "load", lineno=line)
    return nodes.Call(target, arguments, [], None, None, lineno=line)


def _replace_concatenations(node: nodes.Node) -> None:
    for name, value in list(node.iter_fields()):
        if isinstance(value, list):
            setattr(node, name, [_replaced(item) for item in value])
        elif isinstance(value, nodes.Node):
            setattr(node, name, _replaced(value))


def _replaced(node: Any) -> Any:
    if isinstance(node, nodes.Node):
        _replace_concatenations(node)
        if isinstance(node, nodes.Concat):
            call = _call("_concatenated", node.nodes, node.lineno)
            return call if node.environment is None else call.set_environment(node.environment)
    return node


def metered(budget: Budget, function: Callable[..., Any], *, widths: bool = False) -> Callable[..., Any]:
    """The filter with its use counted; with `widths`, its whole-number arguments are sizes and must be small."""

    @wraps(function)
    def measured(*args: Any, **kwargs: Any) -> Any:
        budget.step()
        if widths and any(_too_wide(argument) for argument in (*args, *kwargs.values())):
            raise TooMuch(f"a filter's size is larger than {WIDEST_FIELD}")
        return budget.sized(function(*args, **kwargs))

    return measured


def _too_wide(argument: Any) -> bool:
    return isinstance(argument, int) and abs(argument) > WIDEST_FIELD
