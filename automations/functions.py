"""Home Assistant's template functions, filters and tests, as far as they make sense here."""

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any

from jinja2 import pass_context
from jinja2.filters import FILTERS
from jinja2.runtime import Context
from jinja2.tests import TESTS

from automations.durations import parse_duration, parse_time_of_day
from automations.sandbox import Bounded, metered
from automations.values import (
    MISSING,
    average,
    chance,
    contains,
    extreme,
    fallback,
    from_json,
    iif,
    is_defined,
    is_number,
    joined,
    regex_findall,
    regex_findall_index,
    regex_match,
    regex_replace,
    regex_search,
    replaced,
    rounded,
    to_bool,
    to_float,
    to_int,
    to_json,
    total,
)
from automations.views import HOUSE_NAME, House, StateView, view_of
from hub.api import slug

_JINJA_FILTERS = (  # noqa: SIM905 - one a line would be no better to read
    "abs capitalize count d default dictsort first groupby items last length list lower map max min reject"
    " rejectattr reverse select selectattr sort string title trim unique upper urlencode wordcount"
).split()
_SIZED_FILTERS = ("batch", "center", "indent", "slice", "truncate")
_JINJA_TESTS = [name for name in TESTS if name not in ("callable", "filter", "test", "escaped")]


def house_of(context: Context) -> House:
    """The house that a template looks at."""
    house: House = context[HOUSE_NAME]
    return house


# --- states -----------------------------------------------------------------------------------------------


class AllStates:
    """`states('sensor.x')`, `states.sensor.x.state`, and all states one by one."""

    # What Jinja asks of all that is called; as names of domains, each question would count all states.
    unsafe_callable = alters_data = False
    jinja_pass_arg = None

    def __init__(self, house: House) -> None:
        self._house = house

    def __call__(self, entity_id: str, *_options: Any) -> str:
        """The state's text."""
        state = self._house.state(str(entity_id))
        return "unknown" if state is None else state.text

    def __getattr__(self, domain: str) -> Any:
        if domain.startswith("_"):
            raise AttributeError(domain)
        return DomainStates(self._house, domain)

    def __iter__(self) -> Iterator[StateView]:
        return (StateView(state, self._house) for state in self._house.states())


class DomainStates:
    """The states of one domain."""

    def __init__(self, house: House, domain: str) -> None:
        self._house, self._domain = house, domain

    def __getattr__(self, name: str) -> StateView | None:
        if name.startswith("_"):
            raise AttributeError(name)
        return view_of(self._house.state(f"{self._domain}.{name}"), self._house)

    def __iter__(self) -> Iterator[StateView]:
        start = f"{self._domain}."
        return (
            StateView(state, self._house)
            for state in self._house.states()
            if state.entity_id.startswith(start)
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _text(context: Context, entity_id: Any) -> str:
    state = house_of(context).state(str(entity_id))
    return "unknown" if state is None else state.text


@pass_context
def states_of(context: Context, entity_id: Any) -> str:
    """The state's text, "unknown" when there is none."""
    return _text(context, entity_id)


@pass_context
def is_state(context: Context, entity_id: Any, wanted: Any) -> bool:
    """Whether the entity is in the state, or in one of them."""
    state = house_of(context).state(str(entity_id))
    return state is not None and (state.text in wanted if isinstance(wanted, list) else state.text == wanted)


@pass_context
def state_attr(context: Context, entity_id: Any, name: str) -> Any:
    """An attribute, or None."""
    state = house_of(context).state(str(entity_id))
    return None if state is None else state.attributes.get(name)


@pass_context
def is_state_attr(context: Context, entity_id: Any, name: str, value: Any) -> bool:
    """Whether an attribute has that value."""
    state = house_of(context).state(str(entity_id))
    return state is not None and name in state.attributes and bool(state.attributes[name] == value)


@pass_context
def has_value(context: Context, entity_id: Any) -> bool:
    """Whether the state is neither unknown nor unavailable."""
    return _text(context, entity_id) not in ("unknown", "unavailable")


@pass_context
def area_name(context: Context, thing: Any) -> str | None:
    """The name of an area, or of the area an entity is in."""
    house = house_of(context)
    area = house.areas().get(str(thing)) or house.areas().get(house.area_of(str(thing)))
    return None if area is None else area.name


@pass_context
def area_id(context: Context, thing: Any) -> str | None:
    """The id of the area of that name, or of the area an entity is in."""
    house, word = house_of(context), str(thing)
    named = (area.id for area in house.areas().values() if word in (area.name, *area.aliases))
    return next(named, None) or house.area_of(word) or None


# --- time -------------------------------------------------------------------------------------------------


@pass_context
def now(context: Context) -> datetime:
    """Now, in the site's zone."""
    house = house_of(context)
    return house.now().astimezone(house.zone)


@pass_context
def utcnow(context: Context) -> datetime:
    """Now, in UTC."""
    return house_of(context).now()


@pass_context
def today_at(context: Context, text: str = "00:00") -> datetime:
    """A time of today in the site's zone."""
    house = house_of(context)
    at: time = parse_time_of_day(text)
    return datetime.combine(house.now().astimezone(house.zone).date(), at, house.zone)


def _moment(value: Any, zone: tzinfo) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, StateView):
        value = value.state
    if isinstance(value, str):
        try:
            return _moment(datetime.fromisoformat(value), zone)
        except ValueError:
            value = float(value)
    return datetime.fromtimestamp(float(value), UTC)


@pass_context
def as_datetime(context: Context, value: Any, default: Any = None) -> Any:
    """A time from text or seconds since 1970; the default for anything else."""
    try:
        return _moment(value, house_of(context).zone)
    except (ValueError, TypeError, OverflowError, OSError):
        return default


@pass_context
def as_timestamp(context: Context, value: Any, default: Any = MISSING) -> Any:
    """Seconds since 1970 of a time or its text."""
    try:
        return _moment(value, house_of(context).zone).timestamp()
    except (ValueError, TypeError, OverflowError, OSError):
        return fallback(default, "as_timestamp", value)


@pass_context
def as_local(context: Context, value: Any) -> datetime:
    """The time in the site's zone."""
    zone = house_of(context).zone
    return _moment(value, zone).astimezone(zone)


@pass_context
def timestamp_custom(
    context: Context, value: Any, form: str = "%Y-%m-%d %H:%M:%S", local: bool = True, default: Any = MISSING
) -> Any:
    """Seconds since 1970 (or a time) in a form of strftime."""
    zone = house_of(context).zone
    try:
        return _moment(value, zone).astimezone(zone if local else UTC).strftime(form)
    except (ValueError, TypeError, OverflowError, OSError):
        return fallback(default, "timestamp_custom", value)


def as_timedelta(value: Any) -> timedelta | None:
    """A span of time from text such as "00:05:00"; None for anything else."""
    try:
        return parse_duration(value)
    except ValueError:
        return None


# --- putting it in place --------------------------------------------------------------------------------------

_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "is_state": is_state,
    "state_attr": state_attr,
    "is_state_attr": is_state_attr,
    "has_value": has_value,
    "area_name": area_name,
    "area_id": area_id,
    "as_datetime": as_datetime,
    "as_timestamp": as_timestamp,
    "as_local": as_local,
    "as_timedelta": as_timedelta,
    "float": to_float,
    "int": to_int,
    "bool": to_bool,
    "iif": iif,
    "is_number": is_number,
    "average": average,
    "slugify": lambda text, *_separator: slug(str(text)),
    "regex_match": regex_match,
    "regex_search": regex_search,
}
_ONLY_FUNCTIONS: Mapping[str, Any] = {
    "now": now,
    "utcnow": utcnow,
    "today_at": today_at,
    "timedelta": timedelta,
    "min": extreme(min),
    "max": extreme(max),
    "pi": math.pi,
    "e": math.e,
    "sqrt": math.sqrt,
    "log": math.log,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
}
_ONLY_FILTERS: Mapping[str, Callable[..., Any]] = {
    "states": states_of,
    "timestamp_custom": timestamp_custom,
    "timestamp_local": timestamp_custom,
    "round": rounded,
    "is_defined": is_defined,
    "from_json": from_json,
    "to_json": to_json,
    "tojson": to_json,
    "sum": total,
    "join": joined,
    "replace": replaced,
    "contains": contains,
    "random": chance,
    "sqrt": math.sqrt,
    "log": math.log,
    "regex_replace": regex_replace,
    "regex_findall": regex_findall,
    "regex_findall_index": regex_findall_index,
}


def furnish(environment: Bounded) -> None:
    """Give the environment its functions, filters and tests, and no others."""
    budget = environment.budget
    environment.globals |= {**_FUNCTIONS, **_ONLY_FUNCTIONS}
    environment.filters = {
        **{name: metered(budget, FILTERS[name]) for name in _JINJA_FILTERS},
        **{name: metered(budget, FILTERS[name], widths=True) for name in _SIZED_FILTERS},
        **{
            name: metered(budget, function)
            for name, function in (*_FUNCTIONS.items(), *_ONLY_FILTERS.items())
        },
    }
    environment.tests = {
        **{name: TESTS[name] for name in _JINJA_TESTS},
        "match": regex_match,
        "search": regex_search,
        "is_number": is_number,
        "contains": contains,
        "has_value": has_value,
        "state": is_state,
        "is_state": is_state,
    }
