"""Bands and watches: through a Traccar server's forwarder, and as `[3G*…]` frames from a gateway for watches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any, Final

import msgspec

from devices.encoders import traccar, watch3g
from devices.event import Event, EventType, Location
from devices.traccar_words import WORDS
from devices.watch_frames import frame, frames
from devices.watch_status import BITS
from simulator.fleet import Device
from simulator.life import Moment
from simulator.speech import Carried
from simulator.wording import Compared, Dispatch, Meant, Wording
from simulator.words import RESENT, Said

#: A press costs a weak battery its last: some come with the low battery in the same message.
LOW_WITH_PRESS_SHARE: Final = 0.2
_LOW_PCT: Final = 10
#: Inside a house a press often comes with the last place known, marked as outdated.
OUTDATED_SHARE: Final = 0.3
#: Traccar forwards the event a moment after its position.
_EVENT_AFTER_S: Final = 0.2
#: Until somebody answers, a watch says its alarm again, unchanged; its gateway answers after so many at most.
REPEAT_EVERY_S: Final = 5.0
_REPEATS_MOST: Final = 3
#: The position that follows an alarm still says it.
_FOLLOWING_S: Final = 10.0
#: Equal alarms of Traccar's position and event are one within this (devices/sources/traccar.py).
_TOLD_TWICE_S: Final = 5.0
_PLACE_OF_STATUS: Final = 16
_PLACE_OF_TIME: Final = 1
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


class TraccarBand:
    """One band as Traccar forwards it, all of them on the same two topics."""

    def __init__(self, device: Device, carried: Carried, rng: Random, numbers: Random) -> None:
        self._name = carried.name
        self._rng, self._numbers = rng, numbers
        home = device.home
        self._last = Location(lat=home.lat, lon=home.lon)

    def opening(self, at: datetime) -> Wording:
        online = self._event(EventType.ONLINE, at)
        return Wording(dispatches=(Dispatch(*traccar.encode(online, device=self._name)),))

    def moments(self, life: Iterator[Moment]) -> Iterator[Moment]:
        return life

    def say(self, said: Said, at: datetime) -> Wording | None:
        event = self._event(said.type, at, said)
        try:
            topic, payload = traccar.encode(event, device=self._name)
        except traccar.NotSaidByTraccar:
            return None
        if said.location is not None:
            self._last = said.location
        if said.type in WORDS and said.type is not EventType.ACTIVITY:
            return self._alarm(said, topic, payload)
        meant = () if said.type is EventType.HEARTBEAT else (self._meant(said.type),)
        return Wording(dispatches=(Dispatch(topic, payload),), meant=meant)

    def _alarm(self, said: Said, topic: str, payload: bytes) -> Wording:
        """A position with every alarm in one word, and an event for each of them."""
        message = _decode(payload)
        position = message["position"]
        types = [said.type]
        if said.type is EventType.SOS and _is_low(said, self._rng):
            types.append(EventType.BATTERY_LOW)
            position["attributes"]["batteryLevel"] = min(_LOW_PCT, said.battery_pct or _LOW_PCT)
        position["attributes"]["alarm"] = ",".join(WORDS[each] for each in types)
        if position["outdated"] or self._rng.random() < OUTDATED_SHARE:
            position |= {"latitude": self._last.lat, "longitude": self._last.lon, "outdated": True, "valid": False}
        dispatches = [Dispatch(topic, _encode(message))]
        for each in types:
            told = {"id": self._number(), "type": "alarm", "deviceId": 1, "eventTime": position.get("deviceTime")}
            told["attributes"] = {"alarm": WORDS[each]}
            dispatches.append(Dispatch(traccar.EVENTS, _encode({"event": told, **message}), after_s=_EVENT_AFTER_S))
        return Wording(dispatches=tuple(dispatches), meant=tuple(self._meant(each) for each in types))

    def _meant(self, type_: EventType) -> Meant:
        is_alarm = type_ in RESENT or type_ is EventType.BATTERY_LOW
        within_s = _TOLD_TWICE_S if type_ in WORDS else 0.0
        return Meant(type=type_, by=Compared.TIME, unit_s=0.001, within_s=within_s, reports=2 if is_alarm else 1)

    def _event(self, type_: EventType, at: datetime, said: Said | None = None) -> Event:
        if said is None:
            return Event(id=self._number(), at=at, type=type_)
        return Event(
            id=self._number(), at=at, type=type_, location=said.location, battery_pct=said.battery_pct,
            vitals=said.vitals,
        )  # fmt: skip

    def _number(self) -> str:
        """Traccar numbers positions and events for all its devices together: to one of them they come at random."""
        return str(self._numbers.randrange(10**9, 10**12))


class Watch:
    """One watch: frames without an id, times to the second, alarms again until its gateway answers."""

    def __init__(self, carried: Carried, rng: Random) -> None:
        self._name = carried.name
        self._rng = rng

    def opening(self, at: datetime) -> None:
        """A watch comes with its first sign of life."""
        del at

    def moments(self, life: Iterator[Moment]) -> Iterator[Moment]:
        return life

    def say(self, said: Said, at: datetime) -> Wording | None:
        at = at.replace(microsecond=0)
        is_alive = said.type is EventType.HEARTBEAT
        event = Event(
            id=said.type, at=at, type=said.type, location=said.location, battery_pct=said.battery_pct,
            vitals=said.vitals, id_given=False, at_given=not is_alive,
        )  # fmt: skip
        try:
            topic, payload = watch3g.encode(event, device=self._name)
        except watch3g.NotSaidByWatch:
            return None
        if said.type in BITS:
            return self._alarm(said, at, topic, payload)
        if said.type is not EventType.LOCATION:
            return Wording(dispatches=(Dispatch(topic, payload),))
        return Wording(dispatches=(Dispatch(topic, payload),), meant=(self._meant(said.type),))

    def _alarm(self, said: Said, at: datetime, topic: str, payload: bytes) -> Wording:
        types = [said.type]
        if said.type is EventType.SOS and _is_low(said, self._rng):
            types.append(EventType.BATTERY_LOW)
        bits = sum(BITS[each] for each in types)
        sent = _with(payload, _PLACE_OF_STATUS, f"{bits:08X}")
        repeats = self._rng.randint(0, _REPEATS_MOST)
        dispatches = [Dispatch(topic, sent, after_s=REPEAT_EVERY_S * number) for number in range(repeats + 1)]
        if said.type is EventType.SOS:
            later = f"{at.timestamp() + _FOLLOWING_S:.0f}"
            dispatches.append(Dispatch(topic, _position_after(sent, int(later), at), after_s=_FOLLOWING_S))
        return Wording(dispatches=tuple(dispatches), meant=tuple(self._meant(each) for each in types))

    def _meant(self, type_: EventType) -> Meant:
        return Meant(type=type_, by=Compared.TIME, unit_s=1.0)


def _is_low(said: Said, rng: Random) -> bool:
    low = said.battery_pct is not None and said.battery_pct <= _LOW_PCT
    return rng.random() < LOW_WITH_PRESS_SHARE or low


def _with(payload: bytes, place: int, value: str, word: str | None = None) -> bytes:
    """Return the frame with another value in one place of its content."""
    (told,) = frames(payload)
    fields = told.content.decode().split(",")
    fields[place] = value
    return frame(told.maker, told.device.decode(), ",".join([word or fields[0], *fields[1:]]))


def _position_after(payload: bytes, at_s: int, began: datetime) -> bytes:
    at = datetime.fromtimestamp(at_s, began.tzinfo)
    dated = _with(payload, _PLACE_OF_TIME, f"{at:%d%m%y}", "UD")
    return _with(dated, _PLACE_OF_TIME + 1, f"{at:%H%M%S}")
