"""Milesight's two detectors with layouts of their own: GS524N (smoke) and GS601 (vaping and air quality).

GS524N sends six bytes whose sum is 0: version, sensor and message, battery, concentration, temperature, checksum. Its
message is a state: 1 alarm, 2 alarm silenced on the spot, 4 battery low, 5 fault, 7 normal, 10 taken off its base, 11
back on it, 14 and 15 a test (15 with a low battery). A silenced alarm is still an alarm; only 7 ends it. From the
vendor's read-me page (Milesight-IoT/SensorDecoders, gs524n).

GS601 sends one byte of channel and a value; alarms carry a kind: 0x10/0x11 threshold ended/passed, 0x20/0x21 the
other ended/raised, 0 to 2 faults of the measurement. Vaping is no fire and no smoke; its burning alarm is fire. From
the vendor's decoder (gs601).
"""

from __future__ import annotations

from typing import Final

from devices.event import EventType
from devices.lorawan.milesight import signed, unsigned
from devices.lorawan.told import Frame, FrameBroken, Told

_GS524N_BYTES: Final = 6
MESSAGES: Final = {
    1: "alarm",
    2: "silent",
    4: "low battery",
    5: "failover",
    7: "normal",
    10: "removed",
    11: "installed",
    14: "testing alarm with normal battery",
    15: "testing alarm with low battery",
}


def say_message(told: Told, code: int) -> None:
    """Note what a GS524N's message means."""
    if code in (1, 2):
        told.state(EventType.SMOKE, on=True)
    if code == 2:
        told.say(EventType.MUTED)
    if code in (14, 15):
        told.say(EventType.TEST)
    if code in (4, 15):
        told.say(EventType.BATTERY_LOW, is_state=True)
    if code in (5, 7):
        told.state(EventType.FAULT, code == 5)
    if code == 7:
        told.state(EventType.SMOKE, on=False)
    if code in (10, 11):
        told.state(EventType.REMOVED, code == 10)


def read_gs524n(frame: Frame, told: Told) -> None:
    """Read a smoke alarm's frame; a wrong length or sum is FrameBroken, after the message has been noted."""
    body = frame.body
    if len(body) < 2 or body[1] >> 4 != 1:
        raise FrameBroken("sensor_type: is not 1, a smoke detector; register the model that sends this")
    code = body[1] & 15
    told.detail["event_code"], told.detail["event"] = code, MESSAGES.get(code, "unknown")
    say_message(told, code)
    if len(body) != _GS524N_BYTES:
        raise FrameBroken(f"frame: has {len(body)} bytes where GS524N sends {_GS524N_BYTES}; send it whole and alone")
    if sum(body) % 256:
        raise FrameBroken("crc: the sum of the six bytes is not 0; send the frame as the device sent it")
    told.battery(body[2])
    told.detail["concentration"] = body[3]
    told.measure("temperature", signed(body[4:5]), "°C")
    if code not in MESSAGES:
        raise FrameBroken("message_type: not one of GS524N's; update the decoder", keeps=True)


#: Channel: name, unit, divisor, bytes.
_MEASURES: Final = {
    0x01: ("vaping_index", "", 1, 1),
    0x03: ("pm1_0", "µg/m³", 1, 2),
    0x05: ("pm2_5", "µg/m³", 1, 2),
    0x07: ("pm10", "µg/m³", 1, 2),
    0x09: ("temperature", "°C", 10, 2),
    0x0B: ("humidity", "%", 10, 2),
    0x0D: ("tvoc", "", 1, 2),
}
_ALARMS: Final = {0x02: 0x01, 0x04: 0x03, 0x06: 0x05, 0x08: 0x07, 0x0A: 0x09, 0x0C: 0x0B, 0x0E: 0x0D, 0x10: 0x0F}
_KEPT: Final = {
    0xFE: 1,
    0xEE: 0,
    0xCF: 2,
    0xDF: 2,
    0xDB: 8,
    0xDA: 8,
    0xD9: 2,
    0xC9: 1,
    0xC8: 1,
    0x11: 1,
    0x2B: 4,
    **dict.fromkeys(range(0x20, 0x2B), 8),
}
_BURNING: Final = 0x0A
_TAMPER: Final = 0x10


def read_gs601(frame: Frame, told: Told) -> None:
    """Read an air detector's frame; raise FrameBroken where it ends within a channel or names an unknown one."""
    body, at = frame.body, 0
    while at < len(body):
        channel = body[at]
        length = _length(channel, body[at + 1 : at + 2])
        data = body[at + 1 : at + 1 + length]
        if len(data) < length:
            raise FrameBroken(f"channel {channel:02x}: the frame ends within its {length} bytes; send all of it")
        _channel(told, channel, data)
        at += 1 + length


def _length(channel: int, following: bytes) -> int:
    if channel in (0x00, 0x0F, 0x12):
        return 1
    if channel in _MEASURES:
        return _MEASURES[channel][3]
    if channel in _ALARMS:
        measured = _MEASURES.get(_ALARMS[channel])
        return 1 + (measured[3] if measured is not None and following in (b"\x10", b"\x11") else 0)
    if channel in _KEPT:
        return _KEPT[channel]
    raise FrameBroken(f"channel {channel:02x}: GS601 has none; register the model that sends it", keeps=True)


def _channel(told: Told, channel: int, data: bytes) -> None:
    if channel == 0x00:
        told.battery(data[0])
    elif channel == 0x0F:
        told.state(EventType.TAMPER, data[0])
    elif channel == 0x12:
        told.say(EventType.OCCUPIED if data[0] else EventType.VACANT, is_state=True)
    elif channel in _MEASURES:
        _measure(told, channel, data)
    elif channel in _ALARMS:
        _alarm(told, channel, data)
    else:
        told.detail[f"channel_{channel:02x}"] = data.hex()


def _measure(told: Told, channel: int, data: bytes) -> None:
    name, unit, divisor, _ = _MEASURES[channel]
    told.measure(name, (signed(data) if channel == 0x09 else unsigned(data)) / divisor, unit)


def _alarm(told: Told, channel: int, data: bytes) -> None:
    kind, measured = data[0], _ALARMS[channel]
    told.detail[f"alarm_{_MEASURES[measured][0] if measured in _MEASURES else 'tamper'}"] = kind
    if kind in (0x10, 0x11) and measured in _MEASURES:
        _measure(told, measured, data[1:])
    elif kind in (0x20, 0x21) and channel == _TAMPER:
        told.state(EventType.TAMPER, kind == 0x21)
    elif kind in (0x20, 0x21) and channel == _BURNING:
        told.state(EventType.FIRE, kind == 0x21)
    elif kind <= 2:
        told.say(EventType.FAULT)
