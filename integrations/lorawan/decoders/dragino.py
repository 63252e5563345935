"""Dragino sensors: door contact LDS03A, climate LHT65.

Byte facts: github.com/TheThingsNetwork/lorawan-devices, vendor/dragino; big-endian.
"""

from datetime import UTC, datetime
from typing import Any

from integrations.lorawan.decoders.reading import (
    Decoded,
    DecodeFault,
    Model,
    need_at_least,
    need_length,
    need_port,
    signed,
    unsigned,
)

RECORD = 11
BANDS = (  # numbered from 1
    *("EU868", "US915", "IN865", "AU915", "KZ865", "RU864", "AS923"),
    *("AS923_1", "AS923_2", "AS923_3", "CN470", "EU433", "KR920", "MA869"),
)
OPEN = ("CLOSE", "OPEN")
TRUTH = ("FALSE", "TRUE")


def _time(data: bytes) -> str:
    return datetime.fromtimestamp(unsigned(data), UTC).strftime("%Y-%m-%d %H:%M:%S")


def _door_status(payload: bytes) -> Decoded:
    need_length(payload, RECORD)
    is_open, alarm = bool(payload[0] & 1), bool(payload[0] & 2)
    values = {
        "ALARM": TRUTH[alarm],
        "DOOR_OPEN_STATUS": OPEN[is_open],
        "DOOR_OPEN_TIMES": unsigned(payload[1:4]),
        "LAST_DOOR_OPEN_DURATION": unsigned(payload[4:7]),
        "TIME": _time(payload[7:11]),
    }
    return Decoded(values=values, means={"open": is_open})


def _door_log(payload: bytes) -> Decoded:
    need_at_least(payload, RECORD)
    if len(payload) % RECORD:
        raise DecodeFault(f"{len(payload)} bytes; a log has records of {RECORD}")
    records = (payload[at : at + RECORD] for at in range(0, len(payload), RECORD))
    return Decoded(values={"DATALOG": "".join(map(_record, records))}, means={})


def _record(data: bytes) -> str:
    alarm, door = TRUTH[data[0] >> 1 & 1], OPEN[data[0] & 1]
    return f"[{alarm},{door},{unsigned(data[1:4])},{unsigned(data[4:7])},{_time(data[7:11])}],"


def _door_settings(payload: bytes) -> Decoded:
    need_length(payload, 7)
    values = {
        "TDC": unsigned(payload[0:3]),
        "DISALARM": payload[3] & 1,
        "KEEP_STATUS": payload[4] & 1,
        "KEEP_TIME": unsigned(payload[5:7]),
    }
    return Decoded(values=values, means={})


def _door_device(payload: bytes) -> Decoded:
    need_length(payload, 7)
    volt = unsigned(payload[5:7]) / 1000
    values: dict[str, Any] = {
        "SUB_BAND": "NULL" if payload[4] == 0xFF else payload[4],
        "FIRMWARE_VERSION": f"{payload[1] & 15}.{payload[2] >> 4}.{payload[2] & 15}",
        "BAT": volt,
    }
    if payload[0] == 0x0A:
        values["SENSOR_MODEL"] = "LDS03A"
    if 1 <= payload[3] <= len(BANDS):
        values["FREQUENCY_BAND"] = BANDS[payload[3] - 1]
    return Decoded(values=values, means={"battery_volt": volt})


def read_door(f_port: int, payload: bytes) -> Decoded:
    """LDS03A: status (2), log (3), settings (4), device (5)."""
    need_port(f_port, 2, 3, 4, 5)
    return {2: _door_status, 3: _door_log, 4: _door_settings, 5: _door_device}[f_port](payload)


def read_climate(f_port: int, payload: bytes) -> Decoded:
    """LHT65: own temperature and humidity, and what hangs on its cable."""
    need_port(f_port, 2)
    need_length(payload, RECORD)
    kind = payload[6] & 0x0F
    values: dict[str, Any] = {}
    if kind == 9:
        values |= {"TempC_DS": signed(payload[0:2]) / 100, "Bat_status": payload[4] >> 6}
    else:
        values |= {"BatV": (unsigned(payload[0:2]) & 0x3FFF) / 1000, "Bat_status": payload[0] >> 6}
    if kind != 0x0F:
        values |= {"TempC_SHT": signed(payload[2:4]) / 100, "Hum_SHT": (unsigned(payload[4:6]) & 0xFFF) / 10}
    if payload[6] & 0x80:
        values["No_connect"] = "Sensor no connection"
    return Decoded(values=values | _cable(kind, payload), means=_climate_means(values))


def _cable(kind: int, payload: bytes) -> dict[str, Any]:
    word, long = unsigned(payload[7:9]), unsigned(payload[7:11])
    ids = " ".join(f"{byte:02x}" for byte in payload[2:6] + payload[7:11]) + " "
    cables: dict[int, dict[str, Any]] = {
        0: {"Ext_sensor": "No external sensor"},
        1: {"Ext_sensor": "Temperature Sensor", "TempC_DS": signed(payload[7:9]) / 100},
        4: {
            "Work_mode": "Interrupt Sensor send",
            "Exti_pin_level": "High" if payload[7] else "Low",
            "Exti_status": "True" if payload[8] else "False",
        },
        5: {"Work_mode": "Illumination Sensor", "ILL_lx": word},
        6: {"Work_mode": "ADC Sensor", "ADC_V": word / 1000},
        7: {"Work_mode": "Interrupt Sensor count", "Exit_count": word},
        8: {"Work_mode": "Interrupt Sensor count", "Exit_count": long},
        9: {"Work_mode": "DS18B20 & timestamp", "Systimestamp": long},
        15: {"Work_mode": "DS18B20ID", "ID": ids},
    }
    return cables.get(kind, {})


def _climate_means(values: dict[str, Any]) -> dict[str, Any]:
    means: dict[str, Any] = {"battery_low": values["Bat_status"] < 2}
    words = {"BatV": "battery_volt", "TempC_SHT": "temperature", "Hum_SHT": "humidity"}
    return means | {word: values[key] for key, word in words.items() if key in values}


CLIMATE = ("battery_low", "battery_volt", "temperature", "humidity")
MODELS = (
    Model(name="lds03a", vendors=("dragino",), read=read_door, gives=("open", "battery_volt")),
    Model(name="lht65", vendors=("dragino",), read=read_climate, gives=CLIMATE),
)
