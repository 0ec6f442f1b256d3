"""What one frame said, collected while it is read, and made into events when it is known how far it could be read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from msgspec import structs

from devices.decoding import RejectReason
from devices.event import ALARMS, ENDS, Event, EventType, Location
from devices.ordering import life_first
from devices.report import detail_of, report
from devices.text import ID_CHARACTERS_MAX
from devices.values import percent

_END_OF: Final = {alarm: end for end, alarm in ENDS.items()}
_CALLS_FOR_HELP: Final = ("sos", "panic", "emergency", "call")


def calls_for_help(model: str) -> bool:
    """Say whether a button of this model, in lower case, is registered as one that calls for help."""
    return any(word in model for word in _CALLS_FOR_HELP)


class FrameBroken(Exception):
    """The frame is not as its vendor describes it: `args` are the reason and what to do.

    With `keeps`, what was read before is sound and only the rest is not understood; else only alarms are kept, marked
    as damaged.
    """

    def __init__(self, detail: str, *, reason: RejectReason = RejectReason.BAD_VALUE, keeps: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = reason
        self.keeps = keeps


class Frame(NamedTuple):
    """A device's own bytes, and what is known beside them."""

    body: bytes
    port: int
    model: str  #: as registered or as the network calls it, in lower case: tells variants of one device apart
    received_at: datetime | None = None  #: for clocks that count seconds since noon


class Said(NamedTuple):
    """One thing that a frame says."""

    type: EventType
    is_state: bool = False
    at: datetime | None = None
    value: float | None = None
    unit: str | None = None
    detail: Mapping[str, Any] | None = None
    location: Location | None = None


class Origin(NamedTuple):
    """What all events of one message have in common."""

    id: str | None = None
    at: datetime | None = None
    signal_dbm: float | None = None
    damage: str | None = None


class Told:
    """What a frame said so far; decoders fill it in the order of the bytes."""

    __slots__ = ("at", "battery_pct", "detail", "location", "said", "unread")

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.detail: dict[str, Any] = {}
        self.battery_pct: float | None = None
        self.location: Location | None = None
        self.unread: str | None = None  #: a word that sounds like an alarm and was not understood
        self.at: datetime | None = None  #: the device's own clock, where the frame tells it

    def say(self, type_: EventType, *, is_state: bool = False, **fields: Any) -> None:
        """Note an event; `is_state` where the frame says how things stand rather than what has just happened."""
        self.said.append(Said(type_, is_state, **fields))

    def state(self, alarm: EventType, on: object) -> None:
        """Note a condition that every frame reports anew: the alarm, or its end."""
        self.said.append(Said(alarm if on else _END_OF[alarm], is_state=True))

    def measure(self, name: str, value: float, unit: str, *, at: datetime | None = None, **beside: Any) -> None:
        """Note a measurement; with `at` an old one, and `beside` what the record holds besides."""
        self.said.append(Said(EventType.READING, False, at, value, unit, {"name": name, **beside}))

    def battery(self, value: float) -> None:
        """Note a battery in percent; what is no percentage stands in the detail as reported."""
        self.battery_pct = percent(value)
        if self.battery_pct is None:
            self.detail["battery"] = value

    def says(self, type_: EventType) -> bool:
        """Say whether this was noted."""
        return any(one.type is type_ for one in self.said)

    def alarms(self) -> list[Said]:
        """Return what calls somebody."""
        return [one for one in self.said if one.type in ALARMS]


def events_of(told: Told, origin: Origin) -> list[Event]:
    """Return the events, life-safety first; the first carries battery, signal and the vendor's other words.

    A place is an event of its own and stands with each alarm too. A frame that says nothing else is a heartbeat.
    """
    said = _without_ends_of_what_stands(told.said)
    if told.location is not None:
        said.append(Said(EventType.LOCATION, location=told.location))
    if not said:
        said.append(Said(EventType.HEARTBEAT))
    events = _events(said, told, origin)
    return _carried(life_first(events) if len(events) > 1 else events, told, origin)


def _without_ends_of_what_stands(said: list[Said]) -> list[Said]:
    """Leave out a state's end where the same frame says the alarm: the room is quiet, and an alarm record is not."""
    alarms = {one.type for one in said if one.type in ALARMS}
    return [one for one in said if not (one.is_state and ENDS.get(one.type) in alarms)] if alarms else list(said)


def _events(said: list[Said], told: Told, origin: Origin) -> list[Event]:
    # Readings come last: who reads one event reads what happened.
    ordered = sorted(said, key=_is_reading) if len(said) > 1 else said
    at = told.at or origin.at
    return [_event(one, told, origin, at) for one in ordered]


def _is_reading(one: Said) -> bool:
    return one.type is EventType.READING


def _event(one: Said, told: Told, origin: Origin, at: datetime | None) -> Event:
    name = one.detail.get("name") if one.detail is not None and one.type is EventType.READING else None
    made = report(
        one.type,
        id_=origin.id if name is None or origin.id is None else _reading_id(origin.id, name),
        at=one.at or at,
        is_state=one.is_state,
        location=one.location or (told.location if one.type in ALARMS else None),
        value=one.value,
        unit=one.unit,
        detail=one.detail,
        damage=origin.damage,
    )
    return made if name is None or made.id_given else structs.replace(made, id=_reading_id(made.id, name))


def _reading_id(id_: str, name: str) -> str:
    """Two readings of one message differ by nothing but their name: without it the second would be a copy."""
    return f"{id_[: ID_CHARACTERS_MAX - 1 - len(name)]}:{name}"


def _carried(events: list[Event], told: Told, origin: Origin) -> list[Event]:
    first = events[0]
    detail = first.detail
    if told.detail:
        own = next((one.detail for one in told.said if one.type is first.type), None) if detail is not None else None
        detail = detail_of({**told.detail, **(own or {})})
    events[0] = structs.replace(first, battery_pct=told.battery_pct, signal_dbm=origin.signal_dbm, detail=detail)
    return events
