"""The crash benchmark in small: alarms over MQTT, a receiver that now and then fails, a hub killed with -9."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "crash.py"


@pytest.mark.parametrize(("broker", "alarms", "kills"), [("own", 250, 3), ("apart", 100, 2)])
async def test_no_alarm_is_lost_or_doubled_when_the_hub_is_killed(
    broker: str, alarms: int, kills: int
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), "--broker", broker, "--alarms", str(alarms), "--kills", str(kills),
        "--covers", "50", "--patience", "60", "--json", stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    text, _ = await process.communicate()
    figures = json.loads(text)
    assert figures["faults"] == []
    assert process.returncode == 0
    assert (figures["arrived"], figures["lost"], figures["doubled"]) == (alarms, 0, 0)
    assert figures["kills"] == kills
