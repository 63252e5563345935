"""What cameras tell besides what their analyzers find."""

from hub.api import Alarm, Event, Evidence


class EvidenceStored(Event, frozen=True, kw_only=True):
    """A clip or picture is on the disk now, with its SHA-256; `cause` is the alarm that named its path before."""

    evidence: Evidence


class EvidenceLost(Event, frozen=True, kw_only=True):
    """A clip or picture that an alarm (`cause`) named could not be kept."""

    path: str
    reason: str


class CameraTampered(Alarm, frozen=True, kw_only=True):
    """A camera says over ONVIF that it is covered, turned or defocused."""

    camera: str
    camera_name: str = ""
    place: str = ""
