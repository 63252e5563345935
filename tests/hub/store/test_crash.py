"""A hub that is killed: what it said is on the disk is there, whole, and nothing is there in part."""

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import asyncio, pathlib, sys
from hub.kernel.clock import SystemClock
from hub.model.calls import Call
from hub.store.store import Store
from tests.hub.store.bench import an_alarm, put_alarm

async def main():
    store = await Store.open(pathlib.Path(sys.argv[1]), SystemClock())
    number = 0
    while True:
        receipts = []
        for _ in range(20):
            with store.units.open() as unit:
                put_alarm(unit, an_alarm(f"a{number}"))
                unit.call(Call(name="send", data={}, key=f"k{number}"))
                store.memory("me").put("last", number)
            receipts.append((number, unit.receipt))
            number += 1
        for done, receipt in receipts:
            await receipt
            print(done, flush=True)

asyncio.run(main())
"""


def test_what_was_acknowledged_before_a_kill_is_there_and_nothing_in_part(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as hub:
        assert hub.stdout is not None
        told = [int(hub.stdout.readline()) for _ in range(305)]
        hub.send_signal(signal.SIGKILL)
        told += [int(line) for line in hub.stdout.read().splitlines()[:-1]]
    connection = sqlite3.connect(tmp_path / "events.db")
    alarms = [row[0] for row in connection.execute("SELECT id FROM events ORDER BY seq")]
    calls = [row[0] for row in connection.execute("SELECT key FROM outbox ORDER BY rowid")]
    (last,) = connection.execute("SELECT value FROM memory").fetchone()
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert alarms == [f"a{number}" for number in range(len(alarms))]
    assert calls == [f"k{number}" for number in range(len(alarms))]
    assert json.loads(last) == len(alarms) - 1 >= max(told)
