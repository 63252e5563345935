"""State values as typed columns: a number stays a number, and comes back as what it was."""

from hub.model.things import Value

_NONE, _BOOL, _INT, _FLOAT, _TEXT = range(5)
_EXACT = 2**53  # larger integers are no exact floats

Columns = tuple[int, float | None, str | None]  # type, number, text


def to_columns(value: Value) -> Columns:
    """The value as the columns type, number and text; TypeError or ValueError for what is no value."""
    if value is None:
        return _NONE, None, None
    if not isinstance(value, (bool, int, float, str)):
        raise TypeError(f"{value!r} is no text, number, boolean or None")
    if isinstance(value, bool):
        return _BOOL, float(value), None
    if isinstance(value, float):
        # SQLite keeps no NaN.
        return (_FLOAT, value, None) if value - value == 0.0 else (_FLOAT, None, repr(value))
    if isinstance(value, int):
        return (_INT, float(value), None) if -_EXACT <= value <= _EXACT else (_INT, None, str(value))
    value.encode()  # a text that is no Unicode is refused here, and not with the whole batch
    return _TEXT, None, value


def from_columns(kind: int, number: float | None, text: str | None) -> Value:
    """The value of the columns type, number and text."""
    if kind == _NONE:
        return None
    if kind == _TEXT:
        return text or ""
    content: float | str = text or 0.0 if number is None else number
    if kind == _BOOL:
        return bool(content)
    return int(content) if kind == _INT else float(content)
