"""voluptuous, made to report every error: in all items of all lists, with the choices there were."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from hub.config.faults import did_you_mean

Compiled = Callable[[list[Any], Any], Any]

# A schema that trips over a type it did not expect has met a wrong value; voluptuous itself catches ValueError only.
TRIPPED = (TypeError, AttributeError, LookupError, ArithmeticError)


class UnknownKeyInvalid(vol.Invalid):
    """A key no part of the schema knows; `known` are those it does."""

    def __init__(self, path: list[Any], known: Sequence[object]) -> None:
        super().__init__("extra keys not allowed", path)
        self.known = known


class KeyInvalid(vol.Invalid):
    """A key of the wrong form."""


class ChoiceInvalid(vol.Invalid):
    """A value that is none of the `choices`."""

    def __init__(self, path: list[Any], choices: Sequence[object]) -> None:
        super().__init__("not one of the choices", path)
        self.choices = choices


class MismatchInvalid(vol.Invalid):
    """A value no alternative of the `expected` ones takes."""

    def __init__(self, path: list[Any], expected: Sequence[str]) -> None:
        super().__init__("no alternative fits", path)
        self.expected = expected


class TrippedInvalid(vol.Invalid):
    """A value the schema's code could not digest."""


class CompleteSchema(vol.Schema):
    """A voluptuous schema that goes on after an error in a list and says what it would have taken."""

    def _compile(self, schema: Any) -> Compiled:
        if type(schema) is vol.Schema:
            inner = CompleteSchema(schema.schema, required=schema.required, extra=schema.extra)
            compiled: Compiled = inner._compiled
            return compiled
        if isinstance(schema, vol.In):
            return guard_choice(self._plain(schema), schema)
        if type(schema) is vol.Any and schema.msg is None:
            return try_alternatives([self._compile(each) for each in schema.validators], schema.validators)
        compiled = self._plain(schema)
        return guard_code(compiled) if callable(schema) and not isinstance(schema, type) else compiled

    def _plain(self, schema: Any) -> Compiled:
        return super()._compile(schema)  # type: ignore[no-any-return,no-untyped-call]

    def _compile_dict(self, schema: Any) -> Compiled:
        # voluptuous's own stops at the first fault of a group; entries are checked all the same here.
        check: Any = self._compile_mapping(schema, invalid_msg="dictionary value")  # type: ignore[no-untyped-call]
        known = [literal(key) for key in schema if isinstance(literal(key), str | int)]
        groups = [*groups_of(schema, vol.Exclusive), *groups_of(schema, vol.Inclusive)]

        def validate_dict(path: list[Any], data: Any) -> Any:
            if not isinstance(data, dict):
                raise vol.DictInvalid("expected a dictionary", path)
            errors: list[vol.Invalid] = [error for group in groups for error in group.check(path, data)]
            cleaned: dict[Any, Any] = {}
            try:
                check(path, data.items(), cleaned)
            except vol.MultipleInvalid as error:
                missing = [key for key in known if key not in data]
                errors += without_echoes([sharpen(each, len(path), missing) for each in error.errors])
            if errors:
                raise vol.MultipleInvalid(errors)
            return cleaned

        return validate_dict

    def _compile_sequence(self, schema: Any, seq_type: type) -> Compiled:
        if seq_type is not list or not schema:
            return super()._compile_sequence(schema, seq_type)  # type: ignore[no-any-return,no-untyped-call]
        alternatives = [self._compile(item) for item in schema]

        def validate_list(path: list[Any], data: Any) -> Any:
            if not isinstance(data, list):
                raise vol.SequenceTypeInvalid("expected a list", path)
            cleaned: list[Any] = []
            errors: list[vol.Invalid] = []
            for index, item in enumerate(data):
                try:
                    value = first_fitting(alternatives, [*path, index], item)
                except vol.Invalid as error:
                    errors.extend(each_error(error))
                else:
                    if value is not vol.Remove:
                        cleaned.append(value)
            if errors:
                raise vol.MultipleInvalid(errors)
            return cleaned

        return validate_list


def first_fitting(alternatives: Iterable[Compiled], path: list[Any], value: Any) -> Any:
    """The value cleaned by the first alternative that takes it; raises the error that got furthest."""
    errors: list[vol.Invalid] = []
    for check in alternatives:
        try:
            return check(path, value)
        except vol.Invalid as error:
            errors.append(error)
    raise max(errors, key=lambda error: (len(error.path), error.error_message != "not a valid value"))


def each_error(error: vol.Invalid) -> list[vol.Invalid]:
    """The single errors inside one."""
    if not isinstance(error, vol.MultipleInvalid):
        return [error]
    return [single for inner in error.errors for single in each_error(inner)]


def guard_choice(check: Compiled, schema: vol.In) -> Compiled:
    """Make the check name the choices."""
    choices = list(schema.container) if isinstance(schema.container, Iterable) else []

    def validate_choice(path: list[Any], value: Any) -> Any:
        try:
            return check(path, value)
        except (vol.Invalid, TypeError) as error:
            if schema.msg is not None:
                raise
            raise ChoiceInvalid(path, choices) from error

    return validate_choice


def try_alternatives(alternatives: Sequence[Compiled], validators: Sequence[Any]) -> Compiled:
    """A check that names all alternatives when none of them got beyond the value itself."""
    literals = [each for each in validators if each is None or isinstance(each, str | int | float)]
    expected = [expectation(each) for each in validators]

    def validate_alternatives(path: list[Any], value: Any) -> Any:
        try:
            return first_fitting(alternatives, path, value)
        except vol.Invalid as error:
            if any(len(inner.path) > len(path) for inner in each_error(error)):
                raise
            if len(literals) == len(validators):
                raise ChoiceInvalid(path, literals) from error
            if all(expected):
                raise MismatchInvalid(path, expected) from error
            raise

    return validate_alternatives


def guard_code(check: Compiled) -> Compiled:
    """Turn a trip of the schema's own code over a value into an error about the value."""

    def validate_by_code(path: list[Any], value: Any) -> Any:
        try:
            return check(path, value)
        except TRIPPED as error:
            raise TrippedInvalid(f"{type(error).__name__}", path) from error

    return validate_by_code


def sharpen(error: vol.Invalid, depth: int, missing: Sequence[object]) -> vol.Invalid:
    """An error of a mapping with what the mapping knows: the keys that could have been meant."""
    if len(error.path) != depth + 1 or isinstance(error, vol.RequiredFieldInvalid | UnknownKeyInvalid):
        return error
    if error.error_message == "extra keys not allowed" and type(error) is vol.Invalid:
        return UnknownKeyInvalid(error.path, missing)
    # voluptuous says "for dictionary value" of values only.
    if error.error_type is not None:
        return error
    if did_you_mean(error.path[-1], [key for key in missing if isinstance(key, str)]):
        return UnknownKeyInvalid(error.path, missing)
    return KeyInvalid(error.error_message, error.path)


def without_echoes(errors: list[vol.Invalid]) -> list[vol.Invalid]:
    """The errors without missing keys that are there, misspelt: one slip is one fault."""
    misspelt = [error.path[-1] for error in errors if isinstance(error, UnknownKeyInvalid)]
    return [
        error
        for error in errors
        if not isinstance(error, vol.RequiredFieldInvalid)
        or not any(did_you_mean(word, [literal(error.path[-1])]) for word in misspelt)
    ]


@dataclass(frozen=True, slots=True)
class Group:
    """Keys of a schema that exclude each other, or go together."""

    kind: type[vol.Exclusive] | type[vol.Inclusive]
    keys: tuple[str, ...]
    message: str | None

    def check(self, path: list[Any], data: dict[Any, Any]) -> Iterator[vol.Invalid]:
        """The error, if the group has one."""
        present = [key for key in self.keys if key in data]
        if self.kind is vol.Exclusive and len(present) > 1:
            message = f"{', '.join(present)} exclude each other; keep one of them"
            yield vol.ExclusiveInvalid(self.message or message, path)
        if self.kind is vol.Inclusive and 0 < len(present) < len(self.keys):
            message = f"{', '.join(self.keys)} go together; write all of them or none"
            yield vol.InclusiveInvalid(self.message or message, path)


def groups_of(schema: Any, kind: type[vol.Exclusive] | type[vol.Inclusive]) -> list[Group]:
    """The groups of one kind in a schema of a mapping."""
    attribute = "group_of_exclusion" if kind is vol.Exclusive else "group_of_inclusion"
    members: dict[str, list[Any]] = {}
    for key in schema:
        if isinstance(key, kind):
            members.setdefault(getattr(key, attribute), []).append(key)
    return [
        Group(kind, tuple(str(key.schema) for key in keys), next((key.msg for key in keys if key.msg), None))
        for keys in members.values()
    ]


def literal(key: Any) -> Any:
    """A schema's key without its marker."""
    return key.schema if isinstance(key, vol.Marker) else key


KINDS: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a mapping",
    None: "nothing",
}


def expectation(schema: Any) -> str:
    """What a part of a schema takes, in words; empty when it can't be said."""
    if isinstance(schema, str):
        return f"'{schema}'"
    if isinstance(schema, bool | int | float):
        return str(schema).lower()
    if isinstance(schema, list):
        return "a list"
    if isinstance(schema, dict):
        return "a mapping"
    if isinstance(schema, vol.Coerce):
        return KINDS.get(schema.type, "")
    own = getattr(schema, "expected", None)
    if isinstance(own, str):
        return own
    try:
        return KINDS.get(schema, "")
    except TypeError:
        return ""
