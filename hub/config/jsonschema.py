"""A voluptuous schema as JSON Schema (draft 2020-12), as far as it can be told: what can't be allows anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import voluptuous as vol

from hub.config import validators as cv

JsonSchema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
TYPES: dict[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "array",
    dict: "object",
    None: "null",
}
COERCED: dict[Any, JsonSchema] = {
    str: {},
    int: {"type": ["integer", "string"]},
    float: {"type": ["number", "string"]},
    bool: {},
}
SLUG = "[a-z0-9]+(?:_+[a-z0-9]+)*"
FUNCTIONS: dict[Any, JsonSchema] = {
    cv.boolean: {"type": ["boolean", "string", "integer"]},
    cv.slug: {"type": "string", "pattern": f"^{SLUG}$"},
    cv.identifier: {"type": ["string", "integer"]},
    cv.entity_id: {"type": "string", "pattern": rf"^\s*{SLUG}\.{SLUG}\s*$"},
    cv.entity_ids: {"type": ["string", "array", "null"], "items": {"type": "string"}},
    cv.url: {"type": "string", "format": "uri"},
    cv.time_of_day: {"type": "string"},
}
# One schema in a hundred refers to itself; a tree this deep has told enough.
DEEPEST = 32


def to_json_schema(schema: Any) -> JsonSchema:
    """The JSON Schema of a voluptuous schema, complete with its dialect."""
    return {"$schema": DRAFT, **describe(schema)}


def describe(schema: Any, extra: int = vol.PREVENT_EXTRA, depth: int = 0) -> JsonSchema:
    """The JSON Schema of a part; `extra` is what the schema around it does with unknown keys."""
    if depth > DEEPEST:
        return {}

    def inner(part: Any) -> JsonSchema:
        return describe(part, extra, depth + 1)

    if isinstance(schema, vol.Schema):
        return describe(schema.schema, schema.extra, depth + 1)
    if isinstance(schema, dict):
        return describe_mapping(schema, extra, inner)
    if isinstance(schema, list):
        return describe_list(schema, inner)
    if schema is None or isinstance(schema, str | int | float):
        return {"const": schema}
    own = getattr(schema, "json_schema", None)
    if callable(own) and not isinstance(schema, type):
        return dict(own())
    return describe_validator(schema, inner)


def describe_validator(schema: Any, inner: Callable[[Any], JsonSchema]) -> JsonSchema:
    """The JSON Schema of a type, one of voluptuous's validators or one of the hub's."""
    if isinstance(schema, vol.Any):
        return describe_alternatives(schema.validators, inner)
    if isinstance(schema, vol.All):
        return describe_chain(list(schema.validators), inner)
    if isinstance(schema, vol.In) and isinstance(schema.container, Iterable):
        return {"enum": list(schema.container)}
    if isinstance(schema, vol.Coerce):
        return COERCED.get(schema.type, {})
    if isinstance(schema, vol.Range):
        return describe_range(schema)
    if isinstance(schema, vol.Length):
        return describe_length(schema)
    if isinstance(schema, vol.Match):
        # voluptuous matches at the beginning, JSON Schema anywhere.
        return {"type": "string", "pattern": f"^(?:{schema.pattern.pattern})"}
    try:
        return {"type": TYPES[schema]} if schema in TYPES else dict(FUNCTIONS.get(schema, {}))
    except TypeError:
        return {}


def describe_mapping(schema: dict[Any, Any], extra: int, inner: Callable[[Any], JsonSchema]) -> JsonSchema:
    """The JSON Schema of a mapping; keys that are no words become additional properties."""
    properties: dict[str, JsonSchema] = {}
    required: list[str] = []
    others: list[JsonSchema] = []
    for key, value in schema.items():
        word = key.schema if isinstance(key, vol.Marker) else key
        if not isinstance(word, str | int):
            others.append(inner(value))
            continue
        properties[str(word)] = {**inner(value), **describe_key(key)}
        if isinstance(key, vol.Required) and isinstance(key.default, vol.Undefined):
            required.append(str(word))
    result: JsonSchema = {"type": "object", "properties": properties}
    if required:
        result["required"] = required
    if others:
        result["additionalProperties"] = others[0] if len(others) == 1 else {"anyOf": others}
    elif extra == vol.PREVENT_EXTRA:
        result["additionalProperties"] = False
    return result


def describe_key(key: Any) -> JsonSchema:
    """Description and default of a key."""
    result: JsonSchema = {}
    description = getattr(key, "description", None)
    if isinstance(description, str):
        result["description"] = description
    default = getattr(key, "default", vol.UNDEFINED)
    if not isinstance(default, vol.Undefined):
        value = default()
        if is_plain(value):
            result["default"] = value
    return result


def is_plain(value: Any) -> bool:
    """Whether JSON can hold a value as it is."""
    if isinstance(value, list):
        return all(map(is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_plain(inner) for key, inner in value.items())
    return value is None or isinstance(value, str | int | float)


def describe_list(schema: list[Any], inner: Callable[[Any], JsonSchema]) -> JsonSchema:
    """The JSON Schema of a list."""
    items = describe_alternatives(schema, inner) if schema else {}
    return {"type": "array", "items": items} if items else {"type": "array"}


def describe_alternatives(schemas: Iterable[Any], inner: Callable[[Any], JsonSchema]) -> JsonSchema:
    """The JSON Schema of a choice."""
    described = [inner(schema) for schema in schemas]
    if not all(described):
        return {}
    if all(set(each) == {"const"} for each in described):
        return {"enum": [each["const"] for each in described]}
    return described[0] if len(described) == 1 else {"anyOf": described}


def describe_chain(schemas: list[Any], inner: Callable[[Any], JsonSchema]) -> JsonSchema:
    """The JSON Schema of validators that follow each other, up to the first that may change the value unseen."""
    if schemas and schemas[0] == cv.ensure_list:
        rest = describe_chain(schemas[1:], inner)
        items = rest.get("items")
        return {"anyOf": [items, rest]} if items else {}
    result: JsonSchema = {}
    for schema in schemas:
        described = inner(schema)
        if not described:
            break
        result = {**described, **result}
    return result


def describe_range(schema: vol.Range) -> JsonSchema:
    """The JSON Schema of bounds."""
    result: JsonSchema = {}
    if isinstance(schema.min, int | float):
        result["minimum" if schema.min_included else "exclusiveMinimum"] = schema.min
    if isinstance(schema.max, int | float):
        result["maximum" if schema.max_included else "exclusiveMaximum"] = schema.max
    return result


def describe_length(schema: vol.Length) -> JsonSchema:
    """The JSON Schema of a length, of a text or of a list."""
    result: JsonSchema = {}
    if isinstance(schema.min, int):
        result |= {"minLength": schema.min, "minItems": schema.min}
    if isinstance(schema.max, int):
        result |= {"maxLength": schema.max, "maxItems": schema.max}
    return result
