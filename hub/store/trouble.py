"""What the writer does while the disk won't take anything: wait, try again, tell once, tell when it is over."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

Report = Callable[[str, str, str], None]  # problem id, text, remedy
Clear = Callable[[str], None]
Pause = Callable[[float, Event], None]

_SHORTEST, _LONGEST = 0.1, 5.0  # seconds between tries
_REMEDIES = {
    sqlite3.SQLITE_FULL: "free some space on that disk; nothing is lost while the hub runs",
    sqlite3.SQLITE_IOERR: "check the disk and its cable; nothing is lost while the hub runs",
    sqlite3.SQLITE_READONLY: "make the file and its folder writable for the hub's user",
    sqlite3.SQLITE_CANTOPEN: "make the file and its folder accessible for the hub's user",
    sqlite3.SQLITE_BUSY: "another program holds the file: end it",
    sqlite3.SQLITE_LOCKED: "another program holds the file: end it",
    sqlite3.SQLITE_PROTOCOL: "another program holds the file: end it",
    sqlite3.SQLITE_NOMEM: "give the machine more memory",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: stop the hub, keep a copy, restore a backup",
    sqlite3.SQLITE_NOTADB: "the file is damaged: stop the hub, keep a copy, restore a backup",
}
_IN_THE_WAY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL}


def remedy_of(error: sqlite3.Error) -> str | None:
    """What the admin can do when the surroundings are at fault; None when the data or the code is."""
    return _REMEDIES.get(_code(error))


def spoils_connection(error: sqlite3.Error) -> bool:
    """Whether the connection itself is no longer to be trusted."""
    return _code(error) not in _IN_THE_WAY


def _code(error: sqlite3.Error) -> int:
    # Errors of the driver itself (a closed connection, a wrong parameter) have no code.
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF


def _wait(seconds: float, stop: Event) -> None:
    stop.wait(seconds)


@dataclass(slots=True)
class Trouble:
    """One file's open trouble, as its writer thread sees it; `report` and `clear` are called in that thread."""

    path: Path
    report: Report
    clear: Clear
    pause: Pause = _wait
    text: str = ""  # of the trouble that is reported; "" when all is well
    tries: int = 0

    @property
    def problem(self) -> str:
        """The stable id of the problem."""
        return f"store.{self.path.stem}"

    def meet(self, error: sqlite3.Error, remedy: str, stop: Event) -> None:
        """Tell, if it is news, and wait before the next try."""
        text = f"{self.path} can't be written: {error}"
        if text != self.text:
            self.text = text
            self.report(self.problem, text, remedy)
        self.pause(min(_LONGEST, _SHORTEST * 2**self.tries), stop)
        self.tries = min(self.tries + 1, 16)

    def over(self) -> None:
        """A write succeeded."""
        if self.text:
            self.text, self.tries = "", 0
            self.clear(self.problem)
