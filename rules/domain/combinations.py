"""What is graver together than alone, as data: when two facts about a case make it one that cannot wait.

The machine only raises: a combination brings the first stage or the sending forward, puts a mark on the case, or links
two cases. It never joins homes, and never takes a technical trouble into a call for help.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from rules.domain.place import Point, distance_m
from rules.domain.vocabulary import Class, Family, Mark, Priority


class Reason(StrEnum):
    """Which combination it is; stands in the timeline and in links."""

    FALL_AND_NO_MOVEMENT = "fall_and_no_movement"
    FALL_AND_INACTIVITY = "fall_and_inactivity"
    CALL_AND_BATTERY_LOW = "call_and_battery_low"
    NEIGHBOURING_FIRE = "neighbouring_fire"
    TROUBLE_AT_THE_SAME_HOME = "trouble_at_the_same_home"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What a combination does to a case."""

    reason: Reason
    mark: Mark | None = None
    stage_within_s: int | None = None  #: the first stage comes no later than so long from now
    dispatch_now: bool = False
    raise_to: Priority | None = None


#: A band that would have moved by now.
NO_MOVEMENT_S: Final = 120
#: A device that may die while somebody is being looked for: somebody is reached within this.
BROUGHT_FORWARD_S: Final = 10
#: Homes that report within this …
NEIGHBOURS_WITHIN_S: Final = 120
#: … and lie so near, or in one building, are one fire until somebody says otherwise.
NEIGHBOURS_WITHIN_M: Final = 50.0

FINDINGS: Final = (
    Finding(reason=Reason.FALL_AND_NO_MOVEMENT, mark=Mark.NO_MOVEMENT, dispatch_now=True),
    Finding(reason=Reason.FALL_AND_INACTIVITY, mark=Mark.NO_MOVEMENT, dispatch_now=True),
    Finding(reason=Reason.CALL_AND_BATTERY_LOW, mark=Mark.DEVICE_MAY_DIE, stage_within_s=BROUGHT_FORWARD_S),
    Finding(reason=Reason.NEIGHBOURING_FIRE, mark=Mark.NEIGHBOURING_FIRE, stage_within_s=0, raise_to=Priority.CRITICAL),
    Finding(reason=Reason.TROUBLE_AT_THE_SAME_HOME),
)
_BY_REASON: Final = {finding.reason: finding for finding in FINDINGS}


@dataclass(frozen=True, kw_only=True, slots=True)
class Fall:
    """An unresolved fall, and what was heard since."""

    fell_at: datetime
    moved_at: datetime | None  #: when anything that moves with the person was last heard
    inactivity_joined: bool


def of_fall(fall: Fall, *, now: datetime) -> Finding | None:
    """A fall nobody got up from: inactivity has joined it, or nothing has moved for two minutes."""
    if fall.inactivity_joined:
        return _BY_REASON[Reason.FALL_AND_INACTIVITY]
    moved = fall.moved_at is not None and fall.moved_at > fall.fell_at
    if moved or now - fall.fell_at < timedelta(seconds=NO_MOVEMENT_S):
        return None
    return _BY_REASON[Reason.FALL_AND_NO_MOVEMENT]


def of_technical(class_: Class, *, same_device: bool) -> Finding:
    """A technical trouble while a call for help from the same home is unresolved: linked, never joined."""
    battery = class_ in (Class.BATTERY_LOW, Class.BATTERY_CRITICAL)
    reason = Reason.CALL_AND_BATTERY_LOW if battery and same_device else Reason.TROUBLE_AT_THE_SAME_HOME
    return _BY_REASON[reason]


@dataclass(frozen=True, kw_only=True, slots=True)
class Burning:
    """An unresolved case of fire and gas in a home, as far as neighbours ask."""

    premises_id: int
    family: Family
    alarmed_at: datetime
    point: Point | None
    building: str | None  #: what the address's parts say, from town to building
    address: str


def of_neighbours(one: Burning, other: Burning) -> Finding | None:
    """Smoke or fire in two homes of one building, or a few steps apart, within two minutes: linked, never merged."""
    if one.premises_id == other.premises_id:
        return None
    if one.family is not Family.FIRE_AND_GAS or other.family is not Family.FIRE_AND_GAS:
        return None
    apart_s = abs((one.alarmed_at - other.alarmed_at).total_seconds())
    if apart_s > NEIGHBOURS_WITHIN_S or not _are_near(one, other):
        return None
    return _BY_REASON[Reason.NEIGHBOURING_FIRE]


def _are_near(one: Burning, other: Burning) -> bool:
    if one.building is not None and one.building == other.building:
        return True
    if stem_of(one.address) is not None and stem_of(one.address) == stem_of(other.address):
        return True
    if one.point is None or other.point is None:
        return False
    return distance_m(one.point, other.point) <= NEIGHBOURS_WITHIN_M


#: What ends the part of an address that a whole building shares: block, building, number, entrance.
_BUILDING_WORDS: Final = ("栋", "幢", "号楼", "座", "弄")


def stem_of(address: str) -> str | None:
    """The part of an address that neighbours under one roof share; None where it names no building."""
    ends = [address.rfind(word) + len(word) for word in _BUILDING_WORDS if word in address]
    return address[: max(ends)].replace(" ", "") if ends else None


#: The parts of an address from the town down to the building, as the registers name them.
BUILDING_PARTS: Final = ("town", "village", "group", "compound", "building")


def building_of(area: str | None, parts: dict[str, str]) -> str | None:
    """Which building the parts of an address name; None where they name none."""
    if not parts.get("building"):
        return None
    return "/".join((area or "", *(str(parts.get(name, "")) for name in BUILDING_PARTS)))


assert {finding.reason for finding in FINDINGS} == set(Reason), "a new combination needs what it does"
