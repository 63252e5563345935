"""The lock that keeps a second hub off a data folder."""

import fcntl
import os
from pathlib import Path

from hub.store.database import StoreError

_NAME = "hub.lock"


class FolderLock:
    """Held from its making to `release`, or to the end of the process, however that comes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _NAME
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._handle)
            raise StoreError(
                f"{folder} is in use by another hub (process {holder}); stop that one first, or give this one "
                "a data folder of its own"
            ) from error
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let another hub in."""
        os.close(self._handle)
