"""Who is behind what: ids of calls and events that people's programs caused, with their account."""

from collections import OrderedDict
from typing import Any

from hub.model.identity import new_id

MOST_REMEMBERED = 10_000


class Contexts:
    """Accounts by context id; the oldest are forgotten."""

    def __init__(self) -> None:
        self._accounts: OrderedDict[str, str] = OrderedDict()

    def new(self, account: str) -> str:
        """A context for what this account does now."""
        identity = new_id()
        self._accounts[identity] = account
        if len(self._accounts) > MOST_REMEMBERED:
            self._accounts.popitem(last=False)
        return identity

    def show(self, identity: str, parent: str = "") -> dict[str, Any]:
        """The context as clients know it."""
        user = self._accounts.get(identity) or (self._accounts.get(parent) if parent else None)
        return {"id": identity, "parent_id": parent or None, "user_id": user}
