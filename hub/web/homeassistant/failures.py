"""How a command or request fails, in the words that clients know."""

from collections.abc import Iterator
from contextlib import contextmanager

import voluptuous as vol

from hub.accounts.permissions import Forbidden
from hub.model.errors import HubError
from hub.plugins.ports import TemplateRefused

NOT_FOUND = "not_found"
INVALID_FORMAT = "invalid_format"
UNAUTHORIZED = "unauthorized"
NOT_ALLOWED = "not_allowed"
NOT_SUPPORTED = "not_supported"
UNKNOWN_COMMAND = "unknown_command"
ID_REUSE = "id_reuse"
TEMPLATE_ERROR = "template_error"
HUB_ERROR = "home_assistant_error"
VALIDATION_ERROR = "service_validation_error"
UNKNOWN_ERROR = "unknown_error"
TIMEOUT = "timeout"
STATUS = {NOT_FOUND: 404, UNAUTHORIZED: 403}  # over HTTP; 400 for the others, 500 for errors of the hub's own


class Failed(HubError):
    """A command that can't be done; `code` is one of Home Assistant's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def status(self) -> int:
        """The status of the same failure over HTTP."""
        return STATUS.get(self.code, 400)


@contextmanager
def told_as_failed() -> Iterator[None]:
    """Errors that callers can do something about, as Failed."""
    try:
        yield
    except Failed:
        raise
    except vol.Invalid as error:
        raise Failed(INVALID_FORMAT, str(error)) from error
    except TemplateRefused as error:
        raise Failed(TEMPLATE_ERROR, str(error)) from error
    except Forbidden as error:
        raise Failed(UNAUTHORIZED, "Unauthorized") from error
    except HubError as error:
        raise Failed(HUB_ERROR, str(error)) from error
    except TimeoutError as error:
        raise Failed(TIMEOUT, "no answer in time") from error
