"""The latency benchmark in small: its processes start, talk and end, and every event is counted."""

import asyncio
import json
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "alarm_path.py"


async def test_every_event_is_timed_from_sensor_to_provider() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), "--rate", "20", "--seconds", "2", "--p50", "60000", "--p99", "60000", "--json",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    text, _ = await process.communicate()
    figures = json.loads(text)
    assert process.returncode == 0
    assert (figures["events"], figures["lost"], figures["doubled"], figures["faults"]) == (40, 0, 0, [])
    inward, outward = figures["hops_ms"]["publish_to_journal"], figures["hops_ms"]["journal_to_provider"]
    assert 0 < inward["p50"] <= figures["ms"]["max"]
    assert 0 < outward["p50"] <= figures["ms"]["max"]
