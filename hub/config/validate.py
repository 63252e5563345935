"""A section checked against its schema: every error a fault with its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import voluptuous as vol

from hub.config.complete import CompleteSchema, KeyInvalid, UnknownKeyInvalid, each_error
from hub.config.document import Document
from hub.config.english import describe_error, show
from hub.config.faults import Fault, Path
from hub.config.secretfile import leaves

Schema = vol.Schema | Callable[[Any], Any] | dict[Any, Any] | list[Any]

# So many letters of a secret are enough to be told: a message may quote it shortened.
TELLING = 16
# Nobody reads more, and a hostile file could hold half a million.
MOST_FAULTS = 1000


def validate(
    schema: Schema, data: Any, path_prefix: Sequence[Any], document: Document
) -> tuple[Any | None, list[Fault]]:
    """The cleaned data and no faults, or None and every fault; `path_prefix` is where the data lies.

    Errors about values that could not be read are left out, as they have their fault already: then both are empty.
    A section without a value (`demo:`) is checked as an empty mapping where the schema wants a mapping.
    """
    complete = schema if isinstance(schema, CompleteSchema) else CompleteSchema(schema)
    try:
        return complete(data), []
    except vol.MultipleInvalid as error:
        if data is None and isinstance(error.errors[0], vol.DictInvalid) and not error.errors[0].path:
            return validate(complete, {}, path_prefix, document)
        errors = each_error(error)
    prefix = tuple(path_prefix)
    faults = [
        fault_of(single, data, prefix, document)
        for single in errors[:MOST_FAULTS]
        if not document.is_broken((*prefix, *plain_path(single)))
    ]
    if len(errors) > MOST_FAULTS:
        more = f"{len(errors) - MOST_FAULTS:,} more faults follow"
        faults.append(document.fault(prefix, more, "mend the others first", key=True))
    return None, faults


def fault_of(error: vol.Invalid, data: Any, prefix: Path, document: Document) -> Fault:
    """One error of a schema as a fault."""
    path = plain_path(error)
    whole = (*prefix, *path)
    value = look_up(data, path)
    hidden = document.secret_name(whole)
    problem, remedy = describe_error(error, value, hidden)
    if hidden:
        problem, remedy = hide(problem, remedy, value, f"the value of {hidden}")
    about_key = isinstance(error, UnknownKeyInvalid | KeyInvalid | vol.RequiredFieldInvalid)
    return document.fault(whole, problem, remedy, key=about_key)


def hide(problem: str, remedy: str, value: Any, name: str) -> tuple[str, str]:
    """A fault about a secret value that calls it by its name, or says next to nothing if that is not enough."""
    problem = problem.replace(show(value), name)
    text = f"{problem} {remedy}"
    if any(leaf[:TELLING] in text for leaf in leaves(value)):
        return f"{name} is not valid here", ""
    return problem, remedy


def plain_path(error: vol.Invalid) -> Path:
    """An error's path without voluptuous's markers."""
    return tuple(step.schema if isinstance(step, vol.Marker) else step for step in error.path)


def look_up(data: Any, path: Path) -> Any:
    """The value at a path, None when there is none."""
    for step in path:
        try:
            data = data[step]
        except (LookupError, TypeError):
            return None
    return data
