"""Digital Matter's trackers Oyster3 and Yabby3: the same bytes mean different things on different ports.

Port 1 is a position without the man-down flag, port 4 a short one with it: a state, said as `fall`. After a failed fix
the coordinates are old ones: they stay in the detail, as do impossible ones. From the vendor's decoder
(chirpstack/chirpstack-device-profiles, vendors/digital-matter).
"""

from __future__ import annotations

from typing import Final

from devices.event import EventType
from devices.lorawan.told import Frame, FrameBroken, Told
from devices.values import place

#: Port: how many bytes its message has.
_BYTES: Final = {1: 11, 2: 3, 3: 11, 4: 9}


def _signed(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)


def read(frame: Frame, told: Told) -> None:
    """Read a message by its port; one that ends early is FrameBroken, after a man down has been noted."""
    body, port = frame.body, frame.port
    if port == 4 and len(body) >= 9:
        told.state(EventType.FALL, body[8] & 4)
    if len(body) < _BYTES[port]:
        raise FrameBroken(f"frame: has {len(body)} bytes where port {port} has {_BYTES[port]}; send the whole frame")
    if port == 1:
        _position(told, body)
    elif port == 4:
        _short_position(told, body)
    else:
        told.detail["downlink_ack" if port == 2 else "stats"] = body.hex()


def _position(told: Told, body: bytes) -> None:
    told.measure("battery_voltage", round(body[10] * 0.025, 3), "V")
    told.detail["headingDeg"] = (body[8] >> 2) * 5.625
    _located(told, body[8], _signed(body[0:4]) / 1e7, _signed(body[4:8]) / 1e7, body[9])


def _short_position(told: Told, body: bytes) -> None:
    told.measure("battery_voltage", round(body[7] * 0.025, 3), "V")
    told.detail["headingDeg"] = (body[6] & 7) * 45
    _located(told, body[8], _signed(body[0:3]) * 256e-7, _signed(body[3:6]) * 256e-7, (body[6] >> 3) * 5)


def _located(told: Told, flags: int, lat: float, lon: float, speed_kmh: int) -> None:
    told.detail["inTrip"], told.detail["fixFailed"] = bool(flags & 1), bool(flags & 2)
    told.location = None if flags & 2 else place(lat, lon, speed_mps=speed_kmh / 3.6)
    if told.location is None:
        told.detail["latitudeDeg"], told.detail["longitudeDeg"] = round(lat, 7), round(lon, 7)
        told.detail["speedKmph"] = speed_kmh
