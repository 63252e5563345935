"""Hostile values: no command ends its socket or is answered as a bug, whatever a message holds."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.web.homeassistant.encoding import BadJson, decode, encode
from hub.web.homeassistant.outlet import frames
from hub.web.homeassistant.rest_states import value_of
from tests.hub.web.homeassistant.client import Client

texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "light.lamp",
            "sensor.warmth",
            "b3",
            "*",
            "2026-03-01T00:00:00+00:00",
            "9999-12-31",
            "\x00",
            "{{ 1/0 }}",
        ]
    ),
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), texts)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)


COMMANDS: list[tuple[str, list[str]]] = [
    ("call_service", ["domain", "service", "service_data", "target", "return_response"]),
    ("supported_features", ["features"]),
    ("get_states", []),
    ("fire_event", ["event_type", "event_data"]),
    ("subscribe_events", ["event_type"]),
    ("subscribe_entities", ["entity_ids"]),
    ("unsubscribe_events", ["subscription"]),
    ("render_template", ["template", "variables", "report_errors", "timeout"]),
    ("subscribe_trigger", ["trigger", "variables"]),
    ("history/history_during_period", ["start_time", "end_time", "entity_ids", "no_attributes"]),
    ("history/stream", ["start_time", "end_time", "entity_ids"]),
    ("logbook/get_events", ["start_time", "end_time", "entity_ids"]),
    ("logbook/event_stream", ["start_time", "entity_ids"]),
    ("config/entity_registry/get", ["entity_id"]),
    ("config/entity_registry/update", ["entity_id", "name", "icon", "labels", "options", "options_domain"]),
    ("config/entity_registry/remove", ["entity_id"]),
    ("config/device_registry/update", ["device_id", "name_by_user", "area_id", "labels"]),
    ("config/area_registry/create", ["name"]),
    ("config_entries/subentries/list", ["entry_id"]),
    ("config_entries/disable", ["entry_id", "disabled_by"]),
    ("auth/sign_path", ["path", "expires"]),
    ("auth/long_lived_access_token", ["client_name", "lifespan"]),
]
HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**70, -(2**70), 10**300, 0.5, -0.0, 1e308,
    "", "x" * 70_000, "\x00", "\u202e", "邻里", "*", "light.lamp", "all", "../../etc/passwd", "{{ 1/0 }}",
    "{% for i in range(9**9) %}{{ i }}{% endfor %}", "2026-03-01T00:00:00+00:00", "9999-12-31T23:59:59-23:59",
    "0001-01-01", [], [[]], [None], ["light.lamp", 5], ["x"] * 2000, {}, {"": ""}, {"a": {"b": [{}]}},
    {"entity_id": {"x": 1}}, {"platform": "state", "entity_id": "light.lamp", "for": {"seconds": -1}},
    {"platform": "time_pattern", "seconds": "/0"}, {"trigger": "event", "event_type": ["{{ x }}", {}]},
    {"trigger": "mqtt", "topic": "#"}, {"coalesce_messages": []},
)  # fmt: skip


@pytest.mark.parametrize(("name", "fields"), COMMANDS, ids=[name for name, _ in COMMANDS])
async def test_no_command_fails_in_an_unforeseen_way(client: Client, name: str, fields: list[str]) -> None:
    tries: list[dict[str, Any]] = [dict.fromkeys(fields, value) for value in HOSTILE]
    tries += [{field: value} for field in fields for value in HOSTILE]
    for given_fields in tries:
        answer = await client.command(name, **given_fields)
        if not answer.get("success", True):
            assert answer["error"]["code"] != "unknown_error", (given_fields, answer)
    client.events.clear()
    assert (await client.command("ping"))["type"] == "pong"


@given(values)
def test_what_is_encoded_is_json_and_comes_back(value: Any) -> None:
    told = json.loads(encode(value))
    if not isinstance(value, (dict, list)):
        assert told == value or isinstance(value, float)


@given(st.binary(max_size=200))
def test_anything_is_decoded_or_refused(text: bytes) -> None:
    try:
        value = decode(text)
    except BadJson:
        return
    assert json.loads(text) == value


@given(st.lists(st.binary(max_size=70_000), max_size=4), st.booleans())
@settings(max_examples=20)
def test_frames_hold_all_messages(messages: list[bytes], coalesce: bool) -> None:
    data = frames(messages, coalesce=coalesce)
    sizes = []
    while data:
        assert data[0] == 0x81
        size, head = data[1], 2
        if size >= 126:
            head = 4 if size == 126 else 10
            size = int.from_bytes(data[2:head], "big")
        sizes.append(size)
        data = data[head + size :]
    whole = sum(map(len, messages))
    if coalesce and len(messages) > 1:
        assert sizes == [whole + len(messages) + 1]
    else:
        assert sizes == [len(message) for message in messages]


@given(st.sampled_from(["sensor.a", "binary_sensor.a", "light.a"]), texts)
def test_a_state_reads_as_it_was_written(entity_id: str, text: str) -> None:
    from hub.model.things import text_of

    value, available = value_of(entity_id, text)
    assert text_of(entity_id, value, available) == text
