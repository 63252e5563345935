"""A storm: thousands of alarms at once, and what people get of it.

    python -m benchmarks.storm --dir EMPTY_SCRATCH_DIR [--alarms 10000] [--critical 100] [--people 5] [--burst 5]
        [--no-rule]  (alarms alone: nothing is done about them)

A whole hub on a real clock and a real disk, one rule with templates in two languages, a channel that counts. Prints one
JSON object: seconds from the first alarm until all are stored, from the first critical alarm to its first notice, until
the last single notice and the last digest; what each person got; the longest gap between two turns of the loop.
"""

import argparse
import asyncio
import json
import os
import resource
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import voluptuous as vol

from hub.api import Alarm, Channel, Delivery, Integration, Link, Severity
from hub.plugins.manager import Manager
from hub.runtime.hub import Hub

PATIENCE = 120.0  # seconds for all of it


class SensorRang(Alarm, frozen=True, kw_only=True):
    """An alarm of a sensor."""

    sensor: str


CONFIGURATION = """
hub: {{name: bench}}
bench:
notify:
  channels: {{count: {{}}}}
  digest: {{burst: {burst}}}
people:
  persons:
{persons}
automation:
  - id: rang
    mode: parallel
    max: 100000
    triggers: {{trigger: event, event_type: sensor_rang}}
    actions:
      - action: notify.send
        data:
          audience: "role:grid_worker"
          severity: "{{{{ trigger.event.severity }}}}"
          title: {{zh-CN: "告警：{{{{ trigger.event.sensor }}}}", en: "Alarm: {{{{ trigger.event.sensor }}}}"}}
          message: "{{{{ trigger.event.sensor }}}}"
"""


@dataclass
class Counting:
    """The channel: when each notice came."""

    came: list[tuple[float, Delivery]] = field(default_factory=list)

    async def send(self, delivery: Delivery) -> str:
        """Count."""
        self.came.append((time.perf_counter(), delivery))
        return ""

    def integration(self) -> Integration:
        """The declaration of section `bench:`."""

        async def run(link: Link, _config: Any) -> None:
            link.ready()
            await asyncio.Event().wait()

        channel = Channel(
            name="count", summary="", schema=vol.Schema({}), address=vol.Schema({}), open=lambda _s, _l: self
        )
        return Integration(
            name="bench",
            run=run,
            schema=vol.Schema(vol.Any(None, {})),
            events=(SensorRang,),
            channels=(channel,),
            entities=None,
        )


@dataclass
class Turns:
    """The longest time that the loop was away."""

    longest: float = 0.0

    async def watch(self) -> None:
        """Look every 5 ms until cancelled."""
        before = time.perf_counter()
        while True:
            await asyncio.sleep(0.005)
            now = time.perf_counter()
            self.longest, before = max(self.longest, now - before - 0.005), now


async def emit(hub: Hub, alarms: int, critical: int) -> tuple[float, float, list[Any]]:
    """All alarms within about a second, as fast as the hub lets; when the first and the first critical one were."""
    every = max(1, alarms // max(1, critical))
    begun, first_critical, receipts = time.perf_counter(), 0.0, []
    for number in range(alarms):
        is_critical = number % every == every // 2
        if is_critical and not first_critical:
            first_critical = time.perf_counter()
        severity = Severity.critical if is_critical else Severity.warning
        alarm = SensorRang(at=hub.clock.now(), source="bench", severity=severity, sensor=f"S-{number}")
        receipts.append(hub.bus.emit(alarm))
        if number % 50 == 49:
            await asyncio.sleep(0)
    return begun, first_critical, receipts


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    """One storm."""
    folder, counting, turns = Path(options.dir), Counting(), Turns()
    (folder / "config").mkdir(parents=True)
    persons = "\n".join(
        f"    - {{id: p{n}, name: P{n}, roles: grid_worker, channels: [count], "
        f"language: {'en' if n % 2 else 'zh-CN'}}}"
        for n in range(options.people)
    )
    text = CONFIGURATION.format(burst=options.burst, persons=persons)
    if options.no_rule:
        text = text.partition("automation:")[0]
    (folder / "config" / "configuration.yaml").write_text(text, encoding="utf-8")
    manager = Manager()
    manager.add(counting.integration())
    hub = Hub(folder / "config", folder / "data", port=0, environ={}, manager=manager)
    await hub.start()
    watching = asyncio.create_task(turns.watch())
    try:
        begun_cpu = time.process_time()
        begun, first_critical, receipts = await emit(hub, options.alarms, options.critical)
        emitted = time.perf_counter()
        await asyncio.gather(*receipts)
        stored, stored_cpu = time.perf_counter(), time.process_time()
        while hub.store.outbox.pending and time.perf_counter() - begun < PATIENCE:
            await asyncio.sleep(0.05)
        counted = time.perf_counter()
        if not options.no_rule:
            await wait_for_digests(counting, options.people, begun)
    finally:
        watching.cancel()
        await hub.stop()
    return {
        "alarms": options.alarms,
        "critical": options.critical,
        "people": options.people,
        "burst": options.burst,
        "emitted_s": round(emitted - begun, 2),
        "stored_s": round(stored - begun, 2),
        "stored_cpu_s": round(stored_cpu - begun_cpu, 2),
        "all_sent_or_counted_s": round(counted - begun, 2),
        **told(counting, begun, first_critical),
        "longest_turn_s": round(turns.longest, 3),
        "peak_rss_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "load": os.getloadavg()[0],
    }


async def wait_for_digests(counting: Counting, people: int, begun: float) -> None:
    """Until each person has one, or patience ends; then a little more, as there may be a second."""
    while sum(map(is_digest, counting.came)) < people and time.perf_counter() - begun < PATIENCE:
        await asyncio.sleep(0.05)
    await asyncio.sleep(1)


def is_digest(entry: tuple[float, Delivery]) -> bool:
    """Whether it is no notice of one alarm."""
    return entry[1].key.startswith("digest-")


def told(counting: Counting, begun: float, first_critical: float) -> dict[str, Any]:
    """What came when, and what each person got."""
    critical = [entry for entry in counting.came if entry[1].notice.severity is Severity.critical]
    digests = [entry for entry in counting.came if is_digest(entry)]
    singles = [entry for entry in counting.came if not is_digest(entry) and entry not in critical]
    each = [
        Counter(delivery.person.id for _, delivery in entries) for entries in (critical, singles, digests)
    ]
    return {
        "first_critical_notice_s": round(min(at for at, _ in critical) - first_critical, 2)
        if critical
        else None,
        "last_critical_notice_s": round(max(at for at, _ in critical) - begun, 2) if critical else None,
        "last_digest_s": round(max(at for at, _ in digests) - begun, 2) if digests else None,
        "each_got": {
            name: sorted(set(counts.values()))
            for name, counts in zip(("critical", "single", "digests"), each, strict=True)
        },
        "a_digest": digests[0][1].notice.message.splitlines()[:3] if digests else [],
    }


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dir", required=True)
    parser.add_argument("--alarms", type=int, default=10_000)
    parser.add_argument("--critical", type=int, default=100)
    parser.add_argument("--people", type=int, default=5)
    parser.add_argument("--burst", type=int, default=5)
    parser.add_argument("--no-rule", action="store_true")
    print(json.dumps(asyncio.run(measure(parser.parse_args())), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
