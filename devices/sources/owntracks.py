"""OwnTracks: what the phone app says, and the trackers whose bridges speak its JSON.

Meanings: owntracks.org/booklet, "JSON" (`_type` and its members) and "Topics"; the letters that Queclink trackers add
to a location's `t` are those of the bridge qtripp.

Ids. A topic is `owntracks/<user>/<device>`, with one more level for what is no location. A phone is `<user>:<device>`
where both can stand in an id and hold no colon themselves, which keeps two phones apart; else the name made of
`<user>/<device>`. On a base of another name the last two levels before a known ending are taken.

State and event. A transition is an event, every one: `enter` may come twice without `leave`, and the new fence before
the old one. It is numbered by its region where its time can be read, so that two fences in one second are two events
and a copy is none. A location is a place and, of a Queclink tracker, what made it send: SOS, battery low, mains lost
or back. `lwt` says that the broker lost the phone, which a phone does whenever it sleeps: `offline`, never an alarm;
its `tst` is when it had connected, so it is no time of the event.
The app has no call for help; `poi` and `t` = `u` are kept and mean nothing. `tst` is when the fix was made and may be
older than the message; counts since a start, like 1, are no time. A speed is in km/h, -1 is unknown; an accuracy of 0
is unknown too. The barometer's `p` stays in detail, pictures and settings (which hold passwords) are not kept.
A message that somebody sends to a phone (`cmd`, `card`, `setConfiguration`) is not its word. An encrypted one cannot
be read: TLS is what protects it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from devices.alarm_words import unknown_alarm, unread
from devices.decoding import Decoded, Rejected, RejectReason
from devices.event import ALARMS, Event, EventType, Location, Vitals
from devices.json_message import read_json
from devices.naming import device_id
from devices.ordering import life_first
from devices.report import rejected, report
from devices.topics import is_device_id
from devices.values import instant, percent, place, within

_BASE: Final = "owntracks"
_ENDINGS: Final = frozenset(
    {"event", "waypoint", "waypoints", "step", "steps", "beacon", "dump", "status", "cmd", "info", "lwt", "request"}
)
_KM_PER_H_IN_MPS: Final = 3.6
#: No phone counts more steps in one report: a month of marching.
_STEPS_MAX: Final = 10_000_000
#: A bridge that was away sends its queue as one array.
_ELEMENTS_MAX: Final = 4_096

_FENCES: Final = {"enter": EventType.FENCE_ENTER, "leave": EventType.FENCE_EXIT}
#: What made a Queclink tracker send: qtripp's letters, and the report's name where it has no letter.
_CAUSES: Final = {
    "GTSOS": EventType.SOS,
    "9": EventType.BATTERY_LOW,
    "GTBPL": EventType.BATTERY_LOW,
    "e": EventType.POWER_LOST,
    "GTMPF": EventType.POWER_LOST,
    "GTEPF": EventType.POWER_LOST,
    "E": EventType.POWER_RESTORED,
    "GTMPN": EventType.POWER_RESTORED,
    "GTEPN": EventType.POWER_RESTORED,
}
#: What may be raised out of a broken message: alarms, and the one happening of a phone that calls somebody.
_RAISED_DAMAGED: Final = ALARMS | {EventType.FENCE_EXIT}
_TO_THE_PHONE: Final = frozenset({"cmd", "card", "setConfiguration", "setWaypoints", "configuration"})
#: Not kept: pictures, and lists and settings that hold passwords.
_NOT_KEPT: Final = frozenset({"image", "face", "configuration", "password", "waypoints", "data"})


#: Written by the phone's owner, and no words of the phone's.
_QUIET: Final = frozenset({"desc", "poi", "tag", "inregions", "inrids", "t", "SSID", *_NOT_KEPT})


class _NotUsable(ValueError):
    """The element is no word of a phone; the reason and the detail are those of its refusal."""

    def __init__(self, reason: RejectReason, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


class _Basis(NamedTuple):
    """What every event of an element shares."""

    at: datetime | None
    location: Location | None
    detail: dict[str, Any]
    damage: str | None


def decode(topic: str, payload: bytes, *, model: str | None = None) -> Decoded:
    """Decode one message. Total: whatever is wrong with it becomes a Rejected; only a bug raises."""
    del model  # Phones and trackers say it alike.
    device = _device_of(topic)
    if device is None:
        detail = "topic: names no device; publish on owntracks/<user>/<device>"
        return Decoded(device=None, channel=None, rejected=(rejected(RejectReason.UNKNOWN_TOPIC, detail, payload),))
    read = read_json(payload)
    if isinstance(read, Rejected):
        return Decoded(device=device, channel=None, rejected=(read,))
    is_array = isinstance(read.value, list)
    elements = read.value if is_array else [read.value]
    events: list[Event] = []
    refused: list[Rejected] = []
    for element in elements[:_ELEMENTS_MAX]:
        try:
            events.extend(_events(element, read.damage))
            if read.damage is None and (word := _unread(element)) is not None:
                refused.append(unknown_alarm(word, payload))
        except _NotUsable as fault:
            refused.append(rejected(fault.reason, fault.detail, payload))
    if len(elements) > _ELEMENTS_MAX:
        detail = f"message: an array of more than {_ELEMENTS_MAX}; send fewer at once"
        refused.append(rejected(RejectReason.TOO_LARGE, detail, payload))
    if not elements or (read.damage and (is_array or not (events or refused))):
        refused.append(_nothing_in(read.damage, payload))
    ordered = tuple(life_first(events)) if is_array else tuple(events)
    return Decoded(device=device, channel=None, events=ordered, rejected=tuple(refused[:1]), is_array=is_array)


def _unread(element: Mapping[str, Any]) -> str | None:
    """Return a word that is said of a fence or sounds like an alarm and is none of ours, None where there is none."""
    word = element.get("event")
    if element.get("_type") == "transition" and not (isinstance(word, str) and word.strip().lower() in _FENCES):
        return f"event={word}"
    return unread(element, _QUIET)


def _nothing_in(damage: str | None, payload: bytes) -> Rejected:
    if damage is not None:
        return rejected(RejectReason.NOT_JSON, damage, payload)
    return rejected(RejectReason.EMPTY, "message: an array of nothing", payload)


def _device_of(topic: str) -> str | None:
    """Return the phone's id, or None where the topic has no level that could name one."""
    levels = [level for level in topic.split("/") if level]
    if _BASE in levels[:-1]:
        levels = levels[levels.index(_BASE) + 1 :][:2]
    else:
        while len(levels) > 2 and levels[-1] in _ENDINGS:
            levels.pop()
        levels = levels[-2:]
    if len(levels) < 2:
        return device_id(levels[0]) if levels else None
    user, device = levels
    joined = f"{user}:{device}"
    return joined if joined.count(":") == 1 and is_device_id(joined) else device_id(f"{user}/{device}")


def _events(element: object, damage: str | None) -> list[Event]:
    if not isinstance(element, dict):
        raise _NotUsable(RejectReason.NOT_AN_EVENT, "message: is no object; OwnTracks publishes objects with a _type")
    events = _told(element, damage)
    return events if damage is None else [event for event in events if event.type in _RAISED_DAMAGED]


def _told(values: Mapping[str, Any], damage: str | None) -> list[Event]:
    kind = values.get("_type")
    if kind == "location" or (kind is None and "lat" in values and "lon" in values):
        return _location(values, _basis(values, damage))
    if kind == "transition":
        return [_transition(values, _basis(values, damage))]
    if kind == "lwt":
        return [report(EventType.OFFLINE, detail=_kept(values), damage=damage)]
    if kind in ("steps", "step"):
        return [_steps(values, damage)]
    if kind == "encrypted":
        detail = "message: is encrypted; take the secret out of the app and use TLS"
        raise _NotUsable(RejectReason.NOT_AN_EVENT, detail)
    if isinstance(kind, str) and kind in _TO_THE_PHONE:
        raise _NotUsable(RejectReason.NOT_AN_EVENT, "message: is sent to a phone, and nothing that it says")
    if not isinstance(kind, str):
        raise _NotUsable(RejectReason.NOT_AN_EVENT, "message: has no _type; send what OwnTracks sends")
    # `waypoint`, `beacon`, `status`, `dump` and what is not known yet: signs of life.
    at = instant(values.get("tst")) if kind == "beacon" else None
    return [report(EventType.HEARTBEAT, at=at, detail=_kept(values), damage=damage)]


def _basis(values: Mapping[str, Any], damage: str | None) -> _Basis:
    speed_km_per_h = within(values.get("vel"), 0, 1000)
    location = place(
        values.get("lat"),
        values.get("lon"),
        accuracy_m=values.get("acc"),
        altitude_m=values.get("alt"),
        speed_mps=None if speed_km_per_h is None else speed_km_per_h / _KM_PER_H_IN_MPS,
    )
    return _Basis(instant(values.get("tst")), location, _kept(values), damage)


def _location(values: Mapping[str, Any], basis: _Basis) -> list[Event]:
    """Return what made the phone send, where that means something, and where it is.

    Apps of before 2015 said a transition as a location with an `event`.
    """
    word = values.get("event")
    if isinstance(word, str) and word in _FENCES:
        return [_transition(values, basis)]
    told = values.get("t")
    cause = _CAUSES.get(told if isinstance(told, str) else str(told)) if isinstance(told, str | int) else None
    routine = EventType.HEARTBEAT if basis.location is None else EventType.LOCATION
    battery_pct = percent(values.get("batt"))
    first = report(
        cause or routine,
        at=basis.at,
        location=basis.location,
        battery_pct=battery_pct,
        detail=basis.detail,
        damage=basis.damage,
    )
    if cause is None or basis.location is None:
        return [first]
    return [first, report(EventType.LOCATION, at=basis.at, location=basis.location)]


def _transition(values: Mapping[str, Any], basis: _Basis) -> Event:
    word = values.get("event")
    type_ = _FENCES.get(word.strip().lower()) if isinstance(word, str) else None
    return report(
        type_ or EventType.HEARTBEAT,
        at=basis.at,
        id_=None if basis.at is None or type_ is None else _region(values),
        location=basis.location,
        detail=basis.detail,
        damage=basis.damage,
    )


def _region(values: Mapping[str, Any]) -> str | None:
    """Return what tells one fence from another: its own id, or its name and when it was made."""
    told = values.get("rid")
    if told is None:
        told = "/".join(str(values[name]) for name in ("desc", "wtst") if isinstance(values.get(name), str | int))
    return device_id(str(told)) if isinstance(told, str | int) and str(told) else None


def _steps(values: Mapping[str, Any], damage: str | None) -> Event:
    steps = within(values.get("steps"), 0, _STEPS_MAX)
    return report(
        EventType.HEARTBEAT if steps is None else EventType.VITALS,
        at=instant(values.get("to")) or instant(values.get("tst")),
        vitals=None if steps is None else Vitals(steps=steps),
        detail=_kept(values),
        damage=damage,
    )


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in _NOT_KEPT}
