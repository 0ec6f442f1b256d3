"""What happens to a town in a year: presses, falls, smoke, wandering, flat batteries, storms, outages, tests, visits.

Rates are per device and year, so that a home has about five warnings (498 homes of a district of Hangzhou had 1,227 in
a trial). Of the calls 5 % are in earnest, one in sixty needs an ambulance (Aster); nearly one first attempt in five is
lost or sent again (Appello); the rest is accident, test and technology.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from devices.event import EventType
from tests.simulation.town import Device, Home, Population

YEAR_S: Final = 365 * 24 * 3600
#: The device kind that says it, what it says, how often a year, and after how many seconds it takes it back (0: never).
RATES: Final = (
    ("call_button", EventType.SOS, 2.0, 0),
    ("call_button", EventType.BUTTON, 0.5, 0),
    ("call_button", EventType.BATTERY_LOW, 0.4, 0),
    ("smoke_alarm", EventType.SMOKE, 0.4, 240),
    ("smoke_alarm", EventType.HEAT, 0.05, 600),
    ("smoke_alarm", EventType.BATTERY_LOW, 0.2, 0),
    ("smoke_alarm", EventType.FAULT, 0.1, 7200),
    ("gas_alarm", EventType.GAS, 0.3, 300),
    ("gas_alarm", EventType.CARBON_MONOXIDE, 0.05, 900),
    ("location_band", EventType.FALL, 0.8, 0),
    ("location_band", EventType.SOS, 1.0, 0),
    ("location_band", EventType.WANDERING, 0.5, 3600),
    ("location_band", EventType.REMOVED, 1.0, 0),
    ("location_band", EventType.MEDICAL, 0.5, 0),
    ("location_band", EventType.BATTERY_LOW, 1.0, 0),
    ("motion_sensor", EventType.INACTIVITY, 0.5, 0),
    ("door_sensor", EventType.INTRUSION, 0.1, 0),
    ("door_sensor", EventType.TAMPER, 0.2, 0),
)  # fmt: skip
#: Two presses in one panic, or a device that sends again what it thinks was lost.
PRESSES_AGAIN: Final = 0.18
RESENDS: Final = 0.18
#: Each button once by its fitter, in test mode; the other monthly tests are thinned to what the watch reads of them.
TESTS: Final = 1
DIES_A_YEAR: Final = 0.02
STORMS: Final = 4
#: Times the centre's own engine is away, and for how long at most.
ENGINE_AWAY: Final = 4
ENGINE_AWAY_S: Final = (600, 2400)
#: Alarms that a gateway kept while it had no network, and brings in one flush.
FLUSHES: Final = 12
STRANGERS: Final = 12
GARBLED: Final = 12
#: Of what lasts, so many never say that it is over; of smoke, so many detectors say it again while it lasts.
END_IS_LOST: Final = 0.05
GOES_ON: Final = 0.2
GOES_ON_EVERY_S: Final = 75
#: Walks beyond the fence of somebody with dementia; runs of readings beyond somebody's bounds; the common ones are
#: thinned to one a week.
WALKS: Final = 3.0
WALKS_M: Final = 450.0
UNWELL: Final = 0.5
#: When somebody moves in a home, in hours of UTC there; that they stay abed, or are out, for a day.
STIRS_AT: Final = (0.5, 4, 8, 11.5)
STAYS_ABED: Final = 0.002
VISIT_IS_MISSED: Final = 0.03
#: Desks that silence a device for some days, and people who are away for some: of the whole town, a year.
SILENCES: Final = 20
ABSENCES: Final = 40
#: Of these, so many where stillness is watched: the detectors look there every ten minutes then.
ABSENT_IS_WATCHED: Final = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """One word of a device at one moment."""

    at: datetime
    device: str
    type: EventType
    id: str
    kept_s: float = 0  #: so long ago by its own clock: it lay with a gateway, or is sent again
    garbled: bool = False
    serious: bool = False  #: somebody needs help


@dataclass(frozen=True, kw_only=True, slots=True)
class Silenced:
    """A device that says nothing from here on, until somebody replaces its battery."""

    at: datetime
    device: Device
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Away:
    """The engine is not there."""

    at: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Test:
    """Somebody tests a device, as once a year: test mode, and a press in it."""

    at: datetime
    device: Device
    confirmed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """A reading of a band: where it is, or how its wearer is."""

    at: datetime
    device: Device
    place: tuple[float, float] | None = None
    heart_rate_bpm: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Stirs:
    """In all homes that are watched for stillness somebody moves, but in these."""

    at: datetime
    still: frozenset[int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Visited:
    """Somebody came, and was heard."""

    at: datetime
    visit_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Quietened:
    """A desk silences what a device says of itself, for so long."""

    at: datetime
    device: Device
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaves:
    """A resident is away, for so long."""

    at: datetime
    home: Home
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Weather:
    """Power has gone in many homes: for hours the engine looks more often, and a desk may call it a storm."""

    at: datetime
    is_called: bool


Happening = Said | Silenced | Away | Test | Read | Stirs | Visited | Quietened | Leaves | Weather


def of_year(population: Population, rng: Random, start: datetime, *, days: int = 365) -> list[Happening]:
    """Everything that happens in so many days, in order."""
    span_s, share = days * 24 * 3600, days / 365
    found: list[Happening] = []
    for home in population.homes:
        found += _of_home(home, rng, start, span_s, share)
    for _ in range(round(STORMS * share)):
        found += _storm(population, rng, start, span_s)
    for _ in range(round(ENGINE_AWAY * share)):
        at = start + timedelta(seconds=rng.uniform(0, span_s))
        found.append(Away(at=at, until=at + timedelta(seconds=rng.uniform(*ENGINE_AWAY_S))))
    for number in range(round(FLUSHES * share)):
        found += _flush(population, rng, start, span_s, number)
    found += _strange(rng, start, span_s, share)
    found += _days(population, rng, start, days)
    found += _decided(population, rng, start, span_s, share)
    found += [
        Visited(at=begins + timedelta(minutes=rng.uniform(2, 50)), visit_id=visit_id)
        for begins, visit_id, _ in population.visits
        if rng.random() >= VISIT_IS_MISSED
    ]
    return sorted(found, key=lambda one: (one.at, str(one)))


def _times(rng: Random, rate: float, start: datetime, span_s: float) -> Iterator[datetime]:
    """As a Poisson process has them."""
    at_s = rng.expovariate(rate / YEAR_S)
    while at_s < span_s:
        yield start + timedelta(seconds=at_s)
        at_s += rng.expovariate(rate / YEAR_S)


def _of_home(home: Home, rng: Random, start: datetime, span_s: float, share: float) -> Iterator[Happening]:
    for kind, type_, rate, lasts_s in RATES:
        device = home.having(kind)
        if device is not None:
            for number, at in enumerate(_times(rng, rate, start, span_s)):
                yield from _episode(rng, device, type_, at, f"{type_}-{number}", lasts_s)
    for device in home.devices:
        for at in _times(rng, DIES_A_YEAR, start, span_s):
            yield Silenced(at=at, device=device, until=at + timedelta(days=rng.uniform(2, 9)))
    band = home.having("location_band")
    if band is not None:
        yield from _of_band(home, band, rng, start, span_s)
    button = home.having("call_button")
    if button is not None:
        for at in _times(rng, TESTS, start, span_s):
            yield Test(at=at, device=button, confirmed=rng.random() < 0.9)


def _episode(rng: Random, device: Device, type_: EventType, at: datetime, id_: str, lasts_s: int) -> Iterator[Said]:
    serious = rng.random() < 0.05
    said = Said(at=at, device=device.name, type=type_, id=id_, serious=serious)
    yield said
    if rng.random() < RESENDS:
        later_s = rng.uniform(2, 9)
        again_at = at + timedelta(seconds=later_s)
        yield Said(at=again_at, device=device.name, type=type_, id=id_, kept_s=later_s)
    if type_ is EventType.SOS and rng.random() < PRESSES_AGAIN:
        again = at + timedelta(seconds=rng.uniform(3, 200))
        yield Said(at=again, device=device.name, type=type_, id=f"{id_}-again", serious=serious)
    if lasts_s:
        over = at + timedelta(seconds=rng.uniform(0.5, 2) * lasts_s)
        if type_ is EventType.SMOKE and rng.random() < GOES_ON:
            yield from _goes_on(device, at, over, id_)
        if rng.random() >= END_IS_LOST:
            yield Said(at=over, device=device.name, type=EventType(f"{type_}_clear"), id=f"{id_}-end")


def _goes_on(device: Device, at: datetime, over: datetime, id_: str) -> Iterator[Said]:
    """The detector says its smoke again and again while it lasts."""
    for number in range(1, int((over - at).total_seconds() // GOES_ON_EVERY_S) + 1):
        again = at + timedelta(seconds=number * GOES_ON_EVERY_S)
        yield Said(at=again, device=device.name, type=EventType.SMOKE, id=f"{id_}-{number}")


def _storm(population: Population, rng: Random, start: datetime, span_s: float) -> Iterator[Happening]:
    """Power goes in some villages, three homes in five; it comes back within hours, and a lamp has caught fire."""
    at = start + timedelta(seconds=rng.uniform(0, span_s))
    yield Weather(at=at, is_called=rng.random() < 0.6)
    struck = set(rng.sample(range(10), 4))
    name = f"storm-{at:%m%d%H}"
    homes = [home for home in population.homes if home.village in struck and rng.random() < 0.6]
    for home in homes:
        device = home.devices[rng.randrange(len(home.devices))]
        lost = at + timedelta(seconds=rng.uniform(0, 90))
        yield Said(at=lost, device=device.name, type=EventType.POWER_LOST, id=f"{name}-lost")
        back = lost + timedelta(seconds=rng.uniform(1800, 4 * 3600))
        yield Said(at=back, device=device.name, type=EventType.POWER_RESTORED, id=f"{name}-back")
    for home in rng.sample(homes, min(2, len(homes))):
        burns = at + timedelta(seconds=rng.uniform(20, 600))
        detector = home.having("smoke_alarm")
        if detector is not None:
            yield Said(at=burns, device=detector.name, type=EventType.SMOKE, id=f"{name}-fire", serious=True)


def _flush(population: Population, rng: Random, start: datetime, span_s: float, number: int) -> Iterator[Said]:
    """Ten alarms of the last hours, all at once."""
    at = start + timedelta(seconds=rng.uniform(0, span_s))
    for home in rng.sample(population.homes, 10):
        kept_s = round(rng.uniform(60, 6 * 3600))
        yield Said(at=at, device=home.devices[0].name, type=EventType.SOS, id=f"flush-{number}", kept_s=kept_s)


def _of_band(home: Home, band: Device, rng: Random, start: datetime, span_s: float) -> Iterator[Read]:
    """Once a week an ordinary word; sometimes a walk too far, sometimes a racing heart for a while."""
    for week in range(int(span_s // (7 * 24 * 3600)) + 1):
        at = start + timedelta(days=7 * week, seconds=rng.uniform(0, 7 * 24 * 3600))
        yield Read(at=at, device=band, place=(home.lat, home.lon), heart_rate_bpm=rng.uniform(58, 88))
    if "dementia" in home.tags:
        for at in _times(rng, WALKS, start, span_s):
            back = at + timedelta(minutes=rng.uniform(15, 70))
            far = (home.lat + WALKS_M / 111_195.0, home.lon)
            for number in range(4):
                yield Read(at=at + timedelta(minutes=3 * number), device=band, place=far)
            for number in range(2):
                yield Read(at=back + timedelta(minutes=3 * number), device=band, place=(home.lat, home.lon))
    for at in _times(rng, UNWELL, start, span_s):
        for number in range(4):
            yield Read(at=at + timedelta(minutes=5 * number), device=band, heart_rate_bpm=rng.uniform(135, 160))


def _days(population: Population, rng: Random, start: datetime, days: int) -> Iterator[Stirs]:
    """Four times a day somebody moves wherever stillness is watched."""
    for day in range(days):
        still = frozenset(home.resident_id for home in population.cared_for if rng.random() < STAYS_ABED)
        for hour in STIRS_AT:
            yield Stirs(at=start + timedelta(days=day, hours=hour), still=still)


def _decided(population: Population, rng: Random, start: datetime, span_s: float, share: float) -> Iterator[Happening]:
    """What desks and families arrange: a device silenced while it is mended, somebody away for a week."""
    for _ in range(round(SILENCES * share)):
        at = start + timedelta(seconds=rng.uniform(0, span_s))
        device = population.devices[rng.randrange(len(population.devices))]
        yield Quietened(at=at, device=device, until=at + timedelta(days=rng.uniform(0.5, 3)))
    for _ in range(round(ABSENCES * share)):
        at = start + timedelta(seconds=rng.uniform(0, span_s))
        homes = population.cared_for if rng.random() < ABSENT_IS_WATCHED else population.homes
        home = homes[rng.randrange(len(homes))]
        yield Leaves(at=at, home=home, until=at + timedelta(days=rng.uniform(2, 12)))


def _strange(rng: Random, start: datetime, span_s: float, share: float) -> Iterator[Said]:
    for number in range(round((STRANGERS + GARBLED) * share)):
        at = start + timedelta(seconds=rng.uniform(0, span_s))
        garbled = number >= STRANGERS * share
        device = f"call_button-{rng.randrange(100)}" if garbled else f"nobodys-{number}"
        yield Said(at=at, device=device, type=EventType.SOS, id=f"strange-{number}", garbled=garbled)
