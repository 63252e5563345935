"""The entities of a device in the air: how it is heard, and what it measures unless another guest shows that."""

from collections.abc import Iterable, Mapping

from hub.api import Device, Entity
from integrations.lorawan.decoders import find_model
from integrations.lorawan.schema import DeviceConfig, LorawanConfig

# Word of meaning: domain, name, device class, unit, category.
SHOWN: Mapping[str, tuple[str, str, str, str, str]] = {
    "battery_percent": ("sensor", "Battery", "battery", "%", "diagnostic"),
    "battery_volt": ("sensor", "Battery voltage", "voltage", "V", "diagnostic"),
    "battery_low": ("binary_sensor", "Battery low", "battery", "", "diagnostic"),
    "temperature": ("sensor", "Temperature", "temperature", "°C", ""),
    "humidity": ("sensor", "Humidity", "humidity", "%", ""),
    "co2": ("sensor", "CO2", "carbon_dioxide", "ppm", ""),
    "pressure_hpa": ("sensor", "Pressure", "atmospheric_pressure", "hPa", ""),
    "level_mm": ("sensor", "Level", "distance", "mm", ""),
    "current": ("sensor", "Current", "current", "A", ""),
    "angle": ("sensor", "Angle", "", "°", ""),
    "angle_x": ("sensor", "Angle X", "", "°", ""),
    "angle_y": ("sensor", "Angle Y", "", "°", ""),
    "angle_z": ("sensor", "Angle Z", "", "°", ""),
    "open": ("binary_sensor", "Open", "opening", "", ""),
    "water": ("binary_sensor", "Water", "moisture", "", ""),
    "full": ("binary_sensor", "Full", "problem", "", ""),
    "fire": ("binary_sensor", "Fire", "heat", "", ""),
    "motion": ("binary_sensor", "Motion", "motion", "", ""),
    "occupied": ("binary_sensor", "Occupied", "occupancy", "", ""),
    "tamper": ("binary_sensor", "Tamper", "tamper", "", "diagnostic"),
    "tilt_alarm": ("binary_sensor", "Tilt alarm", "problem", "", ""),
    "tilted": ("binary_sensor", "Tilted", "problem", "", ""),
    "button": ("sensor", "Button", "", "", ""),
}
SUFFIX = {
    "battery_percent": "battery",
    "level_mm": "level",
    "pressure_hpa": "pressure",
    "battery_volt": "voltage",
}


def device_of(device: DeviceConfig) -> Device:
    """The device as the hub knows it."""
    vendor, _, model = device.model.rpartition("/")
    return Device(id=device.id, name=device.name, area=device.area, manufacturer=vendor, model=model)


def entities_of(device: DeviceConfig) -> dict[str, Entity]:
    """Its entities by word of meaning; "rssi" and "last_seen" are always there."""
    found = {
        "rssi": _entity(device, "rssi", "sensor", "Signal", "signal_strength", "dBm", "diagnostic"),
        "last_seen": _entity(device, "last_seen", "sensor", "Last seen", "timestamp", "", "diagnostic"),
    }
    if not device.shown_by and device.model:
        for word in find_model(device.model).gives:
            if word in SHOWN:
                found[word] = _entity(device, SUFFIX.get(word, word), *SHOWN[word])
    return found


def _entity(
    device: DeviceConfig, suffix: str, domain: str, name: str, device_class: str, unit: str, category: str
) -> Entity:
    return Entity(
        id=f"{domain}.{device.slug}_{suffix}",
        name=f"{device.name} {name}",
        device=device.id,
        area=device.area,
        device_class=device_class,
        unit=unit,
        state_class="measurement" if unit else "",
        category=category,
    )


def all_entities(config: LorawanConfig) -> Iterable[Entity]:
    """What the section brings to life."""
    for device in config.devices:
        yield from entities_of(device).values()
