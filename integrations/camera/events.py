"""What cameras tell besides what their analyzers find."""

from hub.api import Event, Evidence


class EvidenceStored(Event, frozen=True, kw_only=True):
    """A clip or picture is on the disk now, with its SHA-256; `cause` is the alarm that named its path before."""

    evidence: Evidence


class EvidenceLost(Event, frozen=True, kw_only=True):
    """A clip or picture that an alarm (`cause`) named could not be kept."""

    path: str
    reason: str
