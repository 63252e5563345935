"""Accounts over a store of their own, with a small community and a clock turned by hand."""

from dataclasses import dataclass, field
from pathlib import Path

from hub.accounts.accounts import Accounts
from hub.accounts.administration import Administration
from hub.accounts.audit import Audit
from hub.accounts.permissions import Permissions, Principal
from hub.accounts.records import Account
from hub.accounts.signin import Attempt
from hub.model.people import Person
from hub.model.things import Area
from hub.people import Directory
from hub.store.store import Store
from hub.testing.clock import ManualClock

PASSWORD = "correct horse battery"
HOME = "203.0.113.7"
ELSEWHERE = "198.51.100.9"


def community(*persons: Person) -> Directory:
    areas = [
        Area(id="b3", name="3"),
        Area(id="b3-u2", name="2", parent="b3"),
        Area(id="b3-u2-1203", name="1203", parent="b3-u2", kind="home"),
    ]
    known = [
        Person(id="wang", name="王", roles=("resident",), areas=("b3-u2-1203",), language="en"),
        Person(id="li", name="李", roles=("grid_worker",), areas=("b3",)),
    ]
    return Directory([*known, *persons], areas)


@dataclass
class Bench:
    """What a test of accounts stands on; `reopen` is a restart."""

    folder: Path
    clock: ManualClock = field(default_factory=ManualClock)
    directory: Directory = field(default_factory=community)
    revoked: list[str] = field(default_factory=list)

    async def open(self) -> None:
        self.store = await Store.open(self.folder, self.clock)
        self.permissions = Permissions(lambda area, outer: self.directory.places.inside(area, outer))
        audit = Audit(self.store.units, self.clock.now)
        self.accounts = Accounts(self.store, self.clock, lambda: self.directory, self.permissions, audit)
        await self.accounts.load()
        self.accounts.on_revoked(self.revoked.append)
        self.administration = Administration(self.accounts, self.clock.now)

    async def close(self) -> None:
        self.accounts.close()
        await self.store.close()

    async def reopen(self) -> None:
        await self.close()
        await self.open()

    async def add(self, name: str, *roles: str, person: str = "", password: str | None = PASSWORD) -> Account:
        return await self.accounts.registry.add(name, roles=roles, person=person, password=password)

    async def token(self, account: Account, *scopes: str) -> str:
        _, secret = await self.accounts.registry.make_token(account, label="test", scopes=scopes or None)
        return secret

    def who(self, token: str) -> Principal | None:
        return self.accounts.principal_of_token(token, HOME)

    async def sign_in(
        self, name: str, password: str = PASSWORD, *, code: str = "", address: str = HOME, device: str = ""
    ) -> Account:
        attempt = Attempt(name=name, password=password, code=code, address=address, device=device)
        return await self.accounts.sign_in.check(attempt)
