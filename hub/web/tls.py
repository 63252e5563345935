"""The hub's own TLS: a certificate that is renewed on the disk serves from then on."""

import asyncio
import logging
import ssl
from pathlib import Path

from hub.plugins.certificate import CertificateFault, load, server_context

LOOK_SECONDS = 30.0
log = logging.getLogger("hub.web")


class Tls:
    """A server's TLS context that follows its files; connections that are open keep what they began with."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = (certificate, key)
        self.context: ssl.SSLContext = server_context(certificate, key)
        self._seen = self._marks()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """Look at the files now and then, in real seconds: others renew them by the machine's clock."""
        self.look()
        self._timer = asyncio.get_running_loop().call_later(LOOK_SECONDS, self.watch)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def look(self) -> None:
        """Take the files when they have changed; while they don't fit together, the old ones go on."""
        marks = self._marks()
        if marks == self._seen:
            return
        self._seen = marks
        try:
            server_context(*self._files)
            load(self.context, *self._files)
        except CertificateFault as fault:
            log.error("the changed certificate is not taken: %s", fault)
        else:
            log.info("a new certificate is served: %s", self._files[0])

    def _marks(self) -> list[tuple[int, int, int]]:
        found = []
        for path in self._files:
            try:
                facts = path.stat()
                found.append((facts.st_mtime_ns, facts.st_size, facts.st_ino))
            except OSError:
                found.append((0, 0, 0))
        return found
