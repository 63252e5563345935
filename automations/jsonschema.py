"""The shape of rules as JSON Schema, for editors; `check` knows more than can be said here."""

from typing import Any

from automations import library
from automations.plan import LOG_LEVELS, MODES

_TEXT: dict[str, Any] = {"type": "string"}
_NAMES: dict[str, Any] = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_FLAG: dict[str, Any] = {"type": "boolean"}
_MAPPING: dict[str, Any] = {"type": "object"}
_ANYTHING: dict[str, Any] = {}
_SPAN: dict[str, Any] = {"anyOf": [{"type": "number"}, _TEXT, _MAPPING]}


def _one_or_more(name: str) -> dict[str, Any]:
    item = {"$ref": f"#/$defs/{name}"}
    return {"anyOf": [item, {"type": "array", "items": item}]}


def _object(properties: dict[str, Any], *required: str, closed: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        found["required"] = list(required)
    if closed:
        found["additionalProperties"] = False
    return found


def _trigger(platforms: list[str]) -> dict[str, Any]:
    platform = {"enum": platforms}
    texts = ("id", "alias", "attribute", "value_template", "topic", "webhook_id", "event", "encoding")
    names = (
        "entity_id",
        "event_type",
        "from",
        "to",
        "not_from",
        "not_to",
        "at",
        "weekday",
        "allowed_methods",
    )
    rest = ("event_data", "where", "above", "below", "hours", "minutes", "seconds", "payload", "variables")
    return _object(
        {
            "trigger": platform,
            "platform": platform,
            **dict.fromkeys(texts, _TEXT),
            **dict.fromkeys(names, _ANYTHING),
            **dict.fromkeys(rest, _ANYTHING),
            "for": _SPAN,
            "enabled": _FLAG,
            "local_only": _FLAG,
            "qos": {"enum": [0, 1, 2]},
        }
    )


def _condition(kinds: list[str]) -> dict[str, Any]:
    groups = dict.fromkeys(("and", "or", "not", "conditions"), _one_or_more("condition"))
    keys = ("entity_id", "state", "above", "below", "after", "before", "weekday", "id")
    named = _object(
        {
            "condition": {"anyOf": [{"enum": kinds}, _TEXT]},
            **groups,
            **dict.fromkeys(keys, _ANYTHING),
            **dict.fromkeys(("alias", "attribute", "value_template"), _TEXT),
            "for": _SPAN,
            "match": {"enum": ["all", "any"]},
            "enabled": _FLAG,
        }
    )
    return {"anyOf": [_TEXT, _FLAG, named]}


def _action() -> dict[str, Any]:
    option = _object(
        {"conditions": _one_or_more("condition"), "sequence": _one_or_more("action"), "alias": _TEXT},
        "sequence",
    )
    step = _object(
        {
            "alias": _TEXT,
            "enabled": _FLAG,
            "action": _TEXT,
            "service": _TEXT,
            "data": _MAPPING,
            "target": _object(dict.fromkeys(("entity_id", "area_id", "device_id"), _NAMES), closed=True),
            "response_variable": _TEXT,
            "continue_on_error": _FLAG,
            "delay": _SPAN,
            "choose": {"anyOf": [option, {"type": "array", "items": option}]},
            "default": _one_or_more("action"),
            "if": _one_or_more("condition"),
            "then": _one_or_more("action"),
            "else": _one_or_more("action"),
            "sequence": _one_or_more("action"),
            "variables": _MAPPING,
            "event": _TEXT,
            "event_data": _MAPPING,
            "stop": {"type": ["string", "null"]},
            "error": _FLAG,
        }
    )
    return {"anyOf": [_TEXT, step]}


def _rule() -> dict[str, Any]:
    parts = {"trigger": "trigger", "condition": "condition", "action": "action"}
    return _object(
        {
            **dict.fromkeys(("id", "alias", "description"), _TEXT),
            **{word: _one_or_more(name) for one, name in parts.items() for word in (one, f"{one}s")},
            **dict.fromkeys(("variables", "trigger_variables", "trace"), _MAPPING),
            **dict.fromkeys(("initial_state", "enabled"), _FLAG),
            "mode": {"enum": list(MODES)},
            "max": {"type": "integer", "minimum": 1},
            "max_exceeded": {"enum": list(LOG_LEVELS)},
        },
        closed=True,
    )


def rules_json_schema(platforms: list[str], kinds: list[str]) -> dict[str, Any]:
    """The section `automation:`: rules, items of the library, names of events."""
    use = {"use": {"enum": library.names()}, "with": _MAPPING, "id": _TEXT, "mode": {"enum": list(MODES)}}
    item = {
        "anyOf": [
            _object({**use, "initial_state": _FLAG, "enabled": _FLAG}, "use", closed=True),
            _object({"events": _NAMES}, "events", closed=True),
            {"$ref": "#/$defs/rule"},
        ]
    }
    return {
        "$id": "urn:linli-hub:automation",  # so that the references hold inside a larger schema, too
        "anyOf": [{"type": "array", "items": item}, item, {"type": "null"}],
        "$defs": {
            "rule": _rule(),
            "trigger": _trigger(platforms),
            "condition": _condition(kinds),
            "action": _action(),
        },
    }
