"""Actions as Home Assistant's services: what there is, and calling it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.accounts.audit import CALL
from hub.accounts.permissions import Principal, Thing
from hub.config.jsonschema import to_json_schema
from hub.model.calls import Action, Call
from hub.model.events import StateChanged
from hub.model.things import State
from hub.web.homeassistant.failures import INVALID_FORMAT, NOT_FOUND, UNAUTHORIZED, VALIDATION_ERROR, Failed
from hub.web.homeassistant.house import House
from hub.web.homeassistant.targets import entities_of
from hub.web.objects import entity_thing

_GENERIC = ("turn_on", "turn_off", "toggle")  # of any domain that has them
_SELECTORS: dict[str, dict[str, Any]] = {
    "boolean": {"boolean": {}},
    "object": {"object": {}},
    "array": {"object": {}},
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a service call."""

    context: dict[str, Any]
    changed: list[State]
    response: Mapping[str, Any] | None


# --- what there is ------------------------------------------------------------------------------------------------


def describe_services(actions: Mapping[str, Action]) -> dict[str, dict[str, Any]]:
    """Every service by domain and name."""
    found: dict[str, dict[str, Any]] = {}
    for name, action in sorted(actions.items()):
        domain, _, verb = name.partition(".")
        if verb:
            found.setdefault(domain, {})[verb] = _describe(verb, action)
    own = found.setdefault("homeassistant", {})
    for verb in _GENERIC:
        domains = [domain for domain, services in found.items() if verb in services]
        own.setdefault(verb, _describe_generic(verb, domains))
    return found


def _describe(verb: str, action: Action) -> dict[str, Any]:
    told: dict[str, Any] = {"name": _words(verb), "description": action.summary, "fields": _fields(action)}
    if action.targets:
        told["target"] = {"entity": [{"domain": [action.name.partition(".")[0]]}]}
    if action.responds:
        told["response"] = {"optional": True}
    return told


def _describe_generic(verb: str, domains: list[str]) -> dict[str, Any]:
    summary = f"{_words(verb)} whatever has an action for it"
    target = {"entity": [{"domain": domains}]}
    return {"name": _words(verb), "description": summary, "fields": {}, "target": target}


def _words(verb: str) -> str:
    return verb.replace("_", " ").capitalize()


def _fields(action: Action) -> dict[str, Any]:
    shape = to_json_schema(action.schema)
    required = shape.get("required", ())
    found: dict[str, Any] = {}
    for name, told in shape.get("properties", {}).items():
        if not (action.targets and name == "entity_id"):
            field = {"required": name in required, "selector": _selector(told)}
            if isinstance(told.get("description"), str):
                field["description"] = told["description"]
            if "default" in told:
                field["default"] = told["default"]
            found[name] = field
    return found


def _selector(told: Mapping[str, Any]) -> dict[str, Any]:
    """The selector that fits a JSON Schema."""
    options = told.get("enum")
    if options and all(isinstance(option, str) for option in options):
        return {"select": {"options": list(options)}}
    kind = told.get("type")
    if kind in ("number", "integer"):
        bounds = {"min": told.get("minimum"), "max": told.get("maximum")}
        step = {"step": "any"} if kind == "number" else {}
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        return {"number": {"mode": "box", **given, **step}}
    if not isinstance(kind, str):
        return {"object": {}} if not kind else {"text": {}}
    return dict(_SELECTORS.get(kind, {"text": {}}))


# --- calling ----------------------------------------------------------------------------------------------------------


class Services:
    """Calls services in the name of a principal."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def call(
        self,
        who: Principal,
        name: str,
        data: Mapping[str, Any],
        target: Mapping[str, Any] | None = None,
        *,
        respond: bool = False,
    ) -> Outcome:
        """Run the action behind a service; Failed tells what is wrong."""
        calls = self._calls(who, name, data, target or {})
        things = {"entity_id": [given["entity_id"] for _, given in calls if "entity_id" in given]}
        self._house.site.audit.record(CALL, "action", name, who=who.account, details=things)
        for action, _ in calls:
            if respond and not action.responds:
                raise Failed(VALIDATION_ERROR, f"{name} gives no response; call it without return_response")
        context = self._house.contexts.new(who.account)
        changed: list[State] = []
        undo = self._house.site.bus.on(StateChanged, _collect(context, changed))
        try:
            results = [await self._run(action, given, context) for action, given in calls]
        finally:
            undo()
        view = self._house.view(who)
        seen = [state for state in changed if view.sees(state.entity_id)]
        response = _response(results[0] if results else None) if respond else None
        return Outcome(self._house.contexts.show(context), seen, response)

    async def _run(self, action: Action, data: Mapping[str, Any], context: str) -> Any:
        actions = self._house.site.actions
        call = Call(name=action.name, data=data, key=f"{context}/{action.name}", cause=context)
        async with asyncio.timeout(action.timeout):
            return await actions.run(call)

    def _calls(
        self, who: Principal, name: str, data: Mapping[str, Any], target: Mapping[str, Any]
    ) -> list[tuple[Action, Mapping[str, Any]]]:
        """Actions to run, with their data, after every question of permission."""
        declared = self._house.site.actions.declared
        action = declared.get(name)
        given = {key: value for key, value in data.items() if key not in _TARGET_KEYS}
        aim = {key: value for key, value in {**data, **target}.items() if key in _TARGET_KEYS}
        if action is not None and action.targets:
            return [(action, {**given, "entity_id": self._aimed(who, action.name, aim)})]
        if action is not None:
            self._may_run(who)
            return [(action, {**data, **target})]
        domain, _, verb = name.partition(".")
        if domain == "homeassistant" and verb in _GENERIC:
            return self._generic(who, verb, given, aim)
        raise Failed(NOT_FOUND, f"Service {name} not found.")

    def _may_run(self, who: Principal) -> None:
        if not self._house.permissions.may(who, "operate", Thing(kind="system")):
            raise Failed(UNAUTHORIZED, "Unauthorized")

    def _aimed(self, who: Principal, name: str, aim: Mapping[str, Any]) -> list[str]:
        """Entities to act on: each named one must be theirs to operate; of areas and devices, those that are."""
        house = self._house
        explicit, implied = entities_of(house, aim, name.partition(".")[0], self._operable(who))
        if not explicit and not implied:
            if not aim:
                raise Failed(INVALID_FORMAT, f"{name} needs a target: entity_id, device_id or area_id")
            raise Failed(VALIDATION_ERROR, "the target holds no entity that this could act on")
        refused = [entity_id for entity_id in explicit if not self._operable(who)(entity_id)]
        if refused:
            raise Failed(UNAUTHORIZED, "Unauthorized")
        return list(dict.fromkeys((*explicit, *implied)))

    def _operable(self, who: Principal) -> Callable[[str], bool]:
        site, permissions = self._house.site, self._house.permissions
        return lambda entity_id: permissions.may(who, "operate", entity_thing(site, entity_id))

    def _generic(
        self, who: Principal, verb: str, given: Mapping[str, Any], aim: Mapping[str, Any]
    ) -> list[tuple[Action, Mapping[str, Any]]]:
        """`homeassistant.turn_on` and its like: the action of each entity's own domain."""
        declared = self._house.site.actions.declared
        by_domain: dict[str, list[str]] = {}
        for entity_id in self._aimed(who, f"*.{verb}", aim):
            by_domain.setdefault(entity_id.partition(".")[0], []).append(entity_id)
        found: list[tuple[Action, Mapping[str, Any]]] = [
            (declared[f"{domain}.{verb}"], {**given, "entity_id": entity_ids})
            for domain, entity_ids in by_domain.items()
            if f"{domain}.{verb}" in declared
        ]
        if not found:
            raise Failed(VALIDATION_ERROR, f"nothing of the target has an action {verb}")
        return found


_TARGET_KEYS = frozenset(["entity_id", "device_id", "area_id", "floor_id", "label_id"])


def _collect(context: str, changed: list[State]) -> Callable[[StateChanged], None]:
    def collect(event: StateChanged) -> None:
        if event.new.cause == context:
            changed.append(event.new)

    return collect


def _response(result: Any) -> Mapping[str, Any]:
    if isinstance(result, Mapping):
        return result
    return {} if result is None else {"result": result}
