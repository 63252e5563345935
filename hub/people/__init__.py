"""Who lives and works here, who is on duty, and who is meant by an audience."""

from hub.people.audience import Audience, AudienceFault, Term, parse_audience, unknown_names
from hub.people.consent import has_consent, quiet_until
from hub.people.directory import Directory, Meant
from hub.people.loading import load_directory
from hub.people.places import Places
from hub.people.roles import BUILT_IN_ROLES, Role
from hub.people.roster import Duty, Roster, Shift, Span, Swap

__all__ = [
    "BUILT_IN_ROLES",
    "Audience",
    "AudienceFault",
    "Directory",
    "Duty",
    "Meant",
    "Places",
    "Role",
    "Roster",
    "Shift",
    "Span",
    "Swap",
    "Term",
    "has_consent",
    "load_directory",
    "parse_audience",
    "quiet_until",
    "unknown_names",
]
