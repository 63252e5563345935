"""How heavy and how quick the console is, in a real browser before a full site: 5,000 entities, 200 open alarms.

    python benchmarks/console.py [--entities 5000] [--alarms 200] [--rounds 5]

Prints bytes over the wire of the first page (gzip), milliseconds until it shows (the state's sentence is there), the
longest task of the main thread on each page (a frame can't be shown while one runs; 0: none took 50 ms), and every host that was asked.
Needs Debian's chromium and the package playwright.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.api import Alarm, Device, Entity, Severity
from hub.kernel.clock import SystemClock
from hub.testing.kit import HubKit

SITE = """
areas: [{id: b1, name: 一号楼, kind: building}]
people: {persons: [{id: zhao, name: 赵敏, roles: [admin]}]}
notify:
"""
PASSWORD = "a good long password"
PAGES = ("now", "map", "devices", "automations", "people", "repairs", "system", "me")
LONG_TASKS = """
new PerformanceObserver((list) => { for (const entry of list.getEntries()) (window.tasks ??= []).push(entry.duration); })
  .observe({type: "longtask", buffered: true});
"""


class PotFell(Alarm, frozen=True, kw_only=True):
    """A pot fell."""


async def fill(hub: HubKit, entities: int, alarms: int) -> None:
    """A site as large as asked."""
    site = hub.hub_of.site
    for number in range(entities):
        if number % 10 == 0:
            site.declare_device(Device(id=f"d{number // 10}", name=f"设备 {number // 10}", area="b1"))
        entity = Entity(id=f"sensor.point_{number}", name=f"测点 {number}", device=f"d{number // 10}")
        site.states.declare(entity)
        site.states.set(entity.id, number / 7)
    for number in range(alarms):
        at = datetime.now(UTC)
        await site.bus.emit(
            PotFell(id=f"a{number}", at=at, source="d1", area="b1", severity=Severity.warning)
        )


async def visit(browser: Any, url: str) -> tuple[float, int, dict[str, float], set[str]]:
    """One first visit: milliseconds until it shows, bytes, the longest task by page, hosts."""
    context = await browser.new_context(viewport={"width": 1280, "height": 860})
    page = await context.new_page()
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    await page.goto(url)
    await page.fill("input[name=name]", "zhao")
    await page.fill("input[name=password]", PASSWORD)
    await page.click("button.main-action")
    await page.wait_for_selector(".state")
    fresh = await context.new_page()  # signed in, with nothing in the cache of this page's own
    weight = 0
    session = await context.new_cdp_session(fresh)
    await session.send("Network.enable")
    await session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    await session.send("Network.setBypassServiceWorker", {"bypass": True})
    kinds: dict[str, str] = {}
    session.on(
        "Network.responseReceived", lambda told: kinds.__setitem__(told["requestId"], told["response"]["url"])
    )

    def finished(told: dict[str, Any]) -> None:
        nonlocal weight
        if (
            "/console/" in kinds.get(told["requestId"], "")
            or kinds.get(told["requestId"], "").rstrip("/") == url
        ):
            weight += int(told["encodedDataLength"])

    session.on("Network.loadingFinished", finished)
    await fresh.add_init_script(LONG_TASKS)
    started = time.perf_counter()
    await fresh.goto(url)
    await fresh.wait_for_selector(".state")
    shown = (time.perf_counter() - started) * 1000
    await fresh.wait_for_timeout(1000)  # a little longer than it takes to show
    first = weight
    longest = {}
    for name in PAGES:
        await fresh.goto(f"{url}/#/{name}")
        await fresh.evaluate("window.tasks = []")
        await fresh.reload()
        await fresh.wait_for_selector("main h1")
        await fresh.wait_for_selector("[aria-busy=true]", state="detached")
        await fresh.wait_for_timeout(500)
        longest[name] = max(await fresh.evaluate("window.tasks ?? []"), default=0.0)
    await context.close()
    return shown, first, longest, hosts


async def measure(entities: int, alarms: int, rounds: int) -> None:
    """Print the table."""
    from playwright.async_api import async_playwright

    with tempfile.TemporaryDirectory() as folder:
        hub = HubKit(Path(folder), SystemClock())
        await hub.start(SITE)
        await hub.hub_of.accounts.registry.add("zhao", person="zhao", password=PASSWORD)
        await fill(hub, entities, alarms)
        async with async_playwright() as started:
            browser = await started.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox"]
            )
            found = [await visit(browser, hub.hub_of.url) for _ in range(rounds)]
            await browser.close()
        await hub.stop()
    print(f"{entities} entities, {alarms} open alarms, {rounds} rounds")
    shown = [one[0] for one in found]
    print(
        f"first page: {found[0][1] / 1000:.1f} kB, shown in {statistics.median(shown):.0f} ms (worst {max(shown):.0f})"
    )
    for name in PAGES:
        print(f"longest task on {name}: {max(one[2][name] for one in found):.0f} ms")
    print("hosts asked:", ", ".join(sorted(set().union(*(one[3] for one in found)))))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entities", type=int, default=5000)
    parser.add_argument("--alarms", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    asyncio.run(measure(given.entities, given.alarms, given.rounds))
