"""The fleet a seed stands for: invented households of Chengwan County, who lives there, and their devices."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from typing import Final

from simulator.speech import BRIDGE, TRACCAR_HUB, WATCH_HUB, Carried, Shares, Speech, Voices, home_word, registered_id

#: Codes beginning with 99 are no county's (GB/T 2260 ends at 82): 澄湾县 is invented.
COUNTY_CODE: Final = "990681"
COMMUNITIES_PER_TOWN: Final = 8
HOMES_PER_COMMUNITY: Final = 60
_COUNTY_LAT, _COUNTY_LON = 31.9000, 121.6200
#: One community is about two kilometres from the next.
_COMMUNITY_STEP_DEG: Final = 0.02
_HOME_SPREAD_DEG: Final = 0.008

_SURNAMES: Final = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高"
_GIVEN: Final = ("秀英", "桂兰", "建国", "玉珍", "淑华", "德明", "凤英", "志强", "素芬", "永福", "月娥", "国栋")
_TOWNS: Final = ("澄江镇", "湾头镇", "柳汀镇", "望潮镇", "石渚镇")
_ROADS: Final = ("望江路", "柳荫巷", "渔埠街", "东风弄", "青石街", "文昌路")
_OLDEST_BIRTH: Final = date(1930, 1, 1)
_BIRTH_SPAN_DAYS: Final = 30 * 365
_TAGS: Final = ("empty_nest", "hardship_support", "dementia", "mobility_none", "oxygen", "deaf", "minimum_allowance")


class Kind(StrEnum):
    """Device kinds as `shouwang device import` names them (contract.md section 2, Registering)."""

    CALL_BUTTON = "call_button"
    SMOKE_ALARM = "smoke_alarm"
    LOCATION_BAND = "location_band"
    DOOR_SENSOR = "door_sensor"
    MOTION_SENSOR = "motion_sensor"
    BED_SENSOR = "bed_sensor"
    GAS_ALARM = "gas_alarm"
    FALL_SENSOR = "fall_sensor"
    HUB = "hub"


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """What one kind of device is like: the word in its id, how often it reports, whose it is, how long a battery is."""

    word: str
    interval_s: int
    personal: bool
    battery_days: float


#: In the order in which a home gets them: button, smoke alarm and band first, as county programmes hand them out.
MODELS: Final = {
    Kind.CALL_BUTTON: Model(word="call", interval_s=3600, personal=True, battery_days=400),
    Kind.SMOKE_ALARM: Model(word="smoke", interval_s=21600, personal=False, battery_days=1100),
    Kind.LOCATION_BAND: Model(word="band", interval_s=600, personal=True, battery_days=3),
    Kind.DOOR_SENSOR: Model(word="door", interval_s=3600, personal=False, battery_days=500),
    Kind.MOTION_SENSOR: Model(word="motion", interval_s=3600, personal=False, battery_days=300),
    Kind.BED_SENSOR: Model(word="bed", interval_s=900, personal=True, battery_days=200),
    Kind.GAS_ALARM: Model(word="gas", interval_s=21600, personal=False, battery_days=900),
    Kind.FALL_SENSOR: Model(word="fall", interval_s=3600, personal=True, battery_days=120),
    Kind.HUB: Model(word="hub", interval_s=300, personal=False, battery_days=30),
}
assert set(MODELS) == set(Kind), "a new kind needs a model"
MAX_DEVICES_PER_HOUSEHOLD: Final = 2 * len(MODELS)
#: What there is as a Zigbee sensor; it needs a bridge in its home.
ZIGBEE_KINDS: Final = frozenset(
    {Kind.CALL_BUTTON, Kind.SMOKE_ALARM, Kind.DOOR_SENSOR, Kind.MOTION_SENSOR, Kind.GAS_ALARM}
)


class ClockFault(StrEnum):
    """How a device's clock lies (field.md C 18)."""

    NONE = "none"
    FUTURE = "future"  # a year ahead
    ROLLOVER = "rollover"  # GPS week rollover: 1,024 weeks behind
    LOCAL_AS_UTC = "local_as_utc"  # eight hours ahead
    SINCE_1970 = "since_1970"  # counts from its own start
    DRIFT = "drift"  # twenty minutes behind


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Someone who lives in a home; every one of them is invented."""

    ref: str
    name: str
    phone: str
    birth_date: date
    tags: tuple[str, ...]
    ability: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Home:
    """A household: where it is and who lives there. `number` counts from 0 and does not depend on the fleet's size."""

    number: int
    area: str
    address: str
    lat: float
    lon: float
    people: tuple[Person, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """One device; `person` is None for a shared one. `subject` is whose trouble its alarm is.

    `carried` is how a device is reached that speaks a vendor's format; `id` is then how the register calls it.
    """

    id: str
    kind: Kind
    home: Home
    person: Person | None
    clock_fault: ClockFault
    registered: bool
    carried: Carried | None = None

    @property
    def model(self) -> Model:
        return MODELS[self.kind]

    @property
    def is_bridge(self) -> bool:
        """Whether it is what carries the others of its home, and says nothing of anybody."""
        return self.carried is not None and self.carried.name == BRIDGE

    @property
    def subject(self) -> str:
        return self.person.ref if self.person is not None else f"home-{self.home.number}"


def word_of(*parts: object, length: int = 6) -> str:
    """Return a short word of lower-case letters and digits that these parts always give."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    return "".join(alphabet[byte & 31] for byte in digest[:length])


def fleet(
    seed: int,
    households: int,
    devices_per_household: int,
    *,
    wrong_clock_share: float = 0.0,
    unregistered_share: float = 0.0,
    speaks: Shares | None = None,
) -> Iterator[Device]:
    """Yield the devices of a seed. Home n and its devices are the same however many homes are asked for.

    What a home's devices speak changes their ids where the format has its own, and nothing else of them; a home whose
    sensors speak Zigbee has a bridge besides. Raises ScenarioRefused where `speaks` asks for more than there can be.
    """
    kinds = [list(Kind)[place % len(Kind)] for place in range(devices_per_household)]
    voices = _voices(seed, kinds, speaks or {})
    for number in range(households):
        # Chance for show, not for secrets: the same seed must give the same town.
        rng = Random(f"{seed}/home/{number}")
        home = _home(rng, seed, number)
        for place, kind in enumerate(kinds):
            person = home.people[(place // len(Kind)) % len(home.people)]
            suffix = f"-{place // len(Kind) + 1}" if place >= len(Kind) else ""
            carried = _carried(voices, number, kind, place // len(Kind), f"{MODELS[kind].word}{suffix}")
            own_id = f"{home_word(seed, number)}-{MODELS[kind].word}{suffix}"
            yield Device(
                id=own_id if carried is None else registered_id(carried),
                kind=kind,
                home=home,
                person=person if MODELS[kind].personal else None,
                clock_fault=_clock_fault(rng, wrong_clock_share),
                registered=rng.random() >= unregistered_share,
                carried=carried,
            )
        if voices is not None and voices.has_bridge(number):
            yield _hub(voices.bridge(number), home)


def servers(devices: Iterable[Device]) -> Iterator[Device]:
    """Yield what carries the bands of this fleet: devices of no home, which the register knows as hubs."""
    hubs = {each.carried.carrier: each for each in devices if each.carried is not None}
    for speech, hub in ((Speech.TRACCAR, TRACCAR_HUB), (Speech.WATCH3G, WATCH_HUB)):
        if hub in hubs:
            carried = Carried(speech=speech, carrier=hub, name=hub)
            yield replace(_hub(carried, hubs[hub].home), id=hub)


def _hub(carried: Carried, home: Home) -> Device:
    return Device(
        id=registered_id(carried), kind=Kind.HUB, home=home, person=None, clock_fault=ClockFault.NONE, registered=True,
        carried=carried,
    )  # fmt: skip


def _voices(seed: int, kinds: Sequence[Kind], speaks: Shares) -> Voices | None:
    if not speaks:
        return None
    zigbee = sum(kind in ZIGBEE_KINDS for kind in kinds)
    return Voices(seed, speaks, devices=len(kinds), zigbee=zigbee, bands=kinds.count(Kind.LOCATION_BAND))


def _carried(voices: Voices | None, home: int, kind: Kind, number: int, name: str) -> Carried | None:
    if voices is None:
        return None
    if kind is Kind.LOCATION_BAND:
        return voices.band(home, number)
    return voices.behind_bridge(home, name) if kind in ZIGBEE_KINDS and voices.has_bridge(home) else None


def _home(rng: Random, seed: int, number: int) -> Home:
    community = number // HOMES_PER_COMMUNITY
    town = community // COMMUNITIES_PER_TOWN
    town_code = f"{COUNTY_CODE}{100 + town % 900}"
    lat = _COUNTY_LAT + _COMMUNITY_STEP_DEG * (community % 20)
    lon = _COUNTY_LON + _COMMUNITY_STEP_DEG * (community // 20 % 40)
    place = f"{_TOWNS[town % len(_TOWNS)]}{rng.choice(_ROADS)}{rng.randint(1, 199)}号"
    return Home(
        number=number,
        area=f"{COUNTY_CODE}.{town_code}.{town_code}{community % COMMUNITIES_PER_TOWN + 1:03d}",
        address=f"澄湾县{place}{rng.randint(1, 12)}幢{rng.randint(1, 6)}0{rng.randint(1, 4)}室",
        lat=round(lat + rng.uniform(-1, 1) * _HOME_SPREAD_DEG, 6),
        lon=round(lon + rng.uniform(-1, 1) * _HOME_SPREAD_DEG, 6),
        people=tuple(_person(rng, seed, number, n) for n in range(1 if rng.random() < 0.7 else 2)),
    )


def _person(rng: Random, seed: int, number: int, place: int) -> Person:
    tags = tuple(tag for tag in _TAGS if rng.random() < 0.12)
    return Person(
        ref=f"sim{seed}-{number:05d}-p{place + 1}",
        name=rng.choice(_SURNAMES) + rng.choice(_GIVEN),
        # No subscriber number begins with 0, so nobody can be rung up by mistake.
        phone=f"010-0{(number * 2 + place) % 10_000_000:07d}",
        birth_date=_OLDEST_BIRTH + timedelta(days=rng.randrange(_BIRTH_SPAN_DAYS)),
        tags=tags,
        ability=rng.choices((0, 1, 2, 3, 4), (50, 25, 13, 8, 4))[0],
    )


def _clock_fault(rng: Random, share: float) -> ClockFault:
    wrong = rng.random() < share
    fault = rng.choice([each for each in ClockFault if each is not ClockFault.NONE])
    return fault if wrong else ClockFault.NONE
