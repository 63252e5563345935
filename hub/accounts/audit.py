"""The audit log: who did what with which thing, about whom, from where, and how it ended. Only ever added to."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.store.chain import KIND
from hub.store.jsontext import encode
from hub.store.unit import Units, Write

DONE, REFUSED, FAILED = "done", "refused", "failed"  # outcomes
SEEN_AGAIN = timedelta(minutes=15)  # one look at the same thing by the same account in this time is one row
LONGEST = {"who": 100, "verb": 40, "kind": 40, "id": 300, "person": 100, "address": 64, "outcome": 20}
MOST_DETAILS = 4096  # bytes of JSON
MASK = "***"
_SECRETS = ("password", "passwd", "secret", "token", "authorization", "cookie", "credential", "totp")
_MOST_KNOWN = 10_000  # looks and addresses that are remembered
_DEEPEST = 5
BURST, PER_ADDRESS = 20, timedelta(minutes=1)  # rows of one address that failed at once, then one each
CALL = "call"  # the verb of an action that was called: programs may call by the second, day and night
CALLS_BURST, PER_CALLER = 500, timedelta(seconds=10)  # rows of one account's calls at once, then one each
TOTAL_BURST, IN_TOTAL = 500, timedelta(seconds=2)  # and of all addresses together


@dataclass(slots=True)
class Allowance:
    """So many at once, then one each `pause`."""

    burst: int
    pause: timedelta
    left: float
    since: datetime

    def take(self, now: datetime) -> bool:
        """Whether one more is allowed now."""
        self.left = min(self.burst, self.left + max(0.0, (now - self.since) / self.pause))
        self.since = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass(slots=True)
class Audit:
    """Adds to the log. What is told while a unit is open is written with it or not at all.

    What failed or was refused, and calls of actions, are written at a bounded rate, so that a flood fills no disk: how
    many were left out stands in the next row's details as `left_out`. Changes and looks at people's data all are.
    """

    units: Units
    now: Callable[[], datetime]
    _looks: OrderedDict[tuple[str, ...], datetime] = field(default_factory=OrderedDict)
    _allowed: OrderedDict[str, Allowance] = field(default_factory=OrderedDict)
    _in_total: Allowance | None = None
    _left_out: int = 0

    def record(
        self,
        verb: str,
        kind: str,
        id: str = "",  # noqa: A002 - the table's own word
        *,
        who: str = "",
        person: str = "",
        address: str = "",
        outcome: str = DONE,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Note that account `who` did `verb` with a thing of `kind`, about `person`, from a network `address`.

        Never raises and never waits; texts are cut to their bounds, secrets in `details` masked.
        """
        now = self.now()
        failed = outcome != DONE and not self._may_note(address or who, now)
        if failed or (verb == CALL and not self._may_note_call(who, now)):
            self._left_out += 1
            return
        told = _masked(details or {}, 0)
        if self._left_out:
            told, self._left_out = {**told, "left_out": self._left_out}, 0
        row = {
            "at": now,
            "who": who,
            "verb": verb,
            "kind": kind,
            "id": id,
            "person": person,
            "address": address,
            "outcome": outcome,
            "details": _json(told),
        }
        row |= {name: _text(str(row[name]), most) for name, most in LONGEST.items()}
        with self.units.open() as unit:
            # Not behind an alarm that is being told of: that one may be known already, and this happened.
            unit.writes.append(Write(KIND, row))

    def viewed(
        self,
        kind: str,
        id: str = "",  # noqa: A002 - as above
        *,
        who: str,
        person: str,
        address: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Note that an account saw data about a person; looking again within a quarter of an hour is no new row."""
        now, look = self.now(), (who, kind, id, person)
        last = self._looks.get(look)
        if last is not None and now - last < SEEN_AGAIN:
            return
        _remember(self._looks, look, now)
        self.record("see", kind, id, who=who, person=person, address=address, details=details)

    def _may_note_call(self, who: str, now: datetime) -> bool:
        caller = f"{CALL} {who}"
        allowed = self._allowed.get(caller) or Allowance(CALLS_BURST, PER_CALLER, CALLS_BURST, now)
        _remember(self._allowed, caller, allowed)
        return allowed.take(now)

    def _may_note(self, source: str, now: datetime) -> bool:
        allowed = self._allowed.get(source) or Allowance(BURST, PER_ADDRESS, BURST, now)
        _remember(self._allowed, source, allowed)
        self._in_total = self._in_total or Allowance(TOTAL_BURST, IN_TOTAL, TOTAL_BURST, now)
        return allowed.take(now) and self._in_total.take(now)


def _remember(known: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    known[key] = value
    known.move_to_end(key)
    if len(known) > _MOST_KNOWN:
        known.popitem(last=False)


def _masked(value: Any, depth: int) -> Any:
    if isinstance(value, Mapping):
        if depth >= _DEEPEST:
            return "…"
        return {
            str(key): MASK if is_secret_name(str(key)) else _masked(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return "…" if depth >= _DEEPEST else [_masked(item, depth + 1) for item in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def is_secret_name(name: str) -> bool:
    """Whether what bears this name should be read by nobody."""
    lowered = name.casefold()
    return any(secret in lowered for secret in _SECRETS)


def _json(details: Mapping[str, Any]) -> str:
    try:
        return encode(details, "an audit row's details", MOST_DETAILS)
    except ValueError:
        return '{"cut":true}'


def _text(text: str, most: int) -> str:
    return text[:most].encode("utf-8", "replace").decode()
