"""How long the permission function, the audit log's rows and its check take: `python -m benchmarks.permissions`."""

import argparse
import json
import random
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from hub.accounts.grants import BUILT_IN_GRANTS, KINDS, VERBS
from hub.accounts.permissions import Permissions, Principal, Thing
from hub.model.things import Area
from hub.people.places import Places
from hub.store.chain import append, verify
from hub.store.database import events_database
from hub.testing.clock import START

BUILDINGS, UNITS, FLOORS, HOMES = 20, 4, 18, 2  # 2,880 homes


def community() -> list[Area]:
    """A community's tree: building, unit, floor, home."""
    areas = [Area(id="site", name="site")]
    for building in range(BUILDINGS):
        areas.append(Area(id=f"b{building}", name="b", parent="site", kind="building"))
        for unit in range(UNITS):
            areas.append(Area(id=f"b{building}-u{unit}", name="u", parent=f"b{building}", kind="unit"))
            for floor in range(FLOORS):
                outer = f"b{building}-u{unit}-f{floor}"
                areas.append(Area(id=outer, name="f", parent=f"b{building}-u{unit}", kind="floor"))
                areas += [
                    Area(id=f"{outer}-{home}", name="h", parent=outer, kind="home") for home in range(HOMES)
                ]
    return areas


def check(rounds: int) -> dict[str, float]:
    """Microseconds of one question, by role: the median of 20 runs, and the slowest run."""
    areas = community()
    places = Places(areas)
    permissions = Permissions(places.inside, is_private=places.is_private)
    chance = random.Random(1)
    asked = [
        (
            chance.choice(VERBS),
            Thing(kind=chance.choice(KINDS), id="x", area=chance.choice(areas).id, person="p"),
        )
        for _ in range(rounds)
    ]
    found: dict[str, float] = {}
    for role, grants in BUILT_IN_GRANTS.items():
        who = Principal(
            account="a", person="me", roles=frozenset([role]), homes=frozenset(["b3-u1-f7-1"]),
            areas=frozenset(f"b{number}" for number in range(10)), patients=frozenset(f"p{n}" for n in range(100)),
            grants=frozenset(grants),
        )  # fmt: skip
        runs = []
        for _ in range(20):
            began = time.perf_counter()
            for verb, thing in asked:
                permissions.may(who, verb, thing)
            runs.append((time.perf_counter() - began) / rounds * 1e6)
        found[role] = round(statistics.median(runs), 2)
        found["slowest run"] = round(max(found.get("slowest run", 0.0), *runs), 2)
    return found


def audit(rows: int) -> dict[str, float]:
    """Microseconds to add a row, and seconds to check them all."""
    with tempfile.TemporaryDirectory() as folder:
        database = events_database(Path(folder))
        database.prepare()
        connection = database.connect()
        told: dict[str, Any] = {"who": "account-7", "verb": "see", "kind": "health", "outcome": "done"}
        told |= {"address": "10.0.0.7", "details": '{"fields":["heart_rate"]}'}
        began = time.perf_counter()
        connection.execute("BEGIN")
        for number in range(rows):
            more = {
                "at": START + timedelta(seconds=number),
                "id": f"m-{number}",
                "person": f"p{number % 300}",
            }
            append(connection, told | more)
        connection.execute("COMMIT")
        added = (time.perf_counter() - began) / rows * 1e6
        began, busy = time.perf_counter(), time.process_time()
        found = verify(connection)
        took, busy = time.perf_counter() - began, time.process_time() - busy
        connection.close()
        assert (found.broken_at, found.rows) == (None, rows)
        return {
            "rows": rows,
            "add_us": round(added, 1),
            "verify_s": round(took, 2),
            "of_processor_s": round(busy, 2),
        }


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20_000, help="questions a run")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the audit log")
    options = parser.parse_args()
    print(json.dumps({"check_us": check(options.rounds), "audit": audit(options.rows)}, indent=2))


if __name__ == "__main__":
    main()
