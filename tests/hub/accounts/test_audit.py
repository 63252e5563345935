"""What the audit log is told: bounded, masked, with the unit that is open, and never too much."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.accounts.audit import (
    BURST,
    CALL,
    CALLS_BURST,
    FAILED,
    MASK,
    REFUSED,
    TOTAL_BURST,
    Audit,
    is_secret_name,
)
from hub.store.chain import verify
from hub.store.reading import audit_page
from tests.hub.store.bench import Bench


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path / "data")
    await bench.open()
    yield bench
    await bench.close()


@pytest.fixture
def audit(bench: Bench) -> Audit:
    return Audit(bench.store.units, bench.clock.now)


async def said(bench: Bench, columns: str = "who, verb, kind, id, person, outcome") -> list[tuple[Any, ...]]:
    return await bench.rows(f"SELECT {columns} FROM audit ORDER BY seq")


async def test_what_was_done_is_one_row(bench: Bench, audit: Audit) -> None:
    audit.record(
        "edit", "person", "p1", who="a1", person="p1", address="10.0.0.7", details={"fields": ["name"]}
    )
    assert await said(bench) == [("a1", "edit", "person", "p1", "p1", "done")]
    assert await said(bench, "address, details") == [("10.0.0.7", '{"fields":["name"]}')]


async def test_a_row_is_written_with_the_unit_that_is_open_or_not_at_all(bench: Bench, audit: Audit) -> None:
    with bench.store.units.open() as unit:
        audit.record("edit", "person", "p1")
        unit.write("no such kind", {})
    with pytest.raises(ValueError, match="no kind of write"):
        await unit.receipt
    assert await said(bench) == []


async def test_about_a_person_by_an_account_since_when(bench: Bench, audit: Audit) -> None:
    for number in range(6):
        audit.record("see", "person", f"n{number}", who=f"a{number % 2}", person=f"p{number % 3}")
        await bench.clock.advance(60)
    await said(bench)
    read = bench.store.read

    async def ids(**wanted: Any) -> list[str]:
        rows = await read(lambda connection: audit_page(connection, **wanted))
        return [row.id for row in rows]

    assert await ids() == ["n5", "n4", "n3", "n2", "n1", "n0"]
    assert await ids(person="p1") == ["n4", "n1"]
    assert await ids(who="a1") == ["n5", "n3", "n1"]
    assert await ids(person="p1", who="a0") == ["n4"]
    assert await ids(since=bench.clock.now() - timedelta(seconds=150)) == ["n5", "n4"]
    assert await ids(before=3, limit=1) == ["n1"]


async def test_looking_again_is_no_new_row_until_a_quarter_of_an_hour_later(
    bench: Bench, audit: Audit
) -> None:
    for _ in range(5):
        audit.viewed("health", "p1", who="a1", person="p1")
        audit.viewed("health", "p1", who="a2", person="p1")
        audit.viewed("health", "p2", who="a1", person="p2")
    assert len(await said(bench)) == 3
    await bench.clock.advance(901)
    audit.viewed("health", "p1", who="a1", person="p1")
    assert len(await said(bench)) == 4


async def test_a_flood_of_refusals_is_bounded_and_says_how_many_were_left_out(
    bench: Bench, audit: Audit
) -> None:
    for _ in range(1000):
        audit.record("see", "alarm", "x", address="203.0.113.9", outcome=REFUSED)
    audit.record("see", "alarm", "x", address="198.51.100.4", outcome=REFUSED)
    audit.record("edit", "person", "p1", who="a1")
    rows = await said(bench, "outcome, details")
    assert len(rows) == BURST + 2
    assert json.loads(rows[BURST][1]) == {"left_out": 1000 - BURST}
    assert rows[-1] == ("done", "{}")
    await bench.clock.advance(61)
    audit.record("see", "alarm", "x", address="203.0.113.9", outcome=REFUSED)
    assert len(await said(bench)) == BURST + 3


async def test_a_flood_from_many_addresses_is_bounded_too(bench: Bench, audit: Audit) -> None:
    for number in range(2 * TOTAL_BURST):
        audit.record("sign_in", "account", address=f"2001:db8::{number:x}", outcome=FAILED)
    assert len(await said(bench)) == TOTAL_BURST


async def test_a_program_that_calls_by_the_second_fills_no_disk_and_hides_no_look(
    bench: Bench, audit: Audit
) -> None:
    for _ in range(CALLS_BURST + 100):
        audit.record(CALL, "action", "light.turn_on", who="program")
    audit.viewed("person", "p1", who="program", person="p1")
    audit.record(CALL, "action", "light.turn_on", who="somebody")
    rows = await said(bench, "who, verb, details")
    assert len(rows) == CALLS_BURST + 2
    assert rows[-2:] == [("program", "see", '{"left_out":100}'), ("somebody", "call", "{}")]


@pytest.mark.parametrize(
    "name", ["password", "new_password", "Authorization", "access_token", "clientSecret", "Cookie", "totp"]
)
async def test_secrets_are_masked_however_deep(bench: Bench, audit: Audit, name: str) -> None:
    assert is_secret_name(name)
    audit.record("edit", "account", details={"a": [{name: "s3cret!"}]})
    assert json.loads((await said(bench, "details"))[0][0]) == {"a": [{name: MASK}]}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(
    text=st.text(max_size=400),
    details=st.recursive(
        st.none() | st.floats() | st.text() | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=10,
    ),
)
async def test_nothing_that_is_told_breaks_the_log(
    bench: Bench, audit: Audit, text: str, details: Any
) -> None:
    audit.record(text, text, text, who=text, person=text, address=text, details={"said": details, text: 1})
    await said(bench)
    found = await bench.store.read(verify)
    assert (found.broken_at, found.rows > 0) == (None, True)


async def test_details_too_long_are_left_out_and_say_so(bench: Bench, audit: Audit) -> None:
    audit.record("edit", "x" * 100, details={"a": "b" * 5000})
    assert await said(bench, "kind, details") == [("x" * 40, '{"cut":true}')]


async def test_what_is_told_while_an_alarm_is_dispatched_twice_is_told_twice(
    bench: Bench, audit: Audit
) -> None:
    from tests.hub.store.bench import an_alarm, put_alarm

    for _ in range(2):
        with bench.store.units.open() as unit:
            put_alarm(unit, an_alarm("one"))
            audit.record("acknowledge", "alarm", "one", who="a1")
        await unit.receipt
    assert len(await said(bench)) == 2
