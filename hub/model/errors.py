"""Errors, by what to do next.

HubError
|- ConfigError       fix the file; no restart until then
|- NotReady          try again later, quietly
|- AuthFailed        tell the admin; no restart until reload
|- DeliveryRefused   the provider will never take it: do not retry
|- DeliveryFailed    retry, not before `retry_after` seconds when the provider named them
|- TooEarly          nothing failed: this one delivery waits until its moment, others go on
`- ActionRefused     the caller asked for something that can't be done as it is
"""

from datetime import datetime


class HubError(Exception):
    """Any failure the hub knows the meaning of; anything else out of an integration is a bug."""


class ConfigError(HubError):
    """The configuration can't work as written; the text says where and what would be right."""


class NotReady(HubError):
    """Something outside is not there yet; try again later."""


class AuthFailed(HubError):
    """Credentials were refused; trying again with the same ones is no use."""


class DeliveryRefused(HubError):
    """The receiver answered that it will not take this, ever."""


class DeliveryFailed(HubError):
    """The receiver did not take it this time."""

    def __init__(self, text: str, *, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class TooEarly(HubError):
    """The receiver is not to be troubled before `until` (quiet hours); nobody else's delivery waits for it."""

    def __init__(self, text: str, until: datetime) -> None:
        super().__init__(text)
        self.until = until


class ActionRefused(HubError):
    """An action was called with data or at a moment that it can't accept."""
