"""Browan's Tabs (a port for each kind of device) and the MerryIoT door sensor of the same maker.

The lowest bit of a Tabs' first byte is its state: open, occupied, leaking; on the push button it is a press. Batteries
are volts above 2.5 (Tabs) or 2.1 (MerryIoT). The push button is sold for any use, so a press is a `button`, and a call
only where the model it was registered with says SOS, panic, emergency or call. From the vendor's decoders
(TheThingsNetwork/lorawan-devices vendor/browan, chirpstack/chirpstack-device-profiles vendors/browan).
"""

from __future__ import annotations

from typing import Final

from devices.event import EventType
from devices.lorawan.told import Frame, FrameBroken, Told, calls_for_help

BUTTON_PORT: Final = 147
DOOR_PORT: Final = 100
MOTION_PORT: Final = 102
LEAK_PORT: Final = 106
CLIMATE_PORT: Final = 103


def say_status(told: Told, port: int, status: int, model: str) -> None:
    """Note what the status bit of a Tabs means, by the port of its kind."""
    if port == BUTTON_PORT and status:
        told.say(EventType.SOS if calls_for_help(model) else EventType.BUTTON)
    elif port == DOOR_PORT:
        told.say(EventType.DOOR_OPEN if status else EventType.DOOR_CLOSED, is_state=True)
    elif port == MOTION_PORT:
        told.say(EventType.OCCUPIED if status else EventType.VACANT, is_state=True)
    elif port == LEAK_PORT:
        told.state(EventType.WATER_LEAK, status)


def read_tabs(frame: Frame, told: Told) -> None:
    """Read a Tabs' frame by its port; one that ends early is FrameBroken, after the status has been noted."""
    body = frame.body
    if not body:
        raise FrameBroken("frame: is empty; send the whole frame")
    told.detail["status"] = body[0] & 1
    say_status(told, frame.port, body[0] & 1, frame.model)
    has_air = frame.port in (LEAK_PORT, CLIMATE_PORT)
    if len(body) < (5 if has_air else 3):
        raise FrameBroken(f"frame: has {len(body)} bytes, fewer than port {frame.port} has; send the whole frame")
    told.measure("battery_voltage", (25 + (body[1] & 15)) / 10, "V")
    told.measure("temperature_board", (body[2] & 0x7F) - 32, "°C")
    if has_air:
        told.measure("temperature", (body[4] & 0x7F) - 32, "°C")
        told.measure("humidity", body[3], "%")
    elif len(body) >= 8:
        told.detail["time"] = int.from_bytes(body[3:5], "little")
        told.detail["count"] = int.from_bytes(body[5:8], "little")


def read_merryiot_door(frame: Frame, told: Told) -> None:
    """Read a MerryIoT door sensor's frame; a wrong length is FrameBroken, after tampering has been noted."""
    body = frame.body
    if not body:
        raise FrameBroken("frame: is empty; send the whole frame")
    flags = body[0]
    told.state(EventType.TAMPER, flags & 4)
    told.say(EventType.DOOR_OPEN if flags & 1 else EventType.DOOR_CLOSED, is_state=True)
    if flags & 2:
        told.say(EventType.BUTTON)
    if len(body) not in (9, 10):
        raise FrameBroken(f"frame: has {len(body)} bytes where DW10 sends 9 or 10; send it whole and alone")
    air = len(body) - 6  # the longer form has a temperature of two bytes, in tenths
    raw = int.from_bytes(body[2:air], "little", signed=True)
    told.measure("temperature", raw / 10 if len(body) == 10 else raw, "°C")
    told.measure("humidity", body[air], "%")
    told.measure("battery_voltage", (21 + body[1]) / 10, "V")
    told.detail["tilt"] = flags >> 3 & 1
    told.detail["time"] = int.from_bytes(body[air + 1 : air + 3], "little")
    told.detail["count"] = int.from_bytes(body[air + 3 :], "little")
