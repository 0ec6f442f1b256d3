"""Zigbee sensors behind a Zigbee2MQTT bridge: whole states from the bridge's memory, and a press said twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any, Final

import msgspec

from devices.encoders.zigbee2mqtt import CannotBeSaid, encode
from devices.event import EPOCH, Event, EventType
from simulator.fleet import Device, Kind
from simulator.life import Moment
from simulator.speech import BRIDGE, Carried
from simulator.wording import ONLINE, Compared, Dispatch, Meant, Wording
from simulator.words import Said

#: How long a motion sensor says that somebody is there, in seconds of its life; a further movement begins it anew.
OCCUPIED_S: Final = 60.0
_BATTERY_CHANGED_PCT: Final = 50
#: The state of each kind when nothing is the matter, and the events it would be if the platform knew otherwise.
_AT_REST: Final[dict[Kind, tuple[dict[str, object], tuple[EventType, ...]]]] = {
    Kind.SMOKE_ALARM: ({"smoke": False, "test": False}, (EventType.SMOKE_CLEAR,)),
    Kind.GAS_ALARM: ({"gas": False, "test": False}, (EventType.GAS_CLEAR,)),
    Kind.DOOR_SENSOR: ({"contact": True}, (EventType.DOOR_CLOSED,)),
    Kind.MOTION_SENSOR: ({"occupancy": False}, (EventType.VACANT,)),
    Kind.CALL_BUTTON: ({}, ()),
}
#: What is told without a state that would end it.
_PASSING: Final = frozenset({EventType.SOS, EventType.TEST})
_WORDS: Final = frozenset({EventType.TEST, EventType.BATTERY_LOW})
_TESTED: Final = frozenset({Kind.SMOKE_ALARM, Kind.GAS_ALARM})
#: What is said the other way round when it is so already.
_OTHER_WAY: Final = {
    EventType.SMOKE: EventType.SMOKE_CLEAR,
    EventType.GAS: EventType.GAS_CLEAR,
    EventType.TAMPER: EventType.TAMPER_CLEAR,
    EventType.DOOR_OPEN: EventType.DOOR_CLOSED,
    EventType.OCCUPIED: EventType.VACANT,
}
_MOVED: Final = {Kind.DOOR_SENSOR: EventType.DOOR_OPEN, Kind.MOTION_SENSOR: EventType.OCCUPIED}
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


class ZigbeeSensor:
    """One sensor as its bridge tells of it. Nothing it says has an id or a time."""

    def __init__(self, device: Device, carried: Carried, rng: Random) -> None:
        self._kind = device.kind
        self._carried = carried
        self._topic = f"{carried.carrier}/{carried.name}"
        members, self._perhaps = _AT_REST[device.kind]
        self._state: dict[str, object] = {"battery_low": False, "tamper": False, **members}
        self._state |= {"battery": 100, "linkquality": 100, "voltage": 3000}
        #: Bridges before Zigbee2MQTT 2 say after each press that there is none.
        self._says_empty_action = rng.random() < 0.5

    def opening(self, at: datetime) -> Wording:
        """The bridge knows the device's last state from before, and that it is there."""
        del at
        state = _encode(self._state)
        perhaps = tuple(Meant(type=each, by=Compared.PERHAPS) for each in (*self._perhaps, EventType.TAMPER_CLEAR))
        there = Dispatch(f"{self._topic}/availability", ONLINE, retain=True)
        return Wording(dispatches=(there, Dispatch(self._topic, state, cached=state)), meant=perhaps)

    def moments(self, life: Iterator[Moment]) -> Iterator[Moment]:
        """The same life; after a while without movement the room is empty."""
        empty_s: float | None = None
        for at, said in life:
            if empty_s is not None and at >= empty_s:
                yield empty_s, msgspec.structs.replace(said, type=EventType.VACANT)
                empty_s = None
            if self._kind is Kind.MOTION_SENSOR and said.type == EventType.ACTIVITY:
                if empty_s is None:
                    yield at, msgspec.structs.replace(said, type=EventType.OCCUPIED)
                empty_s = at + OCCUPIED_S
            else:
                yield at, said

    def say(self, said: Said, at: datetime) -> Wording | None:
        del at
        type_ = self._type_of(said)
        if type_ is None:
            return None
        try:
            members = self._members(said, type_)
        except CannotBeSaid:
            return None
        self._note_battery(said)
        is_news = type_ in _PASSING or any(self._state.get(name) != value for name, value in members.items())
        if type_ not in _PASSING:
            self._state |= members
        by = Compared.WORD if type_ in _WORDS else Compared.EDGE
        kept = _encode(self._state)
        first = Dispatch(self._topic, _encode({**self._state, **members}), cached=kept)
        if type_ is EventType.SOS:
            return self._press(first, str(members["action"]), kept)
        is_event = is_news and type_ not in (EventType.HEARTBEAT, EventType.READING)
        return Wording(dispatches=(first,), meant=(Meant(type=type_, by=by),) if is_event else ())

    def _press(self, first: Dispatch, action: str, kept: bytes) -> Wording:
        """On the state topic and on one of its own; to the platform both are one press."""
        dispatches = [first, Dispatch(f"{self._topic}/action", action.encode())]
        if self._says_empty_action:
            dispatches.append(Dispatch(self._topic, _encode({**self._state, "action": ""}), cached=kept))
        meant = Meant(type=EventType.SOS, by=Compared.REPORTS, reports=2)
        return Wording(dispatches=tuple(dispatches), meant=(meant,))

    def _type_of(self, said: Said) -> EventType | None:
        """What this sensor makes of it: a door's movement is its leaf, what is so already is said to be over."""
        type_ = said.type
        if type_ is EventType.ACTIVITY:
            type_ = _MOVED.get(self._kind, EventType.HEARTBEAT)
        elif type_ is EventType.SOS and self._kind is not Kind.CALL_BUTTON:
            type_ = EventType.TAMPER
        elif type_ is EventType.TEST and self._kind not in _TESTED:
            return None
        other = _OTHER_WAY.get(type_)
        if other is None:
            return type_
        members = _decode(self._encoded(type_, said)[1])
        return other if all(self._state.get(name) == members[name] for name in members) else type_

    def _members(self, said: Said, type_: EventType) -> dict[str, Any]:
        return _decode(self._encoded(type_, said)[1])

    def _encoded(self, type_: EventType, said: Said) -> tuple[str, bytes]:
        event = Event(
            id=type_, at=EPOCH, type=type_, value=said.value, unit=said.unit, detail=b'{"name":"temperature"}',
            is_state=type_ is not EventType.SOS, id_given=False, at_given=False,
        )  # fmt: skip
        return encode(event, device=self._carried.name, base=self._carried.carrier)

    def _note_battery(self, said: Said) -> None:
        if said.battery_pct is not None:
            self._state["battery"] = said.battery_pct
            self._state["voltage"] = 2000 + 10 * said.battery_pct
            if said.battery_pct > _BATTERY_CHANGED_PCT:
                self._state["battery_low"] = False
        if said.signal_dbm is not None:
            self._state["linkquality"] = max(1, min(255, (said.signal_dbm + 115) * 5))


class ZigbeeBridge:
    """The bridge itself. Whether it is there its connection tells; of its words only its health is spoken here."""

    def __init__(self, carried: Carried) -> None:
        self._base = carried.carrier

    def opening(self, at: datetime) -> None:
        """Said by the connection."""
        del at

    def moments(self, life: Iterator[Moment]) -> Iterator[Moment]:
        return life

    def say(self, said: Said, at: datetime) -> Wording | None:
        del at
        if said.type is not EventType.HEARTBEAT:
            return None
        health = {"healthy": True, "mqtt": {"connected": True, "queued": 0}, "devices": {}}
        return Wording(dispatches=(Dispatch(f"{self._base}/{BRIDGE}/health", _encode(health)),))
