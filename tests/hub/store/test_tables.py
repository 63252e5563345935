"""Times in tables."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select
from sqlalchemy.exc import StatementError

from hub.store.sql import from_microseconds, to_microseconds
from hub.store.tables import events_metadata, plans


@given(st.datetimes(timezones=st.timezones()))
def test_a_moment_is_exact_whatever_its_zone(moment: datetime) -> None:
    assert from_microseconds(to_microseconds(moment)) == moment.astimezone(UTC)


def test_times_come_back_in_utc_and_naive_ones_are_refused() -> None:
    engine = create_engine("sqlite://")
    shanghai = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    row = {"version": "v", "automation": "a", "source": "{}", "created": shanghai}
    with engine.connect() as connection:
        events_metadata.create_all(connection)
        connection.execute(insert(plans).values(row))
        found = connection.execute(select(plans.c.created)).scalar_one()
        assert found == datetime(2026, 3, 1, 4, 0, 0, 123456, tzinfo=UTC)
        assert found.tzinfo is UTC
        with pytest.raises(StatementError, match="has no zone; use an aware one"):
            connection.execute(insert(plans).values(row | {"created": shanghai.replace(tzinfo=None)}))
    engine.dispose()
