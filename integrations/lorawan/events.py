"""Facts about devices in the air that are no readings."""

from hub.api import Event


class DeviceDiscovered(Event, frozen=True, kw_only=True):
    """A device that no one listed was heard; `line` is what to write under `lorawan: devices:`."""

    address: str  # DevEUI
    name: str = ""
    model: str = ""
    server: str = ""
    line: str = ""


class DeviceJoined(Event, frozen=True, kw_only=True):
    """A listed device joined its network anew."""

    device: str
    address: str


class UplinkUnread(Event, frozen=True, kw_only=True):
    """A listed device's payload could not be read; it is kept here as hexadecimal digits."""

    device: str
    address: str
    model: str = ""
    f_port: int = 0
    payload: str = ""
    reason: str = ""
