"""The metrics page: read from the hub's own figures when it is asked for, so that counting costs nothing."""

import resource
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from hub.runtime.hub import Hub


def resident_bytes() -> int:
    """Memory of this process that is really there."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


class HubCollector:
    """Gives a running hub's figures to prometheus_client."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub

    def collect(self) -> "Iterator[Metric]":
        """All families."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        hub = self._hub
        outbox = hub.store.outbox
        yield CounterMetricFamily("hub_events", "Events emitted", hub.bus.emitted)
        yield GaugeMetricFamily("hub_entities", "Entities declared", len(hub.states.entities))
        yield GaugeMetricFamily("hub_problems", "Open problems", len(hub.site.problems.open))
        yield GaugeMetricFamily("hub_outbox_pending", "Durable calls waiting", outbox.pending)
        yield GaugeMetricFamily("hub_outbox_dead", "Durable calls given up", outbox.dead)
        yield GaugeMetricFamily(
            "hub_outbox_oldest_due_seconds", "How late the longest due call is", hub.courier.oldest_due_age
        )
        yield CounterMetricFamily("hub_outbox_done", "Durable calls carried out", outbox.done)
        yield CounterMetricFamily("hub_outbox_attempts", "Attempts at durable calls", outbox.attempts)
        yield GaugeMetricFamily("hub_loop_lag_seconds", "How late the loop is", hub.lag.last)
        yield GaugeMetricFamily("hub_loop_lag_worst_seconds", "The worst since the start", hub.lag.worst)
        yield GaugeMetricFamily("hub_resident_bytes", "Memory of the main process", resident_bytes())
        yield CounterMetricFamily("hub_cpu_seconds", "CPU time of the main process", time.process_time())
        running = GaugeMetricFamily("hub_integration_running", "1 while it runs", labels=["integration"])
        restarts = CounterMetricFamily("hub_integration_restarts", "Restarts", labels=["integration"])
        for name, guest in hub.supervisor.guests.items():
            running.add_metric([name], float(guest.state == "running"))
            restarts.add_metric([name], guest.restarts)
        yield running
        yield restarts

    def describe(self) -> "Iterable[Metric]":
        """Nothing is fixed beforehand."""
        return ()


def render(hub: "Hub") -> bytes:
    """The page in Prometheus' text format."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(HubCollector(hub))
    return bytes(generate_latest(registry))
