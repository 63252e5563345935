"""The hooks a guest may implement; everything else is an event, an action or a port."""

from collections.abc import Iterable

import pluggy

from hub.model.people import Delivery
from hub.plugins.integration import Integration

PROJECT = "hub"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def hub_integrations() -> Iterable[Integration]:  # type: ignore[empty-body]
    """Declare integrations; called once when the module is imported because the configuration names it."""


@hookspec(firstresult=True)
def hub_review_delivery(delivery: Delivery) -> str | None:
    """Hold a delivery back: return the reason, or None to let it pass. The first reason counts."""
