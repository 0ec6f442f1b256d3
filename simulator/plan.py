"""What a fleet will say and when, from a seed alone: the part of a run that is the same every time."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Final

from devices.event import EPOCH, EventType
from simulator.bands import TraccarBand, Watch
from simulator.fleet import ClockFault, Device, Kind
from simulator.life import Life, Moment
from simulator.scenario import Scenario, Storm
from simulator.speech import BRIDGE, Carried, Speech
from simulator.wording import Dialect, Dispatch, Meant, Wording
from simulator.words import RESENT, Said, encode
from simulator.zigbee import ZigbeeBridge, ZigbeeSensor

_CLOCK_ERROR_MS: Final = {
    ClockFault.NONE: 0,
    ClockFault.FUTURE: 365 * 86_400_000,
    ClockFault.ROLLOVER: -1024 * 7 * 86_400_000,
    ClockFault.LOCAL_AS_UTC: 8 * 3_600_000,
    ClockFault.SINCE_1970: 0,
    ClockFault.DRIFT: -20 * 60_000,
}
assert set(_CLOCK_ERROR_MS) == set(ClockFault), "a new fault needs its error"
#: How late a late event is: what a device finds in its memory when it wakes.
_LATE_S: Final = (660.0, 86_400.0)
#: How far an event slips behind those after it.
_SLIP_S: Final = (0.2, 20.0)
#: How soon the second copy of a doubled one follows; it comes by the same way.
_COPY_S: Final = (0.0, 3.0)


class Planned:
    """One event as it will be sent. `made_s` and `send_s` are seconds since the start; `payload` is its JSON.

    What a vendor's device says has `dispatches` instead, and `beside` are further events of the same messages; `meant`
    is how it can be found again. A `heartbeat` is whatever the ledger does not note.
    `taken` is the one thing that changes: the broker has it.
    """

    __slots__ = (
        "alarm", "at", "beside", "copy_s", "device", "dispatches", "heartbeat", "id",
        "made_s", "meant", "payload", "retain", "send_s", "taken", "type",
    )  # fmt: skip

    def __init__(
        self, device: Device, event_id: str, word: EventType, made_s: float, at: str | int, payload: bytes
    ) -> None:
        self.device = device
        self.id = event_id
        self.type = word
        self.made_s = made_s
        self.send_s = made_s
        self.at = at
        self.payload = payload
        self.alarm = word in RESENT
        self.heartbeat = word == EventType.HEARTBEAT
        self.copy_s: float | None = None
        self.retain = False
        self.taken = False
        self.dispatches: tuple[Dispatch, ...] = ()
        self.meant: Meant | None = None
        self.beside: tuple[Planned, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """What a plan depends on besides the fleet. `start` only shifts the times in the events."""

    seed: int
    run_word: str
    scenario: Scenario
    duration_s: float
    start: datetime
    rate_scale: float = 1.0
    hour: float = 9.0


class Voice:
    """One device's way of saying things: its ids, its clock, and the share that goes late, astray or twice."""

    __slots__ = ("_clock_ms", "_course", "_device", "_number", "_rng", "_start_ms", "_text", "life", "stuck")

    def __init__(self, device: Device, course: Course) -> None:
        rng = Random(f"{course.seed}/{device.id}")
        self._device, self._course, self._rng = device, course, rng
        self.life = Life(device, rng, hour=course.hour, alarms=course.scenario.alarms)
        self._number = itertools.count(1)
        self._start_ms = round(course.start.timestamp() * 1000)
        since_1970 = device.clock_fault is ClockFault.SINCE_1970
        self._clock_ms = 0 if since_1970 else self._start_ms + _CLOCK_ERROR_MS[device.clock_fault]
        # Half of the models write RFC 3339, half milliseconds (contract.md section 2 allows both).
        self._text = rng.random() < 0.5
        self.stuck = rng.random() < course.scenario.stuck_share

    def opening(self) -> Iterator[Planned]:
        """Nothing: that a device is there its connection says."""
        return iter(())

    def moments(self) -> Iterator[Moment]:
        return self.life.moments()

    def tell(self, said: Said, made_s: float) -> Sequence[Planned]:
        """Return what is sent when the device has this to say."""
        return (self._say(said, made_s),)

    def _say(self, said: Said, made_s: float) -> Planned:
        """Return the event: its id, its device's time, and what befalls it on the way."""
        scenario, rng = self._course.scenario, self._rng
        event_id = f"{self._course.run_word}-{next(self._number)}"
        chance = rng.random()
        alarm = said.type in RESENT
        at_ms = self._clock_ms + int(made_s * 1000)
        if chance < scenario.late_share:
            at_ms -= int(rng.uniform(*_LATE_S) * 1000)
        at: str | int = _rfc3339(max(0, at_ms)) if self._text else max(0, at_ms)
        planned = Planned(self._device, event_id, said.type, made_s, at, encode(said, event_id=event_id, at=at))
        if scenario.late_share <= chance < scenario.late_share + scenario.out_of_order_share:
            planned.send_s = made_s + rng.uniform(*_SLIP_S)
        if rng.random() < scenario.duplicate_share:
            planned.copy_s = planned.send_s + rng.uniform(*_COPY_S)
        if alarm and scenario.retained_alarm_share:
            planned.retain = rng.random() < scenario.retained_alarm_share
        return planned


class ForeignVoice:
    """A device that speaks a vendor's format. What is quirky about it is what its format and its carrier let through.

    Bands have clocks and memories and so are wrong, late, overtaken and doubled as ours are; a bridge keeps order, and
    has its sensors' words from the air. A device that counts from its own start would repeat its last run's times.
    """

    __slots__ = ("_clock_ms", "_course", "_device", "_dialect", "_number", "_rng", "_start_ms", "life", "stuck")

    def __init__(self, device: Device, carried: Carried, course: Course) -> None:
        rng = Random(f"{course.seed}/{device.id}")
        self._device, self._course, self._rng = device, course, rng
        self.life = Life(device, rng, hour=course.hour, alarms=course.scenario.alarms)
        self._number = itertools.count(1)
        self._start_ms = round(course.start.timestamp() * 1000)
        self._clock_ms = self._start_ms + _CLOCK_ERROR_MS[device.clock_fault]
        self.stuck = rng.random() < course.scenario.stuck_share
        numbers = Random(f"{course.seed}/{course.run_word}/{device.id}")
        self._dialect = dialect_of(device, carried, Random(f"{course.seed}/{device.id}/dialect"), numbers)

    def opening(self) -> Iterator[Planned]:
        """Yield what is said of the device when the run begins."""
        wording = self._dialect.opening(_moment(self._start_ms))
        if wording is not None:
            yield self._planned(wording, 0.0, self._start_ms)

    def moments(self) -> Iterator[Moment]:
        return self._dialect.moments(self.life.moments())

    def tell(self, said: Said, made_s: float) -> Sequence[Planned]:
        """Return what is sent when the device has this to say; nothing where its format has no word for it."""
        scenario, rng = self._course.scenario, self._rng
        has_memory = self._device.kind is Kind.LOCATION_BAND
        chance = rng.random()
        at_ms = (self._clock_ms if has_memory else self._start_ms) + int(made_s * 1000)
        if has_memory and chance < scenario.late_share:
            at_ms -= int(rng.uniform(*_LATE_S) * 1000)
        wording = self._dialect.say(said, _moment(at_ms))
        if wording is None:
            return ()
        planned = self._planned(wording, made_s, at_ms)
        if has_memory and scenario.late_share <= chance < scenario.late_share + scenario.out_of_order_share:
            planned.send_s = made_s + rng.uniform(*_SLIP_S)
        if has_memory and rng.random() < scenario.duplicate_share:
            planned.copy_s = planned.send_s + rng.uniform(*_COPY_S)
        return (planned,)

    def _planned(self, wording: Wording, made_s: float, at_ms: int) -> Planned:
        """One event with all the messages, the others beside it; what means none is not in the ledger."""
        meant = wording.meant or (None,)
        events = [self._event(each, made_s, at_ms) for each in meant]
        events[0].dispatches, events[0].beside = wording.dispatches, tuple(events[1:])
        return events[0]

    def _event(self, meant: Meant | None, made_s: float, at_ms: int) -> Planned:
        event_id = f"{self._course.run_word}-{next(self._number)}"
        type_ = EventType.HEARTBEAT if meant is None else meant.type
        planned = Planned(self._device, event_id, type_, made_s, _rfc3339(at_ms), b"")
        planned.alarm, planned.meant = False, meant
        return planned


AnyVoice = Voice | ForeignVoice


def dialect_of(device: Device, carried: Carried, rng: Random, numbers: Random) -> Dialect:
    """Return the dialect of a device; `numbers` are another run's others, as ids are."""
    match carried.speech:
        case Speech.TRACCAR:
            return TraccarBand(device, carried, rng, numbers)
        case Speech.WATCH3G:
            return Watch(carried, rng)
        case _ if carried.name == BRIDGE:
            return ZigbeeBridge(carried)
        case _:
            return ZigbeeSensor(device, carried, rng)


def plan(devices: Sequence[Device], course: Course) -> Iterator[Planned]:
    """Yield everything the fleet will say within the duration, in the order in which it is made."""
    voices = [_voice(device, course) for device in devices]
    openings = itertools.chain.from_iterable(voice.opening() for voice in voices)
    return itertools.chain(openings, _said(voices, devices, course))


def _voice(device: Device, course: Course) -> AnyVoice:
    return Voice(device, course) if device.carried is None else ForeignVoice(device, device.carried, course)


def _said(voices: Sequence[AnyVoice], devices: Sequence[Device], course: Course) -> Iterator[Planned]:
    if course.scenario.press_once:
        return _first_press(voices, devices)
    if course.scenario.events_per_second is not None:
        return _paced(voices, devices, course, course.scenario.events_per_second)
    return _living(voices, devices, course)


def _first_press(voices: Sequence[AnyVoice], devices: Sequence[Device]) -> Iterator[Planned]:
    number = next((n for n, each in enumerate(devices) if each.kind is Kind.CALL_BUTTON), 0)
    return iter(voices[number].tell(voices[number].life.press(1.0), 1.0))


def _paced(
    voices: Sequence[AnyVoice], devices: Sequence[Device], course: Course, per_second: float
) -> Iterator[Planned]:
    """The i-th event is made at i / rate; devices take turns in an order drawn once; alarms are spread evenly."""
    order = [voice for voice, device in zip(voices, devices, strict=True) if not device.is_bridge]
    Random(f"{course.seed}/turns").shuffle(order)
    share = course.scenario.alarm_share
    for number in range(int(course.duration_s * per_second)):
        voice = order[number % len(order)]
        made_s = number / per_second
        life_s = made_s * course.rate_scale
        alarm = int((number + 1) * share) > int(number * share)
        yield from voice.tell(voice.life.press(life_s) if alarm else voice.life.reading(life_s), made_s)


def _living(voices: Sequence[AnyVoice], devices: Sequence[Device], course: Course) -> Iterator[Planned]:
    lives = [_said_by(voice, course) for voice in voices]
    if course.scenario.storm is not None:
        lives += _stormy(voices, devices, course, course.scenario.storm)
    return heapq.merge(*lives, key=lambda planned: planned.made_s)


def _said_by(voice: AnyVoice, course: Course) -> Iterator[Planned]:
    """A day runs `rate_scale` times as fast as the clock; what is said bears the clock's time."""
    for life_s, said in voice.moments():
        made_s = life_s / course.rate_scale
        if made_s >= course.duration_s:
            return
        if course.scenario.heartbeats or said.type != EventType.HEARTBEAT:
            yield from voice.tell(said, made_s)
        if voice.stuck:
            yield from voice.tell(voice.life.press(life_s), made_s)


def _stormy(
    voices: Sequence[AnyVoice], devices: Sequence[Device], course: Course, storm: Storm
) -> Iterator[Iterator[Planned]]:
    """Mains go and come back in a share of the homes; a few people press besides (field.md E, Katrina)."""
    for voice, device in zip(voices, devices, strict=True):
        rng = Random(f"{course.seed}/storm/{device.home.number}")
        if rng.random() >= storm.share:
            continue
        gone_s = storm.at_s + rng.uniform(0.0, storm.spread_s)
        back_s = gone_s + storm.lasts_s * rng.uniform(0.8, 1.2)
        presses = rng.random() < storm.press_share and device.kind is Kind.CALL_BUTTON
        if presses or not device.model.personal:
            yield _mains(voice, gone_s, back_s, course, presses=presses)


def _mains(voice: AnyVoice, gone_s: float, back_s: float, course: Course, *, presses: bool) -> Iterator[Planned]:
    mains = [(gone_s, EventType.POWER_LOST), (back_s, EventType.POWER_RESTORED)]
    moments = [((gone_s + back_s) / 2, EventType.SOS)] if presses else mains
    for made_s, word in moments:
        if made_s < course.duration_s:
            yield from voice.tell(voice.life.simple(word, made_s * course.rate_scale), made_s)


def _moment(at_ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=at_ms)


def _rfc3339(at_ms: int) -> str:
    return f"{_whole_second(at_ms // 1000)}.{at_ms % 1000:03d}Z"


@lru_cache(maxsize=1024)
def _whole_second(at_s: int) -> str:
    """A load run writes the same second thousands of times."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%S}"
