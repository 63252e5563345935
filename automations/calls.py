"""The action step that calls an action: checked against its schema when the rules are loaded."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from automations.runs import Run, RunFailed
from automations.schema import Fields, Path, Reading
from automations.templates import Renderer, holds_template, is_template
from automations.views import House
from hub.api import Action, did_you_mean

_ONLY_A_NAME = re.compile(r"\s*\{\{\s*(\w+)\s*\}\}\s*")
_TARGETS = ("entity_id", "device_id", "area_id")
_FOUND_LATER = "{{ found_later }}"  # counts as a template: what it is made into is checked at the call
_EXTRA, _REQUIRED = "extra keys not allowed", "required key not provided"


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """What a call step asks for."""

    name: str
    action: Action
    data: Mapping[str, Any]  # cleaned; used as it is when `render` is None
    render: Renderer | None
    keep_going: bool  # continue_on_error
    response: str  # name of the variable that takes the result
    find: Callable[[House, dict[str, Any]], dict[str, Any]] | None = None

    def filled(self, run: Run) -> dict[str, Any]:
        """The data of this run's call, checked; RunFailed, TemplateFailed."""
        if self.render is None and self.find is None:
            return dict(self.data)
        data = dict(self.data) if self.render is None else self.render(run.scope(), True)
        if self.find is not None:
            data = self.find(run.house, data)
        try:
            return dict(self.action.schema(data))
        except (vol.Invalid, ValueError, TypeError) as error:
            return self._as_text(run, error)

    def _as_text(self, run: Run, first: Exception) -> dict[str, Any]:
        """A home named "012" is text though it looks like a number: try again with the templates' texts."""
        if self.render is not None:
            data = self.render(run.scope(), False)
            if self.find is not None:
                data = self.find(run.house, data)
            try:
                return dict(self.action.schema(data))
            except (vol.Invalid, ValueError, TypeError):
                pass
        raise RunFailed(f"{self.name} does not take this data: {first}") from first


def read_call(fields: Fields) -> Wish | None:
    """`action: domain.verb` (or `service:`) with `data` and `target`."""
    reading = fields.reading
    key, name = fields.first("action", "service")
    data, data_path = _read_data(fields)
    target = _read_target(fields)
    keep_going, response = fields.flag("continue_on_error"), fields.text("response_variable")
    fields.take("metadata")
    if response:
        reading.variables.add(response)
    action = reading.known.actions.get(name) if isinstance(name, str) else None
    if action is None:
        _unknown(fields, key, name)
        reading.renderer(data, data_path)
        return None
    if target is not None and not action.targets:
        fields.fault("target", f"'{name}' takes no target", "put what it needs under 'data'")
        target = None
    if response and action.durable:
        remedy = "durable actions are carried out later and give no result; remove it"
        fields.fault("response_variable", f"'{name}' gives no response", remedy)
    # Entity ids that stand there as they are need no finding when the call is made.
    find = (
        _find_entities
        if target is not None and (holds_template(target) or set(target) != {"entity_id"})
        else None
    )
    shown = data if target is None else {**data, "entity_id": _shown_ids(target)}
    whole = shown if target is None or find is None else {**data, **target}
    render = reading.renderer(whole, data_path)
    cleaned = _checked(reading, action, shown, data_path, constant=render is None and find is None)
    for finding in action.check(_seen_through(reading, shown), reading.known):
        reading.fault((*data_path, *finding.path), finding.problem, finding.remedy, fatal=finding.fatal)
    raw = whole if render is not None or find is not None else cleaned
    return Wish(str(name), action, raw, render, keep_going, response, find)


def _seen_through(reading: Reading, data: dict[str, Any]) -> dict[str, Any]:
    """The data with each {{ name }} of a rule's variable replaced by what is written there."""
    return {key: _written_for(reading, value) for key, value in data.items()}


def _written_for(reading: Reading, value: Any) -> Any:
    found = _ONLY_A_NAME.fullmatch(value) if isinstance(value, str) else None
    return value if found is None else reading.written.get(found[1], value)


def _read_data(fields: Fields) -> tuple[dict[str, Any], Path]:
    key, data = fields.first("data", "data_template")
    if data is None:
        return {}, (*fields.path, key)
    if not isinstance(data, dict):
        fields.fault(key, "'data' must be a mapping", "write one 'name: value' a line below it")
        return {}, (*fields.path, key)
    return data, (*fields.path, key)


def _read_target(fields: Fields) -> dict[str, Any] | None:
    """Entity ids in `target:`, or beside the action as of old."""
    target, old = fields.take("target"), fields.take("entity_id")
    if target is None:
        return None if old is None else {"entity_id": old}
    if not isinstance(target, dict):
        fields.fault("target", "'target' must be a mapping", "as in target: {entity_id: light.hall}")
        return None
    for key in target:
        if key not in _TARGETS:
            hint = did_you_mean(key, _TARGETS) or f"it knows {', '.join(_TARGETS)}"
            fields.reading.fault((*fields.path, "target", key), f"'{key}' is no key of a target", hint)
    _check_targets(fields, target)
    return {key: target[key] for key in _TARGETS if key in target}


def _check_targets(fields: Fields, target: dict[str, Any]) -> None:
    known = fields.reading.known
    for entity_id in _listed(target.get("entity_id")):
        if not is_template(entity_id):
            fields.reading.entity(entity_id, (*fields.path, "target", "entity_id"))
    for area in _listed(target.get("area_id")):
        if not is_template(area) and known.areas and area not in known.areas:
            hint = did_you_mean(area, known.areas)
            fields.reading.fault((*fields.path, "target", "area_id"), f"there is no area '{area}'", hint)


def _shown_ids(target: dict[str, Any]) -> list[str]:
    """The ids that a schema can look at; those of areas and devices are known, and checked, at the call."""
    found_later = any(target.get(key) for key in ("area_id", "device_id"))
    return _listed(target.get("entity_id")) or ([_FOUND_LATER] if found_later else [])


def _listed(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [
        part.strip()
        for item in listed
        if isinstance(item, str)
        for part in ([item] if is_template(item) else item.split(","))
    ]


def _find_entities(house: House, data: dict[str, Any]) -> dict[str, Any]:
    """Turn entity, area and device ids into `entity_id`, when the call is made."""
    found = _listed(data.pop("entity_id", None))
    areas, devices = set(_listed(data.pop("area_id", None))), set(_listed(data.pop("device_id", None)))
    if areas or devices:
        for state in house.states():
            entity = house.entity(state.entity_id)
            if entity is not None and (
                house.area_of(entity.id) in areas or (entity.device and entity.device in devices)
            ):
                found.append(entity.id)
    return {**data, "entity_id": list(dict.fromkeys(found))}


def _unknown(fields: Fields, key: str, name: Any) -> None:
    actions = fields.reading.known.actions
    if isinstance(name, str) and is_template(name):
        fields.fault(key, "an action's name can't be a template", "use 'choose' with one call in each branch")
    else:
        hint = did_you_mean(name, actions) or "see `hub describe` for the actions there are"
        fields.fault(key, f"there is no action {name!r}", hint)


def _checked(
    reading: Reading, action: Action, data: dict[str, Any], path: Path, *, constant: bool
) -> Mapping[str, Any]:
    """The cleaned data; errors about templated values wait until they are rendered."""
    try:
        cleaned: Mapping[str, Any] = action.schema(dict(data))
    except vol.MultipleInvalid as error:
        for single in error.errors:
            _report(reading, action, single, data, path)
    except vol.Invalid as error:
        _report(reading, action, error, data, path)
    except (ValueError, TypeError) as error:
        if constant:
            reading.fault(path, f"{action.name} does not take this data: {error}")
    else:
        return cleaned if constant else data
    return data


def _report(reading: Reading, action: Action, error: vol.Invalid, data: dict[str, Any], path: Path) -> None:
    way = [getattr(step, "schema", step) for step in error.path]
    if _leads_to_template(data, way) or (not way and holds_template(data) and not _about_keys(error)):
        return
    if error.error_message == _EXTRA and way:
        names = field_names(action)
        hint = did_you_mean(way[-1], names) or (f"it has {', '.join(names)}" if names else "")
        reading.fault((*path, *way), f"{action.name} has no field '{way[-1]}'", hint)
    elif error.error_message == _REQUIRED and way:
        reading.fault(path, f"{action.name} needs '{way[-1]}'", f"add '{way[-1]}:' under 'data'")
    else:
        reading.fault((*path, *way), f"{action.name}: {error.error_message}")


def _about_keys(error: vol.Invalid) -> bool:
    return error.error_message in (_EXTRA, _REQUIRED)


def _leads_to_template(data: Any, way: list[Any]) -> bool:
    for step in way:
        try:
            data = data[step]
        except (LookupError, TypeError):
            return isinstance(data, str) and is_template(data)
    return holds_template(data) if way else False


def field_names(action: Action) -> list[str]:
    """Names of an action's fields as far as its schema shows them."""
    return sorted({str(getattr(key, "schema", key)) for key in _keys(action.schema)})


def _keys(schema: Any) -> list[Any]:
    if isinstance(schema, vol.Schema):
        return _keys(schema.schema)
    if isinstance(schema, dict):
        return [key for key in schema if isinstance(getattr(key, "schema", key), str)]
    return [key for part in getattr(schema, "validators", ()) for key in _keys(part)]
