"""Whatever happens, a restart in between changes nothing of what rules do."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.testing.kit import HubKit
from tests.automations.conftest import Yard

RULES = """
- id: delayed
  alias: delayed
  mode: {mode}
  max: 3
  triggers: {{trigger: state, entity_id: binary_sensor.door, from: off, to: on}}
  variables: {{number: "{{{{ states('sensor.count') }}}}"}}
  actions:
    - {{delay: 10}}
    - {{action: toy.note, data: {{text: "first {{{{ number }}}}"}}}}
    - choose:
        - conditions: "{{{{ number | int % 2 == 0 }}}}"
          sequence: [{{delay: 7}}, {{action: toy.keep, data: {{text: "even {{{{ number }}}}"}}}}]
      default: {{action: toy.keep, data: {{text: "odd {{{{ number }}}}"}}}}
    - {{delay: 1}}
    - {{action: toy.note, data: {{text: "last {{{{ number }}}}"}}}}
- id: lasting
  alias: lasting
  mode: parallel
  triggers: {{trigger: state, entity_id: binary_sensor.door, from: off, to: on, for: 15}}
  actions: {{action: toy.note, data: {{text: "lasted"}}}}
- id: alarmed
  alias: alarmed
  triggers: {{trigger: event, event_type: thing_fell}}
  actions:
    - {{action: toy.keep, data: {{text: "{{{{ trigger.event.cell }}}}"}}}}
    - {{delay: 5}}
    - {{action: toy.note, data: {{text: "after {{{{ trigger.event.cell }}}}"}}}}
"""
STEPS = st.lists(
    st.sampled_from(["open", "close", "fell", "again"]) | st.integers(1, 12), min_size=3, max_size=12
)


async def play(folder: Any, mode: str, steps: list[Any], stops: set[int]) -> list[Any]:
    """The texts that the toys were given, when the hub is ended after some of the steps."""
    hub = HubKit(folder)
    yard = Yard(hub)
    await yard.start(RULES.format(mode=mode))
    yard.set("binary_sensor.door", False)
    opened = fallen = 0
    alarm = None
    for place, step in enumerate(steps):
        if step == "open":
            opened += 1
            yard.set("sensor.count", opened)
            yard.set("binary_sensor.door", True)
        elif step == "close":
            yard.set("binary_sensor.door", False)
        elif step == "fell":
            fallen += 1
            alarm = yard.fell(cell=f"cell {fallen}", id=f"fell-{fallen}")
            await yard.emit(alarm)
        elif step == "again" and alarm is not None:
            await yard.emit(alarm)
        elif isinstance(step, int):
            await hub.advance(step)
        await hub.settle()
        if place in stops:
            door, count = (hub.hub_of.states.get(name) for name in ("binary_sensor.door", "sensor.count"))
            await yard.kill()
            if count is not None:
                yard.set("sensor.count", count.value)
            assert door is not None
            yard.set("binary_sensor.door", door.value)  # the devices speak again
    await hub.advance(60)
    await hub.stop()
    await hub.broker.close()
    return yard.texts


@pytest.mark.parametrize("mode", ["single", "restart", "queued", "parallel"])
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, stops=st.sets(st.integers(0, 11), max_size=3))
async def test_a_restart_changes_nothing(tmp_path_factory, mode, steps, stops):
    whole = await play(tmp_path_factory.mktemp("whole"), mode, steps, set())
    interrupted = await play(tmp_path_factory.mktemp("interrupted"), mode, steps, stops)
    assert sorted(map(str, interrupted)) == sorted(map(str, whole))
