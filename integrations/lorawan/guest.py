"""Takes the network servers' messages: reads each once and tells the hub, remembered and told together."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from hub.api import Broker, Link, Message, Point, ReadingReceived, derive_id
from integrations.lorawan.decoders import DecodeFault, decode
from integrations.lorawan.deduplicate import Frames, Verdict
from integrations.lorawan.entities import device_of, entities_of
from integrations.lorawan.envelope import EnvelopeFault, Join, Status, Uplink, parse
from integrations.lorawan.events import DeviceDiscovered, DeviceJoined, UplinkUnread
from integrations.lorawan.meaning import meaning_of
from integrations.lorawan.schema import DeviceConfig, LorawanConfig

MOST_STRANGERS = 200  # unknown devices that are remembered
SHOWN_STRANGERS = 5
BACKWARD = 3  # frames in a row that count backwards before an admin is told


class Receiver:
    """One site's devices in the air."""

    def __init__(self, link: Link, config: LorawanConfig) -> None:
        self._link, self._config = link, config
        self._devices = {device.eui: device for device in config.devices}
        self._points: dict[str, dict[str, Point]] = {}
        self._strangers: dict[str, str] = {}  # DevEUI: line to write
        for device in config.devices:
            if not device.shown_by:
                link.device(device_of(device))
            entities = entities_of(device)
            self._points[device.eui] = {word: link.entity(entity) for word, entity in entities.items()}

    def listen(self, broker: Broker) -> list[Callable[[], None]]:
        """Subscribe to the servers' topics."""
        return [broker.subscribe(topic, self.take, qos=1) for topic in topics(self._config)]

    def take(self, message: Message) -> Awaitable[Any] | None:
        """Take a message; the awaitable is done when what it said is on the disk."""
        try:
            told = parse(message.topic, message.payload, message.at)
        except EnvelopeFault as fault:
            self._link.problem(
                "unreadable",
                f"a message on {message.topic[:120]} can't be read: {fault}",
                "publish JSON from the network server, and nothing else on its topics",
            )
            return None
        if told is None:
            return None
        device = self._devices.get(told.dev_eui)
        if device is None:
            self._meet(told)
            return None
        with self._link.transaction() as unit:
            self._hear(device, told)
        return unit.receipt

    def _hear(self, device: DeviceConfig, told: Uplink | Join | Status) -> None:
        if isinstance(told, Status):
            self._hear_status(device, told)
            return
        key = f"frames/{device.eui}"
        known = self._link.memory.get(key)
        frames = Frames.from_plain(known) if known else Frames()
        if isinstance(told, Join):
            frames = frames.join(told.session, told.deduplication_id)
            self._link.memory.put(key, frames.to_plain())
            self._hear_join(device, told)
            return
        verdict, frames = frames.take(told.session, told.f_cnt, relaxed=device.relaxed)
        self._link.memory.put(key, frames.to_plain())
        self._watch_counter(device, verdict, frames)
        if verdict is Verdict.new:
            self._hear_uplink(device, told)

    def _hear_uplink(self, device: DeviceConfig, uplink: Uplink) -> None:
        model, values, means = self._read(device, uplink)
        reading = self._reading(
            device,
            uplink.received_at,
            derive_id("lorawan", uplink.dev_eui, uplink.session, uplink.f_cnt, uplink.deduplication_id),
            model=model,
            values=values,
            means=means,
            gateways=tuple(sorted(uplink.gateways)),
            rssi=uplink.rssi,
        )
        self._show(device, reading, uplink)
        self._link.emit(reading)

    def _reading(self, device: DeviceConfig, at: datetime, identity: str, **fields: Any) -> ReadingReceived:
        return ReadingReceived(
            id=identity,
            at=at,
            source=device.id,
            area=device.area,
            device=device.id,
            address=device.eui,
            **fields,
        )

    def _read(self, device: DeviceConfig, uplink: Uplink) -> tuple[str, Mapping[str, Any], Mapping[str, Any]]:
        """Model, values and meaning of a frame; one that can't be read is told of and still proves life."""
        model = device.model or uplink.model
        if not uplink.payload:
            return model, {}, {}
        if uplink.decoded and (device.codec == "server" or not model):
            return model, uplink.decoded, meaning_of(uplink.decoded)
        try:
            reading = decode(model, uplink.f_port, uplink.payload)
        except DecodeFault as fault:
            if uplink.decoded:
                return model, uplink.decoded, meaning_of(uplink.decoded)
            self._tell_unread(device, uplink, model, str(fault))
            return model, {}, {}
        self._link.clear(f"unread.{device.id}")
        return reading.model, reading.values, reading.means

    def _tell_unread(self, device: DeviceConfig, uplink: Uplink, model: str, reason: str) -> None:
        payload = uplink.payload.hex()
        self._link.problem(
            f"unread.{device.id}",
            f"{device.id} sent {payload} on port {uplink.f_port}, which can't be read: {reason}",
            "give the device its right model, or let the network server decode it and write codec: server",
        )
        self._link.emit(
            UplinkUnread(
                id=derive_id("lorawan unread", uplink.dev_eui, uplink.session, uplink.f_cnt),
                at=uplink.received_at,
                source=device.id,
                area=device.area,
                device=device.id,
                address=device.eui,
                model=model,
                f_port=uplink.f_port,
                payload=payload,
                reason=reason,
            )
        )

    def _hear_join(self, device: DeviceConfig, join: Join) -> None:
        identity = derive_id("lorawan join", join.dev_eui, join.session, join.deduplication_id)
        self._link.emit(
            DeviceJoined(
                id=identity,
                at=join.received_at,
                source=device.id,
                area=device.area,
                device=device.id,
                address=device.eui,
            )
        )

    def _hear_status(self, device: DeviceConfig, status: Status) -> None:
        if status.battery_percent is None:
            return
        identity = derive_id("lorawan status", status.dev_eui, status.deduplication_id)
        means = {"battery_percent": status.battery_percent}
        values = {"margin": status.margin, "external_power": status.external_power}
        self._link.emit(
            self._reading(
                device, status.received_at, identity, model=device.model, values=values, means=means
            )
        )

    def _watch_counter(self, device: DeviceConfig, verdict: Verdict, frames: Frames) -> None:
        key = f"counter.{device.id}"
        if verdict is Verdict.new:
            self._link.clear(key)
        elif frames.backward >= BACKWARD:
            self._link.problem(
                key,
                f"{device.id} counts its frames backwards; they are left out as old ones",
                "if it has no join and lost its counter, write frame_counter: relaxed for it",
            )

    def _show(self, device: DeviceConfig, reading: ReadingReceived, uplink: Uplink) -> None:
        points = self._points[device.eui]
        if uplink.rssi is not None:
            points["rssi"].set(uplink.rssi, {"snr": uplink.snr}, at=reading.at, cause=reading.id)
        raw = {"f_port": uplink.f_port, "f_cnt": uplink.f_cnt, "payload": uplink.payload.hex()}
        heard = {"gateways": list(reading.gateways), "model": reading.model}
        points["last_seen"].set(reading.at.isoformat(), raw | heard, at=reading.at, cause=reading.id)
        for word, value in reading.means.items():
            if word in points:
                points[word].set(value, at=reading.at, cause=reading.id)

    def _meet(self, told: Uplink | Join | Status) -> None:
        """A device that nobody listed: told once, with the line that would list it."""
        if told.dev_eui in self._strangers or len(self._strangers) >= MOST_STRANGERS:
            return
        model = told.model if isinstance(told, Uplink) else ""
        words = [f'eui: "{told.dev_eui}"', *([f"model: {model}"] if model else []), f'id: "{_id_of(told)}"']
        line = "- {" + ", ".join(words) + "}"
        self._strangers[told.dev_eui] = line
        self._link.emit(
            DeviceDiscovered(
                id=derive_id("lorawan stranger", told.dev_eui),
                at=told.received_at,
                source="lorawan",
                address=told.dev_eui,
                name=told.device_name,
                model=model,
                server=told.server,
                line=line,
            )
        )
        lines = list(self._strangers.values())
        more = f" and {len(lines) - SHOWN_STRANGERS} more" if len(lines) > SHOWN_STRANGERS else ""
        self._link.problem(
            "unknown_devices",
            f"{len(lines)} devices are heard that are not listed",
            "write under lorawan: devices:  " + "  ".join(lines[:SHOWN_STRANGERS]) + more,
        )


def _id_of(told: Uplink | Join | Status) -> str:
    kept = "".join(letter for letter in told.device_name if letter.isalnum() or letter in "-_ .")
    return kept.strip()[:64] or told.dev_eui


def topics(config: LorawanConfig) -> list[str]:
    """The topic filters to subscribe to."""
    found: list[str] = []
    if "chirpstack" in config.servers:
        device = f"{config.prefix}application/{config.application}/device/+/event"
        found += [f"{device}/{event}" for event in ("up", "join", "status")]
    if "ttn" in config.servers:
        found += [f"v3/{config.application}/devices/+/{event}" for event in ("up", "join")]
    return found
