"""The hub's own API, version 1: what Home Assistant's lacks, described by OpenAPI made from the handlers."""

from collections.abc import Iterator

from hub.plugins.site import Site
from hub.web.v1.alarms import Alarms
from hub.web.v1.automations import Automations
from hub.web.v1.cameras import Cameras
from hub.web.v1.deliveries import Deliveries
from hub.web.v1.journal import Journal
from hub.web.v1.once import Once
from hub.web.v1.operations import Operation
from hub.web.v1.people import People
from hub.web.v1.plan import Plan
from hub.web.v1.serving import Api
from hub.web.v1.system import Inside, System
from hub.web.v1.things import Things


def serve_v1(site: Site, inside: Inside) -> Api:
    """Put every operation into the site's table of routes."""
    api = Api(_operations(site, inside), Once(site.memory("api"), site.clock.now))
    api.add_to(site.routes)
    return api


def _operations(site: Site, inside: Inside) -> Iterator[Operation]:
    yield from System(site, inside).operations()
    yield from Alarms(site, inside).operations()
    yield from Journal(site).operations()
    yield from Deliveries(site).operations()
    yield from Things(site).operations()
    yield from Cameras(site).operations()
    yield from Plan(site).operations()
    yield from People(site, inside).operations()
    yield from Automations(site).operations()
