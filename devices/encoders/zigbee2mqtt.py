"""Writing an event as Zigbee2MQTT publishes it, so that a simulated bridge is read like a real one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec.json import Decoder, Encoder

from devices.errors import DecodeError
from devices.event import Event, EventType
from devices.zigbee_fields import BATTERY_MV_MAX, BATTERY_MV_MIN, FLAGS, READINGS

_ENCODER: Final = Encoder()
_OBJECT: Final = Decoder(dict[str, Any])

#: What a state says, member by member: the first name of each meaning is the one that converters use today.
_STATES: Final[Mapping[EventType, tuple[str, object]]] = MappingProxyType(
    {
        **{meant.off: (name, False) for name, meant in reversed(list(FLAGS.items())) if meant.off is not None},
        **{meant.on: (name, True) for name, meant in reversed(list(FLAGS.items()))},
        EventType.FALL: ("fall_status", "fall_alarm"),
        EventType.FALL_CLEAR: ("fall_status", "normal"),
    }
)
_ACTIONS: Final = {EventType.SOS: "emergency", EventType.FIRE: "fire", EventType.BUTTON: "single"}
_CONNECTED: Final = frozenset({EventType.ONLINE, EventType.OFFLINE})
#: The member that a reading stands under; of two for one name, today's.
_MEMBERS: Final = {(told.name, told.unit): member for member, told in reversed(list(READINGS.items()))}


class CannotBeSaid(DecodeError):
    """Zigbee2MQTT has no word for an event of this type; send it through another source."""


def encode(event: Event, *, device: str, base: str = "zigbee2mqtt") -> tuple[str, bytes]:
    """Return topic and payload; decoding them tells the same type of the same device, where `base` is one level.

    A call is an action where it is an event, and `sos` where it is a state. Battery and time stand beside; places,
    vitals and signal strength have no member and are left out. What cannot be said raises CannotBeSaid: a place, an
    illness, a reading without a member, a wearer's `cancel`.
    """
    if event.type in _CONNECTED:
        return f"{base}/{device}/availability", _ENCODER.encode({"state": str(event.type)})
    if event.type is EventType.REMOVED:
        told = {"type": "device_leave", "data": {"friendly_name": device}}
        return f"{base}/bridge/event", _ENCODER.encode(told)
    return f"{base}/{device}", _ENCODER.encode({**_members(event), **_beside(event)})


def _members(event: Event) -> dict[str, object]:
    if event.type is EventType.HEARTBEAT:
        return {}
    if event.type is EventType.READING:
        return _reading(event)
    if event.type in _ACTIONS and not (event.is_state and event.type in _STATES):
        return {"action": _ACTIONS[event.type]}
    if event.type not in _STATES:
        raise CannotBeSaid(f"Zigbee2MQTT has no word for {event.type}")
    name, value = _STATES[event.type]
    return {name: value}


def _reading(event: Event) -> dict[str, object]:
    """Return the member of the reading that its detail names; the battery's volts become millivolts."""
    name = None if event.detail is None else _OBJECT.decode(event.detail).get("name")
    if event.value is None or not isinstance(name, str):
        raise CannotBeSaid("Zigbee2MQTT has no word for a reading without a name or a value")
    if (name, event.unit) == ("battery_voltage", "V") and BATTERY_MV_MIN <= event.value * 1000 <= BATTERY_MV_MAX:
        return {"voltage": round(event.value * 1000)}
    if (name, event.unit) not in _MEMBERS:
        raise CannotBeSaid("Zigbee2MQTT has no word for this reading")
    return {_MEMBERS[name, event.unit or ""]: event.value}


def _beside(event: Event) -> dict[str, object]:
    beside: dict[str, object] = {}
    if event.battery_pct is not None:
        beside["battery"] = event.battery_pct
    if event.at_given:
        beside["last_seen"] = event.at
    return beside
