"""Which device speaks which vendor's format, what it is called on the wire, and how the platform comes to call it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

from simulator.errors import ScenarioRefused


class Speech(StrEnum):
    """The formats that the simulator can speak, by the platform's names of their sources."""

    CANONICAL = "canonical"
    ZIGBEE2MQTT = "zigbee2mqtt"
    TRACCAR = "traccar"
    WATCH3G = "watch3g"


#: Of the devices, by format; empty where all speak our own.
Shares = Mapping[Speech, float]

ZIGBEE_BASE: Final = "zigbee"
#: Where a bridge speaks of itself, and what its device is called behind the home's name.
BRIDGE: Final = "bridge"
#: The registered ids of what carries the bands: Traccar's source names it so, for the watches the settings do.
TRACCAR_HUB: Final = "traccar"
WATCH_HUB: Final = "watches"
#: What the settings put before the numbers that bands go by.
TRACCAR_PREFIX: Final = "gps-"
WATCH_PREFIX: Final = "watch-"
#: Type allocation codes beginning with 00 are for tests: nobody's IMEI begins so.
_IMEI_HEAD: Final = "0010"
#: Fractional parts of n times one of these lie as evenly as can be, in a small fleet and in a large one.
_EVEN_HOMES: Final = math.sqrt(2) - 1
_EVEN_BANDS: Final = (math.sqrt(5) - 1) / 2


class Carried(Struct, frozen=True, kw_only=True, gc=False):
    """How a device that does not speak our own form is reached: who carries it, and its name there."""

    speech: Speech
    carrier: str  #: a bridge's base topic, or the registered id of the server
    name: str  #: a Zigbee device's friendly name, a band's number; BRIDGE for the bridge itself


def read_shares(text: str) -> dict[Speech, float]:
    """Read `canonical=70,zigbee2mqtt=15,…`; the numbers are in relation to their sum. Raises ScenarioRefused."""
    parts: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = part.partition("=")
        try:
            parts[name.strip()] = parts.get(name.strip(), 0.0) + float(number)
        except ValueError:
            raise ScenarioRefused(f"speaks: {part!r} is no share; write canonical=70,zigbee2mqtt=30") from None
    return checked_shares(parts)


def checked_shares(parts: Mapping[str, float]) -> dict[Speech, float]:
    """Return shares that add up to 1, or raise ScenarioRefused with what is known."""
    total = sum(parts.values())
    if not parts or not math.isfinite(total) or total <= 0 or min(parts.values()) < 0:
        raise ScenarioRefused("speaks: each share is 0 or more, and one of them above")
    unknown = parts.keys() - {str(each) for each in Speech}
    if unknown:
        raise ScenarioRefused(f"speaks: {sorted(unknown)[0]!r} is none of {', '.join(Speech)}")
    return {Speech(name): share / total for name, share in parts.items()}


class Voices:
    """Who speaks what in a fleet whose every home has so many devices, so many of them Zigbee's kinds, so many bands.

    A home's devices speak the same in any fleet of the seed with the same homes and shares. The devices of a home that
    Zigbee has are behind one bridge. Raises ScenarioRefused where more is asked than there are such devices.
    """

    def __init__(self, seed: int, shares: Shares, *, devices: int, zigbee: int, bands: int) -> None:
        self._seed, self._bands = seed, bands
        digest = hashlib.sha256(f"{seed}/speech".encode()).digest()
        self._first_home, self._first_band = (int.from_bytes(digest[at : at + 4]) / 2**32 for at in (0, 4))
        get = shares.get
        of_bands = {each: get(each, 0.0) for each in (Speech.TRACCAR, Speech.WATCH3G)}
        self._homes = _share_of(Speech.ZIGBEE2MQTT, get(Speech.ZIGBEE2MQTT, 0.0), devices, zigbee)
        _share_of("traccar and watch3g", sum(of_bands.values()), devices, bands)
        self._traccar, self._watch = (share * devices / max(1, bands) for share in of_bands.values())

    def has_bridge(self, home: int) -> bool:
        """Whether this home's sensors are behind a bridge of its own."""
        return (self._first_home + home * _EVEN_HOMES) % 1 < self._homes

    def bridge(self, home: int) -> Carried:
        return self.behind_bridge(home, BRIDGE)

    def behind_bridge(self, home: int, name: str) -> Carried:
        carrier = f"{ZIGBEE_BASE}/{home_word(self._seed, home)}"
        return Carried(speech=Speech.ZIGBEE2MQTT, carrier=carrier, name=name)

    def band(self, home: int, number: int) -> Carried | None:
        """What the home's band with this number speaks; None for our own form."""
        place = (self._first_band + (home * self._bands + number) * _EVEN_BANDS) % 1
        if place < self._traccar:
            name = f"{_IMEI_HEAD}{self._seed % 1000:03d}{home:06d}{number:02d}"
            return Carried(speech=Speech.TRACCAR, carrier=TRACCAR_HUB, name=name)
        if place < self._traccar + self._watch:
            name = f"{self._seed % 100:02d}{home:06d}{number:02d}"
            return Carried(speech=Speech.WATCH3G, carrier=WATCH_HUB, name=name)
        return None


def home_word(seed: int, home: int) -> str:
    """How a home's devices begin, whatever they speak."""
    return f"sim{seed}-{home:05d}"


def registered_id(carried: Carried) -> str:
    """How the register calls it with the settings of docs/simulator.md; a bridge's devices as if on their own."""
    match carried.speech:
        case Speech.TRACCAR:
            return f"{TRACCAR_PREFIX}{carried.name}"
        case Speech.WATCH3G:
            return f"{WATCH_PREFIX}{carried.name}"
        case _:
            return f"{carried.carrier.rpartition('/')[2]}-{carried.name}"


def _share_of(whom: str, share: float, devices: int, such: int) -> float:
    """From a share of all devices to one of the devices that can."""
    if share * devices > such + 1e-9:
        most = 100 * such / devices
        raise ScenarioRefused(f"speaks: with {devices} devices a home {whom} can be at most {most:.0f} % of them")
    return share * devices / max(1, such)
