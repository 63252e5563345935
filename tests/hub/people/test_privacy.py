"""All that a hub holds about a person, and its erasure with a proof."""

import json
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.calls import Call
from hub.model.people import Address, Person
from hub.people.privacy import PrivacyFault, erase, export, verify
from hub.people.traces import Eraser, Subject

SITE = """
    testing:
    notify: {channels: {collect: {}}}
    people:
      persons:
        - {id: guard, name: 孙悦悦, roles: [resident, guard], phone: "13800138000",
           channels: [{collect: sun-topic-77}], quiet_hours: "22:00-07:00"}
        - {id: li, name: 李强, roles: [guard], channels: [collect]}
    """


@pytest.fixture
async def lived(hub):
    """A hub that told two guards of something, remembered more, and stopped."""
    await hub.start(SITE)
    await hub.call(
        "notify.send", audience="role:guard", message="孙悦悦 called from 13800138000", severity="critical"
    )
    site = hub.hub_of.site
    await site.preferences.set_language("guard", "en")
    with site.units.open() as unit:
        site.memory("cases").put("case/7", {"assignee": "guard", "role": "guard", "note": "ask person:guard"})
        site.timers.set("cases", "remind/guard/7", hub.clock.now().replace(year=2031), {"person": "guard"})
        hub.hub_of.actions.start(
            Call(name="notify.deliver", data=pending(hub), key="x/guard/collect", lane="nowhere")
        )
    await unit.receipt
    person = site.directory.persons["guard"]
    await hub.stop()
    return hub.folder / "data", person


def pending(hub):
    later = {"severity": "info", "evidence": [], "url": "", "title": "t", "message": "for 孙悦悦"}
    return {"person": "guard", "channel": "gone", "number": 0, "at": hub.clock.now().isoformat(), **later}


def everything(data):
    connection = sqlite3.connect(data / "events.db")
    try:
        return "\n".join(connection.iterdump())
    finally:
        connection.close()


def test_an_export_holds_the_entry_and_every_record(hub, lived):
    data, person = lived
    document = json.loads(json.dumps(export(data, person, hub.clock.now(), "people.yaml:3")))
    assert document["person"]["phone"] == "13800138000"
    assert document["person"]["channels"] == [{"channel": "collect", "to": "sun-topic-77"}]
    records = document["records"]
    told = [row["data"]["person"] for row in records["events.db/outbox"] if row["action"] == "notify.deliver"]
    assert "guard" in told
    kept = {(row["owner"], row["key"]) for row in records["events.db/memory"]}
    assert kept == {("cases", "case/7"), ("people", "preferences/guard")}
    assert records["events.db/timers"][0]["due"].startswith("2031-")


def test_after_an_erasure_nothing_names_the_person_and_the_rest_is_as_it_was(hub, lived):
    data, person = lived
    receipt = erase(data, person, hub.clock.now(), ["people.yaml:3"])
    held = everything(data)
    for word in ("孙悦悦", "13800138000", "sun-topic-77", "/guard", "person:guard", '"person":"guard"'):
        assert word not in held
    raw = b"".join(path.read_bytes() for path in data.glob("events.db*"))
    assert "孙悦悦".encode() not in raw
    assert '"role":"guard"' in held
    assert "role:guard" in held  # an audience is no person
    assert '"person":"li"' in held.replace('": "', '":"')
    assert receipt["pseudonym"] in held
    assert "guard" not in json.dumps(receipt)


def test_what_was_still_to_be_said_is_not_said(hub, lived):
    data, person = lived
    erase(data, person, hub.clock.now(), [])
    connection = sqlite3.connect(data / "events.db")
    rows = connection.execute("SELECT state, data FROM outbox WHERE action = 'notify.deliver'").fetchall()
    connection.close()
    read = [(state, json.loads(text)) for state, text in rows]
    own = [(state, data) for state, data in read if data["person"].startswith("erased-")]
    assert {state for state, _ in own} == {"done", "dropped"}
    assert {data["message"] for _, data in own} == {""}


async def test_the_hub_goes_on_afterwards(hub, lived):
    data, person = lived
    erase(data, person, hub.clock.now(), [])
    await hub.start(SITE)
    assert hub.hub_of.site.preferences.of("guard") == {}
    await hub.call("notify.send", audience="person:li", message="go", severity="critical")
    assert hub.deliveries[-1].person.id == "li"


def test_a_receipt_proves_itself(hub, lived):
    data, person = lived
    receipt = erase(data, person, hub.clock.now(), [])
    second = erase(data, Person(id="li", name="李强"), hub.clock.now(), [])
    assert second["previous"] == receipt["digest"]
    assert verify(data, receipt) == []
    assert verify(data, receipt, "guard") == []
    assert verify(data, second, "li") == []
    assert verify(data, receipt, "li") == ["it is not about 'li'"]


@pytest.mark.parametrize(
    "change", [{"at": "2020-01-01"}, {"erased": {}}, {"digest": "00"}, {"signature": "00"}, {"format": "x"}]
)
def test_a_changed_receipt_is_found_out(hub, lived, change):
    data, person = lived
    receipt = erase(data, person, hub.clock.now(), [])
    assert verify(data, {**receipt, **change})


def test_a_changed_record_is_found_out(hub, lived):
    data, person = lived
    receipt = erase(data, person, hub.clock.now(), [])
    connection = sqlite3.connect(data / "events.db")
    connection.execute(
        "UPDATE memory SET value = replace(value, 'by_hand', 'by_hend') WHERE key LIKE 'erasure/%'"
    )
    connection.commit()
    connection.close()
    assert "record 1 of the hub's erasures was changed" in verify(data, receipt)


def test_what_comes_back_is_found(hub, lived):
    data, person = lived
    receipt = erase(data, person, hub.clock.now(), [])
    connection = sqlite3.connect(data / "events.db")
    connection.execute("INSERT INTO memory VALUES ('cases', 'case/8', '{\"assignee\": \"guard\"}')")
    connection.commit()
    connection.close()
    assert verify(data, receipt, "guard") == ["events.db/memory names the person in 1 rows"]


async def test_a_running_hub_keeps_its_data(hub):
    await hub.start(SITE)
    with pytest.raises(PrivacyFault, match="stop that one first"):
        erase(hub.folder / "data", Person(id="li", name="李强"), hub.clock.now(), [])


def test_a_folder_without_data_has_nothing_to_erase(tmp_path, hub):
    with pytest.raises(PrivacyFault, match="nothing is held"):
        erase(tmp_path, Person(id="li", name="李强"), hub.clock.now(), [])
    assert export(tmp_path, Person(id="li", name="李强"), hub.clock.now(), "")["records"] == {}


SUN = Subject.of(
    Person(
        id="sun",
        name="孙悦",
        phone="13800138000",
        addresses=(Address(channel="mail", options={"to": "s@x.example"}),),
    )
)


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("run/2/sun/ntfy", "run/2/X/ntfy"),
        ("run/2/sun", "run/2/X"),
        ("run/2/sun-flower", "run/2/sun-flower"),
        ("audience person:sun or role:sun", "audience person:X or role:sun"),
        ("sunshine", "sunshine"),
        ("'sun' has quiet hours", "'X' has quiet hours"),
        ('{"person":"sun","role":"sun"}', '{"person":"X","role":"sun"}'),
        ('{"persons":["sun","li"],"area":"sun"}', '{"persons":["X","li"],"area":"sun"}'),
        ('{"by":{"sun":1},"x":"孙悦 s@x.example"}', '{"by":{"X":1},"x":"X X"}'),
        ('{"x":"\\u5b59\\u60a6"}', '{"x":"X"}'),
        ("{broken 13800138000", "{broken X"),
    ],
)
def test_a_person_is_told_from_what_only_looks_like_one(text, without):
    assert Eraser(SUN, "X").text(text) == without


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_what_does_not_name_the_person_is_left_as_it_is(value):
    text = json.dumps(value)
    if "sun" not in text:
        assert Eraser(SUN, "X").text(text) == text
