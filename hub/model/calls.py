"""Actions and the wish to run one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hub.model.events import Severity

Schema = Callable[[Any], Any]


def no_findings(_data: Mapping[str, Any], _known: Any) -> Iterable[Any]:
    """An action whose data names nothing of others."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A named thing that can be done, declared before it can be called.

    A durable action's calls are written down before they are carried out, and tried again until they succeed,
    are refused, or expire; its handler must bear being called twice with one key.
    """

    name: str  # domain.verb, as in "notify.send"
    summary: str  # one line, for `hub describe`
    schema: Schema  # voluptuous; takes the data, returns it cleaned
    durable: bool = False
    expires: timedelta = timedelta(hours=24)  # durable: given up (dead letter) after that
    timeout: float = 30.0  # seconds for one attempt
    parallel: int = 8  # attempts under way at once in one lane
    # The data as written, templates and all, against all names (a Known); gives Findings. For what a schema can't tell.
    check: Callable[[Mapping[str, Any], Any], Iterable[Any]] = no_findings
    responds: bool = (
        False  # what the handler returns is for the caller: a mapping, or what becomes {"result": ...}
    )
    targets: bool = False  # takes `target: {entity_id: ...}`, passed on as data["entity_id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One wish to run an action; `key` is deterministic, so that a repeated wish is recognised."""

    name: str
    data: Mapping[str, Any]
    key: str
    cause: str = ""
    lane: str = ""  # calls of one lane share a limit and wait for each other's provider; default: the action
    priority: Severity = Severity.warning
    expires: timedelta | None = None  # overrides the action's
    alarm: str = ""  # id of the alarm it follows from, however far
