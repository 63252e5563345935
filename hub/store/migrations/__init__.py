"""The way from older databases to today's tables: one chain for each file.

Alembic and SQLAlchemy are loaded only for a database that needs them, as starting must be quick.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config

# Every revision there is, oldest first; a new one is added here and under versions/,
# and the catalogue is compiled anew.
REVISIONS = {
    "events": ("events_0001", "events_0002", "events_0003", "events_0004", "events_0005", "events_0006"),
    "history": ("history_0001",),
}


def upgrade(chain: str, path: Path) -> None:
    """Bring a database file up to the newest revision of its chain, in one transaction."""
    from alembic import command
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    # Left to itself, the driver commits before each change of a table.
    event.listen(engine, "connect", lambda connection, _record: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            settings = config(chain)
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
    finally:
        engine.dispose()


def config(chain: str) -> "Config":
    """Alembic's configuration for one chain; `attributes["connection"]` is to be set."""
    from alembic.config import Config

    here = Path(__file__).parent
    settings = Config()
    settings.set_main_option("script_location", str(here).replace("%", "%%"))
    settings.set_main_option("path_separator", "newline")
    settings.set_main_option("version_locations", str(here / "versions" / chain).replace("%", "%%"))
    settings.attributes["chain"] = chain
    return settings
