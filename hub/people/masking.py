"""Contacts as anyone may see them: enough to tell them apart, too little to use."""

from hub.model.people import Address

_SHOWN = 24  # characters of a masked address


def masked_phone(phone: str) -> str:
    """13800138000 -> 138****8000; short ones keep their last two digits."""
    if len(phone) < 8:
        return f"****{phone[-2:]}" if len(phone) > 4 else "****" if phone else ""
    return f"{phone[:3]}****{phone[-4:]}"


def masked(text: str) -> str:
    """wang.fang@example.org -> w***@example.org; linli-wang-7f3a -> l***a."""
    if not text:
        return ""
    name, at, host = text.rpartition("@")
    if at and name:
        return f"{name[0]}***@{host}"[:_SHOWN]
    if text.lstrip("+").isdigit():
        return masked_phone(text)
    return f"{text[0]}***{text[-1]}" if len(text) > 3 else "***"


def masked_address(address: Address) -> str:
    """A channel with its first text masked: `ntfy l***a`, `log`."""
    first = next((value for value in address.options.values() if isinstance(value, str)), "")
    return f"{address.channel} {masked(first)}".rstrip()
