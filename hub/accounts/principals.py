"""From an account to a principal: roles, places and grants as the directory has them now."""

from collections.abc import Callable, Iterable

from hub.accounts.grants import parse_token_scope
from hub.accounts.permissions import Permissions, Principal
from hub.accounts.records import Account, Session
from hub.model.people import Person
from hub.people import Directory


class Principals:
    """Makes principals; the same one again until the account, the session or the files change."""

    def __init__(self, directory: Callable[[], Directory], permissions: Permissions) -> None:
        self._directory, self._permissions = directory, permissions
        self.patients: Callable[[str], Iterable[str]] = lambda _person: ()  # of a doctor, by ids of persons
        self._made: dict[str, tuple[Account, tuple[str, ...] | None, Principal]] = {}
        self._made_of: tuple[object, object] = (None, None)  # what the ones that are made hold for

    def of(self, account: Account, session: Session) -> Principal:
        """Who asks, by this session of this account."""
        directory, rules = self._directory(), self._permissions.rules
        if self._made_of[0] is not directory or self._made_of[1] is not rules:
            self._made.clear()
            self._made_of = (directory, rules)
        made = self._made.get(session.id)
        if made is None or made[0] is not account or made[1] != session.scopes:
            made = self._made[session.id] = (account, session.scopes, self._make(account, session))
        return made[2]

    def forget(self, session: str) -> None:
        """A session ended."""
        self._made.pop(session, None)

    def renew(self) -> None:
        """What is not in the directory has changed, such as who is whose patient."""
        self._made.clear()

    def _make(self, account: Account, session: Session) -> Principal:
        directory = self._directory()
        person = directory.persons.get(account.person)
        if person is not None and not person.active:
            person = None
        roles = {*account.roles, *(person.roles if person else ())}
        areas, homes = _places(person, roles, directory)
        scopes = session.scopes
        return Principal(
            account=account.id,
            name=account.name,
            person=account.person,
            roles=frozenset(roles),
            areas=areas,
            homes=homes,
            patients=frozenset(self.patients(account.person)) if account.person else frozenset(),
            language=account.language or (person.language if person else "zh-CN"),
            session=session.id,
            scopes=None if scopes is None else tuple(parse_token_scope(scope) for scope in scopes),
            grants=self._permissions.grants_of(roles),
        )


def _places(
    person: Person | None, roles: set[str], directory: Directory
) -> tuple[frozenset[str], frozenset[str]]:
    """Areas they answer for, and homes. Of who both works and lives here, homes are the areas of that kind alone."""
    if person is None:
        return frozenset(), frozenset()
    lives = {role for role in roles if role in directory.roles and directory.roles[role].lives}
    if person.household or not lives:
        return frozenset(person.areas), frozenset([person.household] if person.household else ())
    if lives == roles:
        return frozenset(), frozenset(person.areas)
    homes = {
        area for area in person.areas if area in directory.areas and directory.areas[area].kind == "home"
    }
    return frozenset(person.areas) - homes, frozenset(homes)
