"""Who lives and works here, and who is meant by an audience."""

from hub.people.audience import Audience, AudienceFault, Term, parse_audience, unknown_names
from hub.people.directory import Directory
from hub.people.loading import load_directory
from hub.people.places import Places
from hub.people.roles import BUILT_IN_ROLES, Role

__all__ = [
    "BUILT_IN_ROLES",
    "Audience",
    "AudienceFault",
    "Directory",
    "Places",
    "Role",
    "Term",
    "load_directory",
    "parse_audience",
    "unknown_names",
]
