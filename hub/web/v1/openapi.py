"""The API's description in OpenAPI 3.1, made from the operations and their types."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from hub.web.v1.operations import Nothing, Operation

PREFIX = "/api/v1"
_PARAMETER = re.compile(r"\{([a-z_]+)(?::rest)?\}")
PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}},
    },
    "required": ["type", "title", "status", "detail"],
}


def describe(operations: Iterable[Operation], version: str) -> dict[str, Any]:
    """The document."""
    operations = list(operations)
    types: list[Any] = []
    for operation in operations:
        types += [operation.query, operation.answer, *([operation.body] if operation.body else [])]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    found = iter(schemas)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        query, answer = next(found), next(found)
        body = next(found) if operation.body else None
        path = PREFIX + _PARAMETER.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(
            operation, query, answer, body, components
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Linli Hub",
            "version": version,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": PROBLEM},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "linli_session"},
            },
        },
    }


def _operation(
    operation: Operation, query: Any, answer: Any, body: Any, components: dict[str, Any]
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.path.split("/")[1] or "api"],
        "parameters": _parameters(operation, query, components),
        "responses": _responses(operation, answer),
        "x-access": operation.access,
    }
    if operation.access == "public":
        told["security"] = []
    if body is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return told


def _parameters(operation: Operation, query: Any, components: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _PARAMETER.findall(operation.path)
    ]
    if operation.query is not Nothing:
        told = components[query["$ref"].rpartition("/")[2]]
        for name, schema in told["properties"].items():
            text = schema.get("description", "")
            found.append(
                {"name": name, "in": "query", "required": name in told.get("required", ()), "schema": schema}
                | ({"description": text} if text else {})
            )
    if operation.keyed:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "The same key with the same request is carried out once; kept for a day.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
            }
        )
    return found


def _responses(operation: Operation, answer: Any) -> dict[str, Any]:
    good: dict[str, Any] = {"description": operation.summary}
    if operation.status != 204:
        good["content"] = {operation.media_type: {"schema": answer}}
    refused = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    statuses = {400, 421, 429, 503, *operation.refusals}
    if operation.access != "public":
        statuses |= {401, 403}
    if "{" in operation.path:
        statuses.add(404)
    if operation.body is not None:
        statuses |= {413, 415}
    if operation.keyed:
        statuses.add(409)
    from hub.web.v1.operations import web_title

    return {str(operation.status): good} | {
        str(status): {"description": web_title(status), **refused} for status in sorted(statuses)
    }
