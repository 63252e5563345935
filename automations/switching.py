"""The actions of `automation`: turn rules on and off, trigger them by hand, reload them."""

from collections.abc import Callable
from typing import Any

import voluptuous as vol

from automations.engine import Engine
from automations.live import Automation
from hub.api import Action, ActionRefused, Call, Link


def _entity_ids(value: Any) -> list[str]:
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise vol.Invalid("entity ids are text or a list of texts")
    return [item.strip() for item in listed if item.strip()]


_TARGET: dict[Any, Any] = {vol.Required("entity_id"): _entity_ids}
ACTIONS = (
    Action(name="automation.turn_on", summary="Turn rules on", schema=vol.Schema(_TARGET), targets=True),
    Action(
        name="automation.turn_off",
        summary="Turn rules off; runs under way are stopped unless stop_actions is false",
        schema=vol.Schema({**_TARGET, vol.Optional("stop_actions", default=True): bool}),
        targets=True,
    ),
    Action(name="automation.toggle", summary="Turn rules over", schema=vol.Schema(_TARGET), targets=True),
    Action(
        name="automation.trigger",
        summary="Run rules now, as if triggered; conditions are skipped unless skip_condition is false",
        schema=vol.Schema({**_TARGET, vol.Optional("skip_condition", default=True): bool}),
        targets=True,
    ),
    Action(name="automation.reload", summary="Read the configuration anew", schema=vol.Schema({})),
)


def add_actions(link: Link, engine: Engine) -> None:
    """Give the declared actions their handlers."""

    def handle(name: str, work: Callable[[Automation, Call], None]) -> None:
        def handler(call: Call) -> None:
            for automation in _meant(engine, call):
                work(automation, call)

        link.action(name, handler)

    def turn_off(automation: Automation, call: Call) -> None:
        engine.switch(automation, False, stop_actions=call.data.get("stop_actions", True))

    def trigger(automation: Automation, call: Call) -> None:
        automation.fire(None, skip_conditions=call.data.get("skip_condition", True))

    async def reload(_call: Call) -> None:
        await link.site.reload()

    handle("automation.turn_on", lambda automation, _call: engine.switch(automation, True))
    handle("automation.turn_off", turn_off)
    handle("automation.toggle", lambda automation, _call: engine.switch(automation, not automation.on))
    handle("automation.trigger", trigger)
    link.action("automation.reload", reload)


def _meant(engine: Engine, call: Call) -> list[Automation]:
    found = [(entity_id, engine.find(entity_id)) for entity_id in call.data["entity_id"]]
    missing = [entity_id for entity_id, automation in found if automation is None]
    if missing:
        raise ActionRefused(f"there is no automation {', '.join(missing)}")
    return [automation for _, automation in found if automation is not None]
