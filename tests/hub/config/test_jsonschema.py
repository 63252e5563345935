"""Schemas as JSON Schema, as `hub describe --json` prints them."""

import json
from datetime import timedelta
from typing import Any

import pytest
import voluptuous as vol

from hub.config import validators as cv
from hub.config.jsonschema import to_json_schema

TOLD: list[tuple[Any, dict[str, Any]]] = [
    (str, {"type": "string"}),
    (int, {"type": "integer"}),
    (None, {"const": None}),
    ("x", {"const": "x"}),
    (object, {}),
    (lambda value: value, {}),
    (vol.Coerce(float), {"type": ["number", "string"]}),
    (vol.Coerce(timedelta), {}),
    (cv.port, {"type": "integer", "minimum": 1, "maximum": 65535}),
    (cv.url, {"type": "string", "format": "uri"}),
    (cv.one_of("a", "b"), {"enum": ["a", "b"]}),
    (vol.In(["a", 1]), {"enum": ["a", 1]}),
    (vol.Any("a", "b", None), {"enum": ["a", "b", None]}),
    (vol.Any(0, str), {"anyOf": [{"const": 0}, {"type": "string"}]}),
    (vol.Any(str, lambda value: value), {}),
    (vol.Maybe(int), {"anyOf": [{"const": None}, {"type": "integer"}]}),
    (vol.All(int, vol.Range(min=1, max=5)), {"type": "integer", "minimum": 1, "maximum": 5}),
    (vol.Range(min=0, min_included=False), {"exclusiveMinimum": 0}),
    (vol.All(str, vol.Length(max=3)), {"type": "string", "maxLength": 3, "maxItems": 3}),
    (vol.All(lambda value: value, int), {}),
    (vol.Match("[a-z]+"), {"type": "string", "pattern": "^(?:[a-z]+)"}),
    ([int], {"type": "array", "items": {"type": "integer"}}),
    ([int, "x"], {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"const": "x"}]}}),
    ([], {"type": "array"}),
    (list, {"type": "array"}),
    (
        vol.All(cv.ensure_list, [int]),
        {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}]},
    ),
    (
        {vol.Required("a"): int, vol.Required("b", default=5): int, vol.Optional("c", description="See."): str},
        {
            "type": "object",
            "properties": {
                "a": {"type": "integer"},
                "b": {"type": "integer", "default": 5},
                "c": {"type": "string", "description": "See."},
            },
            "required": ["a"],
            "additionalProperties": False,
        },
    ),
    ({str: int}, {"type": "object", "properties": {}, "additionalProperties": {"type": "integer"}}),
    ({cv.slug: int, "x": str}, {"type": "object", "properties": {"x": {"type": "string"}},
                                "additionalProperties": {"type": "integer"}}),
    (vol.Schema({"a": int}, extra=vol.ALLOW_EXTRA), {"type": "object", "properties": {"a": {"type": "integer"}}}),
    ({vol.Optional("a", default=timedelta(1)): object}, {"type": "object", "properties": {"a": {}},
                                                        "additionalProperties": False}),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "told"), TOLD, ids=[str(number) for number in range(len(TOLD))])
def test_tells(schema: Any, told: dict[str, Any]) -> None:
    assert to_json_schema(schema) == {"$schema": "https://json-schema.org/draft/2020-12/schema", **told}


def test_every_shared_validator_can_be_written_as_json() -> None:
    for name in cv.__all__:
        assert json.dumps(to_json_schema(vol.Schema({name: getattr(cv, name)})))


def test_a_schema_that_holds_itself_comes_to_an_end() -> None:
    schema = vol.Schema({"deeper": vol.Self, "x": int})
    assert to_json_schema(schema)["properties"]["x"] == {"type": "integer"}
    nested: Any = int
    for _ in range(100):
        nested = [nested]
    assert to_json_schema(nested)["type"] == "array"
