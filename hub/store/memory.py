"""A guest's durable keys and values."""

from collections.abc import Iterable, Iterator
from typing import Any

from hub.store.jsontext import decode, encode
from hub.store.tentative import Tentative
from hub.store.unit import Units

_LONGEST_KEY = 255


class Memory:
    """One owner's keys and JSON values, in memory and on the disk; writes join the open unit.

    What `get` gives is the caller's own copy: changing it changes nothing until it is `put`.
    """

    def __init__(self, owner: str, units: Units) -> None:
        self.owner = owner
        self._units = units
        self._texts: Tentative[str, str] = Tentative()

    def load(self, key: str, text: str) -> None:
        """Take a value off the disk, as JSON text."""
        self._texts.load(key, text)

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or `default` when there is none."""
        text = self._texts.get(key)
        return default if text is None else decode(text)

    def put(self, key: str, value: Any) -> None:
        """Keep a JSON value of at most 1 MiB; ValueError says what is wrong with another."""
        if not 0 < len(key) <= _LONGEST_KEY:
            raise ValueError(
                f"memory of '{self.owner}': a key has 1 to {_LONGEST_KEY} characters, not {len(key)}"
            )
        text = encode(value, f"memory of '{self.owner}': the value of '{key}'")
        with self._units.open() as unit:
            known = self._texts.cell(key)
            if known is not None and known.settled and known.value == text:
                return
            self._texts.put(key, text, unit)
            unit.write("remember", {"owner": self.owner, "key": key, "value": text})

    def delete(self, key: str) -> None:
        """Forget a key; it is no fault if there is none."""
        if self._texts.cell(key) is None:
            return
        with self._units.open() as unit:
            self._texts.put(key, None, unit)
            unit.write("forget", {"owner": self.owner, "key": key})

    def keys(self) -> Iterator[str]:
        """Every key, in order of first writing."""
        return iter(self._texts)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Every key with its value."""
        return ((key, self.get(key)) for key in self._texts)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._texts.get(key) is not None


class Memories:
    """Every owner's memory, loaded once."""

    def __init__(self, units: Units, rows: Iterable[tuple[str, str, str]] = ()) -> None:
        self._units = units
        self._owners: dict[str, Memory] = {}
        for owner, key, text in rows:
            self.of(owner).load(key, text)

    def of(self, owner: str) -> Memory:
        """One owner's memory; always the same object."""
        memory = self._owners.get(owner)
        if memory is None:
            memory = self._owners[owner] = Memory(owner, self._units)
        return memory
