"""The catalogue: what SQLAlchemy makes of the tables and statements, word for word."""

import pytest
from sqlalchemy import select

from hub.store.compile import CATALOGUE, catalogue
from hub.store.statements import compiled
from hub.store.tables import plans


def test_the_catalogue_is_what_tables_and_statements_say() -> None:
    assert CATALOGUE.read_text(encoding="utf-8") == catalogue(), "run python -m hub.store.compile"


def test_a_statement_that_holds_a_value_is_refused() -> None:
    with pytest.raises(ValueError, match="make it a parameter, or a literal of the text"):
        compiled(select(plans.c.source).where(plans.c.version == "v1"), plans)
