"""What an assessor sent to doors that ask for no sign-in: text that can't be stored, and nests without end."""

import pytest

from hub.testing.kit import HubKit

RULE = """\
automation:
  - id: hook
    triggers: [{trigger: webhook, webhook_id: door, local_only: false}]
    actions:
      - variables: {said: "{{ trigger.json }}"}
      - event: heard
        event_data: {said: "{{ trigger.json }}"}
"""
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"said": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a":' * 500 + b"1" + b"}" * 500,
        b"[" * 100_000,
        b"[1e999, -1e999, NaN]",
        b'"\\u0000"',
        b"9" * 4000,
        b"\xff\xfe",
    ],
)
async def test_no_body_of_a_webhook_breaks_the_hub(hub: HubKit, body: bytes) -> None:
    await hub.start(RULE)
    answer = await hub.request("POST", "/api/webhook/door", data=body, headers=JSON)
    assert answer.status in (200, 400)
    await hub.settle()
    assert (await hub.request("GET", "/ready")).status == 200
    # The next one is heard as ever: nothing of the first stands in the way of what is stored after it.
    assert (await hub.request("POST", "/api/webhook/door", json={"said": 1}, headers=JSON)).status == 200
    await hub.settle()
    assert [event for event in hub.events if getattr(event, "name", "") == "heard"]
