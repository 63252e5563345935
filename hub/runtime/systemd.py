"""systemd's service protocol: state and watchdog by datagram (sd_notify(3)); nothing happens without systemd."""

import os
import socket
from collections.abc import Mapping


class Systemd:
    """Speaks to the service manager that started us, if any."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        try:
            microseconds = int(environ.get("WATCHDOG_USEC", "0"))
            ours = environ.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
        except ValueError:
            microseconds, ours = 0, False
        # systemd advises to report in half of the time that it grants.
        self.watchdog_seconds = max(0.0, microseconds / 2e6) if ours else 0.0

    def notify(self, state: str) -> bool:
        """Send lines such as READY=1 or WATCHDOG=1; False when no service manager listens."""
        if not self._address:
            return False
        address = self._address
        if address.startswith("@"):
            address = "\0" + address[1:]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            try:
                sender.sendto(state.encode(), address)
            except OSError:
                return False
        return True
