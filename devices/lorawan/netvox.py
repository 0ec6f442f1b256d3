"""Netvox: eleven bytes on port 6 that name their device: version, device type, report type, battery, then its fields.

The battery is tenths of a volt, its highest bit "low". The frame of a press is the periodic status too: `Alarm` 1 is a
press, 0 says nothing. Fire, heat, carbon monoxide and leaks are states, and every frame says them anew. Heat beside
fire is the same fire: heat is said where it stands alone. From the vendor's decoders (TheThingsNetwork/lorawan-devices,
vendor/netvox).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from devices.event import EventType
from devices.lorawan.told import Frame, FrameBroken, Told

_FRAME_BYTES: Final = 11
_ANSWER_PORTS: Final = frozenset({7, 13})


def _emergency(told: Told, data: bytes) -> None:
    told.detail["Alarm"] = data[0]
    if data[0]:
        told.say(EventType.SOS)


def _doorbell(told: Told, data: bytes) -> None:
    told.detail["Doorbell"] = data[0]
    if data[0]:
        told.say(EventType.BUTTON)


def _smoke(told: Told, data: bytes) -> None:
    told.detail["FireAlarm"], told.detail["HighTempAlarm"] = data[0], data[1]
    say_fire(told, EventType.SMOKE, bool(data[0]), bool(data[1]))
    told.measure("temperature", int.from_bytes(data[2:4], "big", signed=True) / 10, "°C")


def _carbon_monoxide(told: Told, data: bytes) -> None:
    told.detail["COAlarm"], told.detail["HighTempAlarm"] = data[0], data[1]
    say_fire(told, EventType.CARBON_MONOXIDE, bool(data[0]), bool(data[1]))


def say_fire(told: Told, alarm: EventType, on: bool, hot: bool) -> None:
    """Note a detector's state and its heat; heat beside the alarm is the same fire and is not said again."""
    told.state(alarm, on)
    if not (on and hot):
        told.state(EventType.HEAT, hot)


def _two_leaks(told: Told, data: bytes) -> None:
    told.detail["WaterLeak_1"], told.detail["WaterLeak_2"] = data[0], data[1]
    told.state(EventType.WATER_LEAK, data[0] or data[1])


def _leak(told: Told, data: bytes) -> None:
    told.detail["WaterLeak"] = data[0]
    told.state(EventType.WATER_LEAK, data[0])


#: Device type: name, bytes that its fields take, what they mean.
_DEVICES: Final[dict[int, tuple[str, int, Callable[[Told, bytes], None]]]] = {
    0x06: ("R311W", 2, _two_leaks),
    0x0A: ("RA02A", 4, _smoke),
    0x10: ("RB02I", 1, _emergency),
    0x11: ("RA02C", 2, _carbon_monoxide),
    0x12: ("R718WB", 1, _leak),
    0x31: ("R718T", 1, _emergency),
    0x32: ("R718WA", 1, _leak),
    0x4D: ("R312A", 1, _emergency),
    0x55: ("R312", 1, _doorbell),
}


def read(frame: Frame, told: Told) -> None:
    """Read a frame by the device type in it; a wrong length is FrameBroken, after the alarm has been noted."""
    body = frame.body
    if frame.port in _ANSWER_PORTS:
        told.detail["answer"] = body.hex()
        return
    if len(body) < 3:
        raise FrameBroken(f"frame: has {len(body)} bytes where Netvox sends {_FRAME_BYTES}; send the whole frame")
    found = _DEVICES.get(body[1])
    if body[0] != 1 or found is None:
        raise FrameBroken("device type: none of those known here; register the model that sends it")
    name, length, reader = found
    told.detail["Device"] = name
    if body[2] == 0:
        told.detail["version"] = body[3:].hex()
    elif len(body) < 4 + length:
        raise FrameBroken(f"frame: has {len(body)} bytes where {name} sends {_FRAME_BYTES}; send the whole frame")
    else:
        reader(told, body[4 : 4 + length])
        _battery(told, body[3])
    if len(body) != _FRAME_BYTES:
        raise FrameBroken(f"frame: has {len(body)} bytes where {name} sends {_FRAME_BYTES}; send it whole and alone")


def _battery(told: Told, raw: int) -> None:
    if raw & 0x80:
        told.say(EventType.BATTERY_LOW, is_state=True)
    told.measure("battery_voltage", (raw & 0x7F) / 10, "V")
