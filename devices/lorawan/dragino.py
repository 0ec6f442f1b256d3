"""Dragino: TrackerD and LGT-92 (alarm button and position), LDS02 and LWL02 (door and leak).

The trackers set their alarm bit in every message while the alarm runs, so it is a state: `sos`, then `sos_clear`.
Batteries are thousandths of a volt beside flags. LDS02's `ALARM` says that the door has stood open for a time that was
set: it is kept in the detail. TrackerD's port 4 holds a fix from its memory: a place with its own time. From the
vendor's decoders (TheThingsNetwork/lorawan-devices, vendor/dragino).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from devices.event import EventType
from devices.lorawan.told import Frame, FrameBroken, Said, Told
from devices.values import place


def _alarm_and_battery(told: Told, data: bytes) -> None:
    told.state(EventType.SOS, data[0] & 0x40)
    told.measure("battery_voltage", ((data[0] & 0x3F) << 8 | data[1]) / 1000, "V")


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big", signed=True)


def _located(told: Told, body: bytes) -> None:
    lat, lon = _number(body[0:4]) / 1e6, _number(body[4:8]) / 1e6
    told.location = place(lat, lon)
    if told.location is None:
        told.detail["Latitude"], told.detail["Longitude"] = lat, lon


#: Port: where alarm and battery stand, and how many bytes the message has at least.
_TRACKERD: Final = {2: (8, 15), 3: (8, 11), 6: (24, 27), 7: (0, 3), 8: (7, 10)}
_INFORMATION_PORT: Final = 5
_MEMORY_PORT: Final = 4


def read_trackerd(frame: Frame, told: Told) -> None:
    """Read a TrackerD's message by its port; one that ends early is FrameBroken, after an alarm has been noted."""
    body = frame.body
    if frame.port == _INFORMATION_PORT:
        told.detail["information"] = body.hex()
        return
    if frame.port == _MEMORY_PORT:
        _memory(body, told)
        return
    at, least = _TRACKERD[frame.port]
    if len(body) >= at + 2:
        _alarm_and_battery(told, body[at : at + 2])
    if len(body) < least:
        raise FrameBroken(f"frame: has {len(body)} bytes where port {frame.port} has {least}; send the whole frame")
    told.detail["MD"] = body[at + 2] >> 6
    if at == 8:
        _located(told, body)
        told.detail["Transport"] = "MOVE" if body[10] & 0x10 else "STILL"
    if frame.port == 2:
        _climate(told, body[11:15])
    elif frame.port in (6, 8):
        told.detail["scan"] = body[:at].hex()


def _climate(told: Told, data: bytes) -> None:
    told.measure("humidity", _number(data[0:2]) / 10, "%")
    told.measure("temperature", _number(data[2:4]) / 10, "°C")


def _memory(body: bytes, told: Told) -> None:
    if len(body) < 15:
        raise FrameBroken(f"frame: has {len(body)} bytes where port 4 has 15; send the whole frame")
    found = place(_number(body[0:4]) / 1e6, _number(body[4:8]) / 1e6)
    at = _date(body[8:15])
    told.detail["memory"] = body.hex()
    if found is not None and at is not None:
        told.said.append(Said(EventType.LOCATION, at=at, location=found))


def _date(data: bytes) -> datetime | None:
    try:
        found = datetime(data[0] << 8 | data[1], data[2], data[3], data[4], data[5], data[6], tzinfo=UTC)
    except ValueError:
        return None
    return found if 1970 < found.year < 2100 else None


def read_lgt92(frame: Frame, told: Told) -> None:
    """Read an LGT-92's message; one that ends early is FrameBroken, after an alarm has been noted."""
    body = frame.body
    if len(body) >= 10:
        _alarm_and_battery(told, body[8:10])
    if len(body) < 11:
        raise FrameBroken(f"frame: has {len(body)} bytes where LGT-92 sends 11 or more; send the whole frame")
    _located(told, body)
    told.detail["MD"], told.detail["FW"] = body[10] >> 6, 160 + (body[10] & 0x1F)
    if len(body) >= 15:
        told.detail["Roll"], told.detail["Pitch"] = _number(body[11:13]) / 100, _number(body[13:15]) / 100


_CONTACT_BYTES: Final = 10
_DOOR, _LEAK, _BOTH = 1, 2, 3


def read_contact(frame: Frame, told: Told) -> None:
    """Read a door or leak sensor's message; one that ends early is FrameBroken, after a leak has been noted."""
    body = frame.body
    if len(body) < 3:
        raise FrameBroken(f"frame: has {len(body)} bytes of {_CONTACT_BYTES}; send the whole frame")
    mode = body[2]
    told.detail["MOD"] = mode
    if mode in (_DOOR, _BOTH):
        told.say(EventType.DOOR_OPEN if body[0] & 0x80 else EventType.DOOR_CLOSED, is_state=True)
    if mode in (_LEAK, _BOTH):
        told.state(EventType.WATER_LEAK, body[0] & 0x40)
    told.measure("battery_voltage", ((body[0] & 0x3F) << 8 | body[1]) / 1000, "V")
    if len(body) != _CONTACT_BYTES:
        raise FrameBroken(f"frame: has {len(body)} bytes of {_CONTACT_BYTES}; send it whole and alone")
    told.detail["ALARM"] = body[9] & 1
    if mode != _BOTH:
        told.detail["times"] = int.from_bytes(body[3:6], "big")
        told.detail["last_duration_min"] = int.from_bytes(body[6:9], "big")
