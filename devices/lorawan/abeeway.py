"""Abeeway trackers and badges, firmware 2 (port 18) and 3 (port 19).

Every message carries whether SOS is active, so it is a state: `sos` while it is, `sos_clear` when a message says that
it is not. Firmware 3 also reports its start and end and marks the positions it caused. Coordinates are in 1e-7 degrees
(firmware 2 sends the upper three bytes of four). Firmware 2's battery has no unit that its frames tell and stays in the
detail; firmware 3's is percent, 0 is "charging" and 127 "unknown". Firmware 3's clock counts seconds since noon or
midnight UTC: the time is made whole by the time of receipt, where that is known; a buffered message has its whole time
and is told with it, an SOS in it too: it was never told before. From the vendor's decoders
(TheThingsNetwork/lorawan-devices, vendor/abeeway).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from devices.event import EventType
from devices.lorawan.told import Frame, FrameBroken, Told
from devices.values import instant, place

_HALF_DAY_S: Final = 43_200
_CLOCK_UNSET: Final = 0xFFFF
#: Above these a code stands for a range: its upper end is what may be relied on.
_ACCURACY_M: Final = {251: 500.0, 252: 1000.0, 253: 2000.0, 254: 4000.0}


def _degrees(data: bytes) -> float:
    """Return degrees of 1e-7, from four bytes or the upper three of them."""
    return int.from_bytes(data.ljust(4, b"\0"), "big", signed=True) / 1e7


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _located(told: Told, lat: float, lon: float, accuracy_m: float | None, **more: Any) -> None:
    told.location = place(lat, lon, accuracy_m=accuracy_m, **more)
    if told.location is None:
        told.detail["latitude"], told.detail["longitude"] = lat, lon


_MESSAGES_2: Final = {
    0: "FRAME_PENDING",
    3: "POSITION_MESSAGE",
    4: "STATUS",
    5: "HEARTBEAT",
    7: "ACTIVITY_OR_CONFIGURATION",
    9: "SHUTDOWN",
    10: "EVENT",
    11: "DATA_SCAN_COLLECTION",
    12: "PROXIMITY_DETECTION",
    13: "SMS",
    14: "EXTENDED_POSITION_MESSAGE",
    15: "DEBUG",
}
_SHUTDOWN_LOW_BATTERY: Final = 1


def read_2(frame: Frame, told: Told) -> None:
    """Read a message of firmware 2; one that ends early is FrameBroken, after SOS has been noted."""
    body = frame.body
    if len(body) < 2 or body[0] not in _MESSAGES_2:
        raise FrameBroken("message type: the frame ends before it, or firmware 2 has none such; send the whole frame")
    kind = _MESSAGES_2[body[0]]
    told.detail["messageType"] = kind
    if kind in ("FRAME_PENDING", "SMS", "DEBUG"):
        return  # these have no common header, and so no SOS bit
    told.state(EventType.SOS, body[1] & 0x10)
    if len(body) < 5:
        raise FrameBroken(f"frame: has {len(body)} bytes where the header alone has 5; send the whole frame")
    told.detail["sosFlag"] = body[1] >> 4 & 1
    told.detail["trackingMode"], told.detail["batteryLevel"] = body[1] >> 5, body[2]
    told.measure("temperature", round(body[3] * 129 / 255 - 44, 1), "°C")
    if kind == "POSITION_MESSAGE":
        _position_2(body, told)
    elif kind == "EXTENDED_POSITION_MESSAGE":
        _extended_position_2(body, told)
    elif kind in ("EVENT", "SHUTDOWN"):
        _event_2(body, told)


def _position_2(body: bytes, told: Told) -> None:
    told.detail["rawPositionType"] = body[4] & 15
    if body[4] & 15:
        return  # a scan or a failure: nothing that is a place without a service that knows the transmitters
    if len(body) < 13:
        raise FrameBroken("position: the frame ends within it; send all of its 13 bytes")
    told.detail["age_s"] = body[5] * 8
    _located(told, _degrees(body[6:9]), _degrees(body[9:12]), accuracy_m=round(body[12] * 1000 / 255, 2))


def _extended_position_2(body: bytes, told: Told) -> None:
    told.detail["rawPositionType"] = body[4] & 15
    if body[4] & 15:
        return
    if len(body) < 19:
        raise FrameBroken("position: the frame ends within it; send all of its bytes")
    told.detail["age_s"] = _number(body[5:7])
    in_metres = body[7] >> 1 & 1
    accuracy = _ACCURACY_M.get(body[18], float(body[18])) if in_metres else round(body[18] * 1000 / 255, 2)
    _located(told, _degrees(body[8:12]), _degrees(body[12:16]), accuracy_m=accuracy)


def _event_2(body: bytes, told: Told) -> None:
    if len(body) < 6:
        raise FrameBroken("event: the frame ends before its type; send the whole frame")
    told.detail["code"] = body[5]
    if body[0] == 9:
        told.say(EventType.OFFLINE)
        if body[5] == _SHUTDOWN_LOW_BATTERY:
            told.say(EventType.BATTERY_LOW, is_state=True)


_TYPES_3: Final = {1: "NOTIFICATION", 2: "POSITION", 3: "QUERY", 4: "RESPONSE", 5: "TELEMETRY"}
_NOTIFICATIONS_3: Final = {
    (0, 1): EventType.BATTERY_LOW,
    (5, 0): EventType.FENCE_ENTER,
    (5, 1): EventType.FENCE_EXIT,
}
_SOS_CLASS: Final = 1
_GNSS: Final = 10


def read_3(frame: Frame, told: Told) -> None:
    """Read a message of firmware 3; one that ends early is FrameBroken, after SOS has been noted."""
    body = frame.body
    if not body:
        raise FrameBroken("header: the frame is empty; send the whole frame")
    is_sos = bool(body[0] & 0x40)
    if len(body) < 4:
        told.state(EventType.SOS, is_sos)
        raise FrameBroken(f"header: the frame has {len(body)} bytes of at least 4; send the whole frame")
    kind = _TYPES_3.get(body[0] >> 3 & 7, "UNKNOWN")
    told.detail["type"], told.detail["header_sos"] = kind, is_sos
    _battery_3(told, body[1] & 0x7F)
    if body[1] & 0x80:
        told.at = instant(_number(body[2:6]))
        body = body[:4] + body[6:]
    else:
        told.at = _whole_time(_number(body[2:4]), frame.received_at)
    start = 5 if body[0] & 0x80 else 4
    is_sos = is_sos or _says_sos(kind, body, start)
    told.state(EventType.SOS, is_sos)
    if kind == "NOTIFICATION":
        _notification_3(told, body[4:])
    elif kind == "POSITION":
        _position_3(told, body[start:])


def _says_sos(kind: str, body: bytes, start: int) -> bool:
    if kind == "NOTIFICATION":
        return body[4:5] == b"\x10"
    return kind == "POSITION" and len(body) > start + 3 and bool(body[start + 3] & 2)


def _battery_3(told: Told, level: int) -> None:
    if level == 0:
        told.detail["batteryLevel"] = "CHARGING"
    elif level != 127:
        told.battery(level)


def _whole_time(seconds: int, received_at: datetime | None) -> datetime | None:
    if received_at is None or seconds == _CLOCK_UNSET:
        return None
    since_midnight_s = received_at.hour * 3600 + received_at.minute * 60 + received_at.second
    told_at = received_at + timedelta(seconds=seconds - since_midnight_s % _HALF_DAY_S)
    told_at = told_at.replace(microsecond=0)
    return told_at if told_at <= received_at else told_at - timedelta(seconds=_HALF_DAY_S)


def _notification_3(told: Told, data: bytes) -> None:
    if not data:
        raise FrameBroken("notification: the frame ends before it; send the whole frame")
    found = data[0] >> 4, data[0] & 15
    told.detail["notificationClass"], told.detail["notificationType"] = found
    if found == (0, 3) and len(data) > 1:
        told.state(EventType.TAMPER, data[1] & 1)
    elif found in _NOTIFICATIONS_3:
        told.say(_NOTIFICATIONS_3[found], is_state=found[0] != 5)
    elif found[0] == 2 and len(data) > 1:
        told.measure("temperature", int.from_bytes(data[1:2], "big", signed=True), "°C")


def _position_3(told: Told, data: bytes) -> None:
    if len(data) < 4:
        raise FrameBroken("position: the frame ends within its header; send the whole frame")
    status, kind = data[0] >> 5 & 3, data[0] & 15
    told.detail["status"], told.detail["positionType"], told.detail["triggers"] = status, kind, _number(data[2:4])
    if kind != _GNSS or status not in (0, 3):
        return
    fix = data[4:]
    if len(fix) < 15:
        raise FrameBroken("gnssFix: the frame ends within it; send the whole frame")
    _located(
        told,
        _degrees(fix[0:4]),
        _degrees(fix[4:8]),
        altitude_m=int.from_bytes(fix[8:10], "big", signed=True),
        speed_mps=_number(fix[12:14]) / 100,
        accuracy_m=_ACCURACY_M.get(fix[14], float(fix[14])) if fix[14] != 255 else None,
    )
    told.detail["course_deg"] = _number(fix[10:12]) / 100
