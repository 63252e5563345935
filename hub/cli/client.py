"""Speaks to the hub that runs on this machine, by the file that only its user can read."""

import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from hub.cli.options import EXIT_NOT_RUNNING

CONTROL_FILE = "control.json"
PATIENCE = 60.0  # seconds for an answer
# What happens when nobody is there, or someone else, or it goes while it answers.
GONE = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


class NotRunning(click.ClickException):
    """No hub answers for this data folder."""

    exit_code = EXIT_NOT_RUNNING

    def __init__(self, data: Path, why: str = "") -> None:
        super().__init__(f"no hub is running on {data}{': ' + why if why else ''}; start it with `hub run`")


class Client:
    """Requests to the running hub."""

    def __init__(self, data: Path) -> None:
        self._data = data
        try:
            control = json.loads((data / CONTROL_FILE).read_text(encoding="utf-8"))
            self.url, self._token = str(control["url"]), str(control["token"])
        except FileNotFoundError:
            raise NotRunning(data) from None
        except (OSError, ValueError, TypeError, LookupError) as error:
            raise NotRunning(data, f"{CONTROL_FILE} can't be read ({error})") from error

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status (below 500) and JSON of the answer; NotRunning when nobody or another hub answers."""
        try:
            with self._open(method, path, body) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, self._refusal(error)
        except (*GONE, ValueError) as error:
            raise NotRunning(self._data, str(error)) from error

    def lines(self, path: str) -> Iterator[Any]:
        """JSON lines until the hub stops."""
        try:
            with self._open("GET", path, None, timeout=None) as response:
                for line in response:
                    yield json.loads(line)
        except (*GONE, ValueError) as error:
            raise NotRunning(self._data, str(error)) from error

    def _refusal(self, error: urllib.error.HTTPError) -> Any:
        """The body of an answer that says no."""
        try:
            body = json.loads(error.read() or b"null")
        except ValueError:
            body = None
        if error.code == 401 or not isinstance(body, dict):
            raise NotRunning(self._data, f"another program answers at {self.url}") from error
        if error.code >= 500:
            raise click.ClickException(
                f"the hub failed: {body.get('detail') or body.get('title')}"
            ) from error
        return body

    def _open(self, method: str, path: str, body: Any, timeout: float | None = PATIENCE) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the address is from the hub's own file, http on this machine
            f"{self.url}/control/{path}",
            data,
            {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            method=method,
        )
        # No proxy of the environment may stand between this machine and itself.
        # The certificate bears the site's name, and this is the address: the file is what proves who is there.
        context = ssl._create_unverified_context() if self.url.startswith("https:") else None  # noqa: S323
        handlers = [] if context is None else [urllib.request.HTTPSHandler(context=context)]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), *handlers)
        return opener.open(request, timeout=timeout)
