"""What a LoRaWAN network server publishes over MQTT: ChirpStack v4 and The Things Stack v3, JSON.

Topics: application/<id>/device/<eui>/event/<up|join|status|...> and v3/<app>@<tenant>/devices/<id>/<up|join>.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.lorawan.fields import (
    EnvelopeFault,
    Fields,
    clean,
    document,
    eui,
    flag,
    measured,
    moment,
    octets,
    part,
    parts,
    small,
    text,
    whole,
)

__all__ = ["EnvelopeFault", "Join", "Status", "Uplink", "parse"]

MODEL_TAGS = ("model", "device_model", "codec")
MOST_TAGS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    server: str  # "chirpstack" or "ttn"
    dev_eui: str  # 16 upper-case hexadecimal digits
    device_name: str
    received_at: datetime  # by the network server if it says so sanely, else by the hub; never in the future
    session: str = ""  # the device's address in its present session, upper case; '' when unknown
    deduplication_id: str = ""  # the same however often the message is delivered


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink(_Told):
    """One data frame, as heard by all gateways together."""

    f_port: int
    f_cnt: int
    payload: bytes
    decoded: Mapping[str, Any] | None = None  # what the server's own codec made of it
    rssi: float | None = None  # best over the gateways, dBm
    snr: float | None = None  # best over the gateways, dB
    gateways: frozenset[str] = frozenset()
    model: str = ""  # vendor/model if tags or the device repository name it
    tags: Mapping[str, str] = field(default_factory=dict)
    confirmed: bool = False
    remark: str = ""  # what was left out, and why


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(_Told):
    """A device joined: its counters begin again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(_Told):
    """The device answered for its battery and link (DevStatusAns)."""

    battery_percent: float | None = None
    external_power: bool = False
    margin: float | None = None  # dB over the demodulation floor


def parse(topic: str, payload: bytes, now: datetime) -> Uplink | Join | Status | None:
    """Read a message; None for topics that carry nothing of use; EnvelopeFault is the only failure."""
    segments = topic.split("/")
    if len(segments) >= 6 and (segments[-6], segments[-4], segments[-2]) == (
        "application",
        "device",
        "event",
    ):
        read = CHIRPSTACK.get(segments[-1])
        return read and read(eui(segments[-3], "the topic's device"), document(payload), now)
    if len(segments) == 5 and (segments[0], segments[2]) == ("v3", "devices"):
        reader = THINGS.get(segments[4])
        return reader and reader(document(payload), now)
    raise EnvelopeFault(f"topic {topic[:120]!r} is neither ChirpStack's nor The Things Stack's")


# --- ChirpStack v4 ------------------------------------------------------------------------------------------


def _chirpstack(topic_eui: str, message: Fields, now: datetime) -> dict[str, Any]:
    info = part(message, "deviceInfo", needed=True)
    found = eui(text(info, "devEui"), "deviceInfo.devEui")
    if found != topic_eui:
        raise EnvelopeFault(f"the message is of {found}, its topic of {topic_eui}")
    return {
        "server": "chirpstack",
        "dev_eui": found,
        "device_name": text(info, "deviceName"),
        "received_at": moment(message, "time", now) or now,
        "session": text(message, "devAddr").upper(),
        "deduplication_id": text(message, "deduplicationId"),
    }


def _chirpstack_up(topic_eui: str, message: Fields, now: datetime) -> Uplink:
    heard = parts(message, "rxInfo")
    tags = _tags(part(part(message, "deviceInfo", needed=True), "tags"))
    told = _chirpstack(topic_eui, message, now)
    f_cnt = whole(message, "fCnt", 2**32 - 1)
    told["deduplication_id"] = told["deduplication_id"] or _marker(told, f_cnt)
    decoded, remark = _decoded(message, "object")
    return Uplink(
        **told,
        f_port=whole(message, "fPort", 255),
        f_cnt=f_cnt,
        payload=octets(message, "data"),
        decoded=decoded,
        remark=remark,
        rssi=_best(heard, "rssi"),
        snr=_best(heard, "snr"),
        gateways=frozenset(filter(None, (text(one, "gatewayId") for one in heard))),
        model=next((tags[key] for key in MODEL_TAGS if tags.get(key)), ""),
        tags=tags,
        confirmed=flag(message, "confirmed"),
    )


def _chirpstack_join(topic_eui: str, message: Fields, now: datetime) -> Join:
    return Join(**_chirpstack(topic_eui, message, now))


def _chirpstack_status(topic_eui: str, message: Fields, now: datetime) -> Status:
    unknown = flag(message, "batteryLevelUnavailable")
    level = measured(message, "batteryLevel")
    return Status(
        **_chirpstack(topic_eui, message, now),
        battery_percent=level if level is not None and not unknown and 0 <= level <= 100 else None,
        external_power=flag(message, "externalPowerSource"),
        margin=measured(message, "margin"),
    )


# --- The Things Stack v3 ------------------------------------------------------------------------------------


def _things(message: Fields, now: datetime) -> dict[str, Any]:
    ids = part(message, "end_device_ids", needed=True)
    return {
        "server": "ttn",
        "dev_eui": eui(text(ids, "dev_eui"), "end_device_ids.dev_eui"),
        "device_name": text(ids, "device_id"),
        "received_at": moment(message, "received_at", now) or now,
        "session": text(ids, "dev_addr").upper(),
    }


def _things_up(message: Fields, now: datetime) -> Uplink:
    told = _things(message, now)
    up = part(message, "uplink_message", needed=True)
    heard = parts(up, "rx_metadata")
    # The server leaves out what is empty or zero: a missing counter is the first frame's.
    f_cnt = whole(up, "f_cnt", 2**32 - 1)
    version = part(up, "version_ids")
    brand, model = text(version, "brand_id"), text(version, "model_id")
    decoded, remark = _decoded(up, "decoded_payload")
    return Uplink(
        **told,
        deduplication_id=_marker(told, f_cnt),
        f_port=whole(up, "f_port", 255),
        f_cnt=f_cnt,
        payload=octets(up, "frm_payload"),
        decoded=decoded,
        remark=remark,
        rssi=_best(heard, "rssi"),
        snr=_best(heard, "snr"),
        gateways=frozenset(filter(None, map(_things_gateway, heard))),
        model=f"{brand}/{model}" if brand and model else model,
        tags=_tags(part(up, "attributes")),
        confirmed=flag(up, "confirmed"),
    )


def _things_gateway(heard: Fields) -> str:
    ids = part(heard, "gateway_ids")
    return text(ids, "gateway_id") or text(ids, "eui")


def _things_join(message: Fields, now: datetime) -> Join:
    told = _things(message, now)
    accept = part(message, "join_accept", needed=True)
    return Join(**told, deduplication_id=_digest(told["dev_eui"], text(accept, "session_key_id")))


# --- Both ---------------------------------------------------------------------------------------------------


def _tags(found: Fields) -> dict[str, str]:
    pairs = list(found.items())[:MOST_TAGS]
    return {clean(key): clean(value) for key, value in pairs if isinstance(value, str)}


def _best(heard: list[Fields], key: str) -> float | None:
    return max((level for one in heard if (level := measured(one, key)) is not None), default=None)


def _decoded(fields: Fields, key: str) -> tuple[Fields | None, str]:
    found = fields.get(key)
    if not isinstance(found, dict) or not found:
        return None, "" if found in (None, {}) else f"{key} was left out: it is no object"
    # Losing the frame for its decoration would be worse than losing the decoration.
    return (found, "") if small(found) else (None, f"{key} was left out: it is too large")


def _marker(told: Mapping[str, Any], f_cnt: int) -> str:
    return _digest(told["dev_eui"], told["session"], str(f_cnt), told["received_at"].isoformat())


def _digest(*words: str) -> str:
    return hashlib.blake2b("/".join(words).encode(), digest_size=12).hexdigest()


CHIRPSTACK: Mapping[str, Callable[[str, Fields, datetime], Uplink | Join | Status]] = {
    "up": _chirpstack_up,
    "join": _chirpstack_join,
    "status": _chirpstack_status,
}
THINGS: Mapping[str, Callable[[Fields, datetime], Uplink | Join]] = {"up": _things_up, "join": _things_join}
