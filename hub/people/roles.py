"""Roles: what a person is in the community."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What persons are here; `lives` tells whether their areas are homes or places they answer for.

    `grants` is what the role may do, kept as it is written; permissions give it its meaning.
    """

    id: str
    name: str
    lives: bool = False
    grants: tuple[str, ...] = ()


BUILT_IN_ROLES: Mapping[str, Role] = {
    role.id: role
    for role in (
        Role(id="resident", name="居民", lives=True),
        Role(id="grid_worker", name="网格员"),
        Role(id="officer", name="城管队员"),
        Role(id="doctor", name="医生"),
        Role(id="guard", name="保安"),
        Role(id="admin", name="管理员"),
    )
}
