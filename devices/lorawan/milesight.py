"""Milesight's channels: a number, a type and a value of the type's length, one after the other.

Meanings are those of the vendor's decoders and their read-me pages (Milesight-IoT/SensorDecoders). Magnet, leak and
presence are states, a press is an event. `20 ce` holds records of the past: readings with their own time, never an
alarm. A channel that a model does not have ends the reading: what came before it stands, the rest is refused. Channels
`fe`, `ff`, `f8` and `f9` of other types answer commands.

Which press calls for help is a setting of each deployment. Ours: on the variant that is sold as SOS a long press does,
any other press is a `button`; on every other button each press is a `button`.

The pages of WS301 contradict themselves about the tamper value 1 ("uninstalled" in the table, "installed" in the
example), so it stands in the detail and raises nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from devices.event import EventType
from devices.lorawan.told import Frame, FrameBroken, Said, Told
from devices.values import instant, place

Reader = Callable[[Told, bytes], None]
Table = Mapping[int, tuple[int, Reader]]

HISTORY: Final = 0x20CE
_ANSWERS: Final = frozenset({0xFE, 0xFF, 0xF8, 0xF9})
_PRESSES: Final = {1: "short", 2: "long", 3: "double"}


def read(frame: Frame, told: Told, table: Table) -> None:
    """Read channel after channel; raise FrameBroken where the bytes end within one or name one the model lacks."""
    body, at, end = frame.body, 0, len(frame.body)
    while at < end:
        if end - at < 2:
            raise FrameBroken("channel: the frame ends after its number; send the whole frame")
        key = body[at] << 8 | body[at + 1]
        found = table.get(key)
        at += 2
        if found is None:
            _other(told, body, at, key)
            return
        length, reader = found
        if key == HISTORY and length == 0:
            length = _counter_record(body, at)
        if end - at < length:
            if length:
                _cut_off(told, body[at:], key)
            raise FrameBroken(f"channel {key:04x}: the frame ends within its value of {length} bytes; send all of it")
        reader(told, body[at : at + length])
        at += length


def _other(told: Told, body: bytes, at: int, key: int) -> None:
    if key >> 8 not in _ANSWERS:
        raise FrameBroken(f"channel {key:04x}: this model has none; register the model that sends it", keeps=True)
    told.detail["answer"] = body[at - 2 :].hex()


def _cut_off(told: Told, rest: bytes, key: int) -> None:
    """A fall is recognisable before its record is complete."""
    if key == 0x06FB and len(rest) == 3 and rest[2] == 0:
        told.say(EventType.FALL)


def _counter_record(body: bytes, at: int) -> int:
    return 13 if at + 4 < len(body) and body[at + 4] == 1 else 9


def unsigned(data: bytes) -> int:
    """Return a number without sign, lowest byte first."""
    return int.from_bytes(data, "little")


def signed(data: bytes) -> int:
    """Return a number with sign, lowest byte first."""
    return int.from_bytes(data, "little", signed=True)


def _kept(name: str, words: Mapping[int, str] | None = None) -> Reader:
    def reader(told: Told, data: bytes) -> None:
        value = unsigned(data)
        told.detail[name] = value if words is None else words.get(value, value)

    return reader


def _kept_hex(name: str) -> Reader:
    def reader(told: Told, data: bytes) -> None:
        told.detail[name] = data.hex()

    return reader


def _measured(name: str, unit: str, divisor: float, read_number: Callable[[bytes], int]) -> Reader:
    def reader(told: Told, data: bytes) -> None:
        told.measure(name, read_number(data) / divisor, unit)

    return reader


def _condition(alarm: EventType, name: str) -> Reader:
    def reader(told: Told, data: bytes) -> None:
        told.detail[name] = data[0]
        told.state(alarm, data[0])

    return reader


def _either(on: EventType, off: EventType, name: str, words: tuple[str, str]) -> Reader:
    def reader(told: Told, data: bytes) -> None:
        told.detail[name] = words[1] if data[0] else words[0]
        told.say(on if data[0] else off, is_state=True)

    return reader


def _battery(told: Told, data: bytes) -> None:
    told.battery(data[0])


def _started(told: Told, _data: bytes) -> None:
    told.say(EventType.ONLINE)


def _temperature_alarm(told: Told, data: bytes) -> None:
    told.measure("temperature", signed(data[:2]) / 10, "°C")
    told.detail["temperature_alarm"] = data[2]


def _press(told: Told, data: bytes) -> None:
    told.detail["press"] = _PRESSES.get(data[0], data[0])
    told.say(EventType.BUTTON)


def _sos_press(told: Told, data: bytes) -> None:
    told.detail["press"] = _PRESSES.get(data[0], data[0])
    told.say(EventType.SOS if data[0] == 2 else EventType.BUTTON)


def _numbered_press(told: Told, data: bytes) -> None:
    told.detail["button"] = data[0]
    told.say(EventType.BUTTON)


def _counts(name: str, *, has_alarm: bool = False) -> tuple[int, Reader]:
    def reader(told: Told, data: bytes) -> None:
        told.detail[f"{name}_in"] = unsigned(data[0:2])
        told.detail[f"{name}_out"] = unsigned(data[2:4])
        if has_alarm:
            told.detail[f"{name}_count_alarm"] = data[4]

    return (5 if has_alarm else 4), reader


def _counter_fault(told: Told, data: bytes) -> None:
    told.detail["event_type"], told.detail["event_status"] = data[0], data[1]
    told.state(EventType.FAULT, data[1])


_GEOFENCE: Final = {0: "inside", 1: "outside", 2: "unset", 3: "unknown"}
_MOTION: Final = {0: "unknown", 1: "start", 2: "moving", 3: "stop", 4: "normal", 5: "tilt"}


def _located(told: Told, data: bytes) -> None:
    lat, lon, status = signed(data[0:4]) / 1e6, signed(data[4:8]) / 1e6, data[8]
    told.location = place(lat, lon)
    if told.location is None:
        told.detail["latitude"], told.detail["longitude"] = lat, lon
    told.detail["motion_status"] = _MOTION.get(status & 15, status & 15)
    fence = status >> 4
    told.detail["geofence_status"] = _GEOFENCE.get(fence, fence)
    if fence in (0, 1):
        told.say(EventType.FENCE_EXIT if fence else EventType.FENCE_ENTER, is_state=True)


def _access_point(told: Told, data: bytes) -> None:
    found = told.detail.setdefault("wifi", [])
    found.append({"mac": data[1:7].hex(":"), "rssi": signed(data[7:8])})


def _recorded_at(data: bytes) -> datetime | None:
    return instant(unsigned(data[:4]))


def _old_climate(told: Told, data: bytes) -> None:
    beside: dict[str, Any] = {"timestamp": unsigned(data[:4])}
    if len(data) > 7:
        beside["status"] = data[7]
    at = _recorded_at(data)
    told.measure("temperature", signed(data[4:6]) / 10, "°C", at=at, **beside)
    told.measure("humidity", data[6] / 2, "%", at=at, timestamp=beside["timestamp"])


def _old_presence(told: Told, data: bytes) -> None:
    stamp, at = unsigned(data[:4]), _recorded_at(data)
    beside = {"timestamp": stamp, "report_type": data[4], "occupancy": data[5]}
    told.measure("temperature", signed(data[6:8]) / 10, "°C", at=at, **beside)
    told.measure("humidity", data[8] / 2, "%", at=at, timestamp=stamp)


def _old_counts(told: Told, data: bytes) -> None:
    names = ("period_in", "period_out", "total_in", "total_out")
    for name, start in zip(names, range(5, len(data), 2), strict=False):
        told.measure(name, unsigned(data[start : start + 2]), "", at=_recorded_at(data), timestamp=unsigned(data[:4]))


def _old_place(told: Told, data: bytes) -> None:
    found = place(signed(data[8:12]) / 1e6, signed(data[4:8]) / 1e6)
    if found is not None:
        told.said.append(Said(EventType.LOCATION, at=_recorded_at(data), location=found))
    else:
        told.detail.setdefault("history", []).append(data.hex())


_CLIMATE: Final[Table] = {
    0x0367: (2, _measured("temperature", "°C", 10, signed)),
    0x0468: (1, _measured("humidity", "%", 2, unsigned)),
    0x8367: (3, _temperature_alarm),
}
#: What every Milesight device has: who it is, that it was switched on, its battery.
COMMON: Final[Table] = {
    0xFF01: (1, _kept("ipso_version")),
    0xFF08: (6, _kept_hex("sn")),
    0xFF09: (2, _kept_hex("hardware_version")),
    0xFF0A: (2, _kept_hex("firmware_version")),
    0xFF0B: (1, _started),
    0xFF0F: (1, _kept("lorawan_class")),
    0xFF16: (8, _kept_hex("sn")),
    0xFFFE: (1, _kept("reset_event")),
    0xFFFF: (2, _kept_hex("tsl_version")),
    0x0175: (1, _battery),
}
_OCCUPANCY: Final = _either(EventType.OCCUPIED, EventType.VACANT, "occupancy", ("vacant", "occupied"))
_MAGNET: Final = _either(EventType.DOOR_OPEN, EventType.DOOR_CLOSED, "magnet_status", ("close", "open"))
_LEAK: Final = _condition(EventType.WATER_LEAK, "leakage_status")
_COUNTERS: Final[Table] = {
    0x0275: (1, _kept("battery_node")),
    0x03F4: (2, _counter_fault),
    0x04CC: _counts("total"),
    0x05CC: _counts("period"),
    0x84CC: _counts("total", has_alarm=True),
    0x85CC: _counts("period", has_alarm=True),
    0x0AEF: (4, _kept("timestamp")),
    HISTORY: (0, _old_counts),
}

BUTTON: Final[Table] = {**COMMON, 0xFF2E: (1, _press), 0xFF34: (1, _numbered_press)}
SOS_BUTTON: Final[Table] = {**BUTTON, 0xFF2E: (1, _sos_press)}
WS202: Final[Table] = {
    **COMMON,
    0x0300: (1, _either(EventType.OCCUPIED, EventType.VACANT, "pir", ("normal", "trigger"))),
    0x0400: (1, _kept("daylight", {0: "dark", 1: "light"})),
}
WS203: Final[Table] = {**COMMON, **_CLIMATE, 0x0500: (1, _OCCUPANCY), HISTORY: (9, _old_presence)}
WS301: Final[Table] = {**COMMON, 0x0300: (1, _MAGNET), 0x0400: (1, _kept("tamper_status"))}
WS303: Final[Table] = {**COMMON, 0x0300: (1, _LEAK)}
PRESENCE: Final[Table] = {**COMMON, 0x0300: (1, _OCCUPANCY), 0x0400: (1, _kept("illuminance"))}
COUNTER: Final[Table] = {**COMMON, **_CLIMATE, **_COUNTERS}
CLIMATE: Final[Table] = {**COMMON, **_CLIMATE, HISTORY: (7, _old_climate)}
EM300_TH: Final[Table] = {**CLIMATE, HISTORY: (8, _old_climate)}
EM300_MCS: Final[Table] = {**EM300_TH, 0x0600: (1, _MAGNET)}
EM300_SLD: Final[Table] = {**EM300_TH, 0x0500: (1, _LEAK)}
AT101: Final[Table] = {
    **COMMON,
    **_CLIMATE,
    0x0488: (9, _located),
    0x8488: (9, _located),
    0x0500: (1, _kept("position", {0: "normal", 1: "tilt"})),
    0x06D9: (9, _access_point),
    0x0700: (1, _condition(EventType.TAMPER, "tamper_status")),
    0x089B: (6, _kept_hex("angle")),
    HISTORY: (18, _old_place),
}
#: What means the same on each of them: all that may be read where nobody says which model it is.
ANY_MODEL: Final[Table] = {
    **BUTTON,
    **_CLIMATE,
    **{key: (1, _kept(f"channel_{key:04x}")) for key in (0x0300, 0x0400, 0x0500, 0x0600, 0x0700)},
}
