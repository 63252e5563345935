"""The people of a config folder, for the command line: read without loading any integration."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.config import Document, Fault, load
from hub.people.directory import Directory
from hub.people.loading import load_directory
from hub.people.preferences import KEY, OWNER, with_preferences
from hub.store import catalogue
from hub.store.database import events_database
from hub.store.jsontext import decode


@dataclass(frozen=True, slots=True)
class PeopleFiles:
    """What the files say of people, and every fault of it; `directory` has what they set themselves, too."""

    document: Document
    directory: Directory
    zone: ZoneInfo
    faults: list[Fault]

    def place_of(self, person: str) -> Fault | None:
        """Where a person's entry stands, as a fault would say it; None when they have none."""
        people = self.document.data.get("people")
        entries = people.get("persons") if isinstance(people, Mapping) else None
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            if isinstance(entry, Mapping) and str(entry.get("id", "")) == person:
                return self.document.fault(("people", "persons", index), "stands here")
        return None


def read_people(config_dir: Path, environ: Mapping[str, str], data_dir: Path | None = None) -> PeopleFiles:
    """Read areas and people; ConfigUnreadable. With `data_dir`, what people set for themselves is laid over."""
    document = load(config_dir, environ=environ)
    data = document.data if isinstance(document.data, Mapping) else {}
    hub = data.get("hub")
    zone = _zone(hub.get("time_zone") if isinstance(hub, Mapping) else None)
    directory, faults = load_directory(data.get("areas"), data.get("people"), document, zone, config_dir)
    own = _preferences(data_dir) if data_dir is not None else {}
    if own:
        directory = directory.altered(lambda person: with_preferences(person, own.get(person.id, {})))
    return PeopleFiles(document, directory, zone, [*document.faults, *faults])


def _zone(name: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(name)) if name else ZoneInfo("Asia/Shanghai")
    except (ZoneInfoNotFoundError, ValueError, OSError):  # `hub check` says so
        return ZoneInfo("Asia/Shanghai")


def _preferences(data_dir: Path) -> dict[str, dict[str, object]]:
    database = events_database(data_dir)
    if not database.path.exists():
        return {}
    with database.faults():
        connection = database.connect_read_only()
        try:
            rows = catalogue.ALL_MEMORIES.run(connection).fetchall()
        except sqlite3.OperationalError:  # of an older hub: it is brought up to date at its next start
            rows = []
        finally:
            connection.close()
    return {
        key.removeprefix(KEY): decode(text)
        for owner, key, text in map(tuple, rows)
        if owner == OWNER and key.startswith(KEY)
    }
