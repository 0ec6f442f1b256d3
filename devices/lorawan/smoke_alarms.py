"""Two makers' smoke alarms: Yobiiq SD-1001 and SEPT-S TG563A.

SD-1001: triples of channel, type and value on port 8 (1 battery in percent, 2 mains, 3 battery low, 4 fault, 5 smoke,
6 smoke of an interconnected alarm, 7 test button); who it is and that it was switched on, behind `ff`, on port 50 or 8.
Its test button sounds the alarm, so a test says smoke and test together: both are said, since a fire during a test
looks the same. From the vendor's decoder (TheThingsNetwork/lorawan-devices, vendor/yobiiq).

TG563A: 5 bytes on port 1, or 35 where the first is 0f: message, settings, temperature, two bytes of states. Its
counters count what was, and raise nothing. Battery in hundredths of a volt above 1 V, in the long message only. From
the vendor's decoder (chirpstack/chirpstack-device-profiles, vendors/sept-s).

Smoke, fault, mounting and mains are states.
"""

from __future__ import annotations

from typing import Final

from devices.event import EventType
from devices.lorawan.milesight import signed
from devices.lorawan.told import Frame, FrameBroken, Told

#: Type of a piece of information: its name and its bytes.
_INFORMATION: Final = {
    0x09: ("hardwareVersion", 2),
    0x0A: ("firmwareVersion", 2),
    0x0B: ("powerEvent", 1),
    0x0F: ("deviceClass", 1),
    0x16: ("deviceSerialNumber", 5),
}
_CHANNELS: Final = {
    1: "batteryLevelInPercentage",
    2: "powerEvent",
    3: "lowBatteryAlarm",
    4: "faultAlarm",
    5: "smokeAlarm",
    6: "interconnectAlarm",
    7: "testButtonPressed",
}


def read_sd1001(frame: Frame, told: Told) -> None:
    """Read a mains smoke alarm's frame; raise FrameBroken where it ends within a value or names no known channel."""
    body = frame.body
    if len(body) == 1:
        told.detail["answer"] = body.hex()
    elif body[:1] == b"\xff":
        _information(body, told)
    else:
        _data(body, told)


def _information(body: bytes, told: Told) -> None:
    at = 0
    told.say(EventType.ONLINE)
    while at < len(body):
        name, length = _INFORMATION.get(body[at + 1] if at + 1 < len(body) else -1, ("", 0))
        value = body[at + 2 : at + 2 + length]
        if body[at] != 0xFF or not name or len(value) < length:
            raise FrameBroken("information: the frame ends within it, or its type is unknown; send all of it")
        if name == "powerEvent":
            _mains(told, value[0])
        # The serial number is written in decimal digits, two to a byte.
        told.detail[name] = int(value.hex()) if name == "deviceSerialNumber" and value.hex().isdigit() else value.hex()
        at += 2 + length


def _mains(told: Told, on: int) -> None:
    told.say(EventType.POWER_RESTORED if on else EventType.POWER_LOST, is_state=True)


def _data(body: bytes, told: Told) -> None:
    values: dict[str, int] = {}
    broken = len(body) % 3 != 0
    for at in range(0, len(body) - 2, 3):
        name = _CHANNELS.get(body[at])
        broken = broken or name is None
        if name is None:
            break
        values[name] = body[at + 2]
    told.detail.update(values)
    _conditions(told, values)
    if broken:
        raise FrameBroken("channel: the frame ends within one, or SD-1001 has none of that number; send all of it")


def _conditions(told: Told, values: dict[str, int]) -> None:
    smoke = [values[name] for name in ("smokeAlarm", "interconnectAlarm") if name in values]
    if smoke:
        told.state(EventType.SMOKE, any(smoke))
    if values.get("testButtonPressed"):
        told.say(EventType.TEST)
    if values.get("lowBatteryAlarm"):
        told.say(EventType.BATTERY_LOW, is_state=True)
    if "faultAlarm" in values:
        told.state(EventType.FAULT, values["faultAlarm"])
    if "powerEvent" in values:
        _mains(told, values["powerEvent"])
    if "batteryLevelInPercentage" in values:
        told.battery(values["batteryLevelInPercentage"])


_SHORT_BYTES: Final = 5
_LONG_BYTES: Final = 35
_LONG_MESSAGE: Final = 0x0F
#: Bits of the fourth byte that are about the place, and of the fifth that are about the detector.
_PLACE: Final = {
    1: "brightness",
    2: "temperatureOutOfRange",
    4: "obstacleDetected",
    5: "airInletCovered",
    6: "tooLongInactivity",
    7: "tooLongUnmounted",
}
_FAULTS: Final = {
    2: "smokeChamberFailure",
    3: "fouledSmokeChamber",
    4: "ultrasonicSensorFailure",
    5: "infraredSensorFailure",
    6: "buzzerFailure",
}
_UNIT_SECONDS: Final = (1, 60, 3600, 86400)
_COUNTERS: Final = (
    "smokeAlarmCounter",
    "testAlarmCounter",
    "smokeErrorCounter",
    "lowBatteryCounter",
    "smokeAlarmDeactivationCounter",
    "faultDeactivationCounter",
    "mountingCounter",
    "energyUsage",
    "lightGuideDirtiness",
    "foulingSmokeChamber",
)
_DURATIONS: Final = ("runningTimeCounter", "smokeAlarmTimeCounter", "testAlarmTimeCounter", "faultTimeCounter")


def read_tg563a(frame: Frame, told: Told) -> None:
    """Read a battery smoke alarm's frame; a wrong length is FrameBroken, after smoke has been noted."""
    body = frame.body
    if len(body) < _SHORT_BYTES:
        raise FrameBroken(f"frame: has {len(body)} bytes where TG563A sends 5 or 35; send the whole frame")
    _states(told, body)
    is_long = body[0] == _LONG_MESSAGE
    if len(body) != (_LONG_BYTES if is_long else _SHORT_BYTES):
        raise FrameBroken(f"frame: has {len(body)} bytes where TG563A sends 5, or 35 after 0f; send it whole and alone")
    if is_long:
        _statistics(told, body)


def _states(told: Told, body: bytes) -> None:
    place, detector = body[3], body[4]
    told.detail["messageType"] = body[0] & 15
    told.detail["mounted"] = place & 1
    told.detail.update({name: place >> bit & 1 for bit, name in _PLACE.items()})
    told.detail.update({name: detector >> bit & 1 for bit, name in _FAULTS.items()})
    told.state(EventType.SMOKE, detector & 1)
    if detector & 2:
        told.say(EventType.BATTERY_LOW, is_state=True)
    told.state(EventType.REMOVED, not place & 1)
    told.state(EventType.FAULT, detector & 0b0111_1100 or place & 0b0011_0000)
    told.measure("temperature", signed(body[2:3]), "°C")


def _statistics(told: Told, body: bytes) -> None:
    told.measure("battery_voltage", body[5] / 100 + 1, "V")
    told.detail["serialNumber"] = body[9:5:-1].hex()
    for name, start in zip(_DURATIONS, range(14, 22, 2), strict=True):
        told.detail[name] = _duration_s(body[start : start + 2])
    told.detail.update(zip(_COUNTERS, body[22:32], strict=True))
    told.detail["minimumTemperature"], told.detail["maximumTemperature"] = signed(body[32:33]), signed(body[33:34])
    told.detail["distanceThreshold"] = body[34] * 10


def _duration_s(data: bytes) -> int:
    value = int.from_bytes(data, "little")
    return (value >> 2) * _UNIT_SECONDS[value & 3]
