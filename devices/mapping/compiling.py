"""From a checked mapping to a decoder: everything that does not depend on the message is done once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from devices.decoding import Decoded, Rejected, RejectReason
from devices.event import ALARMS, Event, EventType, Location, Vitals
from devices.json_message import JsonMessage, read_json
from devices.mapping.asking import Said, alarm_of, ask_of
from devices.mapping.elements import Elements
from devices.mapping.model import Mapping as Model
from devices.mapping.model import Rule, Text, Time
from devices.mapping.paths import Frame, Path, Root
from devices.mapping.values import Fetch, Field, Place, all_hold, fields, number_of, place_of, text_of, time_of, without
from devices.naming import device_id
from devices.ordering import life_first
from devices.report import detail_of, reading, rejected, report
from devices.values import place as location_of

#: With a dot and a number the 64 that an id may have.
_NUMBERED_CHARACTERS: Final = 58


class _Common(NamedTuple):
    """What every event of an element says alike."""

    device: str | None
    at: datetime | None
    id: str | None
    damage: str | None


class _Told(NamedTuple):
    """What one element says."""

    device: str | None
    events: tuple[Event, ...]
    rejected: tuple[Rejected, ...]


class Compiled:
    """One mapping file as a source: `decode` keeps nothing of a message."""

    def __init__(self, mapping: Model) -> None:
        self._mapping = mapping
        self._elements = Elements(mapping)
        self._rules = tuple((rule, ask_of(rule)) for rule in mapping.rules)
        self._device, self._hub, self._id = text_of(mapping.device), _text(mapping.hub), _text(mapping.id)
        self._at = None if mapping.at is None else time_of(mapping.at)
        self._numbers, self._vitals = fields(mapping.numbers), fields(mapping.vitals)
        self._place = None if mapping.place is None else fields(mapping.place.numbers)
        self._place_holds = all_hold(() if mapping.place is None else mapping.place.when)
        self._readings = tuple((one, number_of(one.value), place_of(one.value.paths)) for one in mapping.readings)
        self._device_place, self._at_place, self._id_place = map(_place, (mapping.device, mapping.at, mapping.id))
        self._is_elements_own = bool(mapping.each) and any(_is_inside(path) for path in mapping.device.paths)

    def decode(self, topic: str, payload: bytes, *, model: str | None = None) -> Decoded:
        """Decode one message of the vendor; what is wrong with it is a Rejected."""
        del model  # A mapping file is one model's, or names it in a condition.
        levels = self._elements.levels(topic)
        if levels is None:
            return Decoded(device=None, channel=None, rejected=(self._elsewhere(payload),))
        read = read_json(payload)
        if isinstance(read, Rejected):
            return self._unreadable(read, Frame(None, None, levels))
        frames, missing = self._elements.of(read.value, levels)
        if not frames:
            # A message of another kind, such as one that a device went offline, has its fields outside any array.
            whole = Frame(read.value, read.value, levels)
            if not self._told(whole, read.damage, payload).events:
                return self._unreadable(self._without_elements(read, missing, payload), whole)
            frames, missing = [whole], None
        told = [self._told(frame, read.damage, payload) for frame in frames]
        return self._decoded(frames, told, read, payload, is_cut=missing is not None)

    def _decoded(
        self, frames: list[Frame], told: list[_Told], read: JsonMessage, payload: bytes, *, is_cut: bool
    ) -> Decoded:
        rejects = [one for tell in told for one in tell.rejected]
        if is_cut:
            rejects.append(
                rejected(RejectReason.TOO_LARGE, "message: more elements than are read; send fewer", payload)
            )
        events = [event for tell in told for event in tell.events]
        if len(frames) > 1 and events and not read.damage:
            events += [event for frame, tell in zip(frames, told, strict=True) for event in self._unmapped(frame, tell)]
        if not events and not rejects:
            rejects.append(self._nothing(read, payload))
        if len(events) > 1:
            events = life_first(events) if self._id is None else _apart(life_first(events))
        named = {tell.device for tell in told}
        device = named.pop() if len(named) == 1 else None
        return Decoded(
            device=device,
            channel=None,
            events=tuple(events),
            rejected=tuple(rejects),
            hub=self._hub_of(frames[0], device),
        )

    def _told(self, frame: Frame, damage: str | None, payload: bytes) -> _Told:
        """Everything one element says, good and bad."""
        device = self._device_of(frame)
        said = [(rule, found) for rule, ask in self._rules if (found := ask(frame)) is not None]
        if device is None:
            types = tuple(one for _, found in said for one in found.types)
            detail = f"device.id: nothing at {_listed(self._mapping.device.paths)}"
            return _Told(None, (), (rejected(RejectReason.BAD_ID, detail, payload, type_=alarm_of(types)),))
        own = device if self._is_elements_own else None
        common = _Common(own, self._at(frame) if self._at else None, self._id(frame) if self._id else None, damage)
        events = self._events(frame, said, common)
        if damage is not None:
            return _Told(device, tuple(event for event in events if event.type in ALARMS), ())
        return _Told(device, events, tuple(_new_words(said, own, payload)))

    def _events(self, frame: Frame, said: list[tuple[Rule, Said]], common: _Common) -> tuple[Event, ...]:
        used = self._used(common)
        location = self._location(frame, used)
        numbers = _fetched(self._numbers, frame, used)
        body = _fetched(self._vitals, frame, used)
        vitals = Vitals(**body) if body else None
        readings = self._read(frame, common, used)
        kinds = _kinds(said)
        if not kinds and (location or vitals or numbers or (said and not any(found.new_words for _, found in said))):
            kinds = _plain(location, vitals)
        first = self._detailed(frame, used)
        if not kinds:
            return _with_rest(readings, first)
        bearer = EventType.VITALS if any(kind is EventType.VITALS for kind, _ in kinds) else kinds[0][0]
        events = []
        for number, (kind, rule) in enumerate(kinds):
            event = report(
                kind,
                device=common.device,
                at=common.at,
                id_=common.id,
                is_state=rule is not None and rule.is_state,
                repeat_s=0.0 if rule is None else rule.repeat_s,
                location=location,
                vitals=vitals if kind is bearer else None,
                detail=first if number == 0 else None,
                damage=common.damage,
                battery_pct=numbers.get("battery_pct") if number == 0 else None,
                signal_dbm=numbers.get("signal_dbm") if number == 0 else None,
            )
            events.append(event)
        return (*events, *readings)

    def _used(self, common: _Common) -> list[Place]:
        """What stands in the event itself and need not be kept beside it."""
        places = (
            self._device_place,
            self._at_place if common.at is not None else None,
            self._id_place if common.id is not None else None,
        )
        return [place for place in places if place is not None]

    def _detailed(self, frame: Frame, used: list[Place]) -> Mapping[str, Any] | None:
        if not self._mapping.keeps_rest or not isinstance(frame.element, dict):
            return None
        return without(frame.element, used)

    def _location(self, frame: Frame, used: list[Place]) -> Location | None:
        if self._place is None or self._mapping.place is None or not self._place_holds(frame):
            return None
        places: list[Place] = []
        found = _fetched(self._place, frame, places)
        if "lat" not in found or "lon" not in found:
            return None
        location = location_of(**found, datum=self._mapping.place.datum)
        if location is not None:
            used += places
        return location

    def _read(self, frame: Frame, common: _Common, used: list[Place]) -> tuple[Event, ...]:
        events = []
        for one, fetch, place in self._readings:
            value = fetch(frame)
            if value is None:
                continue
            if place is not None:
                used.append(place)
            events.append(
                reading(
                    one.name, value, one.unit, device=common.device, at=common.at, id_=common.id, damage=common.damage
                )
            )
        return tuple(events)

    def _device_of(self, frame: Frame) -> str | None:
        name = self._device(frame)
        return None if name is None else device_id(name)

    def _hub_of(self, frame: Frame, device: str | None) -> str | None:
        name = self._hub(frame) if self._hub is not None else None
        hub = None if name is None else device_id(name)
        return hub if hub != device else None

    def _unmapped(self, frame: Frame, tell: _Told) -> tuple[Event, ...]:
        """An element of which the mapping knows nothing is kept, as a sign of life, beside those it knows."""
        if tell.events or tell.rejected or tell.device is None:
            return ()
        own = tell.device if self._is_elements_own else None
        at = self._at(frame) if self._at else None
        element = frame.element if isinstance(frame.element, dict) else {"element": frame.element}
        return (report(EventType.HEARTBEAT, device=own, at=at, detail=element),)

    def _unreadable(self, why: Rejected, frame: Frame) -> Decoded:
        """What cannot be read may still say by its topic whose it is, and that it is an alarm."""
        types = tuple(one for _, ask in self._rules if (said := ask(frame)) is not None for one in said.types)
        alarm = alarm_of(types)
        device = self._device_of(frame)
        if alarm is not None:
            why = replace(why, type_word=str(alarm))
        return Decoded(device=device, channel=None, rejected=(why,), hub=self._hub_of(frame, device))

    def _elsewhere(self, payload: bytes) -> Rejected:
        expected = ", ".join(self._mapping.topics.texts) if self._mapping.topics is not None else "any"
        return rejected(RejectReason.UNKNOWN_TOPIC, f"topic: not of this mapping; message.topic is {expected}", payload)

    def _without_elements(self, read: JsonMessage, missing: Path | None, payload: bytes) -> Rejected:
        if read.damage is not None:
            return rejected(RejectReason.NOT_JSON, read.damage, payload)
        where = f"`{missing.text}`" if missing is not None else _listed(self._mapping.each)
        return rejected(RejectReason.NOT_AN_EVENT, f"message.each: nothing at {where}", payload)

    def _nothing(self, read: JsonMessage, payload: bytes) -> Rejected:
        if read.damage is not None:
            return rejected(RejectReason.NOT_JSON, read.damage, payload)
        looked = self._elements.looked_for
        detail = f"message: the mapping finds nothing in it; it looked for {looked}"
        return rejected(RejectReason.NOT_AN_EVENT, detail, payload)


def _text(spec: Text | None) -> Fetch[str] | None:
    return None if spec is None else text_of(spec)


def _kinds(said: list[tuple[Rule, Said]]) -> list[tuple[EventType, Rule | None]]:
    """Every type once, by the first rule that says it."""
    kinds: dict[EventType, Rule | None] = {}
    for rule, found in said:
        for one in found.types:
            kinds.setdefault(one, rule)
    return list(kinds.items())


def _plain(location: Location | None, vitals: Vitals | None) -> list[tuple[EventType, Rule | None]]:
    """What a message is that reports nothing by a rule; one that says nothing else is a sign of life."""
    kinds: list[tuple[EventType, Rule | None]] = []
    if location is not None:
        kinds.append((EventType.LOCATION, None))
    if vitals is not None:
        kinds.append((EventType.VITALS, None))
    return kinds or [(EventType.HEARTBEAT, None)]


def _fetched(those: tuple[Field, ...], frame: Frame, used: list[Place]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, fetch, place in those:
        value = fetch(frame)
        if value is not None:
            found[name] = value
            if place is not None:
                used.append(place)
    return found


def _new_words(said: list[tuple[Rule, Said]], device: str | None, payload: bytes) -> Iterator[Rejected]:
    """A word that a table has not may be an alarm: it is seen, and named, and never passed over."""
    for rule, found in said:
        for word in found.new_words:
            where = _listed(rule.paths)
            detail = f'rule {rule.number}: the word at {where} is not in types; add it, as "none" if it says nothing'
            refused = rejected(RejectReason.UNKNOWN_TYPE, detail, payload, device=device)
            yield replace(refused, type_word=word or None)


def _apart(events: list[Event]) -> list[Event]:
    """Two reports of one message that would count as one get numbers behind their ids."""
    keys = [(event.device, event.id, event.type, event.at) for event in events]
    if len(set(keys)) == len(keys):
        return events
    seen: Counter[tuple[str | None, str, EventType, datetime]] = Counter()
    apart = []
    for event, key in zip(events, keys, strict=True):
        seen[key] += 1
        numbered = f"{event.id[:_NUMBERED_CHARACTERS]}.{seen[key]}"
        apart.append(event if seen[key] == 1 or not event.id_given else replace(event, id=numbered))
    return apart


def _place(spec: Text | Time | None) -> Place | None:
    return None if spec is None else place_of(spec.paths)


def _with_rest(readings: tuple[Event, ...], rest: Mapping[str, Any] | None) -> tuple[Event, ...]:
    """Where a message has nothing but readings, the first keeps what the vendor says besides."""
    if not readings or not rest:
        return readings
    first, *others = readings
    named = msgspec.json.decode(first.detail or b"{}")
    return (replace(first, detail=detail_of({**rest, **named})), *others)


def _is_inside(path: Path) -> bool:
    return path.root in (Root.ELEMENT, Root.ABOVE, Root.KEY)


def _listed(paths: Iterable[Path]) -> str:
    return ", ".join(f"`{path.text}`" for path in paths)
