"""What happens to one device in the course of its days: presses, walks, nights, batteries; chance is its own."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator
from random import Random
from typing import Final

from devices.event import EventType, Location, Vitals
from simulator.fleet import Device, Kind
from simulator.words import Said

DAY_S: Final = 86_400.0
#: How busy an hour of the day is beside the day's mean: asleep, up at six, market in the morning, a nap, early to bed.
BUSY: Final = (
    0.1, 0.1, 0.1, 0.1, 0.2, 0.6, 1.4, 1.8, 2.0, 2.0, 1.8, 1.5,
    1.2, 0.7, 0.9, 1.5, 1.6, 1.5, 1.4, 1.2, 0.9, 0.6, 0.5, 0.3,
)  # fmt: skip
_BUSIEST: Final = max(BUSY)
_WALKS_H: Final = ((8.0, 9.5), (15.5, 17.0))
_METRES_PER_DEG: Final = 111_320.0

#: Alarms a day and device. A button is pressed about once a household and week; the rest is rarer.
_PRESSES_PER_DAY: Final = 1 / 7
_BAND_PRESSES_PER_DAY: Final = 1 / 30
_FALLS_PER_DAY: Final = 1 / 60
_SMOKE_PER_DAY: Final = 1 / 200
_GAS_PER_DAY: Final = 1 / 300
_TESTS_PER_DAY: Final = 1 / 30
#: 95 % of calls are no emergency (field.md 0.8); the wearer takes some of those back within seconds.
_CANCEL_SHARE: Final = 0.08
#: Some press again before anybody can have answered: an alarm of its own, with its own id (invariant 5).
_AGAIN_SHARE: Final = 0.1
#: A battery says so at ten per cent and is changed or charged at five.
_BATTERY_LOW_PCT: Final = 10
_BATTERY_CHANGED_PCT: Final = 5

Moment = tuple[float, Said]
Say = Callable[[float], Said]


class Life:
    """One device's life. Times are seconds of its life; it begins at `hour` of a day, local time.

    Everything comes from `rng`: the same device and the same chance live the same life.
    """

    def __init__(self, device: Device, rng: Random, *, hour: float, alarms: float) -> None:
        self.device = device
        self._rng = rng
        self._born_s = hour * 3600.0
        self._alarms = alarms
        self._battery_at_birth_pct = rng.uniform(12.0, 100.0)
        self._signal_dbm = rng.randint(-110, -65)
        self._steps = 0

    def moments(self) -> Iterator[Moment]:
        """Yield everything this device will ever say, in the order of time, without end."""
        return heapq.merge(*self._habits(), key=lambda moment: moment[0])

    def press(self, life_s: float) -> Said:
        """Return the alarm this kind of device exists for."""
        match self.device.kind:
            case Kind.SMOKE_ALARM:
                return self._said(EventType.SMOKE, life_s)
            case Kind.GAS_ALARM:
                return self._said(EventType.GAS, life_s)
            case Kind.FALL_SENSOR:
                return self._said(EventType.FALL, life_s)
            case Kind.LOCATION_BAND:
                return Said(EventType.SOS, self._fix(life_s), self.battery_pct(life_s), self._signal_dbm)
            case _:
                return self._said(EventType.SOS, life_s)

    def reading(self, life_s: float) -> Said:
        """Return one piece of telemetry that is no heartbeat: a fix, vitals, an activity or a reading."""
        if self.device.kind is Kind.LOCATION_BAND:
            chance = self._rng.random()
            if chance < 0.6:
                return self._located(life_s)
            return self._measured(life_s) if chance < 0.85 else self._said(EventType.ACTIVITY, life_s)
        if self.device.kind in (Kind.MOTION_SENSOR, Kind.BED_SENSOR, Kind.DOOR_SENSOR, Kind.CALL_BUTTON):
            return self._said(EventType.ACTIVITY, life_s)
        return Said(
            EventType.READING, value=round(self._rng.uniform(15, 30), 1), unit="°C", signal_dbm=self._signal_dbm
        )

    def simple(self, word: EventType, life_s: float) -> Said:
        """Return a word with nothing but the battery and the signal beside it."""
        return self._said(word, life_s)

    def battery_pct(self, life_s: float) -> int:
        """Return what is left in the battery, which is changed or charged when it is nearly empty."""
        used = self._battery_at_birth_pct - 100.0 * life_s / DAY_S / self.device.model.battery_days
        span = 100.0 - _BATTERY_CHANGED_PCT
        return round(used) if used > _BATTERY_CHANGED_PCT else round(100.0 - (_BATTERY_CHANGED_PCT - used) % span)

    # What each kind does

    def _habits(self) -> Iterator[Iterator[Moment]]:
        model, alarms = self.device.model, self._alarms
        yield self._every(model.interval_s, lambda at: self._said(EventType.HEARTBEAT, at))
        yield self._battery_low()
        yield self._chance(_TESTS_PER_DAY * alarms, lambda at: self._said(EventType.TEST, at))
        match self.device.kind:
            case Kind.CALL_BUTTON:
                yield self._presses(_PRESSES_PER_DAY * alarms)
            case Kind.LOCATION_BAND:
                yield self._presses(_BAND_PRESSES_PER_DAY * alarms)
                yield self._every(model.interval_s, self._located)
                yield self._every(3600.0, self._measured)
            case Kind.SMOKE_ALARM:
                yield self._with_end(_SMOKE_PER_DAY * alarms, EventType.SMOKE, 60.0, 600.0)
            case Kind.GAS_ALARM:
                yield self._with_end(_GAS_PER_DAY * alarms, EventType.GAS, 60.0, 600.0)
            case Kind.FALL_SENSOR:
                yield self._chance(_FALLS_PER_DAY * alarms, self.press)
            case Kind.DOOR_SENSOR:
                yield self._pairs(10.0, EventType.DOOR_OPEN, EventType.DOOR_CLOSED, 5.0, 60.0)
            case Kind.MOTION_SENSOR:
                yield self._chance(60.0, lambda at: self._said(EventType.ACTIVITY, at))
            case Kind.BED_SENSOR:
                yield self._nights()
            case Kind.HUB:
                yield self._every(1800.0, self.reading)

    def _presses(self, per_day: float) -> Iterator[Moment]:
        for at, said in self._chance(per_day, self.press):
            yield at, said
            chance = self._rng.random()
            soon_s = at + self._rng.uniform(5.0, 25.0)
            if chance < _CANCEL_SHARE:
                yield soon_s, self._said(EventType.CANCEL, soon_s)
            elif chance < _CANCEL_SHARE + _AGAIN_SHARE:
                yield soon_s, self.press(soon_s)

    def _with_end(self, per_day: float, word: EventType, shortest_s: float, longest_s: float) -> Iterator[Moment]:
        return self._pairs(per_day, word, EventType(f"{word}_clear"), shortest_s, longest_s)

    def _pairs(
        self, per_day: float, begin: EventType, end: EventType, shortest_s: float, longest_s: float
    ) -> Iterator[Moment]:
        over_s = 0.0
        for at, said in self._chance(per_day, lambda at: self._said(begin, at)):
            if at > over_s:
                yield at, said
                over_s = at + self._rng.uniform(shortest_s, longest_s)
                yield over_s, self._said(end, over_s)

    def _nights(self) -> Iterator[Moment]:
        """In bed at about half past nine, once up in the night, up at about six."""
        day = 0
        while True:
            midnight_s = day * DAY_S - self._born_s
            up_h, down_h = 6.0 + self._rng.gauss(0, 0.4), 21.5 + self._rng.gauss(0, 0.4)
            out_s = midnight_s + (2.0 + self._rng.uniform(0.0, 2.0)) * 3600.0
            night = [(out_s, EventType.VACANT), (out_s + self._rng.uniform(200.0, 900.0), EventType.OCCUPIED)]
            night += [
                (midnight_s + up_h * 3600.0, EventType.VACANT),
                (midnight_s + down_h * 3600.0, EventType.OCCUPIED),
            ]
            for at, word in night:
                if at >= 0:
                    yield at, self._said(word, at)
            day += 1

    def _battery_low(self) -> Iterator[Moment]:
        step_s = self.device.model.battery_days * DAY_S / 100.0
        at, said_so = 0.0, False
        while True:
            low = self.battery_pct(at) <= _BATTERY_LOW_PCT
            if low and not said_so:
                yield at, self._said(EventType.BATTERY_LOW, at)
            said_so = low
            at += step_s

    # When things happen

    def _every(self, interval_s: float, say: Say) -> Iterator[Moment]:
        at = self._rng.uniform(0.0, interval_s)
        while True:
            yield at, say(at)
            at += interval_s * self._rng.uniform(0.95, 1.05)

    def _chance(self, per_day: float, say: Say) -> Iterator[Moment]:
        """Happen at random, more in busy hours (a Poisson process, thinned by the hour)."""
        if per_day <= 0:
            return
        at = 0.0
        while True:
            at += self._rng.expovariate(per_day * _BUSIEST / DAY_S)
            hour = int((self._born_s + at) / 3600.0) % 24
            if self._rng.random() * _BUSIEST < BUSY[hour]:
                yield at, say(at)

    # What is said

    def _said(self, word: EventType, life_s: float) -> Said:
        return Said(word, None, self.battery_pct(life_s), self._signal_dbm)

    def _located(self, life_s: float) -> Said:
        return Said(EventType.LOCATION, self._fix(life_s), self.battery_pct(life_s), self._signal_dbm)

    def _measured(self, life_s: float) -> Said:
        self._steps += self._rng.randrange(400)
        vitals = Vitals(
            heart_rate_bpm=int(self._rng.gauss(72, 8)),
            spo2_pct=min(100, int(self._rng.gauss(96.5, 1.2))),
            temperature_c=round(self._rng.gauss(36.5, 0.2), 1),
            steps=self._steps,
        )
        return Said(EventType.VITALS, None, self.battery_pct(life_s), self._signal_dbm, vitals)

    def _fix(self, life_s: float) -> Location:
        """Return where the band is: at home, or out on a walk whose way is this day's own."""
        day, second = divmod(self._born_s + life_s, DAY_S)
        away_m, heading = self._walk(int(day), second / 3600.0)
        home = self.device.home
        accuracy_m = 8.0 if away_m else 25.0
        jitter = self._rng.gauss(0, accuracy_m / 3)
        lat = home.lat + (away_m * math.cos(heading) + jitter) / _METRES_PER_DEG
        lon = home.lon + (away_m * math.sin(heading) - jitter) / _METRES_PER_DEG / math.cos(math.radians(home.lat))
        speed_mps = 1.1 if away_m else 0.0
        return Location(lat=round(lat, 6), lon=round(lon, 6), accuracy_m=accuracy_m, speed_mps=speed_mps)

    def _walk(self, day: int, hour: float) -> tuple[float, float]:
        for number, (begin, end) in enumerate(_WALKS_H):
            if begin < hour < end:
                way = (hash((self.device.home.number, day, number)) & 0xFFFF) / 0xFFFF
                return (300 + 900 * way) * math.sin(math.pi * (hour - begin) / (end - begin)), way * math.tau * 7
        return 0.0, 0.0
